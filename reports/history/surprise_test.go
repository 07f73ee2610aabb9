package history

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// The surprise of a part is counted by hand for four runs, and close to a count of orders for others. It grows with
// the sum, and least is its inverse.
func TestSurprise(t *testing.T) {
	s := newSurprises(4) // of six pairs, 1+2 and 3+4 are two from the middle, 1+3 and 2+4 are one
	for sum, want := range map[float64]float64{0: 1, 1: 4. / 6, 1.9: 2. / 6, 2: 2. / 6} {
		if got := math.Exp(-s.surprise(2, -sum)); math.Abs(got-want) > 1e-9 {
			t.Errorf("two of four runs with a sum of %v have the chance %v, want %v", sum, got, want)
		}
	}
	r := rand.New(rand.NewPCG(1, 2))
	for _, test := range []struct {
		n, size int
		sum     float64
	}{{20, 3, 15}, {20, 17, 15}, {30, 12, 60}, {60, 25, 150}} {
		s, ranks, far := newSurprises(test.n), make([]float64, test.n), 0
		for i := range ranks {
			ranks[i] = float64(i) - float64(test.n-1)/2
		}
		const orders = 20_000
		for range orders {
			r.Shuffle(len(ranks), func(i, j int) { ranks[i], ranks[j] = ranks[j], ranks[i] })
			sum := 0.0
			for _, v := range ranks[:test.size] {
				sum += v
			}
			if math.Abs(sum) >= test.sum {
				far++
			}
		}
		got, want := math.Exp(-s.surprise(test.size, test.sum)), float64(far)/orders
		if math.Abs(got-want) > 4*math.Sqrt(want/orders)+0.005 {
			t.Errorf("%+v: the chance is %v, and %v of the orders", test, got, want)
		}
	}
	s = newSurprises(40)
	for size := 1; size < 40; size++ {
		last := 0.0
		for sum := 0.0; sum <= float64(size*(40-size))/2; sum += 0.5 {
			now := s.surprise(size, sum)
			if now < last {
				t.Fatalf("%d of 40: the sum %v has the surprise %v, and a smaller one %v", size, sum, now, last)
			}
			if least := s.least(size, now); least > sum || s.surprise(size, least) < now {
				t.Fatalf("%d of 40: the least sum with the surprise of %v is %v", size, sum, least)
			}
			last = now
		}
		if least := s.least(size, last+1); !math.IsInf(least, 1) {
			t.Errorf("%d of 40: the sum %v is more surprising than any", size, least)
		}
	}
}

// A short block among many runs is found beside rows that never change, and so is a slowdown in the last runs. Two
// slow runs at the end are too few.
func TestShortBlocksAreFound(t *testing.T) {
	for _, test := range []struct {
		from, to int
		want     []int
	}{{12, 19, []int{12, 19}}, {36, 40, []int{36}}, {20, 25, []int{20, 25}}, {39, 40, nil}} {
		r := rand.New(rand.NewPCG(7, 7))
		h := mustNew(t, runsOf(40, 18, day, func(run, row int) float64 {
			switch {
			case row >= 6:
				return float64(row)
			case row == 0 && run >= test.from && run < test.to:
				return 1.1 * math.Exp(0.01*r.NormFloat64())
			}
			return math.Exp(0.01 * r.NormFloat64())
		}))
		var got []int
		for _, row := range h.Rows {
			for _, c := range row.Changes {
				got = append(got, c.Run)
				if row.Name != "Row0" {
					t.Errorf("%s has a change at %d", row.Name, c.Run)
				}
			}
		}
		if !slices.Equal(got, test.want) {
			t.Errorf("slower from %d to %d of 40: changes at %v, want %v", test.from, test.to, got, test.want)
		}
		if h.Tested != 6 {
			t.Errorf("%d rows are tested, want 6: the others have equal values", h.Tested)
		}
	}
}

// What the package documentation says of the power: the counts of 50 histories. Seeds are fixed, so they are too.
func TestPower(t *testing.T) {
	found := func(seed uint64, runs, rows, from, to int, factor float64, want ...int) (n int) {
		for s := range uint64(50) {
			r := rand.New(rand.NewPCG(s, seed))
			h := mustNew(t, runsOf(runs, rows, day, func(run, row int) float64 {
				v := math.Exp(0.01 * r.NormFloat64())
				if row == 0 && run >= from && run < to {
					v *= factor
				}
				return v
			}))
			var got []int
			for _, row := range h.Rows {
				for _, c := range row.Changes {
					if row.Name == "Row0" {
						got = append(got, c.Run)
					}
				}
			}
			if slices.Equal(got, want) {
				n++
			}
		}
		return n
	}
	for _, test := range []struct {
		what      string
		got, want int
	}{
		{"slower by 10 % in runs 11 to 18 of 30, among 20 rows", found(77, 30, 20, 10, 18, 1.1, 10, 18), 50},
		{"slower in the last 3 of 23 runs", found(78, 23, 1, 20, 23, 1.2, 20), 47},
		{"slower in the last 5 of 25 runs, among 20 rows", found(79, 25, 20, 20, 25, 1.2, 20), 49},
	} {
		t.Logf("%s: found in %d of 50 histories", test.what, test.got)
		if test.got < test.want {
			t.Errorf("%s: found in %d of 50 histories, want %d", test.what, test.got, test.want)
		}
	}
}
