package duel

import (
	"fmt"
	"math"
	"slices"
	"time"
)

// A trait is what a probe of one side found.
type trait struct {
	ops        int           // of a slice, where they were looked for
	perOp      float64       // ns
	fastest    float64       // ns, of several slices
	wall       time.Duration // of a slice, with what a benchmark prepares before it
	least      time.Duration // of several such
	entering   time.Duration // until the first slice: what parents prepare
	spread     float64
	busy       float64 // cores
	goroutines int64   // in a slice
	allocates  bool
	bytes      float64 // allocated by an operation
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
		t.ops, t.perOp, t.wall = n, s.ns/float64(n), s.wall
		switch {
		case s.ns >= float64(d)/2, n >= 1e9, slow:
			return t, nil
		case s.wall > unsliceable:
			continue
		}
		n = min(opsFor(d, t.perOp), 100*n)
	}
}

// meeting says what slices do not show of a row of several goroutines, if they do not: in a short time one of
// them may be done before the others have found a core. On a busy machine x/sync's Weighted, used
// by eight goroutines, takes 50 ns in a slice, and 500 ns in a long run, where they queue up.
func meeting(p *process, ops int, short trait) (string, error) {
	const long, looks = 10, 3 // of 20 ms
	took := 0.0
	for range looks {
		s, err := p.run(long * ops)
		if err != nil {
			return "", err
		}
		took += s.ns / float64(looks*long*ops)
	}
	if took < 3*short.perOp { // long runs are longer also by what else runs on the machine
		return "", nil
	}
	return fmt.Sprintf("its goroutines hardly meet in a slice: %.0f ns/op there, %.0f in a run ten times "+
		"as long; on a quieter machine, or with longer slices, they do", short.perOp, took), nil
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
		t.bytes = float64(s.bytes) / float64(ops)
		if i+1 >= atLeast && slices.Min(walls) > float64(unsliceable) {
			break // each costs too much to look again
		}
	}
	t.wall, t.least = time.Duration(median(walls)), time.Duration(slices.Min(walls))
	t.perOp, t.fastest = median(took), slices.Min(took)
	t.spread = t.perOp/t.fastest - 1
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
