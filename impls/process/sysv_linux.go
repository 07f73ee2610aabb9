//go:build amd64 || arm64 || loong64 || riscv64

package process

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"sync/atomic"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// SysV is a System V semaphore. The kernel takes n permits at once, and as every operation carries
// SEM_UNDO, it gives those of a process that ended back by itself, before its parent hears of the end.
//
// Threads of a Go program share their undo list, so a permit belongs to the process, and only it may
// release: in another process the undo would take the release back when that one ends.
//
// The kernel wakes who fits, so small requests pass large ones. It is asked to wait until there are n
// permits and not for the permits: two operations in one call, minus n and plus n, which
// together change nothing. So nobody is given permits after he has left the line.
//
// Memory order: held is raised after every take and lowered before every release.
type SysV struct {
	funnel
	name string
	id   int
	mine bool // it has no name, so it ends with the one who made it
	held atomic.Int64

	kick   atomic.Uint32 // changed to have the one who waits look again
	kicked uint32        // the last value that he has seen
	thread atomic.Int32  // that waits in the kernel
}

// NewSysV returns a semaphore that is removed by Close. Other processes get it by its [SysV.ID] and
// [JoinSysV].
func NewSysV(size int64) (*SysV, error) {
	id, err := makeSysV(size)
	if err != nil {
		return nil, err
	}
	s := sysvOf(fmt.Sprintf("System V semaphore %d", id), id, size)
	s.mine = true
	return s, nil
}

// JoinSysV returns the semaphore of an ID that another process has.
func JoinSysV(id int) (*SysV, error) {
	return joinSysV(fmt.Sprintf("System V semaphore %d", id), id)
}

func joinSysV(name string, id int) (*SysV, error) {
	size, err := sizeOfSysV(name, id)
	if err != nil {
		return nil, err
	}
	return sysvOf(name, id, size), nil
}

// OpenSysV returns the semaphore of a path, which it makes if nobody has. It is there until
// [RemoveSysV]. The file only says which it is.
func OpenSysV(path string, size int64) (*SysV, error) {
	made, err := -1, error(nil)
	err = createWhole(path, func(f *os.File) error {
		if made, err = makeSysV(size); err != nil {
			return err
		}
		return writeSysV(f, made)
	})
	if err != nil && made >= 0 { // somebody else was faster
		_ = semctl(made, rmid, 0)
	}
	if err != nil && !errors.Is(err, os.ErrExist) {
		return nil, err
	}
	id, err := readSysV(path)
	if err != nil {
		return nil, err
	}
	s, err := joinSysV(path, id)
	if err != nil {
		return nil, err
	}
	if s.size != size {
		return nil, &Broken{Name: path, Fact: fmt.Sprintf("a semaphore of size %d, not %d", s.size, size)}
	}
	return s, nil
}

// RemoveSysV ends the semaphore of a path for everybody, and removes the file.
func RemoveSysV(path string) error {
	id, err := readSysV(path)
	if err != nil {
		return err
	}
	return errors.Join(semctl(id, rmid, 0), os.Remove(path))
}

func sysvOf(name string, id int, size int64) *SysV {
	s := &SysV{name: name, id: id}
	s.funnel.mechanism, s.funnel.size = s, size
	return s
}

// ID returns the number by which the kernel knows the semaphore.
func (s *SysV) ID() int { return s.id }

// Release is that of [impls.Semaphore], for permits of this process.
func (s *SysV) Release(n int64) {
	mustNotBeNegative(n)
	if s.handOver(n) {
		return
	}
	for {
		held := s.held.Load()
		if n > held {
			panic(overRelease)
		}
		if s.held.CompareAndSwap(held, held-n) {
			break
		}
	}
	if n > 0 {
		// It fails only if the semaphore was removed, which is told to those who acquire.
		_ = s.semop(nil, sembuf{op: int16(n), flags: undo})
		s.released()
	}
}

func (s *SysV) try(n int64) (bool, error) {
	if n > 0 {
		err := s.semop(nil, sembuf{op: -int16(n), flags: undo | unix.IPC_NOWAIT})
		if err == unix.EAGAIN {
			return false, nil
		}
		if err != nil {
			return false, s.broken(err)
		}
	}
	s.held.Add(n)
	return true, nil
}

// await is in the kernel for a while at most: a signal that comes before the call is not noticed.
func (s *SysV) await(n int64) error {
	const most = 10 * time.Millisecond
	if kick := s.kick.Load(); kick != s.kicked {
		s.kicked = kick
		return nil
	}
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	s.thread.Store(int32(unix.Gettid()))
	defer s.thread.Store(0)
	limit := unix.NsecToTimespec(int64(most))
	err := s.semop(&limit, sembuf{op: -int16(n)}, sembuf{op: int16(n)})
	if err == nil || err == unix.EAGAIN || err == unix.EINTR {
		return nil
	}
	return s.broken(err)
}

func (s *SysV) holds(n int64) bool { return s.held.Load() >= n }

// alone is never so: anybody may remove the semaphore.
func (s *SysV) alone() bool { return false }

// interrupt sends the signal that the runtime uses itself to interrupt threads. A semop is never
// restarted after a handler, see signal(7).
func (s *SysV) interrupt() {
	s.kick.Add(1)
	if thread := s.thread.Load(); thread != 0 {
		_ = unix.Tgkill(os.Getpid(), int(thread), unix.SIGURG)
	}
}

func (s *SysV) granted() {}

func (s *SysV) broken(err error) error {
	switch {
	case s.id == closedSysV:
		return errClosed
	case err == unix.EIDRM || err == unix.EINVAL:
		return &Broken{s.name, "removed, as by ipcrm(1)", err}
	case err == unix.ENOSPC:
		return &Broken{s.name, "the system has no room to undo more, see SEMMNU in semop(2)", err}
	}
	return &Broken{s.name, "semop", err}
}

// Close gives back what this process holds. It refuses those who wait. No call may be running,
// or follow.
func (s *SysV) Close() error {
	if s.mine {
		s.mu.Lock()
		s.fail(errClosed)
		s.mu.Unlock()
		err := semctl(s.id, rmid, 0) // which wakes the one who waits in the kernel
		s.shut()
		s.id = closedSysV
		return err
	}
	s.shut()
	if held := s.held.Load(); held > 0 {
		s.Release(held)
	}
	s.id = closedSysV
	return nil
}

// closedSysV is no ID of the kernel's.
const closedSysV = -1

// sembuf is struct sembuf of linux/sem.h, for the first of our semaphores.
type sembuf struct {
	number    uint16
	op, flags int16
}

const undo = 0x1000

// semop carries out all operations at once, or waits until it can, for a limit if there is one.
func (s *SysV) semop(limit *unix.Timespec, ops ...sembuf) error {
	_, _, errno := unix.Syscall6(unix.SYS_SEMTIMEDOP, uintptr(s.id), uintptr(unsafe.Pointer(&ops[0])),
		uintptr(len(ops)), uintptr(unsafe.Pointer(limit)), 0, 0)
	if errno != 0 {
		return errno
	}
	return nil
}
