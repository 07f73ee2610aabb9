package process

import (
	"errors"
	"fmt"
	"io"

	"github.com/semabench/semabench/impls"
)

// A Semaphore is shared with other processes until it is closed.
type Semaphore interface {
	impls.Semaphore
	io.Closer
}

// All returns every mechanism of this package as the doors of this suite take it: New makes a
// semaphore without a name, which other processes can only inherit. Where the mechanism is
// missing, New panics with the error that names it, and [impls.Impl.Make] returns that.
//
// Only the broker declares FIFO: the others keep a line in each process, and none between them.
func All() []impls.Impl {
	return []impls.Impl{
		{
			Name:    "slots",
			Doc:     "a word of shared memory for each permit, and a futex; survives kill -9",
			New:     must(NewSlots),
			Waits:   impls.Elsewhere,
			MaxSize: MaxSlots,
		},
		{
			Name:    "jobserver",
			Doc:     "tokens in a pipe, as GNU make shares them; a killed holder's are lost",
			New:     must(NewJobserver),
			Waits:   impls.Elsewhere,
			MaxSize: MaxTokens,
		},
		{
			Name:    "sysv",
			Doc:     "System V with SEM_UNDO: the kernel gives a dead process's permits back",
			New:     must(NewSysV),
			Waits:   impls.Elsewhere,
			MaxSize: MaxSysV,
		},
		{
			Name:  "broker",
			Doc:   "messages to the one who owns the permits; a line for all processes",
			New:   must(NewBroker),
			Order: impls.FIFO, // but for one that does not answer, see BrokerServer
			Waits: impls.Elsewhere,
		},
	}
}

// must makes a constructor that panics, as Impl.New does, of one that returns an error.
func must[S impls.Semaphore](construct func(size int64) (S, error)) func(size int64) impls.Semaphore {
	return func(size int64) impls.Semaphore {
		sem, err := construct(size)
		if err != nil {
			panic(err)
		}
		return sem
	}
}

// Broken is the error of a semaphore that can grant nothing any more, because what it shares with
// other processes is gone or damaged.
type Broken struct {
	Name string // path, descriptors or id, as the mechanism knows it
	Fact string // what was seen
	Err  error  // of the operating system, or nil
}

func (b *Broken) Error() string {
	if b.Err == nil {
		return fmt.Sprintf("process: %s: %s", b.Name, b.Fact)
	}
	return fmt.Sprintf("process: %s: %s: %v", b.Name, b.Fact, b.Err)
}

func (b *Broken) Unwrap() error { return b.Err }

// errClosed is what those get who still wait when their semaphore is closed, or come too late.
var errClosed = errors.New("process: semaphore is closed")

const overRelease = "process: released more than this process holds"

func mustNotBeNegative(n int64) {
	if n < 0 {
		panic("process: negative weight")
	}
}

// inRange is for constructors: sizes come from configuration, so they are no misuse.
func inRange(mechanism string, size, most int64) error {
	if size < 0 || size > most {
		return fmt.Errorf("process: %s of size %d: want 0 to %d", mechanism, size, most)
	}
	return nil
}

// isDone reports whether a context's Done channel is closed. A nil one never is, which is said without
// a call of the runtime, as contexts that are never done are the fastest.
func isDone(done <-chan struct{}) bool {
	if done == nil {
		return false
	}
	select {
	case <-done:
		return true
	default:
		return false
	}
}
