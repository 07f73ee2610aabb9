package gate

import (
	"bufio"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
)

// enumerate is the definition: of all choices of signs, the share whose positive ranks add up to
// at least as much.
func enumerate(values []float64) float64 {
	rank := func(v float64) (r float64) { // mean of the ranks of all values of its size
		for _, w := range values {
			switch {
			case math.Abs(w) < math.Abs(v):
				r++
			case math.Abs(w) == math.Abs(v):
				r += 0.5
			}
		}
		return r + 0.5
	}
	var ranks []float64
	observed := 0.0
	for _, v := range values {
		if v != 0 {
			ranks = append(ranks, rank(v))
		}
		if v > 0 {
			observed += rank(v)
		}
	}
	hits := 0
	for signs := range 1 << len(ranks) {
		sum := 0.0
		for i, r := range ranks {
			if signs>>i&1 == 1 {
				sum += r
			}
		}
		if sum >= observed {
			hits++
		}
	}
	return float64(hits) / float64(int(1)<<len(ranks))
}

func TestSignedRankIsTheEnumeration(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 0))
	draws := map[string]func() float64{
		"distinct":        random.NormFloat64,
		"tied":            func() float64 { return []float64{-3, -2, -1, 1, 2, 3}[random.IntN(6)] },
		"tied with zeros": func() float64 { return float64(random.IntN(7) - 3) },
		"mostly zeros":    func() float64 { return float64(random.IntN(2) * (random.IntN(3) - 1)) },
	}
	for name, draw := range draws {
		for n := range 13 {
			for range 25 {
				values := make([]float64, n)
				for i := range values {
					values[i] = draw()
				}
				if got, want := signedRank(values), enumerate(values); got != want {
					t.Fatalf("%s: signedRank(%v) = %v, want %v", name, values, got, want)
				}
			}
		}
	}
}

// Beyond what can be enumerated, other people's tables; see the file for whose.
func TestSignedRankIsThatOfTables(t *testing.T) {
	f, err := os.Open("testdata/signedrank.txt")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	lines := 0
	for s := bufio.NewScanner(f); s.Scan(); {
		var n, sum int
		var p float64
		if _, err := fmt.Sscanf(s.Text(), "P %d %d %g", &n, &sum, &p); err == nil {
			lines++
			if got := lowerTail(n, sum); math.Abs(got/p-1) > 1e-9 {
				t.Errorf("P(T <= %d) of %d pairs = %.16g, want %.16g", sum, n, got, p)
			}
		} else if _, err := fmt.Sscanf(s.Text(), "C %d %d", &n, &sum); err == nil {
			lines++
			if k, _ := intervalRank(n); k-1 != sum {
				t.Errorf("critical value of %d pairs = %d, want %d", n, k-1, sum)
			}
		} else if !strings.HasPrefix(s.Text(), "#") {
			t.Errorf("line not understood: %q", s.Text())
		}
	}
	if lines < 100 {
		t.Errorf("%d lines in the table, want 100 at least", lines)
	}
}

// lowerTail takes values with this sum of negative ranks, and so goes all the way of a test.
func lowerTail(n, sum int) float64 {
	values := make([]float64, n)
	for r := n; r > 0; r-- {
		values[r-1] = float64(r)
		if r <= sum {
			values[r-1], sum = -float64(r), sum-r
		}
	}
	return signedRank(values)
}

func TestSignedRankOfManyPairs(t *testing.T) {
	all := make([]float64, 1000)
	for i := range all {
		all[i] = 1 + float64(i)
	}
	for _, n := range []int{200, exactPairs} {
		if got, want := signedRank(all[:n]), smallestP(n); got != want {
			t.Errorf("all of %d pairs slower: p = %g, want %g", n, got, want)
		}
	}
	// The approximation takes over without a step.
	random := rand.New(rand.NewPCG(6, 0))
	for range 20 {
		values := make([]float64, exactPairs)
		for i := range values {
			values[i] = random.NormFloat64() + 0.1
		}
		ranks, sum := signedRanks(values)
		exact, normal := signedRank(values), normalTail(ranks, sum)
		if exact > 1e-4 && math.Abs(normal/exact-1) > 0.05 {
			t.Errorf("normal approximation %g, exact %g", normal, exact)
		}
	}
}

func TestEstimate(t *testing.T) {
	// Hollander and Wolfe, table 3.1: Hamilton's depression scale under a tranquilizer. Estimate
	// -0.46 and the 96.1 % interval (-0.786, -0.010) are the book's.
	before := []float64{1.83, .50, 1.62, 2.48, 1.68, 1.88, 1.55, 3.06, 1.30}
	after := []float64{.878, .647, .598, 2.05, 1.06, 1.29, 1.06, 3.14, 1.29}
	logs := make([]float64, len(before))
	for i := range before {
		logs[i] = after[i] - before[i]
	}
	e := estimateLogs(logs)
	near(t, "ratio", math.Log(e.Ratio), -0.46, 0.0005)
	near(t, "low", math.Log(e.Lo), -0.786, 0.0005)
	near(t, "high", math.Log(e.Hi), -0.010, 0.0005)
	near(t, "confidence", e.Confidence, 0.961, 0.0005)
	near(t, "p of not faster", e.Faster, 0.0195, 0.0001) // P(T >= 40)
}

func near(t *testing.T, what string, got, want, within float64) {
	t.Helper()
	if !(math.Abs(got-want) <= within) {
		t.Errorf("%s = %v, want %v", what, got, want)
	}
}

// The interval holds exactly the ratios that a test at half its error would not reject.
func TestIntervalIsTheTestTurnedAround(t *testing.T) {
	random := rand.New(rand.NewPCG(7, 0))
	for n := 6; n < 40; n++ {
		logs := make([]float64, n)
		for i := range logs {
			logs[i] = random.NormFloat64()
		}
		e := estimateLogs(logs)
		tail := (1 - e.Confidence) / 2
		for _, step := range []float64{-1e-9, 1e-9} {
			moved := slices.Clone(logs)
			for i := range moved {
				moved[i] -= math.Log(e.Lo) + step
			}
			rejects := signedRank(moved) <= tail*(1+1e-9)
			if rejects != (step < 0) {
				t.Errorf("n=%d: a ratio %g off the lower end: rejected %v", n, step, rejects)
			}
		}
	}
}

func TestTooFewPairsHaveNoInterval(t *testing.T) {
	for n := range 6 {
		e := estimateLogs(make([]float64, n))
		if e.Confidence != 0 || e.Lo != 0 || !math.IsInf(e.Hi, 1) || e.Slower != 1 {
			t.Errorf("%d pairs: %+v", n, e)
		}
	}
}
