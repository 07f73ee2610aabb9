package process_test

import (
	"context"
	"encoding/json"
	"math"
	"math/rand/v2"
	"runtime"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"github.com/semabench/semabench/impls/process"
	"github.com/semabench/semabench/stress"
)

// playProgram draws a random program from a seed, runs it with two goroutines, and answers with the
// calls that they made, as JSON. The program releases everything at its end.
func playProgram(sem process.Semaphore, seed uint64, ops int) string {
	const goroutines, most = 2, 3
	var all [goroutines][]stress.Call
	var wg sync.WaitGroup
	for id := range goroutines {
		r := rand.New(rand.NewPCG(seed, uint64(id)))
		wg.Go(func() { all[id] = playGoroutine(sem, id, r, ops, most) })
	}
	wg.Wait()
	var calls []stress.Call
	for _, some := range all {
		calls = append(calls, some...)
	}
	text, err := json.Marshal(calls)
	if err != nil {
		return oneLine(err)
	}
	return string(text)
}

// playGoroutine is one goroutine of playProgram.
func playGoroutine(
	sem process.Semaphore, id int, r *rand.Rand, ops int, most int64,
) (calls []stress.Call) {
	record := func(m stress.Method, n int64, do func() bool) bool {
		begin := clock()
		ok := do()
		calls = append(calls, stress.Call{Goroutine: id, Method: m, N: n, OK: ok, Begin: begin, End: clock()})
		return ok
	}
	held := int64(0)
	giveBack := func(n int64) {
		record(stress.Release, n, func() bool { sem.Release(n); return true })
		held -= n
	}
	for range ops {
		n := 1 + r.Int64N(most)
		switch kind := r.IntN(8); {
		case held > 0 && kind < 3:
			giveBack(1 + r.Int64N(held))
		case kind < 5:
			if record(stress.TryAcquire, n, func() bool { return sem.TryAcquire(n) }) {
				held += n
			}
		default: // with a deadline: two goroutines that each hold a part would deadlock
			limit := time.Duration(r.IntN(2000)) * time.Microsecond
			ctx, cancel := context.WithTimeout(context.Background(), limit)
			if record(stress.Acquire, n, func() bool { return sem.Acquire(ctx, n) == nil }) {
				held += n
			}
			cancel()
		}
		for range r.IntN(4) {
			runtime.Gosched()
		}
	}
	if held > 0 {
		giveBack(held)
	}
	return calls
}

// clock returns a time in nanoseconds. All processes of a machine share the clock.
func clock() int64 {
	var now unix.Timespec
	if unix.ClockGettime(unix.CLOCK_MONOTONIC, &now) != nil {
		return math.MinInt64
	}
	return now.Nano()
}
