package process

import (
	"math"
	"os"
	"sync"
	"sync/atomic"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// sleepState is the part of Slots that sleeps in the kernel. Only the kernel waiter of the local
// queue uses it, except for interrupts and watchers.
//
// # How a sleeper is woken
//
// Two words of the shared memory form an event count: sleepers says whether any process sleeps,
// and event is the word on which it sleeps. A waiter reads event, announces itself in sleepers,
// looks for permits once more, and then sleeps while event is unchanged. A releaser frees a
// permit, and then reads sleepers. If a process sleeps, the releaser clears sleepers, changes
// event, and wakes as many processes as it freed permits. It wakes all if some sleeper wants
// several permits, as it cannot know which sleeper they would satisfy.
//
// No wake-up is lost, because each side writes before it reads and operations of sync/atomic are
// sequentially consistent. Either the waiter sees the freed permit in its last look, or the
// releaser sees sleepers set. In the second case event changes after the waiter read it. Then the
// kernel does not let the waiter sleep, or the wake call reaches it.
//
// # Wake-ups that are passed on
//
// The releaser clears sleepers although some processes may sleep on. So a woken process sets
// sleepers again before it looks for permits. If permits are left after it took its own, it
// wakes other sleepers as a releaser would, see forwardWakeup. A woken process may be killed or
// stopped before it does. So no process sleeps longer than maxSleep without a look. A value of
// sleepers that a killed process left costs the next releaser one system call.
type sleepState struct {
	interrupts    atomic.Uint32 // futex word that interrupt changes
	interruptSeen uint32        // last value of interrupts that await has seen
	sleeps        int           // sleeps in a row without a grant
	noWaitv       bool          // the kernel cannot wait for two words at once
	maxSleep      time.Duration

	// pidfds are the owners whose end is watched. They are kept for the next wait, because
	// opening them takes longer than most waits. Closing the file ends its watcher.
	pidfds   map[owner]*os.File
	watchers sync.WaitGroup
}

// Values of the word sleepers. A larger value includes the smaller one.
const (
	oneSleeps  = 1 // a process sleeps that wants one permit
	manySleeps = 2 // a process sleeps that wants several permits
)

const (
	// firstSleep is the limit of the first sleep. Only afterwards does the waiter watch the
	// owners, which costs a descriptor and some system calls for each: most waits are over by then.
	firstSleep = time.Millisecond

	// reclaimInterval bounds how long free permits stay unused if a process is killed or stopped
	// just when it should reclaim them or pass a wake-up on.
	reclaimInterval = 20 * time.Millisecond

	// pollSleep is the limit of a sleep that an interrupt cannot end, on a kernel that cannot
	// wait for two words.
	pollSleep = 2 * time.Millisecond
)

// await implements mechanism. The order of its steps is the waiter's side of the event count: read
// event, set sleepers, look for permits, sleep.
func (s *Slots) await(n int64) error {
	z := &s.sleep
	interrupts := z.interrupts.Load()
	if interrupts != z.interruptSeen {
		z.interruptSeen = interrupts
		return nil
	}
	event := s.event.Load()
	level := uint32(oneSleeps)
	if n > 1 {
		level = manySleeps
	}
	s.announceSleep(level)
	if z.sleeps > 0 && s.watchOwners() > 0 {
		return nil
	}
	if int64(s.count(0)) >= n && !s.isStuck(slot(s.lock.Load())) {
		return nil // with a stuck lock tryTake would fail again, and this loop would spin
	}
	s.sleepOnce(event, interrupts)
	s.announceSleep(oneSleeps) // if the releaser woke this process, others may sleep on
	return nil
}

// sleepOnce sleeps until event or interrupts changes, and not longer than the limit.
func (s *Slots) sleepOnce(event, interrupts uint32) {
	z := &s.sleep
	limit := z.maxSleep
	if z.sleeps == 0 {
		limit = min(limit, firstSleep)
	}
	z.sleeps++
	if !z.noWaitv {
		z.noWaitv = !futexWaitEither(s.event, event, &z.interrupts, interrupts, limit)
	}
	if z.noWaitv {
		futexWait(s.event, event, min(limit, pollSleep))
	}
}

func (s *Slots) holds(n int64) bool { return int64(s.count(s.self)) >= n }

func (s *Slots) holdsAll() bool { return s.holds(s.size) }

// interrupt changes the word before it wakes. If await has not yet gone to sleep, the kernel finds
// the word changed and returns at once.
func (s *Slots) interrupt() {
	s.sleep.interrupts.Add(1)
	futexWake(&s.sleep.interrupts, 1)
}

// forwardWakeup implements mechanism: see sleepState.
func (s *Slots) forwardWakeup() {
	s.sleep.sleeps = 0
	if s.sleepers.Load() != 0 && s.count(0) > 0 {
		s.wakeSleepers(1)
	}
}

// announceSleep raises sleepers to at least a level.
func (s *Slots) announceSleep(level uint32) {
	for {
		now := s.sleepers.Load()
		if now >= level || s.sleepers.CompareAndSwap(now, level) {
			return
		}
	}
}

// wakeSleepers is called after n permits became free. Without sleepers it costs one load.
func (s *Slots) wakeSleepers(n int) {
	if s.sleepers.Load() != 0 && n > 0 {
		s.wake(n)
	}
}

// wake wakes n sleepers, or all if some sleeper wants several permits.
//
// Of two concurrent calls only one finds sleepers set, and the other one may return. It read
// sleepers before they were cleared, and freed its permit before that. So the process that the
// first call wakes sees both permits, and passes the wake-up on if it leaves one.
func (s *Slots) wake(n int) {
	switch s.sleepers.Swap(0) {
	case 0:
		return
	case manySleeps:
		n = math.MaxInt32
	}
	s.event.Add(1)
	futexWake(s.event, n)
}

// watchOwners ensures that the end of every process that holds permits will be noticed. It returns
// how many permits of dead processes it freed at once.
func (s *Slots) watchOwners() (reclaimed int) {
	owners := s.owners()
	for o, pidfd := range s.sleep.pidfds {
		if !owners[o] {
			_ = pidfd.Close()
			delete(s.sleep.pidfds, o)
		}
	}
	for o := range owners {
		if _, ok := s.sleep.pidfds[o]; ok {
			continue
		}
		fd, err := openOwner(o)
		if err != nil || s.isDead(o) {
			if s.isDead(o) {
				reclaimed += s.reclaim(o)
			}
			continue // an owner that cannot be watched is checked again after each sleep
		}
		pidfd := os.NewFile(uintptr(fd), o.String())
		s.sleep.pidfds[o] = pidfd
		s.sleep.watchers.Go(func() { s.reclaimAtExit(o, pidfd) })
	}
	return reclaimed
}

// reclaimAtExit waits for the end of a process and frees its permits. It waits in the runtime's
// poller, so it takes no thread.
func (s *Slots) reclaimAtExit(o owner, pidfd *os.File) {
	conn, err := pidfd.SyscallConn()
	if err != nil {
		return
	}
	err = conn.Read(func(fd uintptr) bool { return hasEnded(int(fd), o) })
	if err == nil && s.isDead(o) {
		s.reclaim(o)
	}
}

// reclaim frees every permit that o owns, and returns how many. Concurrent calls are safe: each
// permit is freed by a compare-and-swap that expects o as its owner, in one version. So a permit
// that another process has taken since is never freed.
func (s *Slots) reclaim(o owner) (freed int) {
	for i := range s.words {
		w := slot(s.words[i].Load())
		if w.owner() == o && s.words[i].CompareAndSwap(uint64(w), uint64(w.with(0))) {
			freed++
		}
	}
	s.wakeSleepers(freed)
	return freed
}

// reclaimScan frees the permits of dead processes for callers that only ever call TryAcquire, and
// so never watch. It checks every owner, at most once in reclaimInterval; the swap of lastScan
// lets only one goroutine scan. It reports whether it freed anything.
func (s *Slots) reclaimScan() (found bool) {
	now := time.Now().UnixNano()
	last := s.lastScan.Load()
	if now-last < int64(reclaimInterval) || !s.lastScan.CompareAndSwap(last, now) {
		return false
	}
	found = s.reclaimLock()
	for o := range s.owners() {
		if s.isDead(o) && s.reclaim(o) > 0 {
			found = true
		}
	}
	return found
}

// owners returns the other processes that hold permits.
func (s *Slots) owners() map[owner]bool {
	all := map[owner]bool{}
	for i := range s.words {
		if o := slot(s.words[i].Load()).owner(); o != 0 && o != s.self {
			all[o] = true
		}
	}
	return all
}

const sysFutex = unix.SYS_FUTEX

// futexWake wakes up to n sleepers on word, in the order in which they went to sleep, and returns
// how many. The futex is not private: the kernel identifies the word by its page and not by
// its address, so processes that map the same file meet.
func futexWake(word *atomic.Uint32, n int) int {
	const wake = 1
	woken, _, _ := unix.Syscall6(sysFutex, uintptr(unsafe.Pointer(word)), wake, uintptr(n), 0, 0, 0)
	return int(woken)
}

// futexWait sleeps while word has a value, for a limited time. It reports no result: the caller
// looks for permits again whether it was woken, found the word changed, or timed out.
func futexWait(word *atomic.Uint32, value uint32, limit time.Duration) {
	const wait = 0
	timeout := unix.NsecToTimespec(int64(limit))
	_, _, _ = unix.Syscall6(sysFutex, uintptr(unsafe.Pointer(word)), wait, uintptr(value),
		uintptr(unsafe.Pointer(&timeout)), 0, 0)
}

// futexWaitEither sleeps while both words have their values, for a limited time. It returns false
// if the kernel lacks futex_waitv(2), as before Linux 5.16 and in some sandboxes.
func futexWaitEither(
	a *atomic.Uint32, aValue uint32, b *atomic.Uint32, bValue uint32, limit time.Duration,
) bool {
	const (
		size32    = 2 // FUTEX2_SIZE_U32
		waitv     = 449
		monotonic = 1
	)
	if unsafe.Sizeof(uintptr(0)) < 8 {
		return false // on 32 bits the timeout has another layout
	}
	// struct futex_waitv of linux/futex.h. Its address field has 64 bits on every architecture.
	type entry struct {
		value, address  uint64
		flags, reserved uint32
	}
	all := [2]entry{
		{uint64(aValue), uint64(uintptr(unsafe.Pointer(a))), size32, 0},
		{uint64(bValue), uint64(uintptr(unsafe.Pointer(b))), size32, 0},
	}
	var deadline unix.Timespec // absolute, unlike the timeout of futexWait
	if unix.ClockGettime(unix.CLOCK_MONOTONIC, &deadline) != nil {
		return false
	}
	deadline = unix.NsecToTimespec(deadline.Nano() + int64(limit))
	_, _, errno := unix.Syscall6(waitv, uintptr(unsafe.Pointer(&all)), uintptr(len(all)), 0,
		uintptr(unsafe.Pointer(&deadline)), monotonic, 0)
	return errno != unix.ENOSYS && errno != unix.EPERM
}
