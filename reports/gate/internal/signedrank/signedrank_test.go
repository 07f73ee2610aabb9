package signedrank

import (
	"bufio"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
)

// enumerate is the definition: of all choices of signs, the share whose positive
// ranks add up to at least as much.
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
				if got, want := P(values), enumerate(values); got != want {
					t.Fatalf("%s: P(%v) = %v, want %v", name, values, got, want)
				}
			}
		}
	}
}

// For more pairs than can be enumerated, P and Critical equal values that other
// programs computed; testdata/tables.txt names these programs.
func TestSignedRankEqualsTables(t *testing.T) {
	f, err := os.Open("testdata/tables.txt")
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
			if k, _ := Critical(n, 0.025); k-1 != sum {
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

// lowerTail returns P(T <= sum). It calls P with values whose negative ranks
// add up to sum, so the table checks the whole path of a test.
func lowerTail(n, sum int) float64 {
	values := make([]float64, n)
	for r := n; r > 0; r-- {
		values[r-1] = float64(r)
		if r <= sum {
			values[r-1], sum = -float64(r), sum-r
		}
	}
	return P(values)
}

func TestSignedRankOfManyPairs(t *testing.T) {
	all := make([]float64, 1000)
	for i := range all {
		all[i] = 1 + float64(i)
	}
	for _, n := range []int{200, ExactMax} {
		if got, want := P(all[:n]), SmallestP(n); got != want {
			t.Errorf("all of %d pairs slower: p = %g, want %g", n, got, want)
		}
	}
	// At the largest n that is exact, the approximation gives nearly the same p.
	random := rand.New(rand.NewPCG(6, 0))
	for range 20 {
		values := make([]float64, ExactMax)
		for i := range values {
			values[i] = random.NormFloat64() + 0.1
		}
		ranks, sum := doubledRanks(values)
		exact, normal := P(values), normalTail(ranks, sum)
		if exact > 1e-4 && math.Abs(normal/exact-1) > 0.05 {
			t.Errorf("normal approximation %g, exact %g", normal, exact)
		}
	}
}
