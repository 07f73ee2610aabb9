package stress

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// A program is what several workers do with one semaphore. It is a value that a seed determines
// and that can be printed; which worker runs when is up to the scheduler.
type program struct {
	seed    uint64
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
	acquire   kind = iota // wait for n permits, without a way out; gives all back before
	cancelled             // wait for n permits, or for a cancellation that comes lag yields later
	dead                  // Acquire with a ctx that is done
	try                   // TryAcquire
	release               // give n permits back, or as many as are held
	handOver              // let another goroutine do that
	rest                  // keep what is held until nothing can move any more
	numKinds              // not a kind
)

func (k kind) String() string {
	return [...]string{"acquire", "acquire+cancel", "acquire+done", "try", "release", "hand over", "rest"}[k]
}

// frequency of each kind, in parts of their sum. A cancellation is in nearly every program, as most
// bugs of semaphores are there.
var frequency = [numKinds]int{acquire: 6, cancelled: 5, dead: 1, try: 4, release: 3, handOver: 1, rest: 2}

// generate makes a program that ends, whatever the schedule, if the semaphore keeps its
// contract: a worker that waits without a way out holds nothing (perform sees to that), so
// there is no circle of workers that wait for each other.
func generate(seed uint64) program {
	r := rand.New(rand.NewPCG(seed, 0))
	p := program{seed: seed, size: 1 + r.Int64N(5)}
	if r.IntN(10) == 0 {
		p.size = 1 + r.Int64N(100) // where what is kept for each permit shows
	}
	const longest = 40
	for range 2 + r.IntN(7) {
		var ops []op
		for range 1 + r.IntN(longest) {
			o := op{kind: drawKind(r), n: drawWeight(r, p.size), lag: r.IntN(4)}
			if o.kind == acquire && o.n > p.size {
				o.n = p.size
			}
			ops = append(ops, o)
		}
		p.workers = append(p.workers, ops)
	}
	return p
}

func drawKind(r *rand.Rand) kind {
	total := 0
	for _, f := range frequency {
		total += f
	}
	x := r.IntN(total)
	for k, f := range frequency {
		if x -= f; x < 0 {
			return kind(k)
		}
	}
	panic("unreachable: x < total")
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

// String lists the program, a line for each worker.
func (p program) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "program of seed %d: size %d\n", p.seed, p.size)
	for i, ops := range p.workers {
		fmt.Fprintf(&b, "  worker %d:", i)
		for _, o := range ops {
			fmt.Fprintf(&b, " %v(%d)", o.kind, o.n)
		}
		b.WriteByte('\n')
	}
	return b.String()
}
