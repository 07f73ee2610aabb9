package stress

import (
	"math/rand/v2"
)

// A program is what several workers do with one semaphore. It is a value that a seed determines
// and that can be written down, see notation.go; which worker runs when is up to the scheduler.
type program struct {
	size    int64
	workers [][]op
}

// An op is one step of a worker.
type op struct {
	kind kind
	n    int64 // permits
	lag  int   // yields: how long permits are held, or how late a cancellation comes
}

type kind int

const (
	acquire    kind = iota // wait for n permits, without a way out; gives all back before
	background             // the same with context.Background
	cancelled              // wait for n permits, or for a cancellation that comes lag yields later
	yielding               // the same with a ctx of another type, whose methods yield the processor
	dead                   // Acquire with a ctx that is done
	try                    // TryAcquire
	release                // give n permits back, or as many as are held
	handOver               // let another goroutine do that
	rest                   // keep what is held until nothing can move any more
	numKinds               // not a kind
)

// frequency of each kind, in parts of their sum. A cancellation is in nearly every program, as most
// bugs of semaphores are there.
var frequency = [numKinds]int{acquire: 4, background: 2, cancelled: 4, yielding: 2, dead: 1, try: 4, release: 3, handOver: 1, rest: 2}

// A shape bounds programs.
type shape struct {
	workers int // at most, and at least two
	longest int // operations of a worker, at most
	mostly  int64
}

var (
	wide = shape{workers: 8, longest: 40, mostly: 5}

	// narrow keeps histories short enough to be checked for linearizability, and permits so scarce
	// that calls overlap.
	narrow = shape{workers: 5, longest: 9, mostly: 3}
)

// generate makes a program that ends, whatever the schedule, if the semaphore keeps its
// contract: a worker that waits without a way out holds nothing (perform sees to that), so
// there is no circle of workers that wait for each other.
func (s shape) generate(seed uint64) program {
	r := rand.New(rand.NewPCG(seed, 0))
	p := program{size: 1 + r.Int64N(s.mostly)}
	if r.IntN(10) == 0 {
		p.size = 1 + r.Int64N(100) // where what is kept for each permit shows
	}
	for range 2 + r.IntN(s.workers-1) {
		var ops []op
		for range 1 + r.IntN(s.longest) {
			o := op{kind: drawKind(r), n: drawWeight(r, p.size), lag: r.IntN(4)}
			ops = append(ops, o.endingIn(p.size))
		}
		p.workers = append(p.workers, ops)
	}
	return p
}

// endingIn keeps an op from asking for more than the size if there is no way out for it.
func (o op) endingIn(size int64) op {
	if o.kind.wayless() {
		o.n = min(o.n, size)
	}
	return o
}

// waits reports whether an op is an Acquire that may have to wait, and wayless, whether it then
// has no way out.
func (k kind) waits() bool   { return k.wayless() || k == cancelled || k == yielding }
func (k kind) wayless() bool { return k == acquire || k == background }

func drawKind(r *rand.Rand) kind {
	total := 0
	for _, f := range frequency {
		total += f
	}
	return kindAt(r.IntN(total))
}

// kindAt returns the kind to which the x'th part of all frequencies belongs.
func kindAt(x int) kind {
	for k, f := range frequency {
		if x -= f; x < 0 {
			return kind(k)
		}
	}
	panic("unreachable: x is below the sum of the frequencies")
}

// drawWeight prefers one permit, as users do; all, as writers do; and now and then too many.
func drawWeight(r *rand.Rand, size int64) int64 {
	switch r.IntN(8) {
	case 0:
		return size
	case 1:
		return size + 1
	case 2, 3:
		return 1 + r.Int64N(size)
	default:
		return 1
	}
}

func (p program) ops() (n int64) {
	for _, w := range p.workers {
		n += int64(len(w))
	}
	return n
}
