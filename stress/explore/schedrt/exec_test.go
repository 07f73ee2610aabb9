package schedrt_test

import (
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"
	"unsafe"

	"github.com/semabench/semabench/stress/explore/internal/schedtest"
	"github.com/semabench/semabench/stress/explore/schedrt"
)

// word is a word of memory that a test uses atomically.
type word int64

func (w *word) load() int64 {
	schedrt.Load(unsafe.Pointer(w))
	return int64(*w)
}

func (w *word) store(v int64) {
	schedrt.Store(unsafe.Pointer(w), unsafe.Sizeof(*w))
	*w = word(v)
}

func (w *word) cas(old, new int64) bool {
	schedrt.CAS(unsafe.Pointer(w))
	ok := int64(*w) == old
	if ok {
		*w = word(new)
	}
	schedrt.Swapped(unsafe.Pointer(w), unsafe.Sizeof(*w), ok)
	return ok
}

// n goroutines of k operations each have (nk)!/(k!)^n interleavings. A go statement is no step, and
// goroutine 0 has no operation here.
func TestAStepIsOneOperation(t *testing.T) {
	for _, c := range []struct{ goroutines, operations, want int }{
		{1, 3, 1}, {2, 1, 2}, {2, 2, 6}, {2, 3, 20}, {3, 1, 6}, {3, 2, 90},
	} {
		got := schedtest.EverySchedule(t, schedrt.Limits{}, func(*strings.Builder) {
			words := make([]word, c.goroutines)
			for g := range c.goroutines {
				schedrt.Go(func() {
					for range c.operations {
						words[g].store(1)
					}
				})
			}
		})
		t.Run(fmt.Sprintf("%dx%d", c.goroutines, c.operations), func(t *testing.T) {
			schedtest.MustResult(t, got, map[string]int{"passed": c.want})
		})
	}
}

// The lost update: two increments of a load and a store each. Of the 6 schedules, 2 are serial.
func TestLostUpdateIsInTheSchedules(t *testing.T) {
	got := schedtest.EverySchedule(t, schedrt.Limits{}, func(seen *strings.Builder) {
		var n word
		left := 2
		for range left {
			schedrt.Go(func() {
				n.store(n.load() + 1)
				if left--; left == 0 {
					fmt.Fprint(seen, int64(n))
				}
			})
		}
	})
	schedtest.MustResult(t, got, map[string]int{"passed 1": 4, "passed 2": 2})
}

// The trace has one event a step, with its objects. The objects 1 and 2 are the engine's own.
func TestTrace(t *testing.T) {
	x := schedtest.PlayScript(t, []int{2, 1, 1}, func() {
		var a, b word
		schedrt.Go(func() { a.store(1); b.load() })
		schedrt.Go(func() { a.cas(0, 1) })
	})
	schedtest.MustEnd(t, x, schedrt.Passed)
	var got []string
	for i := range x.Trace.Steps {
		s := &x.Trace.Steps[i]
		got = append(got, fmt.Sprintf("g%d %v %v", s.G, s.Kind, x.Trace.Accesses(s)))
	}
	want := []string{ // {object mode}: mode 1 is a write, mode 0 a read
		"g2 compare-and-swap [{3 1}]", "g1 atomic store [{3 1}]", "g1 atomic load [{4 0}]",
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("trace %q\nwant  %q", got, want)
	}
}

// A compare-and-swap that fails only read, so it commutes with other reads.
func TestFailedSwapIsARead(t *testing.T) {
	x := schedtest.PlayScript(t, nil, func() {
		var a word
		if a.cas(7, 8) {
			t.Error("the compare-and-swap of another value succeeded")
		}
	})
	if got := x.Trace.Accesses(&x.Trace.Steps[0]); len(got) != 1 || got[0].Mode != schedrt.Read {
		t.Errorf("accesses %v, want one read", got)
	}
}

// The strategy is not asked where only one goroutine can move, unless AskAlways is set.
func TestQuestions(t *testing.T) {
	schedtest.SkipUnderRace(t)
	for _, c := range []struct {
		always bool
		want   string
	}{{false, "[[1 2]]"}, {true, "[[1 2] [2]]"}} {
		x := schedrt.New(schedrt.Limits{AskAlways: c.always})
		s := &schedtest.Script{T: t}
		x.Play(s, func() {
			var a, b word
			schedrt.Go(func() { a.store(1) })
			schedrt.Go(func() { b.store(1) })
		})
		x.Close()
		if got := fmt.Sprint(s.Asked); got != c.want {
			t.Errorf("AskAlways %v: questions about %v, want %v", c.always, got, c.want)
		}
	}
}

func TestEndings(t *testing.T) {
	for _, c := range []struct {
		name    string
		limits  schedrt.Limits
		program func()
		want    schedrt.Ending
		message string // the outcome's begins with it
	}{
		{"returns", schedrt.Limits{}, func() {}, schedrt.Passed, ""},
		{"the program waits", schedrt.Limits{}, func() { schedrt.Recv(make(chan int)) },
			schedrt.Deadlock, ""},
		{"a goroutine waits", schedrt.Limits{}, func() {
			schedrt.Go(func() { schedrt.Recv(make(chan int)) })
		}, schedrt.Leak, ""},
		{"a panic", schedrt.Limits{}, func() { panic("oh") }, schedrt.Panicked, "panic: oh"},
		{"a panic with an error", schedrt.Limits{}, func() { panic(errors.New("no")) },
			schedrt.Panicked, "panic: no"},
		{"Fail", schedrt.Limits{}, func() { schedrt.Fail("bad") }, schedrt.Failed, "bad"},
		{"the first of two Fails", schedrt.Limits{},
			func() { schedrt.Fail("bad"); schedrt.Fail("worse") }, schedrt.Failed, "bad"},
		{"Refuse", schedrt.Limits{}, func() { schedrt.Refuse("a file") }, schedrt.Refused, "a file"},
		{"RefuseCall", schedrt.Limits{}, func() { schedrt.RefuseCall(func() {}, "f", "")() },
			schedrt.Refused, "f is not under control"},
		{"steps", schedrt.Limits{Steps: 5}, func() {
			var w word
			for range 6 {
				w.store(1)
			}
		}, schedrt.Endless, ""},
		{"a spinning loop", schedrt.Limits{Livelock: 20}, func() {
			var w word
			for w.load() == 0 {
			}
		}, schedrt.Livelock, ""},
		{"Goexit of goroutine 0", schedrt.Limits{}, func() {
			schedrt.Go(func() { schedrt.Recv(make(chan int)) })
			runtime.Goexit()
		}, schedrt.Leak, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			x := schedtest.PlayChoices(t, c.limits, nil, nil, c.program)
			schedtest.MustEnd(t, x, c.want)
			if !strings.HasPrefix(x.Outcome.Message, c.message) {
				t.Errorf("message %q, want %q", x.Outcome.Message, c.message)
			}
		})
	}
}

// A strategy that answers with a negative number gives the execution up.
func TestNegativePickPrunes(t *testing.T) {
	schedtest.SkipUnderRace(t)
	x := schedrt.New(schedrt.Limits{AskAlways: true})
	defer x.Close()
	if out := x.Play(giveUp{}, func() { new(word).store(1) }); out.Kind != schedrt.Pruned {
		t.Errorf("the execution ended as %v, want pruned", out.Kind)
	}
}

type giveUp struct{}

func (giveUp) Pick(*schedrt.Point) int { return -1 }
func (giveUp) Choose(int) int          { return 0 }

// The outcome of a deadlock names each goroutine, its operation and the holder of the lock.
func TestWaiting(t *testing.T) {
	x := schedtest.PlayScript(t, []int{1, 2, 1}, func() {
		var a byte
		schedrt.Go(func() { schedrt.MutexAt(unsafe.Pointer(&a)).Lock(); schedrt.Recv(make(chan int)) })
		schedrt.Go(func() { new(word).store(1); schedrt.MutexAt(unsafe.Pointer(&a)).Lock() })
	})
	schedtest.MustEnd(t, x, schedrt.Leak)
	var got []string
	for _, w := range x.Outcome.Waiting {
		got = append(got, fmt.Sprintf("g%d %v holder %d", w.G, w.Op, w.Holder))
	}
	if want := "[g1 receive holder -1 g2 Lock holder 1]"; fmt.Sprint(got) != want {
		t.Errorf("waiting %v, want %v", got, want)
	}
}

// Deferred calls of goroutines that are left run, the youngest goroutine first, and cannot go on:
// the next operation in them ends them again.
func TestUnwindRunsDeferredCalls(t *testing.T) {
	var seen []string
	x := schedtest.PlayScript(t, nil, func() {
		for _, name := range []string{"a", "b"} {
			schedrt.Go(func() {
				defer func() { seen = append(seen, name+" ends") }()
				defer func() {
					new(word).store(1)
					seen = append(seen, name+" goes on")
				}()
				schedrt.Recv(make(chan int))
			})
		}
	})
	schedtest.MustEnd(t, x, schedrt.Leak)
	if got := fmt.Sprint(seen); got != "[b ends a ends]" {
		t.Errorf("seen %v, want [b ends a ends]", got)
	}
}

// Coroutines and goroutines hand over in different ways and play the same steps.
func TestBothHandoversPlayTheSameTrace(t *testing.T) {
	program := func() {
		var w word
		ch := make(chan int, 1)
		for i := range 3 {
			schedrt.Go(func() {
				w.store(int64(i))
				schedrt.To(ch).Send(i)
				schedrt.Recv(ch)
				if w.load() == 2 {
					runtime.Goexit()
				}
			})
		}
	}
	order := []int{3, 1, 2, 2, 1, 3}
	co := schedtest.PlayChoices(t, schedrt.Limits{AskAlways: true}, order, nil, program)
	g := schedtest.PlayChoices(t, schedrt.Limits{AskAlways: true, Goroutines: true}, order, nil, program)
	if a, b := fmt.Sprint(co.Trace.Steps), fmt.Sprint(g.Trace.Steps); a != b {
		t.Errorf("coroutines %v\ngoroutines %v", a, b)
	}
}

// An Exec is used again, whatever the execution before left behind.
func TestPlayAgain(t *testing.T) {
	schedtest.SkipUnderRace(t)
	x := schedrt.New(schedrt.Limits{})
	defer x.Close()
	var mu byte
	for range 3 {
		out := x.Play(&schedtest.Script{T: t}, func() {
			m := schedrt.MutexAt(unsafe.Pointer(&mu))
			if !m.TryLock() {
				schedrt.Fail("an earlier execution left the mutex locked")
			}
			schedrt.Go(func() { m.Lock() })
		})
		if out.Kind != schedrt.Leak {
			t.Errorf("the execution ended as %v (%s), want a leak", out.Kind, out.Message)
		}
	}
}

func TestPlayWithinPlayPanics(t *testing.T) {
	x := schedtest.PlayScript(t, nil, func() {
		y := schedrt.New(schedrt.Limits{})
		defer y.Close()
		y.Play(&schedtest.Script{}, func() {})
	})
	if want := "panic: schedrt: Play within Play"; x.Outcome.Message != want {
		t.Errorf("message %q, want %q", x.Outcome.Message, want)
	}
}

// A goroutine outside of control is not touched, and is counted while it runs.
func TestOutsideOfControl(t *testing.T) {
	if schedrt.Controlled() {
		t.Error("a test is under control")
	}
	schedrt.Refuse("nothing") // does nothing here
	if f := schedrt.RefuseCall(func() int { return 1 }, "f", ""); f() != 1 {
		t.Error("RefuseCall does not return its function")
	}
	started, release, ended := make(chan bool), make(chan bool), make(chan bool)
	schedrt.Go(func() { started <- schedrt.Controlled(); <-release })
	if <-started {
		t.Error("a goroutine that was started outside of control is under control")
	}
	if got := schedrt.UncontrolledGoroutines(); !strings.Contains(got, "exec_test.go:") {
		t.Errorf("UncontrolledGoroutines = %q, want the position of the go statement", got)
	}
	go func() {
		for schedrt.UncontrolledGoroutines() != "" {
			runtime.Gosched()
		}
		close(ended)
	}()
	close(release)
	<-ended
}

// A schedule that passes a goroutine over for 2000 steps is overruled: the loop below changes
// state in each round, so it is no spinner, and would go on for ever.
func TestFairness(t *testing.T) {
	x := schedtest.PlayChoices(t, schedrt.Limits{Steps: 10_000}, nil, nil, func() {
		var flag, other word
		schedrt.Go(func() { flag.store(1) })
		for flag.load() == 0 { // goroutine 0 is always offered first, and the script takes it
			other.store(1)
		}
	})
	schedtest.MustEnd(t, x, schedrt.Passed)
	if n := len(x.Trace.Steps); n < 2_000 || n > 2_010 {
		t.Errorf("%d steps, want the flag to be set after 2000", n)
	}
}

// A program that starts goroutines for ever, without an operation of its own, is given up in time. The next
// execution does not see the goroutines that were left.
func TestStopAmongGoStatements(t *testing.T) {
	schedtest.SkipUnderRace(t)
	x := schedrt.New(schedrt.Limits{})
	defer x.Close()
	for _, begin := range []func(){func() {}, func() { schedrt.Recv(make(chan int)) }} {
		x.StopAt(time.Now().Add(20 * time.Millisecond))
		out := x.Play(goroutinesFirst{}, func() {
			for {
				schedrt.Go(begin)
			}
		})
		if out.Kind != schedrt.Pruned || !x.TimeIsOver() {
			t.Errorf("%v, want pruned", out.Kind)
		}
		x.StopAt(time.Time{})
		out = x.Play(goroutinesFirst{}, func() {
			done := make(chan int)
			schedrt.Go(func() { schedrt.Close(done) })
			schedrt.Recv(done)
		})
		if out.Kind != schedrt.Passed || x.TimeIsOver() {
			t.Errorf("%v, want passed", out.Kind)
		}
	}
}
