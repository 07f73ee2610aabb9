package explore_test

import (
	"math/rand"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/semabench/semabench/internal/longtest"
	"github.com/semabench/semabench/stress/explore"
	"github.com/semabench/semabench/stress/explore/schedrt"
)

// startIn starts a goroutine as errgroup does: the go statement captures variables of this call.
func startIn(all *sync.WaitGroup, f func()) {
	all.Add(1)
	go func() {
		defer all.Done()
		f()
	}()
}

func takeJobs(jobs <-chan int, done chan<- int) {
	for j := range jobs {
		done <- j
	}
}

// ofJobs has workers that take jobs from a channel. Start starts one of them.
func ofJobs(workers, jobs int, start func(all *sync.WaitGroup, in chan int, out chan int, i int)) func(*explore.T) {
	return func(t *explore.T) {
		in, out := make(chan int), make(chan int, jobs)
		var all sync.WaitGroup
		for i := range workers {
			start(&all, in, out, i)
		}
		for j := range jobs {
			in <- j
		}
		close(in)
		all.Wait()
	}
}

const upToRenaming = "up to renaming of alike goroutines"

// Goroutines that are alike are explored once, however they are started. Goroutines that capture
// different values are not, although each of them does the same with its value.
func TestAlikeGoroutines(t *testing.T) {
	for name, c := range map[string]struct {
		start   func(all *sync.WaitGroup, in, out chan int, i int)
		reduced bool
	}{
		"WaitGroup.Go": {func(all *sync.WaitGroup, in, out chan int, i int) {
			all.Go(func() { takeJobs(in, out) })
		}, true},
		"go with arguments": {func(all *sync.WaitGroup, in, out chan int, i int) {
			all.Add(1)
			go func(in <-chan int, all *sync.WaitGroup) { takeJobs(in, out); all.Done() }(in, all)
		}, true},
		"of a function": {func(all *sync.WaitGroup, in, out chan int, i int) { startIn(all, func() { takeJobs(in, out) }) }, true},
		"own channel": {func(all *sync.WaitGroup, in, out chan int, i int) {
			own := make(chan int, 2)
			all.Go(func() { takeJobs(in, own) })
		}, false},
		"another group": {func(all *sync.WaitGroup, in, out chan int, i int) {
			if i > 0 {
				all = new(sync.WaitGroup)
			}
			all.Go(func() { takeJobs(in, out) })
		}, false},
		"own number":      {func(all *sync.WaitGroup, in, out chan int, i int) { all.Go(func() { takeJobs(in, out); _ = i }) }, false},
		"changing number": {func(all *sync.WaitGroup, in, out chan int, i int) { i++; all.Go(func() { takeJobs(in, out); _ = i }) }, false},
	} {
		t.Run(name, func(t *testing.T) {
			if name != "WaitGroup.Go" && name != "own number" {
				longtest.NeedCI(t, "the other ways to start goroutines: one that is reduced, and one that is not")
			}
			body := ofJobs(2, 2, c.start)
			var counts [2]int
			for i, noAlike := range []bool{true, false} {
				t.Run([]string{"each", "alike"}[i], func(t *testing.T) {
					r := explore.Check(t, explore.Options{Strategy: "dpor", NoAlike: noAlike, Time: time.Minute}, body)
					if counts[i] = r.Schedules; isPlayer() {
						return
					}
					if r.Verdict != explore.Pass || strings.Contains(r.Text, upToRenaming) != (c.reduced && !noAlike && !schedrt.RaceEnabled) {
						t.Errorf("%s: %s", r.Verdict, r.Text)
					}
				})
			}
			if isPlayer() || counts[0] == 0 || counts[1] == 0 {
				return // -run chose one of them
			}
			want := counts[0]
			if c.reduced && !schedrt.RaceEnabled {
				want /= 2 // both orders of two goroutines
			}
			if counts[1] != want {
				t.Errorf("%d schedules, and %d if goroutines are alike, want %d", counts[0], counts[1], want)
			}
		})
	}
}

// A program that can see which goroutine is which is played whole: the failure is in an order that the
// names of the goroutines give away, which no schedule has whose goroutines begin in their order.
func TestAlikeGoroutinesToldApart(t *testing.T) {
	for name, look := range map[string]func() int{
		"random numbers": func() int { return rand.Intn(1_000_000) },
		"stacks": func() int {
			text := make([]byte, 100)
			text = text[:runtime.Stack(text, false)]
			return int(text[len("goroutine ")])
		},
	} {
		t.Run(name, func(t *testing.T) {
			seen := map[bool]bool{}
			for _, rising := range []bool{true, false} {
				t.Run(map[bool]string{true: "rising", false: "falling"}[rising], func(t *testing.T) {
					r := explore.Check(t, explore.Options{Strategy: "dpor", Time: time.Minute}, func(t *explore.T) {
						var mu sync.Mutex
						var order []int
						var all sync.WaitGroup
						for range 2 {
							all.Go(func() { mu.Lock(); order = append(order, look()); mu.Unlock() })
						}
						all.Wait()
						if order[0] < order[1] == rising {
							t.Error("found")
						}
					})
					seen[rising] = r.Verdict == explore.Fail
				})
			}
			if !isPlayer() && len(seen) == 2 && (!seen[true] || !seen[false]) {
				t.Errorf("orders that were found: %v", seen)
			}
		})
	}
}

// A bug that needs different roles of goroutines that are alike is found: which of them has which role
// is decided when they run.
func TestAlikeGoroutinesHaveRoles(t *testing.T) {
	r := explore.Check(t, explore.Options{Strategy: "dpor", Time: time.Minute}, func(t *explore.T) {
		var mu sync.Mutex
		led, turn := false, make(chan int, 1)
		missed := 0
		var all sync.WaitGroup
		for range 3 {
			all.Go(func() {
				mu.Lock()
				leads := !led
				led = true
				mu.Unlock()
				if leads {
					turn <- 1
					return
				}
				select {
				case <-turn:
				default:
					mu.Lock()
					missed++
					mu.Unlock()
				}
			})
		}
		all.Wait()
		if missed == 2 {
			t.Error("both followers came before the leader")
		}
	})
	if !isPlayer() && r.Verdict != explore.Fail {
		t.Errorf("%s: %s", r.Verdict, r.Text)
	}
}
