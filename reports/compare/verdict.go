package compare

import (
	"fmt"
	"math"
)

// Verdict returns "different", "tie" or "unknown". A tie is no evidence of equality. Equal
// medians are a tie even if the test tells the samples apart by their spread: “different by a
// factor of 1.00” would help no reader.
func (v *Versus) Verdict() string {
	switch {
	case v.WhyUnknown() != "":
		return "unknown"
	case v.Ratio.Medians == 1 || v.Corrected > v.Alpha:
		return "tie"
	}
	return "different"
}

// WhyUnknown returns why this comparison could show no difference, whatever its values, or "" if
// it could.
func (v *Versus) WhyUnknown() string {
	if v.contradicts {
		return "the unit is declared exact, but its samples differ"
	}
	if v.Tests == 0 {
		return "" // exact values need no samples
	}
	if p := smallestP(v.N1, v.N2); p > v.Alpha {
		return fmt.Sprintf("too few samples: with %d and %d no p below %.2g is possible",
			v.N1, v.N2, p)
	}
	if v.smallestCorrected <= v.Alpha {
		return ""
	}
	return fmt.Sprintf("too few samples for %d comparisons: with %d and %d no corrected p "+
		"below %.2g is possible, need %d each",
		v.Tests, v.N1, v.N2, v.smallestCorrected, v.needed())
}

// needed returns the size of both samples that would be enough, whatever the other tests of the
// family show.
func (v *Versus) needed() int {
	n := 4
	for smallestP(n, n)*float64(v.Tests) > v.Alpha {
		n++
	}
	return n
}

// smallestP returns the smallest p-value that a two-sided U test can reach. All ways to choose
// the ranks of the first sample are equally likely, and two of them are the most extreme.
// benchmath warns only if both samples are small; one value against twenty shows as little.
func smallestP(n1, n2 int) float64 {
	ways := 1.0
	for i := 1; i <= min(n1, n2); i++ {
		ways *= float64(n1+n2-i+1) / float64(i)
	}
	return math.Min(1, 2/ways)
}
