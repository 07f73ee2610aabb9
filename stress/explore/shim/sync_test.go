package shim_test

import (
	"fmt"
	"strings"
	real "sync"
	"testing"
	"unsafe"

	"github.com/semabench/semabench/stress/explore/internal/schedtest"
	"github.com/semabench/semabench/stress/explore/schedrt"
	"github.com/semabench/semabench/stress/explore/shim/sync"
)

// Programs depend on the size of a lock, and go vet on the lock being copied.
func TestSizesOfLocks(t *testing.T) {
	if a, b := unsafe.Sizeof(sync.Mutex{}), unsafe.Sizeof(real.Mutex{}); a != b {
		t.Errorf("a Mutex has %d bytes, the real one %d", a, b)
	}
	if a, b := unsafe.Sizeof(sync.RWMutex{}), unsafe.Sizeof(real.RWMutex{}); a != b {
		t.Errorf("an RWMutex has %d bytes, the real one %d", a, b)
	}
}

// Each operation of a lock changes the real lock, too, which is free again at the end.
func TestTheRealLockFollows(t *testing.T) {
	var mu sync.Mutex
	var rw sync.RWMutex
	x := schedtest.PlayScript(t, nil, func() {
		mu.Lock()
		//lint:ignore SA2001 the test asks for the state after the pair
		mu.Unlock()
		if !mu.TryLock() || mu.TryLock() {
			t.Error("TryLock of a free Mutex failed, or of a locked one succeeded")
		}
		mu.Unlock()
		rw.Lock()
		//lint:ignore SA2001 the test asks for the state after the pair
		rw.Unlock()
		rw.RLock()
		if rw.TryLock() || !rw.TryRLock() {
			t.Error("beside a reader TryLock succeeded, or TryRLock failed")
		}
		rw.RUnlock()
		rw.RUnlock()
		l := rw.RLocker()
		l.Lock()
		if rw.TryLock() {
			t.Error("a RLocker does not lock for reading")
		}
		l.Unlock()
		if !rw.TryLock() {
			t.Error("TryLock of a free RWMutex failed")
		}
		rw.Unlock()
	})
	schedtest.MustEnd(t, x, schedrt.Passed)
	if !mu.TryLock() || !rw.TryLock() { // outside of control: the real ones
		t.Error("a real lock is still locked")
	}
}

// A lock that an execution left locked is free in the next one.
func TestLocksStartAnew(t *testing.T) {
	schedtest.SkipUnderRace(t)
	x := schedrt.New(schedrt.Limits{})
	defer x.Close()
	var mu sync.Mutex
	var rw, shared sync.RWMutex
	var wg sync.WaitGroup
	for range 2 {
		out := x.Play(&schedtest.Script{T: t}, func() {
			mu.Lock()
			rw.Lock()
			shared.RLock()
			wg.Add(1)
			wg.Wait()
		})
		if out.Kind != schedrt.Deadlock || len(out.Waiting) != 1 || out.Waiting[0].Op != schedrt.OpWaitGroup {
			t.Errorf("the execution ended as %v with %+v, want a WaitGroup to wait for", out.Kind, out.Waiting)
		}
	}
}

func TestWaitGroup(t *testing.T) {
	program := func() (n int) {
		var wg sync.WaitGroup
		for range 3 {
			wg.Go(func() { n++ })
		}
		wg.Wait()
		wg.Wait() // at zero it returns at once
		return n
	}
	x := schedtest.PlayScript(t, []int{0, 0, 0}, func() {
		if n := program(); n != 3 {
			t.Errorf("%d goroutines had ended after Wait, want 3", n)
		}
	})
	schedtest.MustEnd(t, x, schedrt.Passed)
	negative := schedtest.PlayScript(t, nil, func() { new(sync.WaitGroup).Done() })
	if want := "panic: sync: negative WaitGroup counter"; negative.Outcome.Message != want {
		t.Errorf("message %q, want %q", negative.Outcome.Message, want)
	}
}

// A goroutine of WaitGroup.Go that panics ends the execution.
func TestWaitGroupGoPanics(t *testing.T) {
	x := schedtest.PlayScript(t, nil, func() {
		var wg sync.WaitGroup
		wg.Go(func() { panic("oh") })
		wg.Wait()
	})
	if want := "panic: oh"; x.Outcome.Message != want {
		t.Errorf("message %q, want %q", x.Outcome.Message, want)
	}
}

func TestCond(t *testing.T) {
	got := schedtest.EverySchedule(t, schedrt.Limits{}, func(seen *strings.Builder) {
		var mu sync.Mutex
		c := sync.NewCond(&mu)
		ready := false
		schedrt.Go(func() {
			mu.Lock()
			ready = true
			mu.Unlock()
			c.Signal()
		})
		mu.Lock()
		for !ready {
			c.Wait()
		}
		mu.Unlock()
	})
	if len(got) != 1 || got["passed"] == 0 {
		t.Errorf("schedules by result: %v, want all to pass", got)
	}
	lost := schedtest.EverySchedule(t, schedrt.Limits{}, func(seen *strings.Builder) {
		var mu sync.Mutex
		c := sync.NewCond(&mu)
		schedrt.Go(c.Broadcast)
		mu.Lock()
		c.Wait() // without a condition: the Broadcast may have been before
	})
	// The Broadcast comes before the Lock, the Wait or the Unlock of Wait, or after it.
	if lost["deadlock"] != 2 || lost["passed"] == 0 {
		t.Errorf("schedules by result: %v, want 2 deadlocks", lost)
	}
}

// f runs once, and no Do returns before it has.
func TestOnce(t *testing.T) {
	got := schedtest.EverySchedule(t, schedrt.Limits{}, func(seen *strings.Builder) {
		var once sync.Once
		runs, done := 0, false
		for range 2 {
			schedrt.Go(func() {
				once.Do(func() { runs++; done = true })
				if runs != 1 || !done {
					schedrt.Fail(fmt.Sprintf("%d runs, done: %v", runs, done))
				}
			})
		}
	})
	if len(got) != 1 || got["passed"] == 0 {
		t.Errorf("schedules by result: %v, want all to pass", got)
	}
}

func TestOnceFunctions(t *testing.T) {
	calls := 0
	value := sync.OnceValue(func() int { calls++; return 7 })
	values := sync.OnceValues(func() (int, error) { calls++; return 8, nil })
	void := sync.OnceFunc(func() { calls++ })
	panics := sync.OnceFunc(func() { calls++; panic("oh") })
	for range 2 {
		void()
		a, err := values()
		if value() != 7 || a != 8 || err != nil {
			t.Errorf("OnceValues = %d, %v", a, err)
		}
		func() {
			defer func() {
				if r := recover(); r != "oh" {
					t.Errorf("recovered %v, want the panic of the first call", r)
				}
			}()
			panics()
		}()
	}
	if calls != 4 {
		t.Errorf("%d calls, want one of each", calls)
	}
}

func TestMapRange(t *testing.T) {
	var m sync.Map
	x := schedtest.PlayScript(t, nil, func() {
		for _, key := range []string{"c", "a", "b"} {
			m.Store(key, key)
		}
		var keys []any
		m.Range(func(key, value any) bool {
			keys = append(keys, key)
			m.Delete("a") // a key that is deleted meanwhile is left out
			return true
		})
		m.Range(func(key, value any) bool { keys = append(keys, value); return false })
		if got := fmt.Sprint(keys); got != "[c b c]" {
			t.Errorf("keys %s, want [c b c]", got)
		}
	})
	schedtest.MustEnd(t, x, schedrt.Passed)
}

func TestPoolCallsNew(t *testing.T) {
	p := sync.Pool{New: func() any { return "new" }}
	got := schedtest.EverySchedule(t, schedrt.Limits{}, func(seen *strings.Builder) {
		p.Put(nil) // dropped
		p.Put("old")
		fmt.Fprint(seen, p.Get())
	})
	schedtest.MustResult(t, got, map[string]int{"passed old": 1, "passed new": 1})
	if x := p.Get(); x != "new" {
		t.Errorf("outside of control the pool has %v", x)
	}
}
