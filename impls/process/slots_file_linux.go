package process

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"unsafe"

	"golang.org/x/sys/unix"
)

// The file begins with a page that says what it is. The words that change are 64 bytes apart from each
// other, as processes write them at once. Permits follow, of eight bytes each.
const (
	slotsMagic   = "semabench slots 1"
	atBoot       = 32  // 36 bytes: the boot in which pids mean what they say
	atNamespace  = 72  // the pid namespace in which they do
	atSize       = 80  // permits
	atBell       = 128 // see sleeper
	atAsleep     = 192
	atLock       = 256 // see takeMany
	atWords      = 4096
	bytesPerWord = 8
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
	fd, err := unix.MemfdCreate("slots", unix.MFD_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("process: slots need memfd_create(2): %w", err)
	}
	f := os.NewFile(uintptr(fd), "memory of slots")
	if err := writeSlots(f, size); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return InheritSlots(f)
}

// OpenSlots returns the slots of a path, which it makes if nobody has; so every process may call it.
// Best is a path in /dev/shm, which is memory; the semaphore is there until the file is removed.
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
		return nil, errors.Join(&Broken{Name: path, Fact: fmt.Sprintf("slots of size %d, not %d", s.size, size)}, s.Close())
	}
	return s, nil
}

func writeSlots(f *os.File, size int64) error {
	boot, namespace, err := where("pid")
	if err != nil {
		return err
	}
	page := make([]byte, atWords)
	copy(page, slotsMagic)
	copy(page[atBoot:], boot)
	binary.NativeEndian.PutUint64(page[atNamespace:], namespace)
	binary.NativeEndian.PutUint64(page[atSize:], uint64(size))
	if _, err := f.WriteAt(page, 0); err != nil {
		return fmt.Errorf("process: slots: %w", err)
	}
	if err := f.Truncate(atWords + size*bytesPerWord); err != nil {
		return fmt.Errorf("process: slots: %w", err)
	}
	return nil
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
	mem, err := unix.Mmap(int(f.Fd()), 0, atWords+int(size)*bytesPerWord, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
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

// checkSlots returns the size, or what is wrong with a file.
func checkSlots(f *os.File, stat unix.Stat_t) (size int64, err error) {
	broken := func(format string, args ...any) (int64, error) {
		return 0, &Broken{Name: f.Name(), Fact: fmt.Sprintf(format, args...)}
	}
	if stat.Mode&unix.S_IFMT != unix.S_IFREG {
		return broken("not a file of slots but a fifo, socket, folder or device")
	}
	page := make([]byte, atWords)
	if n, err := f.ReadAt(page, 0); n < atWords {
		if n > 0 && strings.HasPrefix(string(page[:n]), slotsMagic) {
			return broken("truncated to %d bytes; remove it when nobody uses it", n)
		}
		return broken("not a file of slots: %d bytes, and then %v", n, err)
	}
	if !strings.HasPrefix(string(page), slotsMagic+"\x00") {
		return broken("not a file of slots: it begins with %q", page[:len(slotsMagic)])
	}
	size = int64(binary.NativeEndian.Uint64(page[atSize:]))
	if size < 0 || size > MaxSlots || stat.Size != atWords+size*bytesPerWord {
		return broken("truncated or damaged: %d bytes do not hold slots of size %d", stat.Size, size)
	}
	boot, namespace, err := where("pid")
	switch {
	case err != nil:
		return 0, err
	case string(page[atBoot:atBoot+len(boot)]) != boot:
		return broken("of an earlier boot of this machine, or of another; remove it")
	case binary.NativeEndian.Uint64(page[atNamespace:]) != namespace:
		return broken("made in another pid namespace, as of a container: owners could not be told apart")
	}
	return size, nil
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
	s.shared = shared{} // a late call is to find no permits rather than no memory
	return errors.Join(unix.Munmap(mem), s.file.Close())
}
