package semaphore

import (
	"context"
	"math"
	"slices"
	"sync/atomic"
	"time"

	"github.com/semabench/semabench/impls"
	"github.com/semabench/semabench/stress/explore/schedrt"
	shim "github.com/semabench/semabench/stress/explore/shim/context"
	"github.com/semabench/semabench/stress/internal/model"
)

// Directed programs contain calls that scenarios cannot: long lines, many calls, contexts that several requests
// share, deadlines that do not end a ctx. A scenario is judged by a search over the orders of its calls,
// which a line of 300 waiters would make endless. A directed program knows at each step what must have
// happened, because all but a few of its calls come one at a time, and says so at once. So some schedules
// of it are enough, and more are no proof: its result is never “complete”.

// directedPrograms are all directed programs. The numbers in them are above the sizes at which storage
// grows or counters of eight bits wrap.
var directedPrograms = []directed{
	{"sizes to 1000", "C4", false, hasTry, sizes},
	{"alone 4200 times", "C36", false, always, alone},
	{"line of 260", "C18", false, parks, longLine},
	{"moving line of 120", "C27", false, parks, movingLine},
	{"waits 300 in turn", "C36", false, parks, waitsInTurn},
	{"leavers 1100 in turn", "C36", false, parks, leaversInTurn},
	{"releases 256 at once", "C36", true, weighs, burst},
	{"zero behind a waiter", "C13", true, takesZero, zeroBehind},
	{"one ctx for four", "C22", true, always, shared},
	{"surplus release", "C10", true, refusesSurplus, surplus},
	{"deadline after a grant", "C31", true, always, deadlineLeft},
	{"deadline of a caller", "C35", true, always, deadlineOfCaller},
	{"deadlines far away", "C35", true, always, farDeadlines},
	{"one ctx again", "C22", true, always, oneContextAgain},
	{"surplus beside a try", "C11", true, judgesSurplus, surplusBesideTry},
	{"grants beside newcomers", "C18", true, weighs, grantsBesideNewcomers},
	{"tries beside a line of 260", "C28", false, ordersTries, triesBesideLine},
	{"semaphores 40", "C38", false, parks, manySemaphores},
	{"passed for ever", "C26", false, promisesTurn, passedForEver},
	{"passed beside leavers", "C26", false, promisesTurn, passedBesideLeavers},
}

func always(impls.Impl) bool           { return true }
func parks(impl impls.Impl) bool       { return impl.Waits == impls.Parked } // a line of spinners takes minutes
func hasTry(impl impls.Impl) bool      { return !impl.NoTry }
func weighs(impl impls.Impl) bool      { return !impl.UnitWeights }
func takesZero(impl impls.Impl) bool   { return impl.ZeroWeight == impls.ZeroGranted }
func refusesSurplus(i impls.Impl) bool { return !breaksDeclared(model.Op{Kind: model.OverRelease}, i) }
func ordersTries(i impls.Impl) bool {
	return i.Order == impls.FIFO && parks(i) && hasTry(i) && weighs(i)
}
func judgesSurplus(i impls.Impl) bool {
	return refusesSurplus(i) && i.OverRelease == impls.OverReleaseUnchanged && hasTry(i) && weighs(i)
}

// Directed returns the texts of the directed programs that are legal for impl: those in which calls begin
// together, or the others. An implementation whose waiters wait elsewhere has no instant at which nothing
// can move, and so nothing that such a program could look at.
func Directed(impl impls.Impl, races bool) (texts []string) {
	for _, d := range directedPrograms {
		if d.races == races && d.legal(impl) {
			texts = append(texts, d.text)
		}
	}
	return texts
}

// legal leaves out what impl declares to break.
func (d *directed) legal(impl impls.Impl) bool {
	return impl.Waits != impls.Elsewhere && impl.Defects[d.clause] == "" && d.suits(impl)
}

// directedNamed returns the directed program of a text, or nil.
func directedNamed(text string) *directed {
	i := slices.IndexFunc(directedPrograms, func(d directed) bool { return d.text == text })
	if i < 0 {
		return nil
	}
	return &directedPrograms[i]
}

// sizes takes all permits and one more, at sizes around the powers of two: the last word of a bit set is
// full at some of them and empty at none.
func sizes(s *stage) {
	all := []int64{4, 5, 7, 8, 9, 15, 16, 17, 31, 32, 33, 63, 64, 65, 127, 128, 129, 256, 1000}
	for _, size := range all {
		if size != s.within(size) || s.impl.UnitWeights && size > mostUnits {
			continue
		}
		s.renew(size)
		s.take(size)
		s.mustTry(1, false)
		s.put(1)
		s.take(1) // permits that are kept aside must serve this call as well as a try
		s.put(1)
		s.mustTakeOne()
		s.put(size)
		if !s.impl.UnitWeights {
			s.mustTry(size, true)
			s.put(size)
		}
	}
	s.close()
}

// alone makes calls that need not wait, while one permit of three is held. The first waiters come after them: an
// implementation may have turned to a mode without waiters.
func alone(s *stage) {
	s.renew(s.within(3))
	s.take(1)
	for round := range 4200 {
		s.take(1)
		s.mustTakeOne()
		if round%16 == 0 {
			s.mustTry(1, false)
		}
		s.put(1)
		s.put(1)
	}
	s.take(1)
	s.take(1)
	for range 2 {
		a := s.wait(1)
		s.put(1)
		s.settle()
		s.mustBeGranted(a)
		s.leave(s.wait(1))
	}
	s.put(1)
	s.put(1)
	s.put(1)
	s.close()
}

// longLine serves 260 waiters by two Releases. Under FIFO the first half is served first; under any order
// each Release admits as many as it has permits for.
func longLine(s *stage) {
	n := s.within(260)
	s.renew(n)
	s.take(n)
	var line []*asked
	for range n {
		line = append(line, s.wait(1))
	}
	for _, part := range []int64{n / 2, n - n/2} {
		s.put(part)
		s.settle()
		line = s.served(line, int(part))
	}
	s.put(n)
	s.close()
}

// served fails unless exactly the given number of a line were granted, and under FIFO the first of it. It
// returns the others.
func (s *stage) served(line []*asked, want int) (rest []*asked) {
	granted := 0
	for i, a := range line {
		if !a.done.Load() {
			rest = append(rest, a)
			continue
		}
		if s.impl.Order == impls.FIFO && len(rest) > 0 {
			s.fail("waiter %d of %d was granted before one that began to wait first", i+1, len(line))
		}
		s.mustBeGranted(a)
		granted++
	}
	if granted != want {
		s.fail("%d of %d waiters were granted, want %d", granted, len(line), want)
	}
	return rest
}

// movingLine serves the head of a line while the line grows, and cancels each second waiter now and then: a
// line in an array wraps around and grows at the same time.
func movingLine(s *stage) {
	s.renew(1)
	s.take(1)
	var line []*asked
	for round := range 50 {
		for range 3 {
			line = append(line, s.wait(1))
		}
		for i := len(line) - 2; round%20 == 9 && round > 9 && i > 0; i -= 2 { // each second one but the ends
			s.leave(line[i])
			line = slices.Delete(line, i, i+1)
		}
		s.put(1)
		s.settle()
		line = s.served(line, 1)
	}
	for len(line) > 0 {
		s.put(1)
		s.settle()
		line = s.served(line, 1)
	}
	s.put(1)
	s.close()
}

// waitsInTurn lets each of 300 requests wait, and grants it. Beside some waits a request that leaves.
func waitsInTurn(s *stage) {
	s.renew(1)
	s.take(1)
	for round := range 300 {
		a := s.wait(1)
		// In each third round only: with two waits in every round, each second wait would leave, and a
		// counter that wraps at a power of two would forget a wait that leaves.
		if round%3 == 0 {
			s.leave(s.wait(1))
		}
		s.mustWait(a)
		s.put(1)
		s.settle()
		s.mustBeGranted(a)
	}
	s.put(1)
	s.close()
}

// leaversInTurn cancels 1100 waits behind a request that stays, with no Release between them. One more request
// comes last: the leavers may have taken its place in the storage of the line with them.
func leaversInTurn(s *stage) {
	s.renew(1)
	s.take(1)
	stays := s.wait(1)
	for range 1100 {
		s.leave(s.wait(1))
	}
	line := []*asked{stays, s.wait(1)}
	for len(line) > 0 {
		s.put(1)
		s.settle()
		line = s.served(line, 1)
	}
	s.put(1)
	s.close()
}

// burst gives 256 permits back one by one to a waiter that needs them all. In some schedules the waiter
// does not run in between.
func burst(s *stage) {
	n := s.within(256)
	s.renew(n)
	s.take(n)
	a := s.wait(n)
	for range n {
		s.put(1)
	}
	s.settle()
	s.mustBeGranted(a)
	s.put(n)
	s.close()
}

// zeroBehind lets an Acquire(0) wait behind another request. The Release that serves that one serves both.
func zeroBehind(s *stage) {
	s.renew(1)
	s.take(1)
	first := s.ask(context.Background(), func() {}, 1)
	s.settle()
	nothing := s.ask(context.Background(), func() {}, 0)
	s.settle()
	s.put(1)
	s.settle()
	s.mustBeGranted(first)
	s.mustBeGranted(nothing)
	s.put(1)
	s.close()
}

// shared lets four requests wait with one ctx. One is granted while the ctx ends, or before.
func shared(s *stage) {
	for _, grants := range []int{0, 1} {
		s.renew(1)
		s.take(1)
		ctx, cancel := shim.WithCancel(context.Background())
		var line []*asked
		for range 4 {
			line = append(line, s.ask(ctx, cancel, 1))
			s.settle()
		}
		stranger := s.ask(context.Background(), func() {}, 1)
		s.settle()
		if grants > 0 {
			s.put(1)
		}
		cancel()
		s.settle()
		granted := 0
		for _, a := range line {
			if a.done.Load() && a.err == nil {
				granted++
			} else {
				s.mustBeRefused(a)
			}
		}
		if stranger.done.Load() {
			granted++
		}
		if granted != grants {
			s.fail("%d requests were granted after %d Release(1)", granted, grants)
		}
		if !stranger.done.Load() {
			s.put(1)
			s.settle()
		}
		s.mustBeGranted(stranger)
		s.put(1)
		s.mustTakeOne()
		s.put(1)
	}
	s.close()
}

// surplus releases one permit twice at once: one of the two calls panics. Then it releases far too much
// in one call, whose sum with the free permits overflows.
func surplus(s *stage) {
	s.renew(s.within(2))
	s.take(1)
	var panics atomic.Int64
	release := func(n int64) {
		defer func() {
			if recover() != nil {
				panics.Add(1)
			}
		}()
		s.sem.Release(n)
	}
	schedrt.Go(func() { schedrt.MarkHarness(); release(1) })
	release(1)
	s.settle()
	if n := panics.Load(); n != 1 {
		s.fail("%d of two calls Release(1) at once panicked with 1 permit held, want 1", n)
	}
	if !s.impl.UnitWeights && s.impl.OverRelease == impls.OverReleaseUnchanged {
		s.take(1)
		for _, n := range []int64{2, math.MaxInt64 - 1, math.MaxInt64} {
			panics.Store(0)
			if release(n); panics.Load() != 1 {
				s.fail("Release(%d) did not panic with 1 permit held", n)
			}
		}
	}
	s.close()
}

// deadlineLeft grants a wait whose ctx has a deadline in an hour, and cancels the ctx after the grant. If
// the hour passes all the same, a timer is left that belongs to no ctx.
func deadlineLeft(s *stage) {
	s.renew(1)
	s.take(1)
	ctx, cancel := shim.WithTimeout(context.Background(), time.Hour)
	deadline, _ := ctx.Deadline()
	a := &asked{n: 1}
	sem := s.sem
	schedrt.Go(func() {
		schedrt.MarkHarness()
		a.err = sem.Acquire(ctx, 1)
		cancel()
		a.at.Store(schedrt.Now().UnixNano())
		a.done.Store(true)
	})
	schedrt.Yield()
	s.put(1)
	s.settle()
	if !a.done.Load() {
		s.fail("Acquire(1) still waits, and nothing can move")
	}
	returned := time.Unix(0, a.at.Load())
	if a.err == nil && returned.Before(deadline) && !schedrt.Now().Before(deadline) {
		s.fail("Acquire(1) = nil, its ctx was cancelled, and a timer for the deadline of ctx is left")
	}
	if a.err == nil {
		s.put(1)
	}
	s.close()
}

// outliving is a ctx whose deadline does not end it.
type outliving struct {
	context.Context
	deadline time.Time
}

func (o outliving) Deadline() (time.Time, bool) { return o.deadline, true }

// deadlineOfCaller waits with a ctx of a caller's own type, whose deadline has passed or passes meanwhile.
func deadlineOfCaller(s *stage) {
	for _, left := range []time.Duration{-time.Hour, time.Millisecond, time.Hour} {
		s.renew(1)
		inner, cancel := shim.WithCancel(context.Background())
		ctx := outliving{inner, schedrt.Now().Add(left)}
		for range 2 {
			a := s.ask(ctx, cancel, 1)
			s.settle()
			s.mustBeGranted(a)
			b := s.ask(ctx, cancel, 1)
			s.settle()
			s.mustWait(b)
			s.put(1)
			s.settle()
			s.mustBeGranted(b)
			s.put(1)
		}
		cancel()
	}
	s.close()
}

// farDeadlines waits with deadlines that are weeks, a century and centuries away. A ctx of a caller's own type has no
// timer. All timers have fired when nothing can move, so a ctx with a timer is cancelled before that.
func farDeadlines(s *stage) {
	const day = 24 * time.Hour
	for _, left := range []time.Duration{40 * day, 100 * 365 * day, math.MaxInt64} {
		s.renew(1)
		deadline := schedrt.Now().Add(left)
		inner, end := shim.WithCancel(context.Background())
		a := s.ask(outliving{inner, deadline}, end, 1)
		s.settle()
		s.mustBeGranted(a)
		ctx, cancel := shim.WithDeadline(context.Background(), deadline)
		b := s.ask(ctx, cancel, 1)
		schedrt.Yield()
		cancel()
		s.settle()
		switch {
		case !b.done.Load():
			s.fail("Acquire(1) still waits though its ctx is done")
		case b.err != ctx.Err():
			s.fail("Acquire(1) = %s, want %v", errText(b.err), ctx.Err())
		}
		s.over(b)
		s.put(1)
		end()
	}
	s.close()
}

// oneContextAgain asks for permits with the ctx of requests that were granted. It takes them like any other.
func oneContextAgain(s *stage) {
	n := s.within(3)
	s.renew(n)
	ctx, cancel := shim.WithCancel(context.Background())
	for range n {
		a := s.ask(ctx, cancel, 1)
		s.settle()
		s.mustBeGranted(a)
	}
	a := s.ask(ctx, cancel, 1)
	s.settle()
	s.mustWait(a)
	s.leave(a)
	for range n {
		s.put(1)
	}
	s.close()
}

// surplusBesideTry tries for both permits, of which one is held, while a Release of two panics.
func surplusBesideTry(s *stage) {
	if s.within(2) < 2 {
		return
	}
	s.renew(2)
	s.take(1)
	sem := s.sem
	schedrt.Go(func() {
		schedrt.MarkHarness()
		defer func() { _ = recover() }()
		sem.Release(2)
	})
	s.mustTry(2, false)
	s.settle()
	s.mustTakeOne()
	s.mustTry(1, false)
	s.put(2)
	s.close()
}

// grantsBesideNewcomers grants a whole line by one Release, with one permit more. Two of the waiters ask again as
// soon as they are granted, maybe before Release has returned, and one of them gets that permit. The lines are as
// long as the batches in which an implementation may grant, and one longer.
func grantsBesideNewcomers(s *stage) {
	for _, n := range []int64{4, 5, 8, 9, 16} {
		if s.within(n+1) <= n {
			break
		}
		s.renew(n + 1)
		s.take(n + 1)
		var all []*asked
		for i := range n {
			if i < n-2 {
				all = append(all, s.wait(1))
			} else {
				all = append(all, s.askTwice()...)
				s.settle()
			}
		}
		s.put(n + 1)
		s.settle()
		var last *asked
		granted := int64(0)
		for _, a := range all {
			if a.done.Load() {
				granted++
				s.mustBeGranted(a)
			} else {
				last = a
			}
		}
		if granted != n+1 {
			s.fail("%d requests were granted after Release(%d)", granted, n+1)
		}
		s.put(1)
		s.settle()
		s.mustBeGranted(last)
		s.put(n + 1)
	}
	s.close()
}

// askTwice begins an Acquire(1) in a goroutine of its own, which asks again once it is granted.
func (s *stage) askTwice() []*asked {
	first := &asked{n: 1, ctx: context.Background()}
	second := &asked{n: 1, ctx: context.Background()}
	schedrt.Go(func() {
		schedrt.MarkHarness()
		s.acquire(first)
		if first.err == nil {
			s.acquire(second)
		}
	})
	return []*asked{first, second}
}

// triesBesideLine tries for a free permit at each length of a line whose head needs two. Under FIFO the try passes the
// line, or does not, as is declared.
func triesBesideLine(s *stage) {
	if s.within(2) < 2 {
		return
	}
	s.renew(2)
	s.take(1)
	line := []*asked{s.wait(2)}
	for range 260 {
		s.mustTry(1, s.impl.TryBarges)
		if s.impl.TryBarges {
			s.put(1)
		}
		line = append(line, s.wait(1))
	}
	s.put(1)
	s.settle()
	line = s.served(line, 1)
	for len(line) > 0 {
		s.put(2)
		s.settle()
		line = s.served(line, 2)
	}
	s.put(2)
	s.close()
}

// manySemaphores lets a request wait on each of 40 semaphores, and serves the last one first. Waiters of several
// semaphores may share a table.
func manySemaphores(s *stage) {
	type one struct {
		sem    impls.Semaphore
		waiter *asked
	}
	var all []one
	for range 40 { // all are unused for some time
		sem, err := s.impl.Make(1)
		if err != nil {
			s.fail("%v", err)
		}
		all = append(all, one{sem: sem})
	}
	for i := range all {
		s.sem = all[i].sem
		s.take(1)
		all[i].waiter = s.wait(1)
	}
	for i, o := range slices.Backward(all) {
		s.sem = o.sem
		s.put(1)
		s.settle()
		s.mustBeGranted(o.waiter)
		if i > 0 {
			s.mustWait(all[i-1].waiter)
		}
		s.put(1)
		s.close()
	}
}
