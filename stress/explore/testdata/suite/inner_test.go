package suite

import (
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

func TestRightParallel(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var order []string
	note := func(s string) { mu.Lock(); defer mu.Unlock(); order = append(order, s) }
	t.Cleanup(func() {
		want := []string{"body", "a", "b", "cleanup of b"}
		sorted := slices.Clone(order[1:3])
		slices.Sort(sorted)
		if order[0] != "body" || len(order) != len(want) || !slices.Contains(order, "cleanup of b") {
			t.Errorf("%v, want %v", order, want)
		}
	})
	for _, name := range []string{"a", "b"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if name == "b" {
				t.Cleanup(func() { note("cleanup of b") })
			}
			note(name)
		})
	}
	note("body")
}

func TestRightNames(t *testing.T) {
	var names []string
	for _, name := range []string{"a b", "", "a b", "c/d"} {
		if !t.Run(name, func(t *testing.T) { names = append(names, t.Name()) }) {
			t.Error(name)
		}
	}
	want := []string{"TestRightNames/a_b", "TestRightNames/#00", "TestRightNames/a_b#01", "TestRightNames/c/d"}
	if !slices.Equal(names, want) {
		t.Errorf("%q, want %q", names, want)
	}
}

func TestRightSleeps(t *testing.T) {
	var c Counter
	go func() { c.Add(); c.Add() }()
	time.Sleep(50 * time.Millisecond)
	if c.Get() != 2 {
		t.Error("time passed before the other goroutine was done")
	}
}

func TestRightLeavesTicker(t *testing.T) {
	go func() {
		for range time.Tick(time.Millisecond) {
			runtime.Gosched()
		}
	}()
}

func TestRightContext(t *testing.T) {
	ctx := t.Context()
	t.Cleanup(func() {
		if ctx.Err() == nil {
			t.Error("not cancelled before the cleanup")
		}
	})
	if ctx.Err() != nil {
		t.Error("cancelled before the end")
	}
}

func TestRightLogs(t *testing.T) {
	done := make(chan struct{})
	go func() {
		t.Log("before the end")
		close(done)
	}()
	<-done
}

func TestWrongLogsLate(t *testing.T) {
	done := make(chan struct{})
	go func() {
		close(done)
		t.Log("after the end")
	}()
	<-done
}

func TestSkips(t *testing.T) { t.Skip("why") }

func TestSkipsOnly(t *testing.T) { t.Run("sub", TestSkips) }

func TestWrongLosesCounts(t *testing.T) {
	var c Counter
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(c.Add)
	}
	wg.Wait()
	mustBe(t, &c, 2)
}

func mustBe(t testing.TB, c *Counter, want int64) {
	t.Helper()
	if got := c.Get(); got != want {
		t.Fatalf("%d, want %d", got, want)
	}
}

func TestWrongInSubtest(t *testing.T) {
	for range 2 {
		t.Run("sub", func(t *testing.T) { t.Run("sub", func(t *testing.T) { t.FailNow() }) })
	}
}

func TestWrongGoexit(t *testing.T) { runtime.Goexit() }

func TestWrongPanics(t *testing.T) {
	defer t.Run("after", func(t *testing.T) {})
	panic("of the test")
}

func TestWrongDeadlock(t *testing.T) {
	t.Run("sub", func(t *testing.T) { <-make(chan int) })
}

func TestFile(t *testing.T) { os.FindProcess(1) }

var sink *int

func TestAllocs(t *testing.T) {
	if n := testing.AllocsPerRun(1, func() { sink = new(int) }); n != 1 {
		t.Errorf("%v allocations, want 1", n)
	}
}

func TestCleanup(t *testing.T) {
	done := make(chan bool)
	runtime.AddCleanup(new([64]int), func(done chan bool) { close(done) }, done)
	for range 100 {
		select {
		case <-done:
			return
		case <-time.After(time.Millisecond):
			runtime.GC()
		}
	}
	t.Error("the cleanup did not run")
}

// A leak check as packages have it: the stacks of all goroutines but the test's own.
func TestRightFindsLeaks(t *testing.T) {
	others := func() (n int) {
		buf := make([]byte, 1<<20)
		for _, g := range strings.Split(string(buf[:runtime.Stack(buf, true)]), "\n\n") {
			if strings.Contains(g, "created by github.com/semabench/semabench/stress/explore/testdata/suite.TestRightFindsLeaks") {
				n++
			}
		}
		return n
	}
	var mem runtime.MemStats
	runtime.ReadMemStats(&mem)
	t.Log(mem.Alloc, testing.AllocsPerRun(1, func() {}))
	stop := make(chan bool)
	go func() { <-stop }()
	if n := others(); n != 1 {
		t.Errorf("%d goroutines, want the one that waits", n)
	}
	stop <- true
	for others() > 0 {
		time.Sleep(time.Millisecond)
	}
}

func FuzzRight(f *testing.F) {
	f.Add(2, "a")
	f.Fuzz(addsConcurrently((*Counter).AddSafely))
}

func FuzzWrongLosesCounts(f *testing.F) {
	f.Add(1, "a") // one goroutine loses nothing; the seed in the file has two
	f.Fuzz(addsConcurrently((*Counter).Add))
}

// addsConcurrently returns a target that calls add in n goroutines.
func addsConcurrently(add func(*Counter)) func(t *testing.T, n int, name string) {
	return func(t *testing.T, n int, name string) {
		var c Counter
		var wg sync.WaitGroup
		for range min(n, 2) {
			wg.Go(func() { add(&c) })
		}
		wg.Wait()
		if got := c.Get(); got != int64(min(n, 2)) {
			t.Errorf("%s: %d, want %d", name, got, min(n, 2))
		}
	}
}
