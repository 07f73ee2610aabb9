package process_test

import (
	"context"
	"strconv"
	"time"

	"github.com/semabench/semabench/impls/process"
)

// benchChild acquires and releases for so long, and answers how often.
func benchChild(sem process.Semaphore, long time.Duration) string {
	rounds := 0
	for until := time.Now().Add(long); time.Now().Before(until); rounds++ {
		if err := sem.Acquire(context.Background(), 1); err != nil {
			return oneLine(err)
		}
		for began := time.Now(); time.Since(began) < 20*time.Microsecond; {
		}
		sem.Release(1)
	}
	return strconv.Itoa(rounds)
}
