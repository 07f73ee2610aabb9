package process

// What tests of the outside need of the inside.

// Waiting returns how many goroutines of this process are in line.
func Waiting(sem Semaphore) int64 {
	return sem.(interface{ inThisProcess() int64 }).inThisProcess()
}

func (f *funnel) inThisProcess() int64 { return f.waiting.Load() }

// Forge makes all permits of this process those of another owner.
func Forge(s *Slots, pid int, start uint64) {
	for i := range s.words {
		if w := word(s.words[i].Load()); w.owner() == s.me {
			s.words[i].Store(uint64(w.with(ownerOf(pid, start))))
		}
	}
}

// ForgeLock has another owner hold the lock for weights.
func ForgeLock(s *Slots, pid int, start uint64) {
	s.lock.Store(uint64(word(0).with(ownerOf(pid, start))))
}

// Locked reports whether somebody has the lock for weights.
func Locked(s *Slots) bool { return word(s.lock.Load()).owner() != 0 }

// ForgeLeaving has this process stopped in the middle of a release.
func ForgeLeaving(s *Slots) {
	for i := range s.words {
		s.mark(i, 0, leaving)
	}
}

// Forget leaves slots as exec does: this process has opened nothing, and still owns what it held.
func Forget(s *Slots) { opened.Delete(s.key) }

// A futex without anything around it.
var (
	FutexWait = futexWait
	FutexWake = futexWake
)

// StartOf returns when a process started.
var StartOf = startOf
