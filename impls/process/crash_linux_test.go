package process_test

import (
	"context"
	"syscall"
	"testing"
	"time"
)

// A holder is killed. Those who wait get its permits, and those who only try, too.
func TestKilledHolder(t *testing.T) {
	forEachMechanism(t, 2, func(t *testing.T, s namedSem) {
		sem := s.open(t)
		holder := start(t, s.spec)
		holder.must("acquire 2")
		if sem.TryAcquire(1) {
			t.Fatal("there are more than 2 permits")
		}
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		if !s.reclaims() {
			holder.kill()
			holder.mustBe('Z')
			if sem.TryAcquire(1) {
				t.Error("a killed holder's token came back: the documentation says that it is lost")
			}
			return
		}
		holder.kill()
		if err := sem.Acquire(ctx, 2); err != nil {
			t.Fatalf("with its holder killed, Acquire(2) = %v", err)
		}
		sem.Release(2)
		again := start(t, s.spec)
		again.must("acquire 1")
		again.kill()
		s.mustAllBeFree(t, sem, 2)
	})
}

// A waiter is killed, first in line. The permit is for the others.
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
				t.Fatalf("after the other waiter was killed: %s", got)
			}
			second.must("release 1")
			s.mustAllBeFree(t, sem, 1)
		}
	})
}

// A waiter is stopped. It holds nobody up, and goes on where it was.
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
			t.Fatalf("behind one that is stopped: %s", got)
		}
		first.signal(syscall.SIGCONT)
		second.must("release 1")
		if got := first.answer(); got != "ok" {
			t.Fatalf("one that was stopped and goes on: %s", got)
		}
		first.must("release 1")
		s.mustAllBeFree(t, sem, 1)
	})
}

// A holder is stopped: it still holds, as it may go on at any time.
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
			t.Fatalf("Acquire = %v while a stopped process holds the permit, want %v", err, context.DeadlineExceeded)
		}
		holder.signal(syscall.SIGCONT)
		holder.must("release 1")
		s.mustAllBeFree(t, sem, 1)
	})
}

// One who waits is told of the death of a holder: it does not have to look by itself.
func TestDeathIsTold(t *testing.T) {
	s := namedOf(t, "slots", 1)
	s.open(t)
	holder, waiter := start(t, s.spec), start(t, "patient "+s.spec)
	holder.must("acquire 1")
	waiter.tell("within 20000 1")
	waiter.mustWait()
	holder.kill()
	if got := waiter.answer(); got != "ok" {
		t.Errorf("one who sleeps until it is woken: %s", got)
	}
}
