package schedrt_test

import (
	"fmt"
	"strings"
	"testing"
	"unsafe"

	"github.com/semabench/semabench/stress/explore/internal/schedtest"
	"github.com/semabench/semabench/stress/explore/schedrt"
)

func mutex(b *byte) *schedrt.Mutex     { return schedrt.MutexAt(unsafe.Pointer(b)) }
func rwMutex(b *byte) *schedrt.RWMutex { return schedrt.RWMutexAt(unsafe.Pointer(b)) }

// Two goroutines lock, write and unlock. Only the order of the Locks is a choice.
func TestMutexExcludes(t *testing.T) {
	got := schedtest.EverySchedule(t, schedrt.Limits{}, func(seen *strings.Builder) {
		var mu byte
		var inside word
		for g := range 2 {
			schedrt.Go(func() {
				mutex(&mu).Lock()
				if inside.load() != 0 {
					schedrt.Fail("two goroutines are inside")
				}
				inside.store(1)
				fmt.Fprint(seen, g)
				inside.store(0)
				mutex(&mu).Unlock()
			})
		}
	})
	schedtest.MustResult(t, got, map[string]int{"passed 01": 1, "passed 10": 1})
}

// TryLock fails only while the lock is held: in 1 of the 3 schedules of a TryLock with Lock and
// Unlock.
func TestMutexTryLock(t *testing.T) {
	got := schedtest.EverySchedule(t, schedrt.Limits{}, func(seen *strings.Builder) {
		var mu byte
		schedrt.Go(func() {
			if ok := mutex(&mu).TryLock(); ok {
				mutex(&mu).Unlock()
				fmt.Fprint(seen, "taken")
			} else {
				fmt.Fprint(seen, "busy")
			}
		})
		mutex(&mu).Lock()
		//lint:ignore SA2001 the test counts the steps of the lock itself
		mutex(&mu).Unlock()
	})
	// TryLock first: Lock has to wait for Unlock. TryLock last: alone. In the middle: busy.
	schedtest.MustResult(t, got, map[string]int{"passed taken": 2, "passed busy": 1})
}

func TestMutexMisuse(t *testing.T) {
	var mu byte
	x := schedtest.PlayScript(t, nil, func() {
		defer func() {
			if recover() != nil {
				t.Error("a recover sees the fatal error")
			}
		}()
		mutex(&mu).Unlock()
	})
	if want := "fatal error: sync: unlock of unlocked mutex"; x.Outcome.Message != want {
		t.Errorf("message %q, want %q", x.Outcome.Message, want)
	}
	schedtest.MustEnd(t, x, schedrt.Panicked)
}

// A Mutex belongs to no goroutine: another one may unlock it.
func TestMutexIsUnlockedByAnother(t *testing.T) {
	x := schedtest.PlayScript(t, nil, func() {
		var mu byte
		mutex(&mu).Lock()
		schedrt.Go(mutex(&mu).Unlock)
		mutex(&mu).Lock()
	})
	schedtest.MustEnd(t, x, schedrt.Passed)
}

// Two readers are inside at once, and a writer only without them.
func TestRWMutexSharesAndExcludes(t *testing.T) {
	results := schedtest.EverySchedule(t, schedrt.Limits{}, func(seen *strings.Builder) {
		var mu byte
		readers, both := 0, false
		for range 2 {
			schedrt.Go(func() {
				rwMutex(&mu).RLock()
				readers++
				both = both || readers == 2
				new(word).store(1)
				readers--
				rwMutex(&mu).RUnlock()
			})
		}
		rwMutex(&mu).Lock()
		if readers != 0 {
			schedrt.Fail("a reader is beside the writer")
		}
		rwMutex(&mu).Unlock()
		fmt.Fprint(seen, both)
	})
	if len(results) != 2 || results["passed true"] == 0 || results["passed false"] == 0 {
		t.Errorf("schedules by result: %v, want both results and no failure", results)
	}
}

// New readers wait from the moment at which a writer has announced itself. So a recursive RLock
// deadlocks in the one schedule with the announcement in between.
func TestRWMutexPrefersWriters(t *testing.T) {
	program := func() {
		var mu byte
		//lint:ignore SA2001 the test counts the steps of the lock itself
		schedrt.Go(func() { rwMutex(&mu).Lock(); rwMutex(&mu).Unlock() })
		rwMutex(&mu).RLock()
		rwMutex(&mu).RLock()
		//lint:ignore SA2001 the test counts the steps of the lock itself
		rwMutex(&mu).RUnlock()
		rwMutex(&mu).RUnlock()
	}
	x := schedtest.PlayScript(t, []int{0, 1}, program)
	schedtest.MustEnd(t, x, schedrt.Deadlock)
	var got []string
	for _, w := range x.Outcome.Waiting {
		got = append(got, fmt.Sprintf("g%d %v", w.G, w.Op))
	}
	if want := "[g0 RLock g1 Lock]"; fmt.Sprint(got) != want {
		t.Errorf("waiting %v, want %v", got, want)
	}
	schedtest.MustEnd(t, schedtest.PlayScript(t, []int{0, 0, 1}, program), schedrt.Passed)
}

func TestRWMutexTry(t *testing.T) {
	x := schedtest.PlayScript(t, []int{0, 0, 0, 0, 1, 0, 0}, func() {
		var mu byte
		m := rwMutex(&mu)
		try := func(what string, got, want bool) {
			if got != want {
				t.Errorf("%s = %v, want %v", what, got, want)
			}
		}
		//lint:ignore SA2001 the test counts the steps of the lock itself
		schedrt.Go(func() { m.Lock(); m.Unlock() })
		m.RLock()
		try("TryLock beside a reader", m.TryLock(), false)
		try("TryRLock beside a reader", m.TryRLock(), true)
		m.RUnlock()
		// Here goroutine 1 announces itself.
		try("TryRLock beside a waiting writer", m.TryRLock(), false)
		m.RUnlock()
	})
	schedtest.MustEnd(t, x, schedrt.Passed)
}

func TestRWMutexMisuse(t *testing.T) {
	for want, misuse := range map[string]func(m *schedrt.RWMutex){
		"fatal error: sync: Unlock of unlocked RWMutex":  func(m *schedrt.RWMutex) { m.Unlock() },
		"fatal error: sync: RUnlock of unlocked RWMutex": func(m *schedrt.RWMutex) { m.RUnlock() },
	} {
		var mu byte
		x := schedtest.PlayScript(t, nil, func() { misuse(rwMutex(&mu)) })
		if x.Outcome.Message != want {
			t.Errorf("message %q, want %q", x.Outcome.Message, want)
		}
	}
}

// waiters starts n goroutines that wait on a Cond, in the order of their IDs, and then runs f.
func waiters(t *testing.T, n int, woken *[]int, f func(c *schedrt.Cond)) *schedrt.Exec {
	var order []int
	for g := 1; g <= n; g++ {
		order = append(order, g, g, g) // Lock, join the queue, Unlock
	}
	return schedtest.PlayScript(t, order, func() {
		var mu byte
		c := &schedrt.Cond{}
		for g := 1; g <= n; g++ {
			schedrt.Go(func() {
				mutex(&mu).Lock()
				c.Wait(mutex(&mu).Unlock, mutex(&mu).Lock)
				*woken = append(*woken, g)
				mutex(&mu).Unlock()
			})
		}
		f(c)
	})
}

// Signal wakes the goroutine that has waited longest.
func TestCondSignalsInOrder(t *testing.T) {
	var woken []int
	x := waiters(t, 3, &woken, func(c *schedrt.Cond) { c.Signal(); c.Signal() })
	schedtest.MustEnd(t, x, schedrt.Leak)
	if got := fmt.Sprint(woken); got != "[1 2]" {
		t.Errorf("woken %v, want [1 2]", got)
	}
}

func TestCondBroadcastWakesAll(t *testing.T) {
	var woken []int
	x := waiters(t, 3, &woken, func(c *schedrt.Cond) { c.Broadcast() })
	schedtest.MustEnd(t, x, schedrt.Passed)
	if len(woken) != 3 {
		t.Errorf("woken %v, want all three", woken)
	}
}

// A Signal without a waiter is lost, and the outcome of the goroutine that waits later says so.
func TestCondLostSignal(t *testing.T) {
	x := schedtest.PlayScript(t, nil, func() {
		c := &schedrt.Cond{}
		c.Signal()
		c.Wait(func() {}, func() {})
	})
	schedtest.MustEnd(t, x, schedrt.Deadlock)
	if w := x.Outcome.Waiting; len(w) != 1 || !w[0].Missed || w[0].Op != schedrt.OpWait {
		t.Errorf("waiting %+v, want a Cond.Wait that missed a signal", w)
	}
}

// A Signal between the unlock of Wait and its sleep is not lost.
func TestCondSignalBeforeSleep(t *testing.T) {
	x := schedtest.PlayScript(t, []int{0, 1, 0}, func() {
		c := &schedrt.Cond{}
		schedrt.Go(c.Signal)
		c.Wait(func() { new(word).store(1) }, func() {})
	})
	schedtest.MustEnd(t, x, schedrt.Passed)
}

// Wait returns at zero only. Of the 3 orders of Wait with two Dones, it is possible in the last
// only, so there are 2 schedules: the orders of the Dones.
func TestWaitGroup(t *testing.T) {
	got := schedtest.EverySchedule(t, schedrt.Limits{}, func(seen *strings.Builder) {
		wg, done := &schedrt.WaitGroup{}, 0
		wg.Add(2)
		for range 2 {
			schedrt.Go(func() { wg.Add(-1); done++ })
		}
		wg.Wait()
		fmt.Fprint(seen, done)
	})
	schedtest.MustResult(t, got, map[string]int{"passed 2": 2})
}

// The modes of its operations say that Dones commute and that a Wait after one cannot come before
// it.
func TestModes(t *testing.T) {
	for _, c := range []struct {
		a, b                 schedrt.Mode
		conflict, reversible bool
	}{
		{schedrt.Read, schedrt.Read, false, true},
		{schedrt.Read, schedrt.Write, true, true},
		{schedrt.Write, schedrt.Write, true, true},
		{schedrt.Add, schedrt.Done, false, true},
		{schedrt.Done, schedrt.Wait, true, false},
		{schedrt.Acquire, schedrt.Acquire, true, true},
		{schedrt.Free, schedrt.Acquire, true, false},
		{schedrt.Share, schedrt.Share, false, true},
		{schedrt.Share, schedrt.Claim, true, true},
		{schedrt.Call, schedrt.Call, false, true},
		{schedrt.Call, schedrt.Return, true, true},
		{schedrt.Return, schedrt.Return, false, true},
	} {
		if got := schedrt.Conflict(c.a, c.b); got != c.conflict || got != schedrt.Conflict(c.b, c.a) {
			t.Errorf("Conflict(%d, %d) = %v, want %v both ways", c.a, c.b, got, c.conflict)
		}
		if got := schedrt.Reversible(c.a, c.b); got != c.reversible {
			t.Errorf("Reversible(%d, %d) = %v, want %v", c.a, c.b, got, c.reversible)
		}
	}
}

// A WaitGroup that an earlier execution left above zero is stale until it is used again.
func TestWaitGroupIsStale(t *testing.T) {
	schedtest.SkipUnderRace(t)
	x := schedrt.New(schedrt.Limits{})
	defer x.Close()
	wg := &schedrt.WaitGroup{}
	var stale []bool
	for range 2 {
		x.Play(&schedtest.Script{T: t}, func() {
			stale = append(stale, wg.IsStale())
			wg.Add(1)
			stale = append(stale, wg.IsStale())
		})
	}
	if got := fmt.Sprint(stale); got != "[false false true false]" {
		t.Errorf("IsStale before and after Add, twice: %v", got)
	}
}
