package leavers

import (
	"context"
	"runtime"
	"testing"

	"github.com/semabench/semabench/impls"
)

// A forgetful semaphore grants every call, keeps memory of each, and leaves goroutines behind.
type forgetful struct {
	memory     [][]byte
	goroutines int // left by each Acquire
	stop       chan struct{}
}

func (f *forgetful) Acquire(context.Context, int64) error {
	f.memory = append(f.memory, make([]byte, 1000))
	for range f.goroutines {
		go func() { <-f.stop }()
	}
	return nil
}

func (f *forgetful) TryAcquire(int64) bool { return true }

func (f *forgetful) Release(int64) { f.memory = append(f.memory, make([]byte, 1000)) }

var _ impls.Semaphore = (*forgetful)(nil)

// Marked calls are counted, by their own label; calls without a mark are not.
func TestCounts(t *testing.T) {
	defer func(rate int) { runtime.MemProfileRate = rate }(runtime.MemProfileRate)
	runtime.MemProfileRate = 1
	f := &forgetful{goroutines: 2, stop: make(chan struct{})}
	defer close(f.stop)
	_, before := InUse(func() {})
	_ = f.Acquire(context.Background(), 1)
	if _, bytes := InUse(func() {}); bytes != before {
		t.Errorf("a call without a mark counts: %d bytes after %d", bytes, before)
	}
	for range 10 {
		_ = New(f, "one").Acquire(context.Background(), 1)
		_ = NewPassing(f).Acquire(context.Background(), 1)
	}
	objects, bytes := InUse(func() {})
	if bytes-before < 30*1000 || objects < 30 {
		t.Errorf("%d objects and %d bytes in use, want 30 objects of 1000 bytes or more", objects, bytes-before)
	}
	for label, want := range map[string]int64{"one": 20, "other": 0} {
		if got := Goroutines(label); got != want {
			t.Errorf("%d goroutines carry the label %q, want %d", got, label, want)
		}
	}
	runtime.KeepAlive(f)
}
