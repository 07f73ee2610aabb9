package process

import (
	"runtime"
	"time"
)

// The lock of slots is an owner word beside theirs, for weights. Single permits come and go without it.

// enter takes the lock, from a dead owner if need be, and reports false if a living one does not let
// go of it.
func (s *Slots) enter() bool {
	for p := (patience{}); ; runtime.Gosched() {
		w := word(s.lock.Load())
		if w.owner() == 0 && s.lock.CompareAndSwap(uint64(w), uint64(w.with(s.me))) {
			return true
		}
		if s.tired(&p, w) {
			return false
		}
	}
}

func (s *Slots) exit() {
	w := word(s.lock.Load())
	s.lock.Store(uint64(w.with(0)))
}

// patience bounds a loop that waits for another process to finish what takes it a microsecond: one
// that is stopped in the middle must not stop us. The clock is not looked at the first time.
type patience struct {
	since  time.Time
	looked bool // whether who has the lock is dead
}

// tired reports whether a loop that saw the lock as it is has waited long enough. That it had to is
// remembered: nobody else waits for an owner that is stuck, until the lock changes hands.
func (s *Slots) tired(p *patience, locked word) bool {
	const (
		short = time.Millisecond       // a process that runs has done it long since
		long  = 100 * time.Millisecond // one that was only preempted is back
	)
	if s.isStuck(locked) {
		return true
	}
	if p.since.IsZero() {
		p.since = time.Now()
		return false
	}
	waited := time.Since(p.since)
	if waited > short && !p.looked {
		p.looked = true
		s.unlockOfDead()
	}
	if waited <= long {
		return false
	}
	if locked.owner() != 0 {
		s.stuck.Store(uint64(locked))
	}
	return true
}

// isStuck reports whether somebody got tired of waiting for the lock as it is.
func (s *Slots) isStuck(locked word) bool {
	return locked.owner() != 0 && uint64(locked) == s.stuck.Load()
}

// unlockOfDead opens the lock of an owner that has ended, and reports whether it did. What that had in
// hand is in words of its own, and taken back like any other.
func (s *Slots) unlockOfDead() bool {
	w := word(s.lock.Load())
	o := w.owner()
	return o != 0 && o != s.me && s.isDead(o) && s.lock.CompareAndSwap(uint64(w), uint64(w.with(0)))
}

// adopt finishes what this process has left half done when it became another program, by exec: it is the
// same owner, but no goroutine of it is any more where it was.
func (s *Slots) adopt() {
	if w := word(s.lock.Load()); w.owner() == s.me {
		s.exit()
	}
	for i := range s.words {
		s.mark(i, leaving, 0)
	}
}
