package stress

import (
	"runtime"
	"time"

	"github.com/semabench/semabench/impls"
	"github.com/semabench/semabench/internal/rusage"
)

// C37: a request that waits uses no processor time.
//
// It compares processor times that the process used during the same number of short sleeps, and
// never a processor time with a wall time. A machine under load gives less of both to everything.
// Two controls calibrate each verdict: the sleeps alone, and the sleeps beside goroutines that burn
// on purpose. Where the machine gives the burning goroutines nothing either, the clause is unknown.
//
// Waiters in a bubble sleep too if they poll with a timer, because synctest counts a sleeping
// goroutine as blocked. So the clause runs outside of a bubble, on the real clock.
func noBurn(impl impls.Impl, patience time.Duration) error {
	declared := impl.Waits
	impl.Waits = impls.Elsewhere // no bubble
	return play(impl, patience, func(t *trial) { t.mustSleep(declared) })
}

const (
	burners = 4 // requests that wait, and goroutines of the control

	// leastBurnt is the processor time of the control that is enough to tell it from the sleeps
	// alone, also on systems that count in ticks of 16 ms.
	leastBurnt = 20 * time.Millisecond

	// mostTries bounds the repetitions of a bad verdict. Other goroutines of the process, such as
	// a collection of garbage or another test, may burn during one try. One quiet try is proof that
	// the waiters sleep; burning waiters have none.
	mostTries = 6
)

// mustSleep fails if waiting requests use more than an eighth of the time that as many burning
// goroutines use. Waiters that look again each millisecond stay far below that. The bound is
// relative to a control that ran just before on the same machine. An absolute bound in milliseconds
// would be a bet on the machine's load and on its clock ticks.
func (t *trial) mustSleep(declared impls.Waits) {
	if declared == impls.Spinning {
		t.unknownf("not promised: Impl.Waits is %v", declared)
	}
	var alone, waiting, burning time.Duration
	for range mostTries {
		var naps int
		alone, burning, naps = t.calibrate()
		sem := t.make(1)
		t.take(sem, 1)
		var waiters []*call
		for range burners {
			waiters = append(waiters, t.start(sem, 1))
		}
		t.settle() // a waiter may look at the permits some times before it sleeps
		waiting = processorTime(naps)
		for _, c := range waiters {
			c.cancel()
		}
		for _, c := range waiters {
			t.returned(c)
		}
		if waiting <= alone+(burning-alone)/8 {
			return
		}
	}
	t.failf("%d waiting requests used %v of processor time, and none used %v in as many sleeps; "+
		"%d goroutines that burn on purpose used %v. Impl.Waits is %v",
		burners, waiting, alone, burners, burning, declared)
}

// calibrate returns the processor time of a number of naps, alone and beside burning goroutines,
// and that number. It takes more naps on a machine that is so busy that the burning goroutines
// hardly run. Burning goroutines must use four times as much as the sleeps alone. With less between
// the two controls, an eighth of their difference would be within the noise of the clock.
func (t *trial) calibrate() (alone, burning time.Duration, naps int) {
	const first, most = 16, 16 << 5
	for naps = first; naps <= most; naps *= 2 {
		alone = processorTime(naps)
		stop := make(chan struct{})
		for range burners {
			go func() {
				// A yield in each round, as in a waiter that spins politely. It burns no less.
				for !anyClosed(stop) {
					runtime.Gosched()
				}
			}()
		}
		burning = processorTime(naps)
		close(stop)
		t.progress.Add(1)
		if burning >= leastBurnt && burning >= 4*alone {
			return alone, burning, naps
		}
	}
	t.unknownf("the machine is too busy: in %d sleeps %d goroutines that burn used %v, and the "+
		"sleeps alone %v", most, burners, burning, alone)
	return 0, 0, 0
}

// processorTime returns the processor time that this process uses during some naps. The sleeps are
// counted and not timed: under load each takes longer, for the waiters and for the controls alike.
func processorTime(naps int) time.Duration {
	before := rusage.Self()
	for range naps {
		time.Sleep(time.Millisecond)
	}
	return rusage.Self().Minus(before).CPU()
}
