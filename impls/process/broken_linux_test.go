package process

import (
	"time"

	"golang.org/x/sys/unix"
)

// Semaphores that are wrong on purpose. Each has one defect, which mutants_linux_test.go must see.

// Break returns sem with a defect, or as it is for the name “right”.
func Break(defect string, sem Semaphore) Semaphore {
	switch defect {
	case "right":
		return sem
	case "lost-on-crash":
		sem.(*Slots).isDead = func(owner) bool { return false }
	case "pid-reuse":
		// A pid that is alive is taken for the process that had it.
		sem.(*Slots).isDead = func(o owner) bool { return unix.Kill(o.pid(), 0) == unix.ESRCH }
	case "double-reclaim":
		s := sem.(*Slots)
		s.isDead = func(o owner) bool { return isDead(o) && s.buryTwice(o) }
	case "doorbell-missed":
		return mute{sem.(*Slots)}
	case "partial-take":
		return partial{sem}
	case "minted-on-error":
		return minting{sem.(*Jobserver)}
	case "no-undo":
		return forget(sem.(*SysV))
	default:
		panic("no defect " + defect)
	}
	return sem
}

// buryTwice frees the permits of o a second time, when somebody has them again: as one does who looks,
// is preempted, and then stores without comparing.
func (s *Slots) buryTwice(o owner) bool {
	for i := range s.words {
		if word(s.words[i].Load()).owner() != o {
			continue
		}
		s.sleeper.watching.Go(func() {
			for {
				w := word(s.words[i].Load())
				if w.owner() != o && w.owner() != 0 {
					s.words[i].Store(uint64(w.with(0)))
					return
				}
				time.Sleep(time.Millisecond)
			}
		})
	}
	return true
}

// mute frees permits and does not ring.
type mute struct{ *Slots }

func (m mute) Release(n int64) { m.free(int(n)) }

// partial keeps what it got when it gets too little.
type partial struct{ Semaphore }

func (p partial) TryAcquire(n int64) bool {
	for range n {
		if !p.Semaphore.TryAcquire(1) {
			return false
		}
	}
	return true
}

// minting puts back all that it wanted rather than what it got.
type minting struct{ *Jobserver }

func (m minting) TryAcquire(n int64) bool {
	if m.Jobserver.TryAcquire(n) {
		return true
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	got, _ := m.read(int(n))
	for len(m.held) > 0 && got < int(n) {
		m.held = append(m.held, token)
		got++
	}
	_ = m.putBack(got)
	return false
}

// NeverLook has those who wait sleep until they are woken.
func NeverLook(s *Slots) { s.sleeper.patrol = time.Hour }

// NeverWithdraw has offers of a broker stand for good.
func NeverWithdraw(s *BrokerServer) { s.lease = time.Hour }
