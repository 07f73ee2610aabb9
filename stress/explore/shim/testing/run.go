package testing

import (
	"io"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/semabench/semabench/stress/explore/schedrt"
)

// Play runs body as the test of one schedule. When it returns, body, its subtests and its cleanups
// have ended. If body ends by Goexit, as FailNow does, so does Play. If body skips itself, Play
// calls skipped with what it has logged. Watched is the testing.T around the body, nil for none.
func Play(outer testing.TB, watched *Outer, body func(*T), skipped func(log string)) {
	t := newT(outer, outer.Name(), nil)
	t.outer = watched
	defer func() {
		if t.Skipped() && t.left {
			t.shared.mu.Lock()
			defer t.shared.mu.Unlock()
			skipped(strings.TrimSpace(t.shared.log.String()))
		}
	}()
	t.run(body)
}

// PlayAlone is Play for a test by the rules of go test: goroutines that it leaves behind do not
// fail it. It calls report with the number of these goroutines, and with whether the test was
// skipped. A body that panicked has neither returned nor left, and reports nothing: the schedule
// has failed.
func PlayAlone(outer testing.TB, body func(*T), report func(left int, skipped bool)) {
	t := newT(outer, outer.Name(), nil)
	t.shared.end.last = true
	defer func() {
		if t.returned || t.left {
			t.shared.failLate()
			report(schedrt.FinishPassed(), t.skipped)
		}
	}()
	t.run(body)
}

// Run plays f as a subtest and reports whether it has not failed. It returns when f has returned or
// called Parallel. The subtest gets a goroutine, as in package testing: FailNow in it ends this
// goroutine and not the parent. The receive is a step, so the scheduler sees that the parent
// waits.
func (t *T) Run(name string, f func(t *T)) bool {
	if t.inBubble {
		panic("testing: t.Run called inside synctest bubble")
	}
	sub := newT(t.TB, t.name+"/"+t.unique(name), t)
	numbers := schedrt.Numbers() // the subtest goes on with the numbers of a Seed, as long as t waits
	schedrt.Go(func() {
		schedrt.SetNumbers(numbers)
		sub.run(f)
	})
	schedrt.Recv(sub.handedOver)
	return !sub.Failed()
}

// RunInBubble plays f in a bubble, as synctest.Test does. It returns when all goroutines of the
// bubble have ended. A failed inner test ends the outer one by Goexit, after the bubble:
// synctest.Test does the same by FailNow.
func (t *T) RunInBubble(f func(t *T)) {
	inner := newT(t.TB, t.name, t)
	inner.inBubble = true
	schedrt.RunInBubble(func() { inner.run(f) })
	if inner.Failed() {
		t.leave()
	}
}

// unique returns the name that package testing gives to a subtest: without blanks, and with a
// number if the name is taken. The number has two digits, as in package testing, so that names of
// -run and of recorded results agree.
func (t *T) unique(name string) string {
	name = strings.Map(func(r rune) rune {
		switch {
		case r == ' ' || r == '\t' || r == '\n':
			return '_'
		case !strconv.IsPrint(r):
			return -1
		}
		return r
	}, name)
	t.mu.Lock()
	defer t.mu.Unlock()
	n := t.names[name]
	t.names[name]++
	if n > 0 || name == "" {
		name += "#" + strconv.Itoa(n/10) + strconv.Itoa(n%10)
	}
	return name
}

// Parallel lets the parent go on, and returns when the function of the parent has returned. It
// panics if it is called twice. In a test without a parent it returns at once: an exploration plays
// one test at a time. The list is appended to before the parent goes on. In the other order the
// parent could end without releasing this subtest.
func (t *T) Parallel() {
	if t.inBubble {
		panic("testing: t.Parallel called inside synctest bubble")
	}
	if t.inParallel {
		panic("testing: t.Parallel called multiple times")
	}
	t.inParallel = true
	if t.parent == nil {
		return
	}
	schedrt.SetNumbers(nil)
	t.parent.mu.Lock()
	t.parent.parallel = append(t.parent.parallel, t)
	t.parent.mu.Unlock()
	schedrt.Close(t.handedOver)
	schedrt.Recv(t.released)
}

// run runs f, waits for the parallel subtests, and runs the cleanups. Each test has a goroutine of
// its own.
func (t *T) run(f func(*T)) {
	t.goroutine = schedrt.Self()
	defer t.end()
	f(t)
	t.returned = true
}

// end is deferred by run.
//
// The order is the one of package testing. Parallel subtests run when the function of their parent
// has returned, the cleanups of the parent when its subtests have ended, and only then the parent
// of the parent goes on, unless it did so at a call of Parallel. All are released before the first
// is waited for, so they run side by side.
func (t *T) end() {
	if !t.returned && !t.left {
		// Without a mark the function has left by a panic or by a Goexit that no method of T made.
		// recover returns nil for the second.
		if r := recover(); r != nil {
			panic(r) // the schedule has failed and ends here
		}
		t.leftByOuter()
	}
	for _, sub := range t.parallel {
		schedrt.Close(sub.released)
	}
	for _, sub := range t.parallel {
		schedrt.Recv(sub.ended)
	}
	t.cleanUp()
	t.endOuter()
	switch {
	case t.parent == nil:
		t.shared.finish()
	case t.inBubble:
	case t.inParallel:
		schedrt.Close(t.ended)
	default:
		schedrt.Close(t.handedOver)
	}
}

// leftByOuter explains a Goexit that no method of T made: the testing.T around the body may have.
func (t *T) leftByOuter() {
	if t.outer != nil {
		failed, skipped := t.outer.left()
		t.left, t.skipped = failed || skipped, skipped && !failed
	}
	if !t.left {
		t.fail("test executed panic(nil) or runtime.Goexit")
	}
}

// endOuter fails the schedule if it has failed the testing.T around the body.
func (t *T) endOuter() {
	if t.outer == nil {
		return
	}
	t.outer.cleanUp()
	if message := t.outer.Message(); message != "" {
		t.fail(message)
	}
}

// cleanUp cancels the context of t and calls the functions of Cleanup, the last one first. A
// function may register further ones, so the list is read again each time; and the lock is free
// while it runs, since it may call any method of T.
func (t *T) cleanUp() {
	t.mu.Lock()
	t.over = true
	cancel := t.cancel
	t.mu.Unlock()
	if cancel != nil {
		cancel()
	}
	for {
		t.mu.Lock()
		last := len(t.cleanups) - 1
		if last < 0 {
			t.mu.Unlock()
			return
		}
		f := t.cleanups[last]
		t.cleanups = t.cleanups[:last]
		t.mu.Unlock()
		f()
	}
}

// Deadline reports that there is no deadline: time is virtual. A body that stops early near a
// deadline would do so in some schedules only, by the real clock.
func (t *T) Deadline() (deadline time.Time, ok bool) {
	if t.inBubble {
		panic("testing: t.Deadline called inside synctest bubble")
	}
	return time.Time{}, false
}

// Output returns a Writer that adds to the log of the schedule.
func (t *T) Output() io.Writer { return output{t} }

type output struct{ t *T }

func (o output) Write(p []byte) (int, error) {
	o.t.note(string(p))
	return len(p), nil
}

// ArtifactDir is TempDir: the artifacts of a schedule are not kept.
func (t *T) ArtifactDir() string { return t.TempDir() }
