package stress

import (
	"math/rand/v2"

	"github.com/semabench/semabench/stress/internal/model"
)

// Random programs. A seed determines a program, and a program can be written down in
// model.StressNotation; which worker runs when is up to the scheduler of Go.

// numKinds is how many kinds of operations random programs draw from, and fuzz inputs encode: those
// up to model.Rest. The notation has more kinds, for package explore.
const numKinds = int(model.Rest) + 1

// frequency of each kind, in parts of their sum. Cancellations are frequent, because most bugs of
// semaphores need one: of the 41 mutants from the literature, 14 are bugs of cancellation.
//
// A change here changes the program of every recorded seed.
//
// The sum need not be round. drawKind subtracts until it falls below zero.
var frequency = [numKinds]int{
	model.AcquireStoppable:  4,
	model.AcquireBackground: 2,
	model.AcquireCancelled:  4,
	model.AcquireCustom:     2,
	model.AcquireDone:       1,
	model.Try:               4,
	model.Release:           3,
	model.HandOver:          1,
	model.Rest:              2,
}

// A shape bounds programs. The bounds are on the size of a program and not on its time, so that a
// seed means the same program everywhere.
type shape struct {
	workers  int   // at most, and at least two
	longest  int   // operations of a worker, at most
	maxUsual int64 // size of nine semaphores in ten, at most
}

var (
	// wide programs are judged while they run, so they may be long.
	wide = shape{workers: 8, longest: 40, maxUsual: 5}

	// narrow programs have histories that are short enough to be checked for linearizability, and
	// permits so scarce that calls overlap.
	narrow = shape{workers: 5, longest: 9, maxUsual: 3}
)

// seedsWithNone is the first seed whose program may ask for no permit. The programs of smaller seeds were
// drawn without such requests, and are recorded.
const seedsWithNone = 1 << 33

// generate returns the program of a seed. It ends under every schedule if the semaphore keeps its
// contract: a worker that waits without a cancellation holds nothing (the player releases before),
// so no circle of workers that wait for each other can form.
//
// The order of the draws is part of the format: drawing in another order would give every
// recorded seed another program.
func (s shape) generate(seed uint64) model.Program {
	r := rand.New(rand.NewPCG(seed, 0))
	least := int64(1)
	if seed >= seedsWithNone {
		least = 0
	}
	p := model.Program{Size: 1 + r.Int64N(s.maxUsual)}
	if r.IntN(10) == 0 {
		p.Size = 1 + r.Int64N(100) // finds implementations that keep something for each permit
	}
	for range 2 + r.IntN(s.workers-1) {
		var ops []model.Op
		for range 1 + r.IntN(s.longest) {
			o := model.Op{Kind: drawKind(r), N: drawWeight(r, p.Size, least), Lag: r.IntN(4)}
			if o.Kind == model.Release || o.Kind == model.HandOver {
				o.N = max(1, o.N) // a Release of none would be no call
			}
			ops = append(ops, withinSize(o, p.Size))
		}
		p.Workers = append(p.Workers, ops)
	}
	return p
}

// withinSize reduces the weight of an Acquire that only a grant ends: above the size it would wait
// for ever. An Acquire that can be cancelled keeps a weight above the size. That is the case of
// C14.
func withinSize(o model.Op, size int64) model.Op {
	if o.Kind.Uncancellable() {
		o.N = min(o.N, size)
	}
	return o
}

func drawKind(r *rand.Rand) model.OpKind {
	total := 0
	for _, f := range frequency {
		total += f
	}
	x := r.IntN(total)
	for k, f := range frequency {
		if x -= f; x < 0 {
			return model.OpKind(k)
		}
	}
	panic("unreachable: x is below the sum of the frequencies")
}

// drawWeight prefers one permit, as most callers do. It also draws all permits, as writers take,
// and now and then one more than there are, or none. Weights are mixed on purpose: lost wake-ups need a
// large request that holds up small ones. A request for none always fits, so it shows a line that has become
// empty and was not served, which no other request would show before the next Release.
func drawWeight(r *rand.Rand, size, least int64) int64 {
	switch r.IntN(8) {
	case 0:
		return size
	case 1:
		return size + 1
	case 2:
		return 1 + r.Int64N(size)
	case 3:
		return least + r.Int64N(size+1-least)
	default:
		return 1
	}
}

// parseProgram reads a program in the notation of -stress.program.
func parseProgram(text string) (model.Program, error) { return model.StressNotation.Parse(text) }

// programText writes a program as parseProgram reads it.
func programText(p model.Program) string { return model.StressNotation.Format(p) }
