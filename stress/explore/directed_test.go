package explore_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/semabench/semabench/impls"
	"github.com/semabench/semabench/stress/explore"
	"github.com/semabench/semabench/stress/explore/internal/semaphore"
	"github.com/semabench/semabench/stress/internal/designs"
	"github.com/semabench/semabench/stress/internal/mutant"
	"github.com/semabench/semabench/stress/internal/odd"
)

// Each directed program refutes a semaphore with a defect that no scenario of a few calls shows.
var directedKills = []struct {
	program, mutant, clause string
	races                   bool
}{
	{"alone 4200 times", "rebalancing", "C36", false},
	{"line of 260", "one-wakeup", "C18", false},
	{"moving line of 120", "wrapped-growth", "C27", false},
	{"leavers 1100 in turn", "bounded-line", "C36", false},
	{"leavers 1100 in turn", "lost-piece", "C36", false},
	{"one ctx for four", "by-channel", "C22", true},
	{"deadline after a grant", "timer-kept", "C31", true},
	{"deadline of a caller", "reads-deadline", "C35", true},
	{"deadline of a caller", "impatient", "C35", true},
	{"surplus release", "growing", "C10", true},
	{"moving line of 120", "swapped-hole", "C27", false},
	{"alone 4200 times", "calm", "C36", false},
	{"deadlines far away", "short-timeout", "C35", true},
	{"deadlines far away", "short-years", "C35", true},
	{"one ctx again", "own-again", "C22", true},
	{"surplus beside a try", "surplus-for-now", "C11", true},
	{"grants beside newcomers", "in-eights", "C18", true},
	{"tries beside a line of 260", "byte-of-line", "C28", false},
	{"semaphores 40", "one-table", "C38", false},
	{"passed for ever", "unbounded", "C26", false},
}

func TestDirectedProgramsRefute(t *testing.T) {
	planted := slices.Concat(mutant.All(), mutant.Kinds())
	for _, c := range directedKills {
		t.Run(c.program+"/"+c.mutant, func(t *testing.T) {
			if !c.races {
				needLong(t)
			}
			i := slices.IndexFunc(planted, func(m mutant.Mutant) bool { return m.Name == c.mutant })
			o := explore.Options{Scenario: c.program, Strategy: "pct1", Schedules: 1, Time: time.Minute}
			if c.races {
				o.Strategy, o.Schedules = "pct2", 60
			}
			r := explore.CheckSemaphore(t, o, planted[i].Impl)
			if r.Verdict != explore.Fail || !strings.HasPrefix(r.What, c.clause) {
				t.Errorf("%s %s after %d schedules, want a failure of %s", r.Verdict, r.What, r.Schedules, c.clause)
			}
		})
	}
}

// No directed program refutes a correct semaphore.
func TestDirectedProgramsPass(t *testing.T) {
	right := []impls.Impl{mutant.Reference}
	if long := longOr(t, "correct semaphores", 32, 1) > 1; long {
		right = slices.Concat(right, impls.All(), designs.All(), odd.All())
	}
	for i, impl := range right {
		t.Run(fmt.Sprint(i, impl.Name), func(t *testing.T) {
			for _, races := range []bool{true, false} {
				o := explore.Options{Strategy: "pct1", Schedules: 1, Time: time.Minute}
				if races {
					o.Strategy, o.Schedules = "dpor", 60
				} else if len(right) == 1 {
					break
				}
				o.Scenario = strings.Join(semaphore.Directed(impl, races), "\n")
				r := explore.CheckSemaphore(t, o, impl)
				if r.Verdict != explore.Pass && r.Verdict != explore.Unknown {
					t.Errorf("%s %s: %s", r.Verdict, r.What, r.Text)
				}
			}
		})
	}
}

// A faulty semaphore is a line of waiters under a mutex, with one defect of four. Its other calls are right, so
// a program refutes it by the defect, and the empty defect passes.
type faulty struct {
	defect string
	size   int64

	mu    sync.Mutex
	held  int64
	line  []*faultyWaiter
	waits uint8 // wraps
	owed  uint8 // permits that came back since a call waits; wraps
}

type faultyWaiter struct {
	n     int64
	ready chan struct{}
}

func (s *faulty) free(n int64) bool { return len(s.line) == 0 && n <= s.size-s.held }

func (s *faulty) TryAcquire(n int64) bool {
	if n < 0 {
		panic("negative weight")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.free(n) || s.defect == "full word" && s.size%64 == 0 && n == s.size {
		return false
	}
	s.held += n
	return true
}

func (s *faulty) Acquire(ctx context.Context, n int64) error {
	if n < 0 {
		panic("negative weight")
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if n > s.size {
		<-ctx.Done()
		return ctx.Err()
	}
	s.mu.Lock()
	if s.free(n) {
		s.held += n
		s.mu.Unlock()
		return nil
	}
	w := &faultyWaiter{n, make(chan struct{})}
	if s.waits++; s.defect != "wrapped waits" || s.waits != 0 {
		s.line = append(s.line, w)
	}
	s.mu.Unlock()
	select {
	case <-w.ready:
		return nil
	case <-ctx.Done():
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	select {
	case <-w.ready: // the grant came first
		return nil
	default:
	}
	if i := slices.Index(s.line, w); i >= 0 {
		s.line = slices.Delete(s.line, i, i+1)
		s.serve()
	}
	return ctx.Err()
}

func (s *faulty) Release(n int64) {
	if n < 0 {
		panic("negative weight")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if n > s.held {
		panic("released more than held")
	}
	s.held -= n
	s.owed += uint8(n)
	if s.defect == "wrapped burst" && len(s.line) > 0 && int64(s.owed) < s.line[0].n {
		return // it counts what came back, and 256 is 0
	}
	s.serve()
}

// serve grants the requests at the head of the line that fit.
func (s *faulty) serve() {
	for len(s.line) > 0 && s.line[0].n <= s.size-s.held {
		w := s.line[0]
		s.line = s.line[1:]
		s.held += w.n
		close(w.ready)
		s.owed = 0
		if s.defect == "one grant" && s.held == s.size {
			return // no permit is left, and a request of none is not looked at
		}
	}
}

// The programs that no mutant of the tables needs refute these semaphores, and pass the right one.
func TestDirectedProgramsRefuteCountersAndZeros(t *testing.T) {
	for _, c := range []struct {
		program, defect, clause string
		races                   bool
	}{
		{"sizes to 1000", "full word", "C4", false},
		{"waits 300 in turn", "wrapped waits", "C36", false},
		{"releases 256 at once", "wrapped burst", "C36", true},
		{"zero behind a waiter", "one grant", "C13", true},
	} {
		for _, defect := range []string{c.defect, ""} {
			t.Run(c.program+"/"+defect, func(t *testing.T) {
				if !c.races {
					needLong(t)
				}
				impl := mutant.Reference
				impl.Name, impl.New = "faulty", func(size int64) impls.Semaphore {
					if size < 0 {
						panic("negative size")
					}
					return &faulty{defect: defect, size: size}
				}
				o := explore.Options{Scenario: c.program, Strategy: "pct1", Schedules: 1, Time: time.Minute}
				r := explore.CheckSemaphore(t, o, impl)
				failed := r.Verdict == explore.Fail && strings.HasPrefix(r.What, c.clause)
				if right := defect == ""; failed == right || right && r.Verdict == explore.Fail {
					t.Errorf("%s %s after %d schedules", r.Verdict, r.What, r.Schedules)
				}
			})
		}
	}
}

// Each crowded scenario but the second refutes a semaphore with a defect that its schedules meet. Right
// neighbours pass: leavers that always hand the wake-up on, and waiters that are used again after they
// were drained.
func TestCrowdedScenarios(t *testing.T) {
	named := func(name string) impls.Impl {
		all := append(odd.All(), mutant.Reference)
		for _, m := range mutant.Kinds() {
			all = append(all, m.Impl)
		}
		return all[slices.IndexFunc(all, func(impl impls.Impl) bool { return impl.Name == name })]
	}
	for name, want := range map[string]string{
		"handed-once": "C17", "asks-at-meeting": "C22", "undrained": "C", "one-follower": "C17",
		"baton": "", "reference": "", "pooled": "",
	} {
		t.Run(name, func(t *testing.T) {
			impl := named(name)
			o := explore.Options{
				Scenario: strings.Join(semaphore.Crowded(impl), "\n"), Strategy: "pos", Schedules: 50, Time: time.Minute,
			}
			r := explore.CheckSemaphore(t, o, impl)
			if (r.Verdict == explore.Fail) != (want != "") || !strings.HasPrefix(r.What, want) {
				t.Errorf("%s %s, want a failure of %q\n%s", r.Verdict, r.What, want, r.Text)
			}
		})
	}
}
