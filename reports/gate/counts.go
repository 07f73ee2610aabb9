package gate

import (
	"fmt"
	"math"
	"slices"
	"strings"
)

// least returns the smallest of all totals.
func (x Exact) least() int64 {
	return slices.Min(slices.Concat(x.Old, x.New))
}

// threshold returns the increase of a total that counts. It is half of one
// allocation in a thousand operations, or half of the smallest object that Go
// allocates, 8 bytes, in a thousand; and it is more than what a process allocates
// once. One allocation in a thousand of 8000 operations is over it, where an
// operation makes at most 50.
//
// Above that, a floor of one in 50 000 decides. The two sides
// are two processes, and each hashes maps, grows tables and fills pools in its own
// way. That shifts every total of one process by the same few allocations, more
// where more is allocated: 7 of 918 262 were seen between equal binaries. The
// repeats agree then, so their spread does not show it. Totals of both sides that
// differ less are no regression of the code in either direction.
func (x Exact) threshold() float64 {
	floor := float64(x.least()) / 50_000
	if x.Unit == "B/op" {
		return max(512, 8*float64(x.Ops)/2000, floor)
	}
	return max(4, float64(x.Ops)/2000, floor)
}

// judge compares the least totals, and doubts them where the repeats disagree.
func (x Exact) judge() Counted {
	c := Counted{Unit: x.Unit, Alone: x.Alone, Ops: x.Ops}
	if x.Ops < 1 || len(x.Old) == 0 || len(x.New) == 0 {
		c.Verdict, c.Why = Unmeasured, "nothing was counted"
		return c
	}
	old, new := slices.Sorted(slices.Values(x.Old)), slices.Sorted(slices.Values(x.New))
	c.Old, c.New = float64(old[0])/float64(x.Ops), float64(new[0])/float64(x.Ops)
	grown := float64(new[0] - old[0])
	exact := x.agree(old) && x.agree(new)
	last := len(new) - 1
	switch {
	case grown >= x.threshold() && (exact || x.separate(old, new)):
		c.Verdict, c.Why = Regressed, c.change()
	case grown >= x.threshold():
		c.Verdict, c.Why = Inconclusive, c.change()+differAsMuch
		switch {
		case len(old) == 1 || len(new) == 1:
			c.Why = c.change() + ", but one repeat cannot tell that from what else runs; count 3 times"
		case x.Alone:
			c.Why += ": goroutines met in most repeats, because the runtime lets another one run after 10 ms; " +
				"a quieter machine, or a shorter operation, counts exactly"
		}
	case -grown >= x.threshold() && exact:
		c.Verdict, c.Why = Improved, c.change()
	case exact, last == 0:
		c.Verdict, c.Why = Unchanged, fmt.Sprintf("%s %s", count(c.New), c.unit())
	default:
		c.Verdict = Unchanged
		c.Why = fmt.Sprintf("%s to %s %s by chance, so that a small increase does not show", count(c.New),
			count(float64(new[last])/float64(x.Ops)), c.unit())
	}
	return c
}

// Agrees reports whether the repeats of either side agree, so that a difference between the sides is exact.
func (x Exact) Agrees() bool {
	agrees := func(totals []int64) bool { return x.agree(slices.Sorted(slices.Values(totals))) }
	return agrees(x.Old) && agrees(x.New)
}

// differAsMuch ends the reason of a count that is INCONCLUSIVE.
const differAsMuch = ", but the repeats of one side differ as much"

// preferAlone lets counts on one processor decide where counts with several
// goroutines are INCONCLUSIVE. The latter differ by how often goroutines met, and
// on one processor they do not meet.
func preferAlone(all []Counted) {
	for i := range all {
		at := slices.IndexFunc(all, func(c Counted) bool { return c.Alone && c.Unit == all[i].Unit })
		if at < 0 || all[i].Verdict != Inconclusive || all[at].Verdict.rank() <= Inconclusive.rank() {
			continue
		}
		all[i].Verdict = all[at].Verdict
		all[i].Why += ", which depends on how goroutines met; on one processor " + all[at].Why
	}
}

// adviseOnChance adds to counts that stay INCONCLUSIVE what would make them exact.
func adviseOnChance(all []Counted) {
	for i, c := range all {
		if c.Verdict == Inconclusive && strings.HasSuffix(c.Why, differAsMuch) {
			all[i].Why += ": it allocates by chance, as with random input, maps or goroutines that meet; without " +
				"chance, such as with a fixed seed, it is exact"
		}
	}
}

// agree reports whether more than half of the sorted totals are within the
// threshold of the least one.
func (x Exact) agree(sorted []int64) bool {
	return len(sorted) > 1 && float64(sorted[len(sorted)/2]-sorted[0]) < x.threshold()
}

// separate reports whether the gap between the sorted totals of both sides is
// wider than either side.
func (x Exact) separate(old, new []int64) bool {
	last := len(old) - 1
	width := max(old[last]-old[0], new[len(new)-1]-new[0])
	return len(old) > 2 && len(new) > 2 && new[0]-old[last] > width
}

// change is "+4 allocations an operation (1 to 5)". A change of less than one is
// told for 1000 operations, where one allocation more can be seen:
// "+1 allocation in 1000 operations (2 to 2.001)".
func (c Counted) change() string {
	size, each := c.New-c.Old, "an operation"
	if math.Abs(size) < 1 {
		size, each = size*1000, "in 1000 operations"
	}
	number, noun := fmt.Sprintf("%+.4g", size), ""
	switch c.Unit {
	case "allocs/op":
		noun = "allocations"
	case "B/op":
		noun = "bytes"
	default: // a metric of the benchmark's own
		return fmt.Sprintf("%s, was %s %s", count(c.New), count(c.Old), c.Unit)
	}
	if number == "+1" || number == "-1" {
		noun = strings.TrimSuffix(noun, "s")
	}
	if c.Alone {
		each += " on one processor"
	}
	return fmt.Sprintf("%s %s %s (%s to %s)", number, noun, each, count(c.Old), count(c.New))
}

// unit names the unit, and the way of counting if that is unusual.
func (c Counted) unit() string {
	if c.Alone {
		return c.Unit + " on one processor"
	}
	return c.Unit
}

// count formats a count per operation: six digits show one allocation in 1000
// operations.
func count(v float64) string {
	if v == math.Trunc(v) {
		return fmt.Sprintf("%.0f", v)
	}
	return fmt.Sprintf("%.6g", v)
}
