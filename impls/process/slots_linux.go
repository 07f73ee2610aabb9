package process

import (
	"context"
	"os"
	"runtime"
	"sync/atomic"
	"time"
	"unsafe"
)

// MaxSlots is the largest size of slots, in permits: half a megabyte of shared memory.
const MaxSlots = 1 << 16

// Slots is a semaphore of words in shared memory. Each permit is one word that holds the owner of
// the permit. One compare-and-swap takes a permit and names its owner, so at no instant is a
// permit taken without an owner. Hence the permits of a killed process are always known.
// Waiting processes watch the owners by pidfd and reclaim them, usually within a millisecond.
//
// The price is that n permits are n words. A weighted take or release changes them one by one,
// under a lock in the same memory, which is another owner word. A search that must not see such a
// half-done change takes a snapshot, see searchSnapshot.
//
// Memory order: a take and a release are sequentially consistent operations on the word of the
// permit, and a take observes the release before it. So, in the terminology of the Go memory
// model, the release of a permit synchronizes before the next take of the same permit. The
// contract relates the k'th release to the take of permit k+size. That relation holds if calls
// take one permit or all of them, as readers and a writer do. Between processes all this applies
// to memory that they share.
type Slots struct {
	localQueue
	mapping
	self      owner
	file      *os.File // for children that inherit the slots
	id        inode
	raceEdges raceEdges

	// hint is the index at which a permit was last found. Only a search that found the hint
	// wrong writes it: on the fast path a write would cost as much as the take itself.
	hint atomic.Uint32

	sleep     sleepState
	lastScan  atomic.Int64  // when reclaimScan last ran, in nanoseconds since 1970
	stuckLock atomic.Uint64 // value of lock that a call has waited for in vain, see lockWait

	isDead func(owner) bool // a field so that tests can put in wrong ones
}

// The file of slots begins with a page that identifies it. The words that change while processes
// use the slots are 64 bytes apart, so that two of them never share a cache line. The permits
// follow in the next page, eight bytes each.
const (
	slotsMagic   = "semabench slots 1"
	atBoot       = 32  // 36 bytes: the boot in which the pids are valid
	atPIDs       = 72  // the pid namespace in which the pids are valid
	atTimes      = 80  // the time namespace in which the start times are valid
	atSize       = 88  // number of permits
	atEvent      = 128 // see sleepState
	atSleepers   = 192 // see sleepState
	atLock       = 256 // see lockWeighted
	atWords      = 4096
	bytesPerWord = 8
)

// A mapping is the file in the memory of this process.
type mapping struct {
	mem      []byte
	event    *atomic.Uint32
	sleepers *atomic.Uint32
	lock     *atomic.Uint64 // a slot that holds the owner of the lock
	words    []atomic.Uint64
}

func mappingOf(mem []byte, size int) mapping {
	m := mapping{
		mem:      mem,
		event:    (*atomic.Uint32)(unsafe.Pointer(&mem[atEvent])),
		sleepers: (*atomic.Uint32)(unsafe.Pointer(&mem[atSleepers])),
		lock:     (*atomic.Uint64)(unsafe.Pointer(&mem[atLock])),
	}
	if size > 0 {
		m.words = unsafe.Slice((*atomic.Uint64)(unsafe.Pointer(&mem[atWords])), size)
	}
	return m
}

// A slot is the value of one word. The low bits hold the owner of the permit, or 0 if it is free.
// One bit says that a weighted release is about to free it. The high 17 bits are a version that
// every change raises.
//
// Two reads of all words that find equal versions have seen one state, unless between them a
// word changed a multiple of 131 072 times. The version is at the high end, where it may
// overflow. So a take or a release of one permit is a single addition.
type slot uint64

const (
	ownerMask    = releasingBit - 1
	releasingBit = 1 << ownerBits
	versionUnit  = releasingBit << 1
)

func (w slot) owner() owner    { return owner(w & ownerMask) }
func (w slot) version() uint64 { return uint64(w / versionUnit) }

// with returns w with another owner, the next version, and without the releasing bit.
func (w slot) with(o owner) slot { return w&^(versionUnit-1) + versionUnit + slot(o) }

// Acquire implements [impls.Semaphore]. It returns an error other than ctx.Err() only after Close.
//
// The fast path takes one permit at the hint. It reads waiting before it takes, so it passes no
// goroutine that was in the queue at that time. It checks ctx before it takes: after a later check
// it would have to give the permit back, and another process could find that permit taken
// meanwhile. If the hint is wrong, the queue's Acquire searches all words.
func (s *Slots) Acquire(ctx context.Context, n int64) error {
	if n == 1 && s.waiting.Load() == 0 && !isDone(ctx.Done()) && s.takeAt(int(s.hint.Load())) {
		return nil
	}
	return s.localQueue.Acquire(ctx, n)
}

// Release implements [impls.Semaphore], for permits of this process. It panics if the process holds
// fewer than n.
//
// The fast path frees one permit at the hint if no goroutine of this process waits. After the swap
// it reads sleepers, for waiters of other processes, and waiting, for goroutines of this process
// that joined meanwhile. Both reads must come after the swap. A waiter announces itself before its
// last look at the permits. So either the waiter sees the free permit, or Release sees the waiter.
func (s *Slots) Release(n int64) {
	if n == 1 && s.waiting.Load() == 0 && s.freeAt(int(s.hint.Load())) {
		s.wakeSleepers(1)
		s.ensureKernelWaiter()
		return
	}
	mustNotBeNegative(n)
	if s.handOff(n) {
		return
	}
	if n > s.size || !s.releaseAny(int(n)) {
		panic(overRelease)
	}
	s.wakeSleepers(int(n))
	s.ensureKernelWaiter()
}

// takeAt takes permit i if it is free.
//
// The remainder by versionUnit is 0 only if the word has no owner and no releasing bit. If
// another process changes the word after the load, the swap fails: every change raises the version.
func (s *Slots) takeAt(i int) bool {
	if uint(i) >= uint(len(s.words)) {
		return false // slots of size 0
	}
	w := slot(s.words[i].Load())
	taken := w + versionUnit + slot(s.self)
	if w%versionUnit != 0 || !s.words[i].CompareAndSwap(uint64(w), uint64(taken)) {
		return false
	}
	s.raceEdges.acquired(i)
	return true
}

// freeAt frees permit i if this process owns it. Of two goroutines that free the same permit at
// once, only one succeeds: the swap of the other one fails.
func (s *Slots) freeAt(i int) bool {
	if uint(i) >= uint(len(s.words)) {
		return false
	}
	w := slot(s.words[i].Load())
	if w%versionUnit != slot(s.self) { // another owner, or a weighted release has it already
		return false
	}
	s.raceEdges.releasing(i)
	return s.words[i].CompareAndSwap(uint64(w), uint64(w+versionUnit-slot(s.self)))
}

func (s *Slots) tryTake(n int64) (bool, error) {
	switch {
	case n == 0:
		return true, nil
	case n == 1 && (s.takeAny() || s.searchSnapshot(s.takeAny)), n > 1 && s.takeWeighted(int(n)):
		return true, nil
	case s.reclaimScan():
		return s.tryTake(n)
	}
	return false, nil
}

// searchSnapshot calls find until it succeeds, or until it failed on a state that all words had at
// one instant. It reports whether find succeeded.
//
// One pass over the words is not enough for a false result. Permits move during the pass. A permit
// may become free in a word that the pass has already read, while the permit that was free is
// taken. The pass misses both, although at each instant one permit was free. So a failure counts
// only if no version changed during the pass and no weighted operation was half done. This is the
// double collect of Afek et al., “Atomic snapshots of shared memory” (J. ACM 1993).
//
// The order of the reads matters: lock, versions, find, versions, lock. A weighted operation that
// starts and ends between the two reads of the lock changes the version of the lock itself. An
// operation that is still running shows as the owner of the lock.
//
// The search gives up without a snapshot if a process holds the lock for too long, see lockWait.
func (s *Slots) searchSnapshot(find func() bool) bool {
	for wait := (lockWait{}); ; runtime.Gosched() {
		locked, before := slot(s.lock.Load()), s.versionSum()
		if find() {
			return true
		}
		if locked.owner() == 0 && s.versionSum() == before && slot(s.lock.Load()) == locked {
			return false
		}
		if s.gaveUp(&wait, locked) {
			return false
		}
	}
}

// versionSum returns the sum of all versions. Versions only grow, apart from overflow. So if two
// sums are equal, so is each version.
func (s *Slots) versionSum() (sum uint64) {
	for i := range s.words {
		sum += slot(s.words[i].Load()).version()
	}
	return sum
}

// takeAny takes the first free permit from the hint on.
func (s *Slots) takeAny() bool { return s.fromHint(s.takeAt) }

// freeAny frees the first permit of this process from the hint on.
func (s *Slots) freeAny() bool { return s.fromHint(s.freeAt) }

// fromHint calls do for each index from the hint on, around the end, until it succeeds.
func (s *Slots) fromHint(do func(i int) bool) bool {
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

// takeWeighted takes n permits, all or none.
//
// It counts before it takes. Otherwise two calls could each take a part, put it back and wake the
// other one, forever. It takes under the lock, so at most one process holds a part at a time. A
// search in another process sees the lock, and does not mistake that part for a lack of permits.
func (s *Slots) takeWeighted(n int) bool {
	if !s.searchSnapshot(func() bool { return s.count(0) >= n }) || !s.lockWeighted() {
		return false
	}
	defer s.unlockWeighted()
	taken := make([]int, 0, n)
	for wait := (lockWait{}); ; {
		before := s.versionSum()
		found := len(taken)
		for i := range s.words {
			if len(taken) < n && s.takeAt(i) {
				taken = append(taken, i)
			}
		}
		if len(taken) == n {
			return true
		}
		// If the versions grew only by this call's own takes, the pass saw one state, and in
		// that state fewer than n permits were free.
		if s.versionSum()-before == uint64(len(taken)-found) || s.gaveUp(&wait, 0) {
			break
		}
	}
	for _, i := range taken {
		s.undoTake(i)
	}
	s.wakeSleepers(len(taken)) // a waiter may have gone to sleep while this call had them
	return false
}

// undoTake frees a permit that this call took. Another goroutine of this process may have released
// that very permit, by an over-release: a permit does not know which goroutine took it. Then
// undoTake frees another permit of this process.
func (s *Slots) undoTake(i int) {
	if !s.freeAt(i) {
		s.freeAny()
	}
}

// releaseAny frees n permits of this process. If the process holds fewer it frees none and returns
// false.
//
// Several permits are marked first and freed only if there are enough. The mark is a state of the
// word in which the process still owns the permit and no other goroutine can free it. If the
// process is killed half way, its marked permits are reclaimed like all others.
func (s *Slots) releaseAny(n int) bool {
	switch n {
	case 0:
		return true
	case 1:
		return s.freeAny() || s.searchSnapshot(s.freeAny)
	}
	if s.lockWeighted() {
		defer s.unlockWeighted()
	} // else the lock is stuck: release all the same; other processes may see a part of it first
	marked := make([]int, 0, n)
	for i := range s.words {
		if len(marked) < n && s.setMark(i, 0, releasingBit) {
			marked = append(marked, i)
		}
	}
	enough := len(marked) == n
	for _, i := range marked {
		if !enough {
			s.setMark(i, releasingBit, 0)
			continue
		}
		s.raceEdges.releasing(i)
		w := slot(s.words[i].Load())
		s.words[i].Store(uint64(w.with(0))) // no other goroutine changes a word with our mark
	}
	return enough
}

// setMark changes the releasing bit of permit i, if this process owns it and the bit is from.
func (s *Slots) setMark(i int, from, to slot) bool {
	w := slot(s.words[i].Load())
	return w.owner() == s.self && w&releasingBit == from &&
		s.words[i].CompareAndSwap(uint64(w), uint64(w.with(s.self)|to))
}

// count returns how many permits o owns; count(0) is how many are free.
func (s *Slots) count(o owner) (n int) {
	for i := range s.words {
		if slot(s.words[i].Load()).owner() == o {
			n++
		}
	}
	return n
}

// lockWeighted takes the lock for weighted operations. It returns false if a living process has not
// released it in time. Operations on single permits do not need the lock.
func (s *Slots) lockWeighted() bool {
	for wait := (lockWait{}); ; runtime.Gosched() {
		w := slot(s.lock.Load())
		if w.owner() == 0 && s.lock.CompareAndSwap(uint64(w), uint64(w.with(s.self))) {
			return true
		}
		if s.gaveUp(&wait, w) {
			return false
		}
	}
}

func (s *Slots) unlockWeighted() {
	w := slot(s.lock.Load())
	s.lock.Store(uint64(w.with(0))) // no other process changes the lock while this one owns it
}

// A lockWait is the state of one loop that waits for another process to finish an operation of
// about a microsecond. The bound is needed because a process that is stopped in the middle of the
// operation must not stop others. The first round reads no clock, as it is usually the last.
type lockWait struct {
	since   time.Time
	checked bool // whether the owner of the lock was checked for being dead
}

// gaveUp reports whether a loop that saw the lock with a value has waited long enough. If it
// has, the value is remembered. No other call waits for that owner, until the lock changes.
func (s *Slots) gaveUp(wait *lockWait, locked slot) bool {
	const (
		// A running process finishes well within a millisecond, so the owner may be dead.
		checkAfter = time.Millisecond
		// A preempted process runs again within 100 ms on all but the most overloaded machines.
		limit = 100 * time.Millisecond
	)
	if s.isStuck(locked) {
		return true
	}
	if wait.since.IsZero() {
		wait.since = time.Now()
		return false
	}
	waited := time.Since(wait.since)
	if waited > checkAfter && !wait.checked {
		wait.checked = true
		s.reclaimLock()
	}
	if waited <= limit {
		return false
	}
	if locked.owner() != 0 {
		s.stuckLock.Store(uint64(locked))
	}
	return true
}

// isStuck reports whether a call has already given up on the lock with this value.
func (s *Slots) isStuck(locked slot) bool {
	return locked.owner() != 0 && uint64(locked) == s.stuckLock.Load()
}

// reclaimLock opens the lock if its owner has ended, and reports whether it did. The dead process
// still owns the permits that it was taking or releasing. They are reclaimed like all others.
func (s *Slots) reclaimLock() bool {
	w := slot(s.lock.Load())
	o := w.owner()
	return o != 0 && o != s.self && s.isDead(o) &&
		s.lock.CompareAndSwap(uint64(w), uint64(w.with(0)))
}

// recoverFromExec ends weighted operations that this process had begun when it became another
// program by exec. The new program has the same owner value, but its goroutines do not continue
// the operations of the old one.
func (s *Slots) recoverFromExec() {
	if w := slot(s.lock.Load()); w.owner() == s.self {
		s.unlockWeighted()
	}
	for i := range s.words {
		s.setMark(i, releasingBit, 0)
	}
}
