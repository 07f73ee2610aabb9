package typeprog

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/semabench/semabench/stress/explore/schedrt"
)

// A sequence is the calls of a plan in a sequential order, with what they returned. It is a run whose
// stamps are turns: the first call has turn 1, and a call that waited ended in the turn of the call
// that let it go on.
type sequence struct {
	*run
	events []*event // of the run
	leaks  bool     // all calls returned, and a goroutine is left
	fatal  string   // the panic that ended the program, outside of the calls; "" if none did
}

// key tells sequences apart that one order has under different schedules.
func (q *sequence) key() string {
	var b strings.Builder
	for _, e := range q.events {
		fmt.Fprintf(&b, "%d %d %q\n", e.began, e.end, e.texts)
	}
	fmt.Fprint(&b, q.leaks, q.fatal)
	return b.String()
}

// mostSchedules bounds the schedules of one sequential order. Calls that do not wait have one. A type
// that starts goroutines in each call has many, and is refused if their results differ.
const mostSchedules = 200

// orders returns every order of the columns' calls, as lists of columns.
// Two columns with two calls each have six orders, and three columns with two calls have ninety. Each order
// costs at least one schedule, and the bound on calls keeps that below the schedules of the program.
func (p plan) orders() (all [][]int) {
	left := make([]int, len(p.columns))
	total := 0
	for i, c := range p.columns {
		left[i] = len(c)
		total += len(c)
	}
	var extend func(order []int)
	extend = func(order []int) {
		if len(order) == total {
			all = append(all, slices.Clone(order))
			return
		}
		for i := range left {
			if left[i] > 0 {
				left[i]--
				// The array may be shared with the next branch, which writes the same index again. A finished order was
				// cloned above.
				extend(append(order, i))
				left[i]++
			}
		}
	}
	extend(nil)
	return all
}

// sequences plays a plan in one order, on fresh values, and returns what differs from schedule to
// schedule. All is false if not all schedules were played.
// One order may have several outcomes, if the type starts goroutines or timers of its own. All of them are
// specification: a caller of one method after the other may see each.
//
// Times are of the clock, at which each call of the order begins at the earliest. They may be nil.
func (s *Spec) sequences(p plan, order []int, times []time.Duration) (found []*sequence, all bool) {
	var r *run
	seen := map[string]bool{}
	play := func() {
		r = newRun(s, p)
		r.sequential, r.times = true, times
		r.inOrder(order)
	}
	all = s.everySchedule(mostSchedules, play, func(out *schedrt.Outcome) {
		q := &sequence{run: r, events: r.events(), leaks: out.Kind == schedrt.Leak && r.ended()}
		if out.Kind == schedrt.Panicked {
			q.fatal = firstLine(out.Message)
		}
		// A panic cuts the calls off, so complete does not hold. Such a sequence is kept for panicsAlike.
		if k := q.key(); (r.complete() || q.fatal != "") && !seen[k] {
			seen[k] = true
			found = append(found, q)
		}
	})
	return found, all
}

// ended reports whether all calls have returned.
// A goroutine that is left while a call waits is that call. It is no leak of the type.
func (r *run) ended() bool {
	return !slices.ContainsFunc(r.events(), func(e *event) bool { return e.end == 0 })
}

// complete reports whether the columns can have the order. In an order that gives a turn
// to a goroutine whose last call still waits, that turn is lost. If the goroutine can go on later,
// the rest of its calls is missing; another order has them in their places.
func (r *run) complete() bool {
	if slices.ContainsFunc(r.before, func(e *event) bool { return e.end == 0 }) {
		return true // the columns never begin, in any order
	}
	for _, column := range r.columns {
		for i, e := range column {
			if e.began == 0 && (i == 0 || column[i-1].end != 0) {
				return false
			}
		}
	}
	return true
}

// inOrder makes the calls one after the other, each column in a goroutine of its own as in the
// program that is judged: some types know their callers. A call begins when the one before it has
// returned, or, if one waits, when nothing can move: a call that was let go on must come to its end
// first, or the next call could overtake it, which is no sequential order. Without a waiting call
// there is no such rest, because time passes before a rest, and a concurrent program may be faster than
// a timer of the type.
func (r *run) inOrder(order []int) {
	if !r.begin() {
		return
	}
	for _, e := range r.before {
		r.do(e)
	}
	b := &board{}
	r.board = b
	for _, column := range r.columns {
		schedrt.Go(func() { b.follow(r, column) })
	}
	schedrt.Go(b.watch)
	next := make([]int, len(r.columns))
	for at, i := range order {
		column := r.columns[i]
		if r.times != nil {
			if d := r.times[at] - schedrt.Elapsed(); d > 0 {
				schedrt.Sleep(d)
			}
		}
		// A goroutine whose last call still waits cannot take this turn; complete says why it is lost.
		if k := next[i]; k == 0 || column[k-1].noted.Load() {
			next[i]++
			b.acquire()
			waits := slices.ContainsFunc(slices.Concat(r.columns...), (*event).waits)
			b.conduct(column[k], waits)
		}
	}
	waits := slices.ContainsFunc(slices.Concat(r.columns...), func(e *event) bool { return !e.noted.Load() })
	b.change(func() { b.over.Store(true) })
	if !waits {
		b.acquire()
		r.finish()
	}
}

// conduct gives a call its turn, and returns when it has returned or waits. Others says that a call
// before it waits.
// Without a waiting call the return is enough. With one, the call that has returned may have let the other
// go on, and the next turn must not begin before that call has come to its end or waits again.
func (b *board) conduct(e *event, others bool) {
	b.release()
	b.change(func() {
		b.turn.Store(e)
		b.rested.Store(false)
	})
	b.await(func() bool { return e.noted.Load() && !others || b.rested.Load() })
}

// waits reports whether a call has begun and not returned.
func (e *event) waits() bool { return e.began > 0 && e.end == 0 }

// follow makes the calls of a column, each in its turn.
// It reads the turn twice. The scheduler may let it go on because the order is over, and then there is no
// turn for it.
func (b *board) follow(r *run, column []*event) {
	schedrt.MarkHarness()
	for _, e := range column {
		b.await(func() bool { return b.turn.Load() == e || b.over.Load() })
		if b.turn.Load() != e {
			return
		}
		r.do(e)
		b.change(func() { e.noted.Store(true) })
	}
}

// watch notes whenever nothing can move.
// Each phase is one rest. The goroutine ends with the order, as it would otherwise be the leak that it looks
// for.
func (b *board) watch() {
	schedrt.MarkHarness()
	for phase := 1; !b.over.Load(); phase++ {
		schedrt.AwaitRest(phase)
		b.change(func() { b.rested.Store(true) })
	}
}

// change and await are one operation on one object, so the scheduler sees that they depend on each other.
// As writes, they keep their order in every schedule that it takes for equivalent.
func (b *board) change(f func()) {
	schedrt.Do(schedrt.OpStore, func() bool {
		f()
		return true
	}, schedrt.Touch{Object: &b.object, Mode: schedrt.Write})
}

func (b *board) await(ready func() bool) {
	schedrt.Await(schedrt.OpLoad, ready, func() {}, schedrt.Touch{Object: &b.object, Mode: schedrt.Write})
}
