package process

import (
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// Semaphores that are wrong on purpose. Each has one defect, and a detector of
// mutants_linux_test.go must refute it.

// WithDefect returns sem with a defect. The defect "right" leaves sem as it is.
func WithDefect(defect string, sem Semaphore) Semaphore {
	switch defect {
	case "right":
		return sem
	case "lost-on-crash":
		sem.(*Slots).isDead = func(owner) bool { return false }
	case "pid-reuse":
		// Only the pid is compared, so a process that got the pid later counts as the owner.
		sem.(*Slots).isDead = func(o owner) bool { return unix.Kill(o.pid(), 0) == unix.ESRCH }
	case "double-reclaim":
		s := sem.(*Slots)
		var first sync.Once
		s.isDead = func(o owner) bool {
			if !isDead(o) {
				return false
			}
			first.Do(func() { s.reclaimTwice(o) })
			return true
		}
	case "doorbell-missed":
		return silentRelease{sem.(*Slots)}
	case "partial-take":
		return partialTake{sem}
	case "minted-on-error":
		return mintingTry{sem.(*Jobserver)}
	case "no-undo":
		return withoutUndo(sem.(*SysV))
	default:
		panic("no defect " + defect)
	}
	return sem
}

// reclaimTwice frees the permits of o a second time, after another process has taken them. That
// happens to a reclaimer that looks, is preempted, and then stores without a comparison.
//
// One watcher for each permit is the limit. The first watcher frees the permit of the next owner.
// A second watcher would wait for one owner more, which may never come, and Close waits for all
// watchers.
func (s *Slots) reclaimTwice(o owner) {
	for i := range s.words {
		if slot(s.words[i].Load()).owner() != o {
			continue
		}
		s.sleep.watchers.Go(func() {
			for {
				w := slot(s.words[i].Load())
				if w.owner() != o && w.owner() != 0 {
					s.words[i].Store(uint64(w.with(0)))
					return
				}
				time.Sleep(time.Millisecond) // a poll of memory that another process changes
			}
		})
	}
}

// silentRelease frees permits and wakes no sleeper.
type silentRelease struct{ *Slots }

func (r silentRelease) Release(n int64) { r.releaseAny(int(n)) }

// partialTake keeps the permits that it got when it gets too few.
type partialTake struct{ Semaphore }

func (p partialTake) TryAcquire(n int64) bool {
	for range n {
		if !p.Semaphore.TryAcquire(1) {
			return false
		}
	}
	return true
}

// mintingTry writes back as many tokens as it wanted, instead of the tokens that it read.
type mintingTry struct{ *Jobserver }

func (m mintingTry) TryAcquire(n int64) bool {
	if m.Jobserver.TryAcquire(n) {
		return true
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	got, _ := m.readTokens(int(n))
	for len(m.held) > 0 && got < int(n) {
		m.held = append(m.held, token)
		got++
	}
	_ = m.writeBack(got)
	return false
}

// NeverRescan makes waiters sleep until another process wakes them.
func NeverRescan(s *Slots) { s.sleep.maxSleep = time.Hour }

// NeverWithdraw makes the offers of a broker stand forever.
func NeverWithdraw(s *BrokerServer) { s.lease = time.Hour }
