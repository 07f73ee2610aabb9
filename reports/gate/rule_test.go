package gate

import (
	"math"
	"math/rand/v2"
	"testing"
)

// heavyTailed draws from Student's t with 3 degrees of freedom, scaled to a
// standard deviation of 1.57: measured ratios have such tails.
func heavyTailed(random *rand.Rand) float64 {
	chi := 0.0
	for range 3 {
		z := random.NormFloat64()
		chi += z * z
	}
	return random.NormFloat64() / math.Sqrt(chi/3) / 1.1
}

// The slowdown that a run says it would have found in 4 of 5 cases is found in
// about as many.
func TestMDEIsThePower(t *testing.T) {
	random := rand.New(rand.NewPCG(4, 0))
	const family, n = 21, 24
	for _, stages := range []int{1, 2} {
		for _, spread := range []float64{0.02, 0.06, 0.15} {
			draw := func(n int, effect float64) []Pair {
				list := make([]Pair, n)
				for i := range list {
					list[i] = Pair{Old: 1, New: (1 + effect) * math.Exp(spread*heavyTailed(random))}
				}
				return list
			}
			run := func(effect float64) *Judged {
				r := &Run{Planned: family, Stages: stages, Rows: []Row{{Pairs: draw(n, effect)}}}
				if len(Suspects(r, Options{})) > 0 {
					r.Rows[0].Second = draw(SecondPairs(n), effect)
				}
				return Judge(r, Options{}).Rows[0]
			}
			mde := 0.0
			for range 50 {
				mde += run(0).Time.MDE / 50
			}
			found := 0
			for range 300 {
				if run(mde).Verdict == Regressed {
					found++
				}
			}
			if found < 210 || found > 285 {
				t.Errorf("%d stages, spread %v: %d of 300 found at the MDE of %.3f, want 70 to 95 %%",
					stages, spread, found, mde)
			}
		}
	}
}
