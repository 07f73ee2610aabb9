package process

import (
	"math"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

// A sleeper is the part of Slots that waits in the kernel, for the funnel's pump.
//
// The doorbell is two words of the shared memory. Who is about to sleep raises asleep and then looks
// for permits once more; who releases frees a permit and then looks at asleep. Operations of
// sync/atomic are sequentially consistent, so one of the two sees the other. Who releases and
// sees sleepers clears asleep, changes bell and wakes as many as there are permits, or all if one
// of them wants several: it cannot know whom the permits would do.
//
// As asleep is cleared though some may sleep on, the woken one raises it again, before it looks for
// permits, and if any are left when it has taken its own, it rings as a releaser would. It may be
// killed or stopped before that; so nobody sleeps longer than a patrol. What is stale in asleep,
// after a sleeper was killed, costs the next releaser one call of the kernel.
type sleeper struct {
	kick   atomic.Uint32 // changed to have the sleeper look again
	kicked uint32        // the last value of kick that it has seen
	naps   int           // in a row
	short  bool          // the kernel cannot wait for bell and kick at once
	patrol time.Duration

	// watched are the owners whose end will be noticed, by pidfd. They stay for the next wait, as
	// opening them takes longer than most; closing the file ends the goroutine that has it.
	watched  map[owner]*os.File
	watching sync.WaitGroup
}

const (
	aLight = 1 // somebody sleeps, for one permit
	aHeavy = 2 // somebody sleeps, for several
)

const (
	// firstNap is slept without watching who holds the permits, which costs a descriptor and some
	// calls of the kernel for each: most waits are over by then.
	firstNap = time.Millisecond

	// defaultPatrol bounds what is lost if a process is killed or stopped just when it was woken.
	defaultPatrol = 20 * time.Millisecond

	// shortNap stands in for kick where the kernel cannot wait for two words.
	shortNap = 2 * time.Millisecond
)

func (s *Slots) await(n int64) error {
	z := &s.sleeper
	kick := z.kick.Load()
	if kick != z.kicked {
		z.kicked = kick
		return nil
	}
	bell := s.bell.Load() // before the last look: a ring after it would not let us sleep
	level := uint32(aLight)
	if n > 1 {
		level = aHeavy
	}
	s.raise(level)
	if z.naps > 0 && s.watch() > 0 || int64(s.count(0)) >= n && !s.isStuck(word(s.lock.Load())) {
		return nil
	}
	s.sleep(bell, kick)
	s.raise(aLight) // if it was us who was woken, others may sleep on
	return nil
}

func (s *Slots) sleep(bell, kick uint32) {
	z := &s.sleeper
	most := z.patrol
	if z.naps == 0 {
		most = min(most, firstNap)
	}
	z.naps++
	if !z.short {
		z.short = !futexWaitEither(s.bell, bell, &z.kick, kick, most)
	}
	if z.short {
		futexWait(s.bell, bell, min(most, shortNap))
	}
}

func (s *Slots) holds(n int64) bool { return int64(s.count(s.me)) >= n }

func (s *Slots) alone() bool { return s.holds(s.size) }

func (s *Slots) interrupt() {
	s.sleeper.kick.Add(1)
	futexWake(&s.sleeper.kick, 1)
}

// granted passes a ring on, see sleeper.
func (s *Slots) granted() {
	s.sleeper.naps = 0
	if s.asleep.Load() != 0 && s.count(0) > 0 {
		s.ring(1)
	}
}

// raise sets asleep to a level at least.
func (s *Slots) raise(level uint32) {
	for {
		now := s.asleep.Load()
		if now >= level || s.asleep.CompareAndSwap(now, level) {
			return
		}
	}
}

// ring is called when n permits have become free.
func (s *Slots) ring(n int) {
	if s.asleep.Load() != 0 && n > 0 {
		s.wake(n)
	}
}

func (s *Slots) wake(n int) {
	switch s.asleep.Swap(0) {
	case 0: // another ring is under way, and changes bell after this permit became free
		return
	case aHeavy:
		n = math.MaxInt32
	}
	s.bell.Add(1)
	futexWake(s.bell, n)
}

// watch sees to it that the end of every process that holds permits is noticed, and returns how many
// permits of dead ones it took back at once.
func (s *Slots) watch() (buried int) {
	owners := s.owners()
	for o, life := range s.sleeper.watched {
		if !owners[o] {
			_ = life.Close()
			delete(s.sleeper.watched, o)
		}
	}
	for o := range owners {
		if _, ok := s.sleeper.watched[o]; ok {
			continue
		}
		pidfd, err := openOwner(o)
		if err != nil || s.isDead(o) {
			if s.isDead(o) {
				buried += s.bury(o)
			}
			continue // one that cannot be watched is looked at again after each nap
		}
		life := os.NewFile(uintptr(pidfd), o.String())
		s.sleeper.watched[o] = life
		s.sleeper.watching.Go(func() { s.waitForEnd(o, life) })
	}
	return buried
}

// waitForEnd parks in the runtime's poller, so it takes no thread.
func (s *Slots) waitForEnd(o owner, life *os.File) {
	conn, err := life.SyscallConn()
	if err != nil {
		return
	}
	err = conn.Read(func(pidfd uintptr) bool { return ended(int(pidfd), o) })
	if err == nil && s.isDead(o) {
		s.bury(o)
	}
}

// bury takes the permits of a dead owner back. Several may do so at once: each word changes from just
// this one to a free one only once.
func (s *Slots) bury(o owner) (buried int) {
	for i := range s.words {
		w := word(s.words[i].Load())
		if w.owner() == o && s.words[i].CompareAndSwap(uint64(w), uint64(w.with(0))) {
			buried++
		}
	}
	s.ring(buried)
	return buried
}

// lookForDead lets those profit from what the dead have left who only ever try. It looks at times.
func (s *Slots) lookForDead() (found bool) {
	now := time.Now().UnixNano()
	last := s.checked.Load()
	if now-last < int64(defaultPatrol) || !s.checked.CompareAndSwap(last, now) {
		return false
	}
	found = s.unlockOfDead()
	for o := range s.owners() {
		if s.isDead(o) && s.bury(o) > 0 {
			found = true
		}
	}
	return found
}

// owners returns the other processes that hold permits.
func (s *Slots) owners() map[owner]bool {
	all := map[owner]bool{}
	for i := range s.words {
		if o := word(s.words[i].Load()).owner(); o != 0 && o != s.me {
			all[o] = true
		}
	}
	return all
}
