package process_test

import (
	"context"
	"syscall"
	"testing"
	"time"
)

// The permits of a killed holder go to a waiter, and to a process that only calls TryAcquire. A
// jobserver loses them, as its documentation says.
func TestKilledHolder(t *testing.T) {
	forEachMechanism(t, 2, func(t *testing.T, s namedSem) {
		sem := s.open(t)
		holder := start(t, s.spec)
		holder.must("acquire 2")
		if sem.TryAcquire(1) {
			t.Fatal("TryAcquire(1) = true with all 2 permits taken")
		}
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		if !s.reclaims() {
			holder.kill()
			holder.mustBe('Z')
			if sem.TryAcquire(1) {
				t.Error("the token of a killed holder came back; the documentation says that it is lost")
			}
			return
		}
		holder.kill()
		if err := sem.Acquire(ctx, 2); err != nil {
			t.Fatalf("Acquire(2) after the holder was killed = %v, want nil", err)
		}
		sem.Release(2)
		again := start(t, s.spec)
		again.must("acquire 1")
		again.kill()
		mustAllBeFree(t, sem, 2)
	})
}

// If the first waiter is killed, the next waiter gets the permit.
func TestKilledWaiter(t *testing.T) {
	forEachMechanism(t, 1, func(t *testing.T, s namedSem) {
		sem := s.open(t)
		for range 5 {
			mustAcquire(t, sem, 1)
			first, second := start(t, s.spec), start(t, s.spec)
			first.tell("acquire 1")
			first.mustWait()
			second.tell("acquire 1")
			second.mustWait()
			first.kill()
			sem.Release(1)
			if got := second.answer(); got != "ok" {
				t.Fatalf("acquire behind a killed waiter: %s, want ok", got)
			}
			second.must("release 1")
			mustAllBeFree(t, sem, 1)
		}
	})
}

// A waiter that is stopped by SIGSTOP does not hold up another waiter, and is served after SIGCONT.
func TestStoppedWaiter(t *testing.T) {
	forEachMechanism(t, 1, func(t *testing.T, s namedSem) {
		sem := s.open(t)
		mustAcquire(t, sem, 1)
		first, second := start(t, s.spec), start(t, s.spec)
		first.tell("acquire 1")
		first.mustWait()
		second.tell("acquire 1")
		second.mustWait()
		first.signal(syscall.SIGSTOP)
		first.mustBe('T')
		sem.Release(1)
		if got := second.answer(); got != "ok" {
			t.Fatalf("acquire behind a stopped waiter: %s, want ok", got)
		}
		first.signal(syscall.SIGCONT)
		second.must("release 1")
		if got := first.answer(); got != "ok" {
			t.Fatalf("acquire of a waiter that was stopped and continued: %s, want ok", got)
		}
		first.must("release 1")
		mustAllBeFree(t, sem, 1)
	})
}

// A stopped holder keeps its permit, because it may continue at any time.
func TestStoppedHolder(t *testing.T) {
	forEachMechanism(t, 1, func(t *testing.T, s namedSem) {
		sem := s.open(t)
		holder := start(t, s.spec)
		holder.must("acquire 1")
		holder.signal(syscall.SIGSTOP)
		holder.mustBe('T')
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		if err := sem.Acquire(ctx, 1); err != context.DeadlineExceeded {
			t.Fatalf("Acquire = %v while a stopped process holds the permit, want %v",
				err, context.DeadlineExceeded)
		}
		holder.signal(syscall.SIGCONT)
		holder.must("release 1")
		mustAllBeFree(t, sem, 1)
	})
}

// The pidfd of a killed holder wakes a waiter that never rescans by itself.
func TestPidfdWakesWaiter(t *testing.T) {
	s := namedOf(t, "slots", 1)
	s.open(t)
	holder, waiter := start(t, s.spec), start(t, "patient "+s.spec)
	holder.must("acquire 1")
	waiter.tell("within 20000 1")
	waiter.mustWait()
	holder.kill()
	if got := waiter.answer(); got != "ok" {
		t.Errorf("acquire of a waiter that does not rescan: %s, want ok", got)
	}
}
