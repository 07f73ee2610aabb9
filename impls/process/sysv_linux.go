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

// MaxSysV is the largest size of a System V semaphore, in permits: the kernel's SEMVMX.
const MaxSysV = 32767

// SysV is a System V semaphore. The kernel takes n permits at once. Every operation carries
// SEM_UNDO. So when a process ends, the kernel gives its permits back, before its parent learns of
// the end.
//
// All threads of a Go program share one undo list, so a permit belongs to the process. Only this
// process may release it: a release by another process would be undone when that process ends.
//
// The kernel wakes every waiter that fits, so small requests of other processes pass large ones.
// The kernel waiter asks for two operations in one call, minus n and plus n. Together they change
// nothing, and they wait until n permits are free. So a request that left the queue never
// receives permits that it would have to give back.
//
// Memory order: held is an atomic. It is raised after every take and lowered before every release,
// and all its changes are read-modify-write operations. So within a process a Release
// synchronizes before the return of each Acquire whose take the kernel performs afterwards.
type SysV struct {
	localQueue
	name    string
	id      int
	unnamed bool         // made by NewSysV, so Close removes it
	held    atomic.Int64 // permits of this process; never more than the kernel has granted it

	interrupts    atomic.Uint32 // changed by interrupt
	interruptSeen uint32        // last value of interrupts that await has seen
	thread        atomic.Int32  // thread that waits in the kernel, or 0
}

// NewSysV returns a semaphore of size permits without a name. Close removes it. Other processes get
// it by its [SysV.ID] and [JoinSysV]. It returns an error if size is not between 0 and
// [MaxSysV], or if the system has no semaphore left.
func NewSysV(size int64) (*SysV, error) {
	id, err := makeSysV(size)
	if err != nil {
		return nil, err
	}
	s := newSysV(fmt.Sprintf("System V semaphore %d", id), id, size)
	s.unnamed = true
	return s, nil
}

// JoinSysV returns the semaphore with an ID that another process passed on. It returns a [Broken]
// if no semaphore of this package has the ID.
func JoinSysV(id int) (*SysV, error) {
	return joinSysV(fmt.Sprintf("System V semaphore %d", id), id)
}

func joinSysV(name string, id int) (*SysV, error) {
	size, err := sizeOfSysV(name, id)
	if err != nil {
		return nil, err
	}
	return newSysV(name, id, size), nil
}

// OpenSysV returns the semaphore at path. The first call makes it, so every process may make the
// same call. The file holds only the ID. The semaphore exists until [RemoveSysV]. OpenSysV returns
// a [Broken] if the file or the semaphore is of another size, boot or namespace, or is gone.
func OpenSysV(path string, size int64) (*SysV, error) {
	made, err := -1, error(nil)
	err = createAtomically(path, func(f *os.File) error {
		if made, err = makeSysV(size); err != nil {
			return err
		}
		return writeSysV(f, made)
	})
	if err != nil && made >= 0 { // another process was faster to make the file
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
		fact := fmt.Sprintf("a semaphore of size %d, not %d", s.size, size)
		return nil, &Broken{Name: path, Fact: fact}
	}
	return s, nil
}

// RemoveSysV removes the semaphore at path and its file. All processes that wait get an error.
func RemoveSysV(path string) error {
	id, err := readSysV(path)
	if err != nil {
		return err
	}
	return errors.Join(semctl(id, rmid, 0), os.Remove(path))
}

func newSysV(name string, id int, size int64) *SysV {
	s := &SysV{name: name, id: id}
	s.localQueue.mechanism, s.localQueue.size = s, size
	return s
}

// ID returns the number by which the kernel identifies the semaphore, for [JoinSysV].
func (s *SysV) ID() int { return s.id }

// Release implements [impls.Semaphore], for permits of this process. It panics if the process holds
// fewer than n.
//
// It lowers held before it calls the kernel. The kernel accepts a release of more than is held, so
// held has to catch an over-release first. The interval in which held is too low is harmless: it
// only makes holds answer false.
func (s *SysV) Release(n int64) {
	mustNotBeNegative(n)
	if s.handOff(n) {
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
		// The call fails only if the semaphore was removed. The next Acquire returns that error.
		_ = s.semop(nil, sembuf{op: int16(n), flags: undo})
		s.ensureKernelWaiter()
	}
}

// tryTake raises held after the kernel has granted the permits. The other order would let a
// concurrent Release of too much succeed.
func (s *SysV) tryTake(n int64) (bool, error) {
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

// await waits in the kernel until n permits are free, for at most 10 ms. The limit covers one race:
// a signal that interrupt sends between the store of thread and the system call is lost.
func (s *SysV) await(n int64) error {
	const limit = 10 * time.Millisecond
	if interrupts := s.interrupts.Load(); interrupts != s.interruptSeen {
		s.interruptSeen = interrupts
		return nil
	}
	runtime.LockOSThread() // so that interrupt can signal this thread
	defer runtime.UnlockOSThread()
	s.thread.Store(int32(unix.Gettid()))
	defer s.thread.Store(0)
	timeout := unix.NsecToTimespec(int64(limit))
	err := s.semop(&timeout, sembuf{op: -int16(n)}, sembuf{op: int16(n)})
	if err == nil || err == unix.EAGAIN || err == unix.EINTR {
		return nil
	}
	return s.broken(err)
}

func (s *SysV) holds(n int64) bool { return s.held.Load() >= n }

// holdsAll is always false: any process may remove the semaphore, and only a waiter in the kernel
// learns of that.
func (s *SysV) holdsAll() bool { return false }

// interrupt sends SIGURG, the signal by which the Go runtime preempts threads. So a handler
// exists and ignores it. The kernel never restarts semtimedop after a handler, see signal(7).
func (s *SysV) interrupt() {
	s.interrupts.Add(1)
	if thread := s.thread.Load(); thread != 0 {
		_ = unix.Tgkill(os.Getpid(), int(thread), unix.SIGURG)
	}
}

// forwardWakeup does nothing: the kernel wakes every waiter that fits.
func (s *SysV) forwardWakeup() {}

// broken returns the error of a failed system call.
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

// Close frees what this process holds. If NewSysV made the semaphore, Close removes it. Goroutines
// that wait get an error. No other call may be running.
func (s *SysV) Close() error {
	if s.unnamed {
		s.mu.Lock()
		s.refuseAll(errClosed)
		s.mu.Unlock()
		err := semctl(s.id, rmid, 0) // also wakes the kernel waiter
		s.shutdown()
		s.id = closedSysV
		return err
	}
	s.shutdown()
	if held := s.held.Load(); held > 0 {
		s.Release(held)
	}
	s.id = closedSysV
	return nil
}

// closedSysV replaces the ID after Close. The kernel never uses it.
const closedSysV = -1

// A sembuf is struct sembuf of linux/sem.h. number 0 is the first semaphore of the set.
type sembuf struct {
	number    uint16
	op, flags int16
}

const undo = 0x1000 // SEM_UNDO

// semop performs all operations at once. It waits until it can, at most until timeout if that is
// set. An operation with IPC_NOWAIT fails instead of waiting.
func (s *SysV) semop(timeout *unix.Timespec, ops ...sembuf) error {
	_, _, errno := unix.Syscall6(unix.SYS_SEMTIMEDOP, uintptr(s.id), uintptr(unsafe.Pointer(&ops[0])),
		uintptr(len(ops)), uintptr(unsafe.Pointer(timeout)), 0, 0)
	if errno != 0 {
		return errno
	}
	return nil
}

// Commands of semctl(2).
const (
	rmid   = 0
	getVal = 12
	setAll = 17
)

// setSize is the number of semaphores in a set. The first one holds the permits. The second one
// holds the size and never changes: a process that joins reads it, and recognizes a set that
// this package did not make.
const setSize = 2

// makeSysV makes a set whose permits are all free, and returns its ID.
func makeSysV(size int64) (id int, err error) {
	if err := checkSize("sysv", size, MaxSysV); err != nil {
		return -1, err
	}
	const mode = unix.IPC_CREAT | 0o600
	set, _, errno := unix.Syscall(unix.SYS_SEMGET, unix.IPC_PRIVATE, setSize, mode)
	switch errno {
	case 0:
	case unix.ENOSYS:
		return -1, fmt.Errorf("process: sysv needs semget(2), which this kernel does not have: %w", errno)
	case unix.ENOSPC:
		return -1, fmt.Errorf("process: sysv: all semaphores of the system are in use; see ipcs(1): %w",
			errno)
	default:
		return -1, fmt.Errorf("process: sysv: semget: %w", errno)
	}
	values := [setSize]uint16{uint16(size), uint16(size)}
	_, _, errno = unix.Syscall6(unix.SYS_SEMCTL, set, 0, setAll,
		uintptr(unsafe.Pointer(&values)), 0, 0)
	if errno != 0 {
		_ = semctl(int(set), rmid, 0)
		return -1, fmt.Errorf("process: sysv: semctl: %w", errno)
	}
	return int(set), nil
}

// sizeOfSysV returns the size of a set, or an error if makeSysV cannot have made the set.
func sizeOfSysV(name string, id int) (int64, error) {
	free, err := semval(id, 0)
	switch err {
	case nil:
	case unix.EINVAL, unix.EIDRM:
		return 0, &Broken{name, "its semaphore is gone, as by ipcrm(1); remove the file", err}
	default:
		return 0, &Broken{name, "not to be used by this process", err}
	}
	size, err := semval(id, 1)
	if err != nil || free > size {
		return 0, &Broken{name, "not made by this package", err}
	}
	return int64(size), nil
}

// semval returns the value of one semaphore of a set.
func semval(id, number int) (int, error) {
	value, _, errno := unix.Syscall6(unix.SYS_SEMCTL, uintptr(id), uintptr(number), getVal, 0, 0, 0)
	if errno != 0 {
		return 0, errno
	}
	return int(value), nil
}

func semctl(id, command int, arg uintptr) error {
	_, _, errno := unix.Syscall6(unix.SYS_SEMCTL, uintptr(id), 0, uintptr(command), arg, 0, 0)
	if errno != 0 {
		return errno
	}
	return nil
}

// sysvFormat is the content of a file of [OpenSysV]. An ID has a meaning only in one boot and one
// IPC namespace, so the file names them.
const sysvFormat = "semabench sysv 1 boot %s ipc %d id %d\n"

// writeSysV writes the file that refers to a set.
func writeSysV(f *os.File, id int) error {
	boot, err := bootID()
	if err != nil {
		return err
	}
	ipc, err := namespace("ipc")
	if err == nil {
		_, err = fmt.Fprintf(f, sysvFormat, boot, ipc, id)
	}
	return err
}

// readSysV returns the ID of the set that the file at path refers to.
func readSysV(path string) (id int, err error) {
	stat, err := os.Stat(path)
	if err != nil {
		return -1, fmt.Errorf("process: sysv: %w", err)
	}
	if !stat.Mode().IsRegular() { // a read of a jobserver's fifo would take its tokens
		fact := "no file of a System V semaphore but a fifo, socket, folder or device"
		return -1, &Broken{Name: path, Fact: fact}
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return -1, fmt.Errorf("process: sysv: %w", err)
	}
	boot, err := bootID()
	if err != nil {
		return -1, err
	}
	ipc, err := namespace("ipc")
	if err != nil {
		return -1, err
	}
	var fileBoot string
	var fileIPC uint64
	if n, err := fmt.Sscanf(string(text), sysvFormat, &fileBoot, &fileIPC, &id); n < 3 || err != nil {
		return -1, &Broken{Name: path, Fact: "truncated, or no file of a System V semaphore"}
	}
	switch {
	case fileBoot != boot:
		fact := "of an earlier boot of this machine, or of another; remove it"
		return -1, &Broken{Name: path, Fact: fact}
	case fileIPC != ipc:
		return -1, &Broken{Name: path, Fact: "made in another IPC namespace, as of a container"}
	}
	return id, nil
}
