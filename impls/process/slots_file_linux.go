package process

import (
	"errors"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"unsafe"

	"golang.org/x/sys/unix"
)

// shared is the file in the memory of this process.
type shared struct {
	mem    []byte
	bell   *atomic.Uint32
	asleep *atomic.Uint32
	lock   *atomic.Uint64
	words  []atomic.Uint64
}

// NewSlots returns slots without a name. Other processes get them with [Slots.File] and
// [InheritSlots].
func NewSlots(size int64) (*Slots, error) {
	if err := inRange("slots", size, MaxSlots); err != nil {
		return nil, err
	}
	fd, err := unix.MemfdCreate("slots", unix.MFD_CLOEXEC|unix.MFD_ALLOW_SEALING)
	if err != nil {
		return nil, fmt.Errorf("process: slots need memfd_create(2): %w", err)
	}
	f := os.NewFile(uintptr(fd), "memory of slots")
	err = writeSlots(f, size)
	if err == nil { // memory that is cut off while it is mapped ends the program
		_, err = unix.FcntlInt(f.Fd(), unix.F_ADD_SEALS, unix.F_SEAL_SHRINK|unix.F_SEAL_GROW|unix.F_SEAL_SEAL)
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return InheritSlots(f)
}

// OpenSlots returns the slots of a path, which it makes if nobody has; so every process may call it.
// Best is a path in /dev/shm, which is memory; the semaphore is there until the file is removed. Who
// truncates it ends the processes that use it, as is so with any mapped file.
func OpenSlots(path string, size int64) (*Slots, error) {
	if err := inRange("slots", size, MaxSlots); err != nil {
		return nil, err
	}
	err := createWhole(path, func(f *os.File) error { return writeSlots(f, size) })
	if err != nil && !errors.Is(err, os.ErrExist) {
		return nil, err
	}
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return nil, fmt.Errorf("process: slots: %w", err)
	}
	s, err := InheritSlots(f)
	if err != nil {
		return nil, err
	}
	if s.size != size {
		fact := fmt.Sprintf("slots of size %d, not %d", s.size, size)
		return nil, errors.Join(&Broken{Name: path, Fact: fact}, s.Close())
	}
	return s, nil
}

// An inode is a file under whatever name.
type inode struct{ dev, ino uint64 }

// opened holds the slots of this process by their file. A process is one owner, so it has to have
// each of them once, or Close would give back what another part of the program holds.
var opened sync.Map // of inode to *Slots

// InheritSlots returns the slots of an open file, as a child has them from [Slots.File] of its parent
// in os/exec.Cmd.ExtraFiles. It takes the file over, and closes it if it returns an error.
func InheritSlots(f *os.File) (*Slots, error) {
	s, err := mapSlots(f)
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return s, nil
}

func mapSlots(f *os.File) (*Slots, error) {
	var stat unix.Stat_t
	if err := unix.Fstat(int(f.Fd()), &stat); err != nil {
		return nil, &Broken{f.Name(), "not an open file", err}
	}
	size, err := checkSlots(f, stat)
	if err != nil {
		return nil, err
	}
	me, err := self()
	if err != nil {
		return nil, err
	}
	length := atWords + int(size)*bytesPerWord
	mem, err := unix.Mmap(int(f.Fd()), 0, length, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	if err != nil {
		return nil, &Broken{f.Name(), "cannot be mapped", err}
	}
	s := &Slots{
		shared:  share(mem, int(size)),
		me:      me,
		file:    f,
		key:     inode{stat.Dev, stat.Ino},
		edges:   newEdges(size),
		sleeper: sleeper{patrol: defaultPatrol, watched: map[owner]*os.File{}},
		isDead:  isDead,
	}
	s.funnel.mechanism, s.funnel.size = s, size
	s.hint.Store(uint32(me.pid() % max(1, int(size)))) // processes begin in different places
	if _, there := opened.LoadOrStore(s.key, s); there {
		_ = unix.Munmap(mem)
		return nil, &Broken{Name: f.Name(), Fact: "this process has these slots already: share them"}
	}
	s.adopt()
	return s, nil
}

func share(mem []byte, size int) shared {
	s := shared{
		mem:    mem,
		bell:   (*atomic.Uint32)(unsafe.Pointer(&mem[atBell])),
		asleep: (*atomic.Uint32)(unsafe.Pointer(&mem[atAsleep])),
		lock:   (*atomic.Uint64)(unsafe.Pointer(&mem[atLock])),
	}
	if size > 0 {
		s.words = unsafe.Slice((*atomic.Uint64)(unsafe.Pointer(&mem[atWords])), size)
	}
	return s
}

// File returns the memory of the slots for os/exec.Cmd.ExtraFiles. It belongs to the slots.
func (s *Slots) File() *os.File { return s.file }

// Close gives back what this process holds and ends its use of the slots. It refuses those who wait.
// No call may be running, or follow.
func (s *Slots) Close() error {
	if !opened.CompareAndDelete(s.key, s) {
		return fmt.Errorf("process: %s: closed already", s.file.Name())
	}
	s.shut()
	for _, life := range s.sleeper.watched {
		_ = life.Close()
	}
	s.sleeper.watching.Wait()
	s.bury(s.me)
	mem := s.mem
	s.shared = share(make([]byte, atWords), 0) // a late call is to find no permits rather than no memory
	return errors.Join(unix.Munmap(mem), s.file.Close())
}
