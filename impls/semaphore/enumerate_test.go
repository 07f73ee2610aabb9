//go:build !race || explored

package semaphore_test

import (
	"context"
	"flag"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/semabench/semabench/impls/semaphore"
	"github.com/semabench/semabench/internal/longtest"
	"github.com/semabench/semabench/stress/explore"
)

// A resizeProgram begins with a semaphore of two permits, of which the main goroutine holds some. At the
// same time each user does one operation, each resizer changes the size one or two times, and the main
// goroutine releases its permits one by one.
type resizeProgram struct {
	held     int64
	users    []string  // operations
	resizers [][]int64 // sizes that each sets in turn; the last one is at least 2
}

// calls counts the calls of the program that run at the same time: a cancellation is one, too.
func (p resizeProgram) calls() int {
	n := int(p.held) + len(p.users)
	for _, operation := range p.users {
		if operation == "cancel 2" {
			n++
		}
	}
	for _, sizes := range p.resizers {
		n += len(sizes)
	}
	return n
}

func (p resizeProgram) String() string {
	return fmt.Sprintf("held=%d %s resize=%v", p.held, strings.Join(p.users, ","), p.resizers)
}

// operations are what a user can do. No operation needs more than two permits, and the last size of each
// resizer is at least two. So each operation ends, however the resizers are ordered: an operation that
// waits for ever is a lost wake-up, which the explorer reports as a deadlock.
var operations = []string{"use 1", "use 2", "cancel 2", "try 1"}

// sizes are sequences for one resizer: the same size, growing, shrinking below what is held and growing
// back, shrinking by less, and growing before shrinking.
var sizes = [][]int64{{2}, {3}, {0, 2}, {0, 3}, {1, 2}, {1, 3}, {3, 2}}

// enumerate returns all programs with one or two users and one or two resizers, of at most so many calls.
// The same users in another order are the same program, and so are resizers. Two resizers choose from three
// sequences: to grow, to shrink to 0, and to shrink to 1.
func enumerate(most int) (all []resizeProgram) {
	var users [][]string
	for i, a := range operations {
		users = append(users, []string{a})
		for _, b := range operations[i:] {
			users = append(users, []string{a, b})
		}
	}
	var resizers [][][]int64
	for _, s := range sizes {
		resizers = append(resizers, [][]int64{s})
	}
	pairs := [][]int64{{3}, {0, 2}, {1, 3}}
	for i, a := range pairs {
		for _, b := range pairs[i:] {
			resizers = append(resizers, [][]int64{a, b})
		}
	}
	for _, u := range users {
		for _, r := range resizers {
			for held := range int64(3) {
				if p := (resizeProgram{held, u, r}); p.calls() <= most {
					all = append(all, p)
				}
			}
		}
	}
	return all
}

// play plays the program once. At the end all permits must be free: as many as size returns, which is the
// last size that was set.
func (p resizeProgram) play(t *explore.T, s resizable, size func() int64) {
	s.TryAcquire(p.held)
	var wg sync.WaitGroup
	for _, operation := range p.users {
		switch operation {
		case "use 1":
			wg.Go(func() { use(t.Context(), s, 1) })
		case "use 2":
			wg.Go(func() { use(t.Context(), s, 2) })
		case "cancel 2":
			ctx, cancel := context.WithCancel(t.Context())
			wg.Go(func() { use(ctx, s, 2) })
			wg.Go(cancel)
		case "try 1":
			wg.Go(func() {
				if s.TryAcquire(1) {
					s.Release(1)
				}
			})
		}
	}
	for _, sizes := range p.resizers {
		wg.Go(func() {
			for _, n := range sizes {
				s.Resize(n)
			}
		})
	}
	for range p.held {
		s.Release(1)
	}
	wg.Wait()
	mustBeFree(t, s, size())
}

var (
	fourSchedules = flag.Int("resize.schedules", 2000, "schedules of each program of four calls, with SEMABENCH_LONG=1")
	randomOnes    = flag.Int("resize.random", 100, "schedules that TestEnumeratedAtRandom draws, for all programs together")
)

// body returns the program as the explorer plays it, for one policy.
func (p resizeProgram) body(construct func(n int64) resizable) func(t *explore.T) {
	return func(t *explore.T) {
		s := construct(2).(*semaphore.Weighted)
		p.play(t, s, func() int64 { return s.Stats().Size })
		if got := s.Stats(); got.Held != got.Size || got.Waiting != 0 { // mustBeFree has all permits
			t.Errorf("Stats = %+v, want no call waiting", got)
		}
	}
}

// make test-long plays every program of at most three calls with every schedule. Programs of four calls
// have up to hundreds of thousands of schedules each, of which it plays the first ones.
func TestEnumeratedResizes(t *testing.T) {
	const proven = 3 // calls
	all := longtest.Or(t, "schedules of each program", 20_000, 20)
	programs, complete, schedules := map[int]int{}, map[int]int{}, 0 // by the number of calls
	for _, policy := range slices.Sorted(maps.Keys(makers)) {        // explore.Check refuses a loop over a map
		construct := makers[policy]
		for _, p := range enumerate(longtest.Or(t, "calls at most", proven+1, 2)) {
			bound := all
			if p.calls() > proven {
				bound = *fourSchedules
			}
			r := explore.Check(t, explore.Options{Schedules: bound, Strategy: "dpor"}, p.body(construct))
			programs[p.calls()]++
			schedules += r.Schedules
			switch {
			case r.Verdict == explore.Fail || r.Verdict == explore.Refused:
				t.Errorf("%s: %v: %s: %s", policy, p, r.Verdict, r.What)
			case r.Complete:
				complete[p.calls()]++
			case longtest.Asked() && p.calls() <= proven:
				t.Errorf("%s: %v: %s: not all schedules were played: %s", policy, p, r.Verdict, r.Bound)
			}
		}
	}
	for _, calls := range slices.Sorted(maps.Keys(programs)) {
		t.Logf("%d programs of %d calls; of %d all schedules were played", programs[calls], calls, complete[calls])
	}
	t.Logf("%d schedules", schedules)
}

// make test-long draws schedules of the programs of four calls, for which playing all takes too long.
// -resize.random=10000000 draws as many. Each program and policy gets the same share. The player runs without the
// flags of its parent, so the flag must not change which calls of explore.Check there are.
func TestEnumeratedAtRandom(t *testing.T) {
	programs := slices.DeleteFunc(enumerate(4), func(p resizeProgram) bool { return p.calls() < 4 })
	programs = programs[:longtest.Or(t, "programs", len(programs), 2)]
	each := max(1, *randomOnes/len(programs)/len(makers))
	schedules := 0
	for i, p := range programs {
		for _, policy := range slices.Sorted(maps.Keys(makers)) {
			o := explore.Options{Schedules: each, Strategy: "random", Seed: uint64(i + 1), Time: time.Hour}
			r := explore.Check(t, o, p.body(makers[policy]))
			schedules += r.Schedules
			if r.Verdict == explore.Fail || r.Verdict == explore.Refused {
				t.Errorf("%s: %v: %s: %s", policy, p, r.Verdict, r.What)
			}
		}
		if *randomOnes > 100_000 {
			t.Logf("%d schedules of %d programs of four calls", schedules, i+1)
		}
	}
	t.Logf("%d schedules of %d programs of four calls, for both policies", schedules, len(programs))
}

// The enumerated programs refute a Resize that loses a shrink, and pass it where no size shrinks.
func TestEnumeratedProgramsRefute(t *testing.T) {
	for _, test := range []struct {
		sizes []int64
		want  explore.Verdict
	}{{[]int64{2}, explore.Pass}, {[]int64{3}, explore.Pass}, {[]int64{0, 2}, explore.Fail}} {
		p := resizeProgram{1, []string{"use 1"}, [][]int64{test.sizes}}
		r := explore.Check(t, explore.Options{Strategy: "dpor"}, func(t *explore.T) {
			large := semaphore.NewFIFO(10) // of which eight are never free
			large.TryAcquire(8)
			s := &tryResizer{Weighted: large, size: 2}
			p.play(t, s, func() int64 { return s.size })
		})
		if r.Verdict != test.want {
			t.Errorf("%v: %s: %s, want %s", p, r.Verdict, r.What, test.want)
		}
	}
}
