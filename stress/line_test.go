package stress

import (
	"context"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/semabench/semabench/impls"
	"github.com/semabench/semabench/stress/internal/designs"
	"github.com/semabench/semabench/stress/internal/odd"
)

// A brokenLine is a FIFO semaphore that breaks the contract in one way, or in none.
type brokenLine struct {
	broken     string
	mu         sync.Mutex
	size, held int64
	waiting    []*brokenWaiter
	above      []*brokenWaiter
}

type brokenWaiter struct {
	n     int64
	ready chan struct{}
}

func newBrokenLine(broken string) impls.Impl {
	impl := impls.Of("line", func(size int64) *brokenLine {
		if size < 0 {
			panic("negative size")
		}
		return &brokenLine{broken: broken, size: size}
	})
	impl.Order = impls.FIFO
	return impl
}

func (s *brokenLine) Acquire(ctx context.Context, n int64) error {
	if n < 0 {
		panic("negative weight")
	}
	done := ctx.Done()
	if anyClosed(done) {
		return ctx.Err()
	}
	if n > s.size {
		if s.broken == "keeps requests above the size" {
			s.mu.Lock()
			s.above = append(s.above, &brokenWaiter{n: n})
			s.mu.Unlock()
		}
		<-done
		return ctx.Err()
	}
	s.mu.Lock()
	if len(s.waiting) == 0 && n <= s.size-s.held {
		s.held += n
		s.mu.Unlock()
		return nil
	}
	if s.broken == "joins an empty line" {
		s.mu.Unlock()
		runtime.Gosched() // a window that a busy machine opens as well
		s.mu.Lock()
		if len(s.waiting) == 0 && n > 0 && n <= s.size-s.held {
			s.held += n
			s.mu.Unlock()
			return nil
		}
	}
	w := &brokenWaiter{n, make(chan struct{})}
	s.waiting = append(s.waiting, w)
	s.mu.Unlock()
	select {
	case <-w.ready:
		if s.broken == "keeps deadlines" && ctx.Err() == context.DeadlineExceeded {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.held -= n
			return context.DeadlineExceeded
		}
		return nil
	case <-done:
	}
	err := ctx.Err()
	s.mu.Lock()
	defer s.mu.Unlock()
	i := slices.Index(s.waiting, w)
	if i < 0 {
		return nil
	}
	s.waiting = slices.Delete(s.waiting, i, i+1)
	s.admit()
	return err
}

// admit serves the head of the line while it fits. The caller has mu.
func (s *brokenLine) admit() {
	for len(s.waiting) > 0 && s.waiting[0].n <= s.size-s.held {
		s.held += s.waiting[0].n
		close(s.waiting[0].ready)
		s.waiting = s.waiting[1:]
	}
}

func (s *brokenLine) TryAcquire(n int64) bool {
	if n < 0 {
		panic("negative weight")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if free := s.size - s.held; len(s.waiting) > 0 || n > free {
		if s.broken == "collects" && len(s.waiting) == 0 {
			s.held += free
			s.mu.Unlock()
			runtime.Gosched()
			s.mu.Lock()
			s.held -= free
		}
		return false
	}
	s.held += n
	return true
}

func (s *brokenLine) Release(n int64) {
	if n < 0 {
		panic("negative weight")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if n > s.held {
		panic("released more than held")
	}
	s.held -= n
	s.admit()
}

// Each of these defects was passed by the clause that now refutes it, and a line without a defect passes
// all of them. A waiter that hands its permit on because of one error of its ctx loses the wake-up of the
// next.
func TestBrokenLines(t *testing.T) {
	for _, c := range []struct{ broken, id, want string }{
		{"keeps deadlines", "C20", "still waits"},
		{"collects", "C4", "beside a TryAcquire(4001) that is refused"},
		{"keeps requests above the size", "C31", "objects that Acquire(2) allocated"},
	} {
		v := newChecker(newBrokenLine(c.broken)).check(clauseNamed(c.id))
		if v.Outcome != Fail || !strings.Contains(v.Detail, c.want) {
			t.Errorf("a line that %s: %v, want a failure with %q", c.broken, v, c.want)
		}
		if v := newChecker(newBrokenLine("")).check(clauseNamed(c.id)); v.Outcome != Pass {
			t.Errorf("a line without a defect: %v", v)
		}
	}
}

// A baton wakes one waiter for each Release, which wakes the next one if it leaves permits free. It forgets
// to do so if it was woken in vain, or if it leaves and could not have been served.
type baton struct {
	forgets    bool
	mu         sync.Mutex
	size, free int64
	waiting    []*brokenWaiter
}

func (s *baton) Acquire(ctx context.Context, n int64) error {
	done := ctx.Done()
	if anyClosed(done) {
		return ctx.Err()
	}
	if n > s.size {
		<-done
		return ctx.Err()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for n > s.free {
		w := &brokenWaiter{n, make(chan struct{})}
		s.waiting = append(s.waiting, w)
		s.mu.Unlock()
		left := false
		select {
		case <-w.ready:
		case <-done:
			left = true
		}
		s.mu.Lock()
		i := slices.Index(s.waiting, w)
		if i >= 0 {
			s.waiting = slices.Delete(s.waiting, i, i+1)
		} else if (left || n > s.free) && !(s.forgets && n > s.free) {
			s.wake()
		}
		if left {
			return ctx.Err()
		}
	}
	s.free -= n
	s.wake()
	return nil
}

// wake wakes the first waiter that fits. The caller has mu.
func (s *baton) wake() {
	i := slices.IndexFunc(s.waiting, func(w *brokenWaiter) bool { return w.n <= s.free })
	if i >= 0 {
		close(s.waiting[i].ready)
		s.waiting = slices.Delete(s.waiting, i, i+1)
	}
}

func (s *baton) TryAcquire(n int64) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if n > s.free {
		return false
	}
	s.free -= n
	return true
}

func (s *baton) Release(n int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.free += n
	s.wake()
}

// A request that was woken in vain, because it does not fit any more, has to wake a request that fits.
func TestWokenInVain(t *testing.T) {
	for _, c := range []struct {
		forgets bool
		want    Outcome
	}{{true, Fail}, {false, Pass}} {
		impl := impls.Of("baton", func(size int64) *baton { return &baton{forgets: c.forgets, size: size, free: size} })
		impl.Order = impls.Barging
		v := Verdict{Outcome: Pass}
		if err := play(impl, patience, stolenFromLarge); err != nil {
			v.Outcome, v.Detail = Fail, err.Error()
		}
		if v.Outcome != c.want {
			t.Errorf("forgets: %v: %v, want %v: %s", c.forgets, v.Outcome, c.want, v.Detail)
		}
	}
}

// A request for no permit that joins a line that has just become empty waits for a Release that may never
// come.
func TestJoinsAnEmptyLine(t *testing.T) {
	refuted := ""
	for seed := uint64(seedsWithNone); refuted == "" && seed < seedsWithNone+20_000; seed++ {
		if _, err := runOnce(newBrokenLine("joins an empty line"), patience, narrow.generate(seed)); err != nil {
			refuted = err.Error()
		}
	}
	if want := "waits in Acquire(0): could be served"; !strings.Contains(refuted, want) {
		t.Errorf("got %q, want %q", refuted, want)
	}
}

// Many random programs ask for no permit, and no correct design is refuted by them. A request for none that
// a design grants only with the next Release is excused while no permit is free.
func TestRandomProgramsAskForNone(t *testing.T) {
	const programs = 200
	with := 0
	for seed := range uint64(programs) {
		for _, o := range narrow.generate(seedsWithNone + seed).All() {
			if o.Kind.IsAcquire() && o.N == 0 {
				with++
				break
			}
		}
	}
	if with < programs/4 {
		t.Errorf("%d of %d programs ask for no permit", with, programs)
	}
	for _, impl := range slices.Concat(impls.All(), designs.All(), odd.All()) {
		if impl.Waits != impls.Parked {
			continue // their programs take longer
		}
		for seed := range uint64(60) {
			p := narrow.generate(seedsWithNone + seed)
			if _, err := runAndCheck(impl, patience, p); refutes(err) {
				t.Errorf("%s: %s: %v", impl.Name, programText(p), err)
				break
			}
		}
	}
}
