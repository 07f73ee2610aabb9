package gate

import (
	"bytes"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
)

// spreads are the standard deviations of the log ratio of one pair that give the errors of the
// Hodges-Lehmann ratio that were measured with random layouts: for 12 pairs, the 95th percentile was 1.2 % for a
// mutex, 2.3 % a channel, 2.7 % x/sync's Weighted, 1.6 % a map, 1.5 % a sort. The last two, an
// allocation and contended semaphores, need twice the pairs.
var spreads = []float64{0.021, 0.040, 0.045, 0.028, 0.026, 0.07, 0.12}

// recording is what rows measured against themselves may look like: heavy tails, and a bias that
// all pairs of a row share, as if the second of two processes were luckier.
func recording(rows, pairs int, load, bias float64) []Row {
	random := rand.New(rand.NewPCG(3, 0))
	list := make([]Row, rows)
	for i := range list {
		kind := i % len(spreads)
		list[i] = Row{Name: string(rune('a' + i)), Contended: kind >= 5}
		shared := bias * random.NormFloat64()
		for range pairs {
			log := shared + load*spreads[kind]*heavy(random)
			list[i].Pairs = append(list[i].Pairs, Pair{Old: 100, New: 100 * math.Exp(log)})
		}
	}
	return list
}

// heavy is Student's t with 3 degrees of freedom, with a standard deviation of 1.57.
func heavy(random *rand.Rand) float64 {
	chi := 0.0
	for range 3 {
		z := random.NormFloat64()
		chi += z * z
	}
	return random.NormFloat64() / math.Sqrt(chi/3) / 1.1
}

func TestFalseAlarmsAreRare(t *testing.T) {
	for _, test := range []struct {
		name       string
		stages     int
		load, bias float64
		most       int // of 300 families: 1 %, and for one stage, which has no room below that, its scatter
	}{
		{"as measured", 2, 1, 0, 3},
		{"twice the noise", 2, 2, 0, 3},
		{"a bias of 0.5 % in each row", 2, 1, 0.005, 3},
		{"one stage", 1, 1, 0, 6},
		{"one stage, twice the noise", 1, 2, 0, 6},
	} {
		t.Run(test.name, func(t *testing.T) {
			trial := Trial{Stages: test.stages, Planted: []float64{}, Seed: 1}
			tally, err := trial.Run(recording(21, 20000, test.load, test.bias))
			if err != nil {
				t.Fatal(err)
			}
			t.Logf("%d of %d families with a false REGRESSED", tally.FalseFamilies, 300)
			if tally.FalseFamilies > test.most {
				t.Errorf("%d of 300 families with a false REGRESSED, want at most %d",
					tally.FalseFamilies, test.most)
			}
		})
	}
}

func TestSlowdownsAreFound(t *testing.T) {
	trial := Trial{Families: 30, Planted: []float64{0.05, 0.10}, Seed: 2}
	tally, err := trial.Run(recording(21, 2000, 1, 0))
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range [][]float64{{0.95, 0.995}, {0.70, 0.99}} {
		k := tally.Kinds[i]
		for p, least := range want {
			if share := float64(k.Found[p]) / float64(k.Rows); share < least {
				t.Errorf("contended=%v, %+.0f %%: found in %.3f of %d rows, want %.3f", k.Contended,
					100*trial.Planted[p], share, k.Rows, least)
			}
		}
	}
	var out bytes.Buffer
	if err := tally.Write(&out); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(out.String(), "contended or allocating") || !strings.Contains(out.String(), "+10 %") {
		t.Errorf("table:\n%s", &out)
	}
}

// What a run says that it would have found in 4 of 5 cases is found in about so many.
func TestMDEIsThePower(t *testing.T) {
	random := rand.New(rand.NewPCG(4, 0))
	const family, n = 21, 24
	for _, stages := range []int{1, 2} {
		for _, spread := range []float64{0.02, 0.06, 0.15} {
			draw := func(n int, effect float64) []Pair {
				list := make([]Pair, n)
				for i := range list {
					list[i] = Pair{Old: 1, New: (1 + effect) * math.Exp(spread*heavy(random))}
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

// A recording of a row that was unlucky all the time is no slower row.
func TestTurnTakesTheLuckOut(t *testing.T) {
	unlucky := recording(1, 200, 0.5, 0)
	for i := range unlucky[0].Pairs {
		unlucky[0].Pairs[i].New *= 1.04
	}
	for _, turn := range []bool{false, true} {
		tally, err := Trial{Families: 20, Rows: 3, Planted: []float64{}, Turn: turn}.Run(unlucky)
		if err != nil || (tally.FalseFamilies == 0) != turn {
			t.Errorf("turned round %v: %d of 20 families with a false REGRESSED, error %v",
				turn, tally.FalseFamilies, err)
		}
	}
}

func TestTrialRepeatsPairsOnlyIfItMust(t *testing.T) {
	trial := Trial{Families: 2, Rows: 3, Planted: []float64{}}
	for _, test := range []struct {
		pairs   int
		repeats bool
	}{{72, false}, {71, true}} {
		tally, err := trial.Run(recording(3, test.pairs, 1, 0))
		if err != nil || tally.Kinds[0].Repeats != test.repeats {
			t.Errorf("%d pairs: repeats %v, error %v", test.pairs, tally.Kinds[0].Repeats, err)
		}
	}
	if _, err := trial.Run([]Row{{Name: "x", Mode: Failed}}); err == nil {
		t.Error("a recording without pairs gives no error")
	}
}
