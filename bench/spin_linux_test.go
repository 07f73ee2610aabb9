package bench_test

import (
	"context"
	"runtime"
	"syscall"
	"testing"
	"time"

	"github.com/semabench/semabench/bench"
	"github.com/semabench/semabench/impls"
)

const spinTime = 5 * time.Millisecond // of processor time in each Acquire

// A spinningSemaphore spins in each Acquire until its thread has used spinTime of processor time.
// How long that takes depends on the load of the machine; the processor time does not.
type spinningSemaphore struct{ impls.Semaphore }

func (s spinningSemaphore) Acquire(ctx context.Context, n int64) error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	for from := threadTime(); threadTime()-from < spinTime; {
	}
	return s.Semaphore.Acquire(ctx, n)
}

func threadTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_THREAD, &u); err != nil {
		panic(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// An operation of four goroutines spins on four threads. cpu-ns/op shows the processor time of all
// four, however many cores they share. ns/op would show a fourth of it on four cores.
func TestProcessorTimeOfSpinning(t *testing.T) {
	const threads = 4
	impl := impls.Impl{Name: "spinning", New: func(size int64) impls.Semaphore {
		return spinningSemaphore{impls.All()[0].New(size)}
	}}
	together := bench.Workload{Name: "together", Counted: 1, Run: func(t *bench.Trial) error {
		return t.Parallel(func(w *bench.Worker) error {
			w.Start()
			for range t.N { // an operation is one Acquire of each goroutine
				if err := w.Sem.Acquire(context.Background(), 1); err != nil {
					return err
				}
				w.Sem.Release(1)
			}
			return nil
		})
	}}
	metric := sampleOf(t, together, bench.Shape{Permits: threads, Goroutines: threads}, impl)
	// 1 % less: the kernel rounds when it splits processor time into user and system time.
	if got, want := metric("cpu-sec/op"), threads*spinTime.Seconds()*0.99; got < want {
		t.Errorf("cpu-sec/op = %v, want at least %v", got, want)
	}
}
