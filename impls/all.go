package impls

import (
	"golang.org/x/sync/semaphore"

	own "github.com/semabench/semabench/impls/semaphore"
)

// All returns every implementation of this package, in the order in which tables show them.
// The caller may change the slice. To add an implementation, write its file and its line here.
// Every clause, random program, benchmark and report then includes it.
func All() []Impl {
	return []Impl{
		{
			Name:     "cond",
			Doc:      "sync.Cond on a mutex, the semaphore of the textbooks; waiters may be barged",
			New:      newCond,
			Order:    Barging,
			Teaching: true,
		},
		{
			Name:     "channel",
			Doc:      "buffered channels alone; first come, first served",
			New:      newChannel,
			Order:    FIFO,
			Teaching: true,
		},
		{
			Name:     "spin",
			Doc:      "compare-and-swap with back-off; every waiter burns CPU, by design",
			New:      newSpin,
			Order:    Barging,
			Waits:    Spinning,
			Teaching: true,
		},
		{
			Name:        "weighted",
			Doc:         "golang.org/x/sync/semaphore as it is; a queue of waiters under a mutex",
			New:         func(size int64) Semaphore { return semaphore.NewWeighted(size) },
			Order:       FIFO,
			OverRelease: OverReleaseCorrupts, // v0.24.0 subtracts first and panics afterwards
		},
		{
			Name:           "bypass",
			Doc:            "package impls/semaphore; newcomers may pass the queue for 50 µs, then hand-off",
			New:            func(size int64) Semaphore { return own.NewWeighted(size) },
			StarvationFree: true,
		},
		{
			Name:  "fifo",
			Doc:   "package impls/semaphore with strict hand-off; first come, first served",
			New:   func(size int64) Semaphore { return own.NewFIFO(size) },
			Order: FIFO,
		},
	}
}
