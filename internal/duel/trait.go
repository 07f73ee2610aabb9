package duel

import (
	"math"
	"slices"
	"time"
)

// A trait is what a probe of one side found.
type trait struct {
	perOp      float64       // ns
	wall       time.Duration // of a slice, with what a benchmark prepares before it
	least      time.Duration // of several such
	entering   time.Duration // until the first slice: what parents prepare
	spread     float64
	busy       float64 // cores
	goroutines int64   // in a slice
	allocates  bool
}

// parallel reports whether several goroutines run. If it allocates, the other cores may be the collector's.
func (t trait) parallel() bool {
	return t.goroutines > 0 || t.busy > manyCores && !t.allocates
}

// calibrate finds out how long an operation takes.
func calibrate(p *process, d time.Duration) (t trait, err error) {
	for n := 1; ; {
		s, err := p.run(n)
		if err != nil {
			return t, err
		}
		slow := t.wall > unsliceable && s.wall > unsliceable // twice: once may be another process's doing
		t.perOp, t.wall = s.ns/float64(n), s.wall
		switch {
		case s.ns >= float64(d)/2, n >= 1e9, slow:
			return t, nil
		case s.wall > unsliceable:
			continue
		}
		n = min(opsFor(d, t.perOp), 100*n)
	}
}

// lengthen returns how many operations a slice of several goroutines needs to be like a long run. In half
// a millisecond a goroutine may be done before the others have found a core: x/sync's Weighted,
// used by eight goroutines, takes 50 ns then, and 500 ns once they queue up.
func lengthen(old, new *process, ops int, short [2]trait) (int, error) {
	const long = 40 // 20 ms
	need := ops
	for i, p := range []*process{old, new} {
		var took [2]float64
		for j := range took {
			s, err := p.run(long * ops)
			if err != nil {
				return 0, err
			}
			took[j] = s.ns / float64(long*ops)
		}
		// half, because a long run is longer by what else runs on the machine
		enough, have, n := min(took[0], took[1])/2, short[i].perOp, ops
		for have < enough && n < long*ops {
			n = min(4*n, long*ops)
			t, err := examine(p, n)
			if err != nil {
				return 0, err
			}
			have = t.perOp
		}
		need = max(need, n)
	}
	return need, nil
}

func examineBoth(old, new *process, ops int) (traits [2]trait, err error) {
	for i, p := range []*process{old, new} {
		if traits[i], err = examine(p, ops); err != nil {
			return traits, err
		}
	}
	return traits, nil
}

// examine runs a few slices.
func examine(p *process, ops int) (t trait, err error) {
	const looks, atLeast = 7, 2
	var took, walls []float64
	for i := range looks {
		s, err := p.run(ops)
		if err != nil {
			return t, err
		}
		took, walls = append(took, s.ns/float64(ops)), append(walls, float64(s.wall))
		t.goroutines, t.allocates = s.goroutines, s.allocs > int64(ops/100)+100
		if i+1 >= atLeast && slices.Min(walls) > float64(unsliceable) {
			break // each costs too much to look again
		}
	}
	t.wall, t.least = time.Duration(median(walls)), time.Duration(slices.Min(walls))
	t.perOp = median(took)
	t.spread = t.perOp/slices.Min(took) - 1
	if t.least > unsliceable {
		return t, nil
	}
	for i := range 2 { // the less busy one: what the runtime does now and then is not the benchmark's
		long, err := p.run(5 * ops)
		if err != nil {
			return t, err
		}
		if i == 0 || long.busy < t.busy {
			t.busy = long.busy
		}
	}
	return t, nil
}

func median(values []float64) float64 { return quantile(values, 0.5) }

// quantile interpolates between the values next to it.
func quantile(values []float64, q float64) float64 {
	if len(values) == 0 {
		return math.NaN()
	}
	sorted := slices.Sorted(slices.Values(values))
	place := q * float64(len(sorted)-1)
	below := int(place)
	above := min(below+1, len(sorted)-1)
	return sorted[below] + (place-float64(below))*(sorted[above]-sorted[below])
}
