package process

// This file gives the external tests access to internals that exist on Linux only.

// Waiting returns how many goroutines of this process are in the local queue.
func Waiting(sem Semaphore) int64 {
	return sem.(interface{ localWaiters() int64 }).localWaiters()
}

func (q *localQueue) localWaiters() int64 { return q.waiting.Load() }

// ForgeOwner makes another process the owner of all permits that this process holds.
func ForgeOwner(s *Slots, pid int, start uint64) {
	for i := range s.words {
		if w := slot(s.words[i].Load()); w.owner() == s.self {
			s.words[i].Store(uint64(w.with(ownerOf(pid, start))))
		}
	}
}

// ForgeLock makes another process the owner of the lock for weighted operations.
func ForgeLock(s *Slots, pid int, start uint64) {
	s.lock.Store(uint64(slot(0).with(ownerOf(pid, start))))
}

// Locked reports whether the lock for weighted operations has an owner.
func Locked(s *Slots) bool { return slot(s.lock.Load()).owner() != 0 }

// ForgeReleasing leaves all permits of this process in the middle of a weighted release.
func ForgeReleasing(s *Slots) {
	for i := range s.words {
		s.setMark(i, 0, releasingBit)
	}
}

// ForgetOpen has the effect of exec on s: this process has no slots open, and still owns the
// permits that it held.
func ForgetOpen(s *Slots) { openSlots.Delete(s.id) }

// FutexWait and FutexWake are the plain system calls, for baselines.
var (
	FutexWait = futexWait
	FutexWake = futexWake
)

// StartOf returns when a process started, in ticks since the boot.
var StartOf = startOf
