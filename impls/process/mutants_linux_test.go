package process_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/semabench/semabench/impls/process"
)

// A detector is a small scenario of the other tests. It must accept the semaphore without a
// defect, and refute the one with its defect: a test that cannot fail proves nothing.
var detectors = []struct {
	defect string
	detect func(t *testing.T, defect string) error
}{
	{"lost-on-crash", holderIsKilled("slots")},
	{"no-undo", holderIsKilled("sysv")},
	{"pid-reuse", pidIsReused},
	{"double-reclaim", deadIsReclaimed},
	{"doorbell-missed", sleeperIsWoken},
	{"partial-take", tryForTooMany},
	{"minted-on-error", tryForTooMany},
	{"no-lease", waiterIsStopped},
}

func TestMutants(t *testing.T) {
	for _, d := range detectors {
		t.Run(d.defect, func(t *testing.T) {
			if err := d.detect(t, "right"); err != nil {
				t.Errorf("the detector refutes the semaphore without a defect: %v", err)
			}
			err := d.detect(t, d.defect)
			if err == nil {
				t.Fatalf("the detector accepts the defect %s", d.defect)
			}
			t.Log("refuted:", err)
		})
	}
}

// grantLimit returns how long a detector waits for a grant, which takes milliseconds without the
// defect. A defect prevents the grant, so a short limit is enough for it. Without a defect the
// limit is long, so that a slow machine does not refute the semaphore.
func grantLimit(defect string) time.Duration {
	if defect == "right" {
		return 20 * time.Second
	}
	return 500 * time.Millisecond
}

func acquireWithin(sem process.Semaphore, d time.Duration, n int64) error {
	ctx, cancel := context.WithTimeout(context.Background(), d)
	defer cancel()
	if err := sem.Acquire(ctx, n); err != nil {
		return fmt.Errorf("Acquire(%d) = %w after %v, want nil", n, err, d)
	}
	return nil
}

// openWithDefect opens a semaphore in this process, with a defect.
func openWithDefect(t *testing.T, defect string, s namedSem) process.Semaphore {
	sem := s.open(t)
	if g, ok := sem.(clientWithPermit); ok {
		sem = g.Jobserver
	}
	return process.WithDefect(defect, sem)
}

func holderIsKilled(mechanism string) func(t *testing.T, defect string) error {
	return func(t *testing.T, defect string) error {
		s := namedOf(t, mechanism, 1)
		holder := start(t, "broken="+defect+" "+s.spec)
		holder.must("acquire 1")
		sem := s.open(t)
		if mechanism == "slots" {
			sem = process.WithDefect(defect, sem)
		}
		holder.kill()
		return acquireWithin(sem, grantLimit(defect), 1)
	}
}

func pidIsReused(t *testing.T, defect string) error {
	s := namedOf(t, "slots", 1)
	sem := s.open(t)
	mustAcquire(t, sem, 1)
	process.ForgeOwner(sem.(*process.Slots), os.Getppid(), 1)
	return acquireWithin(process.WithDefect(defect, sem), grantLimit(defect), 1)
}

func deadIsReclaimed(t *testing.T, defect string) error {
	s := namedOf(t, "slots", 1)
	s.open(t) // this process makes no call, and so reclaims nothing
	holder, heir, other := start(t, s.spec), start(t, "broken="+defect+" "+s.spec), start(t, s.spec)
	holder.must("acquire 1")
	holder.kill()
	heir.must("within 10000 1")
	limit := 200 * time.Millisecond // without the defect all of it passes
	if defect != "right" {
		limit = 10 * time.Second
	}
	if got := other.do("within %d 1", limit.Milliseconds()); got == "ok" {
		return fmt.Errorf("two processes hold one permit")
	}
	return nil
}

func sleeperIsWoken(t *testing.T, defect string) error {
	s := namedOf(t, "slots", 1)
	sem := openWithDefect(t, defect, s)
	mustAcquire(t, sem, 1)
	waiter := start(t, "patient "+s.spec)
	waiter.tell("within 20000 1")
	waiter.mustWait()
	sem.Release(1)
	got, in := waiter.answerWithin(grantLimit(defect))
	if !in {
		waiter.kill()
		return fmt.Errorf("a sleeper was not woken by a release")
	}
	if got != "ok" {
		return fmt.Errorf("acquire of a sleeper: %s, want ok", got)
	}
	return nil
}

func tryForTooMany(t *testing.T, defect string) error {
	s := namedOf(t, "jobserver", 3)
	sem := openWithDefect(t, defect, s)
	other := start(t, s.spec)
	other.must("acquire 1")
	if sem.TryAcquire(3) {
		return fmt.Errorf("TryAcquire(3) = true with 2 of 3 tokens in the pipe")
	}
	switch {
	case other.do("try 2") != "ok":
		return fmt.Errorf("a failed TryAcquire(3) left fewer than 2 tokens")
	case other.do("try 1") == "ok":
		return fmt.Errorf("a failed TryAcquire(3) left more than 2 tokens")
	}
	return nil
}

func waiterIsStopped(t *testing.T, defect string) error {
	path := filepath.Join(t.TempDir(), "broker")
	server := must2(process.ListenBroker(path, 1))
	if defect == "no-lease" {
		process.NeverWithdraw(server)
	}
	t.Cleanup(func() { must(t, server.Close()) })
	what := "broker " + path + " 1"
	holder, first, second := start(t, what), start(t, what), start(t, what)
	holder.must("acquire 1")
	first.tell("acquire 1")
	eventually(t, "waits", func() bool { return server.Stats().Waiting == 1 })
	first.signal(syscall.SIGSTOP)
	first.mustBe('T')
	second.tell("within %d 1", grantLimit(defect).Milliseconds())
	eventually(t, "waits", func() bool { return server.Stats().Waiting == 2 })
	holder.must("release 1")
	if got := second.answer(); got != "ok" {
		return fmt.Errorf("acquire behind a stopped process: %s, want ok", got)
	}
	return nil
}
