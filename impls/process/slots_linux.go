package process

import (
	"context"
	"os"
	"runtime"
	"sync/atomic"
)

// MaxSlots is the largest size of slots: half a megabyte of shared memory.
const MaxSlots = 1 << 16

// Slots is a semaphore of words in shared memory, one for each permit, with the owner of the permit
// in it. One compare-and-swap makes a permit somebody's, so there is no instant at which it is
// taken and nobody's: whenever a process is killed, its permits can be told and are taken back by
// those who wait, who watch the owners by pidfd.
//
// The price is that n permits are n words. A weighted take or release is done under a lock in the same
// memory, which is another owner word; what is half done under it, nobody mistakes for a state of
// the semaphore (see full).
//
// Memory order: a take observes, in the word of its permit, the release before it, so what the last
// holder of this permit wrote is seen. This is by permit: the contract's “k'th release” for
// whoever comes k+size'th holds where all or one are taken, as readers and a writer do.
// Between processes it holds for memory that they share.
type Slots struct {
	funnel
	shared
	me    owner
	file  *os.File // for those who inherit
	key   inode
	edges edges

	// hint is where a permit was last found, or may be. It is only written when it was wrong, as on
	// the fast path a write would cost as much as the permit.
	hint atomic.Uint32

	sleeper sleeper
	checked atomic.Int64  // when a failed try last looked for the dead, in nanoseconds
	stuck   atomic.Uint64 // the lock as it was when somebody got tired of waiting for it, see patience

	isDead func(owner) bool // tests have wrong ones
}

// word is a permit: its owner, or nobody; a mark that it is being released; and a version that
// every change raises. Two looks at all words that find the same versions saw one state, unless
// between them some word has changed 131 072 times, or a multiple of that.
//
// The version is on top, where it may overflow: so a take or a release is one addition.
type word uint64

const (
	owners     = leaving - 1
	leaving    = 1 << ownerBits
	oneVersion = leaving << 1
)

func (w word) owner() owner    { return owner(w & owners) }
func (w word) version() uint64 { return uint64(w / oneVersion) }

// with returns the word that follows w, of an owner.
func (w word) with(o owner) word { return w&^(oneVersion-1) + oneVersion + word(o) }

// Acquire is that of [impls.Semaphore].
func (s *Slots) Acquire(ctx context.Context, n int64) error {
	if n == 1 && s.waiting.Load() == 0 && !isDone(ctx.Done()) && s.takeAt(int(s.hint.Load())) {
		return nil
	}
	return s.funnel.Acquire(ctx, n)
}

// Release is that of [impls.Semaphore], for permits of this process.
func (s *Slots) Release(n int64) {
	if n == 1 && s.waiting.Load() == 0 && s.freeAt(int(s.hint.Load())) {
		s.ring(1)
		s.released()
		return
	}
	mustNotBeNegative(n)
	if s.handOver(n) {
		return
	}
	if n > s.size || !s.free(int(n)) {
		panic(overRelease)
	}
	s.ring(int(n))
	s.released()
}

// takeAt takes permit i if it is free.
func (s *Slots) takeAt(i int) bool {
	if uint(i) >= uint(len(s.words)) {
		return false // a size of zero
	}
	w := word(s.words[i].Load())
	taken := w + oneVersion + word(s.me)
	if w%oneVersion != 0 || !s.words[i].CompareAndSwap(uint64(w), uint64(taken)) {
		return false
	}
	s.edges.taken(i)
	return true
}

// freeAt gives permit i back if it is this process's.
func (s *Slots) freeAt(i int) bool {
	if uint(i) >= uint(len(s.words)) {
		return false
	}
	w := word(s.words[i].Load())
	if w%oneVersion != word(s.me) { // not ours, or leaving already
		return false
	}
	s.edges.leaves(i)
	return s.words[i].CompareAndSwap(uint64(w), uint64(w+oneVersion-word(s.me)))
}

func (s *Slots) try(n int64) (bool, error) {
	switch {
	case n == 0:
		return true, nil
	case n == 1 && (s.takeAny() || s.full(s.takeAny)), n > 1 && s.takeMany(int(n)):
		return true, nil
	case s.lookForDead():
		return s.try(n)
	}
	return false, nil
}

// full looks at all permits, by a function that reports whether it found what it was looking for. If
// it did not, it must be sure that there was an instant at which it was not there: permits move
// while it goes through them, and it could miss one that was first behind and then in front of
// it. So it looks until no version has changed meanwhile and nobody held the lock, and
// gives up only when somebody is stuck who holds it.
//
// This is the double collect of Afek et al., “Atomic snapshots of shared memory” (J. ACM 1993).
func (s *Slots) full(find func() bool) bool {
	for p := (patience{}); ; runtime.Gosched() {
		locked, before := word(s.lock.Load()), s.changes()
		if find() {
			return true
		}
		if locked.owner() == 0 && s.changes() == before && word(s.lock.Load()) == locked {
			return false
		}
		if s.tired(&p, locked) {
			return false
		}
	}
}

// changes sums up the versions. They only grow, but for their overflow, so an equal sum means equal
// versions.
func (s *Slots) changes() (sum uint64) {
	for i := range s.words {
		sum += word(s.words[i].Load()).version()
	}
	return sum
}

// takeAny takes the first free permit from the hint on.
func (s *Slots) takeAny() bool { return s.anyFrom(s.takeAt) }

// freeAny gives back the first permit of this process from the hint on.
func (s *Slots) freeAny() bool { return s.anyFrom(s.freeAt) }

func (s *Slots) anyFrom(do func(i int) bool) bool {
	i := int(s.hint.Load())
	for range s.words {
		if i >= len(s.words) {
			i = 0
		}
		if do(i) {
			s.hint.Store(uint32(i))
			return true
		}
		i++
	}
	return false
}
