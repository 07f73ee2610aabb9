package process_test

import (
	"context"
	"strconv"
	"time"

	"github.com/semabench/semabench/impls/process"
)

// What children do for bench_linux_test.go.

// pairsChild acquires and releases so often, and answers how many nanoseconds that took.
func pairsChild(sem process.Semaphore, rounds int) string {
	began := clock()
	for range rounds {
		if err := sem.Acquire(context.Background(), 1); err != nil {
			return oneLine(err)
		}
		sem.Release(1)
	}
	return strconv.FormatInt(clock()-began, 10)
}

// stampChild acquires and answers when it had.
func stampChild(sem process.Semaphore) string {
	if err := sem.Acquire(context.Background(), 1); err != nil {
		return oneLine(err)
	}
	at := clock()
	sem.Release(1)
	return strconv.FormatInt(at, 10)
}

// blockChild lets so many goroutines wait for good.
func blockChild(sem process.Semaphore, goroutines int) string {
	for range goroutines {
		go func() { _ = sem.Acquire(context.Background(), 1) }()
	}
	return "ok"
}

// benchChild acquires and releases for so long, and answers how often.
func benchChild(sem process.Semaphore, long time.Duration) string {
	const hold = 20 * time.Microsecond
	rounds := 0
	for until := time.Now().Add(long); time.Now().Before(until); rounds++ {
		if err := sem.Acquire(context.Background(), 1); err != nil {
			return oneLine(err)
		}
		for began := time.Now(); time.Since(began) < hold; {
		}
		sem.Release(1)
	}
	return strconv.Itoa(rounds)
}
