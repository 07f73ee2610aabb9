package stress

import (
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/semabench/semabench/impls"
	"github.com/semabench/semabench/internal/rusage"
)

// play runs a clause and returns how the implementation failed it, or nil. It contains panics,
// deadlocks and endless loops of the implementation. It cannot contain three things:
//   - a panic in a goroutine that the implementation starts by itself;
//   - the processor time that an endless loop goes on to use;
//   - the fatal error of the runtime when a channel made in one synctest bubble is used in another,
//     by a semaphore that did not declare its Waits.
//
// Containment costs one goroutine for the clause and one for its check. The caller waits on the
// real clock outside of them: inside a bubble, the clock stands still while a loop of the
// implementation runs.
func play(impl impls.Impl, patience time.Duration, clause func(*trial)) error {
	return playWatched(impl, patience, new(atomic.Int64), clause)
}

// playWatched is play with a counter of the caller for progress.
//
// The watchdog runs in the goroutine of the caller, outside of the bubble. A loop in the
// implementation keeps the bubble's clock from moving, and so would stop a watchdog inside.
func playWatched(
	impl impls.Impl, patience time.Duration, progress *atomic.Int64, clause func(*trial),
) error {
	ended := make(chan error, 1)
	go func() {
		var err error
		defer func() { ended <- err }() // deferred, because a bubble with a data race ends in Goexit
		t := &trial{impl: impl, patience: patience, progress: progress}
		if impl.Waits == impls.Parked {
			deadlock := inBubble(func() { err = t.runApart(clause) })
			if first := t.panicked.Load(); first != nil && deadlock != nil {
				deadlock = *first
			}
			if err == nil {
				err = deadlock
			}
			return
		}
		err = t.runApart(clause)
	}()
	playing.Add(1)
	w := watch{patience: patience, progress: progress, before: rusage.Self().CPU()}
	for !w.hangs() {
		select {
		case err := <-ended:
			playing.Add(-1)
			return err
		case <-time.After(patience / polls):
		}
	}
	// The goroutine of the clause is abandoned, since nothing can end a goroutine from outside. It may go
	// on to use a processor, so it stays in the count: its processor time is no sign that later trials hang.
	return hung{patience, impl.Waits, stacks()}
}

// polls is how often the watchdog looks within the patience. Several short waits and not one long: a process
// that was stopped, by a suspended machine for example, finds one timer expired when it goes on, which
// is a twelfth of the patience and not all of it.
const polls = 12

// playing is the number of trials that run in this process now. A trial that hangs for good counts as well.
var playing atomic.Int64

// A watch decides when a clause hangs: when nothing has moved for the patience. A third of it is enough if
// the process has used as much processor time meanwhile, for each trial that runs. No step of a clause
// works so long on a correct semaphore. A waiter that looks at the permits for ever does, and is named in a
// third of the time. Processor time grows slowly on a busy machine, so a semaphore that is only slow there
// gets the whole patience.
type watch struct {
	patience time.Duration
	progress *atomic.Int64
	seen     int64         // the progress at the last look
	looks    int           // since the last progress
	trials   int64         // the most at a time since then
	before   time.Duration // the processor time at the last progress
}

// hangs is called at the begin, and after each part of the patience.
func (w *watch) hangs() bool {
	w.trials = max(w.trials, playing.Load())
	now := rusage.Self().CPU()
	if moved := w.progress.Load(); moved != w.seen {
		w.seen, w.looks, w.trials, w.before = moved, 0, playing.Load(), now
		return false
	}
	w.looks++
	enough := w.patience / 3 * time.Duration(w.trials)
	return w.looks > polls || w.looks > polls/3 && now-w.before >= enough
}

// runApart runs the check of a clause in a goroutine of its own, which the implementation may end.
// Then it cancels and awaits the calls that the check left pending. The own goroutine is for
// Goexit. It would end the goroutine of the caller without a result, and in a bubble the test would
// then pass.
func (t *trial) runApart(clause func(*trial)) (err error) {
	ended := make(chan error, 1)
	go func() {
		var err error
		defer func() { ended <- err }()
		endOf(func() { clause(t) }, func(failed error) { err = failed })
	}()
	err = <-ended
	if cleanupErr := t.cleanup(); err == nil {
		err = cleanupErr
	}
	return err
}

// cleanup ends what the check has left. Every call is cancelled before any is awaited: a call may
// be able to return only after another has left the line. A waiter that its own cancellation does
// not end is a failure too, even if the check itself was satisfied.
//
// The first error is returned. A closing error of a semaphore whose clause failed would only
// distract.
func (t *trial) cleanup() (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = asError(r)
		}
	}()
	for _, c := range t.calls {
		c.cancel()
	}
	for len(t.calls) > 0 {
		t.returned(t.calls[0])
	}
	for _, sem := range t.made {
		if err := impls.Close(sem); err != nil {
			return fmt.Errorf("closing the semaphore: %w", err)
		}
	}
	return nil
}

// initTesting does nothing in a test binary. In other binaries a zero testing.T needs its flags.
var initTesting = sync.OnceFunc(testing.Init)

// inBubble runs f in a synctest bubble. It returns an error if goroutines of the bubble were left
// blocked for good.
//
// The bubble gets a zero testing.T, because Check has none to give. Only the race detector uses it:
// it marks the T as failed, and synctest.Test then leaves through Goexit.
//
// The panic of synctest for a deadlock is the one way in which it reports goroutines that are
// left.
func inBubble(f func()) (deadlock error) {
	initTesting()
	defer func() {
		if r := recover(); r != nil {
			left := stacks()
			hint := ""
			if strings.Contains(left, "created by ") { // cut off for goroutines that this suite started
				hint = "\nA goroutine that the implementation started is left. If New starts it, " +
					"end it in a method Close, which is called if there is one, " +
					"or declare Impl.Waits as Elsewhere. If Acquire starts it, it must end with Acquire."
			}
			deadlock = fmt.Errorf("%v%s\n%s", r, hint, left)
		}
	}()
	synctest.Test(new(testing.T), func(*testing.T) { f() })
	return nil
}
