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

const spun = 5 * time.Millisecond

// spinning keeps a core busy in each Acquire, until its own thread has used so much of one. How
// long that takes, and on how many cores, is the machine's affair.
type spinning struct{ impls.Semaphore }

func (s spinning) Acquire(ctx context.Context, n int64) error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	for from := threadTime(); threadTime()-from < spun; {
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

// Each operation spins on four threads at once, whatever cores they find: that is four times the
// processor time, and ns/op does not show it.
func TestProcessorTimeOfSpinning(t *testing.T) {
	const threads = 4
	impl := impls.Impl{Name: "spinning", New: func(size int64) impls.Semaphore {
		return spinning{impls.All()[0].New(size)}
	}}
	together := bench.Workload{Name: "together", Counted: 1, Run: func(t *bench.Trial) error {
		return t.Parallel(func(w *bench.Worker) error {
			w.Start()
			for range t.N { // an operation is one of each goroutine
				if err := w.Sem.Acquire(context.Background(), 1); err != nil {
					return err
				}
				w.Sem.Release(1)
			}
			return nil
		})
	}}
	figure := sampleOf(t, together, bench.Shape{Permits: threads, Goroutines: threads}, impl)
	// 1 %: the kernel splits and adds what it has measured, and rounds.
	if got, want := figure("cpu-sec/op"), threads*spun.Seconds()*0.99; got < want {
		t.Errorf("cpu-sec/op = %v, want at least %v", got, want)
	}
}
