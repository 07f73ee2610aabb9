package process

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"golang.org/x/sys/unix"
)

// NewSlots returns slots of size permits without a name, in memory that cannot be truncated. Other
// processes get them by [Slots.File] and [InheritSlots]. It returns an error if size is not between
// 0 and [MaxSlots], or if the kernel lacks memfd_create(2).
func NewSlots(size int64) (*Slots, error) {
	if err := checkSize("slots", size, MaxSlots); err != nil {
		return nil, err
	}
	fd, err := unix.MemfdCreate("slots", unix.MFD_CLOEXEC|unix.MFD_ALLOW_SEALING)
	if err != nil {
		return nil, fmt.Errorf("process: slots need memfd_create(2): %w", err)
	}
	f := os.NewFile(uintptr(fd), "memory of slots")
	err = writeSlots(f, size)
	if err == nil {
		// Without the seals a process could truncate the memory, and the next access of
		// another process would end that process with SIGBUS.
		_, err = unix.FcntlInt(f.Fd(), unix.F_ADD_SEALS,
			unix.F_SEAL_SHRINK|unix.F_SEAL_GROW|unix.F_SEAL_SEAL)
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return InheritSlots(f)
}

// OpenSlots returns the slots at path. The first call makes the file, so every process may make the
// same call. Choose a path in /dev/shm, which is memory. The semaphore exists until the file
// is removed. A process that truncates the file ends all processes that use it, by SIGBUS, as
// with any mapped file.
//
// It returns a [Broken] if the file does not hold slots of that size, or is of another boot or
// namespace. It also returns a [Broken] if this process has the slots open already.
func OpenSlots(path string, size int64) (*Slots, error) {
	if err := checkSize("slots", size, MaxSlots); err != nil {
		return nil, err
	}
	err := createAtomically(path, func(f *os.File) error { return writeSlots(f, size) })
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

// InheritSlots returns the slots of an open file. A child process gets the file from [Slots.File]
// of its parent, by os/exec.Cmd.ExtraFiles. InheritSlots takes the file over: Close closes it, and
// InheritSlots closes it if it returns an error.
func InheritSlots(f *os.File) (*Slots, error) {
	s, err := mapSlots(f)
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return s, nil
}

// openSlots holds the slots that this process has open, by inode. A process is one owner, so it may
// have each file open only once. Otherwise Close of one would free what the other one holds.
var openSlots sync.Map // of inode to *Slots

func mapSlots(f *os.File) (*Slots, error) {
	var stat unix.Stat_t
	if err := unix.Fstat(int(f.Fd()), &stat); err != nil {
		return nil, &Broken{f.Name(), "not an open file", err}
	}
	size, err := checkSlots(f, stat)
	if err != nil {
		return nil, err
	}
	self, err := selfOwner()
	if err != nil {
		return nil, err
	}
	length := atWords + int(size)*bytesPerWord
	const access = unix.PROT_READ | unix.PROT_WRITE
	mem, err := unix.Mmap(int(f.Fd()), 0, length, access, unix.MAP_SHARED)
	if err != nil {
		return nil, &Broken{f.Name(), "cannot be mapped", err}
	}
	s := &Slots{
		mapping:   mappingOf(mem, int(size)),
		self:      self,
		file:      f,
		id:        inode{stat.Dev, stat.Ino},
		raceEdges: newRaceEdges(size),
		sleep:     sleepState{maxSleep: reclaimInterval, pidfds: map[owner]*os.File{}},
		isDead:    isDead,
	}
	s.localQueue.mechanism, s.localQueue.size = s, size
	// Processes begin to search in different places, so that they meet on few words.
	s.hint.Store(uint32(self.pid() % max(1, int(size))))
	if _, exists := openSlots.LoadOrStore(s.id, s); exists {
		_ = unix.Munmap(mem)
		fact := "this process has these slots already: share them"
		return nil, &Broken{Name: f.Name(), Fact: fact}
	}
	s.recoverFromExec()
	return s, nil
}

// File returns the memory of the slots, to be put in os/exec.Cmd.ExtraFiles. The slots keep the
// file: the caller must not close it.
func (s *Slots) File() *os.File { return s.file }

// Close frees what this process holds and ends its use of the slots. Goroutines that wait get an
// error. No other call may be running. A second Close returns an error.
//
// The order matters. The kernel waiter and the watchers must have ended before the memory is
// unmapped: an access after that would end the process with SIGSEGV.
func (s *Slots) Close() error {
	if !openSlots.CompareAndDelete(s.id, s) {
		return fmt.Errorf("process: %s: closed already", s.file.Name())
	}
	s.shutdown()
	for _, pidfd := range s.sleep.pidfds {
		_ = pidfd.Close()
	}
	s.sleep.watchers.Wait()
	s.reclaim(s.self)
	mem := s.mem
	// A call after Close is misuse. It finds slots of size 0 rather than unmapped memory.
	s.mapping = mappingOf(make([]byte, atWords), 0)
	return errors.Join(unix.Munmap(mem), s.file.Close())
}

// writeSlots writes the file of slots that are all free.
func writeSlots(f *os.File, size int64) error {
	origin, err := currentOrigin()
	if err != nil {
		return err
	}
	// Zeros are written too. In a sparse file the memory would be allocated at the first access.
	// If none is left then, the access ends the process with SIGBUS.
	content := make([]byte, atWords+size*bytesPerWord)
	copy(content, origin)
	binary.NativeEndian.PutUint64(content[atSize:], uint64(size))
	if _, err := f.WriteAt(content, 0); err != nil {
		return fmt.Errorf("process: slots: %w", err)
	}
	return nil
}

// currentOrigin returns the first bytes of a file that this process makes now: the magic, the boot
// and the namespaces.
func currentOrigin() (page []byte, err error) {
	boot, err := bootID()
	if err != nil {
		return nil, err
	}
	page = make([]byte, atSize)
	copy(page, slotsMagic)
	copy(page[atBoot:], boot)
	for _, n := range []struct {
		kind string
		at   int
	}{{"pid", atPIDs}, {"time", atTimes}} {
		number, err := namespace(n.kind)
		if err != nil {
			return nil, err
		}
		binary.NativeEndian.PutUint64(page[n.at:], number)
	}
	return page, nil
}

// checkSlots returns the size of the slots in a file, or an error that says what is wrong with it.
// It checks everything before the file is mapped, because a wrong length would end the process.
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
			return broken("truncated to %d bytes; remove it when no process uses it", n)
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
	return size, checkOrigin(f.Name(), page)
}

// checkOrigin returns an error if the owners in the file are not valid for this process.
func checkOrigin(name string, page []byte) error {
	origin, err := currentOrigin()
	if err != nil {
		return err
	}
	differs := func(from, to int) bool { return !bytes.Equal(page[from:to], origin[from:to]) }
	fact := ""
	switch {
	case differs(atBoot, atPIDs):
		fact = "of an earlier boot of this machine, or of another; remove it"
	case differs(atPIDs, atTimes):
		fact = "made in another pid namespace, as of a container: owners could not be told apart"
	case differs(atTimes, atSize):
		fact = "made in another time namespace, as of a container: owners could not be told apart"
	default:
		return nil
	}
	return &Broken{Name: name, Fact: fact}
}

// createAtomically makes a file that appears under its name with all its content, or returns
// os.ErrExist. Until then the file has no name. So a process that is killed leaves nothing behind,
// and no other process ever opens a file that is half written.
func createAtomically(path string, write func(*os.File) error) error {
	if _, err := os.Lstat(path); err == nil {
		return os.ErrExist
	}
	f, err := os.OpenFile(filepath.Dir(path), os.O_RDWR|unix.O_TMPFILE, 0o600)
	if err != nil {
		return fmt.Errorf("process: %s: making it: %w", path, err)
	}
	defer f.Close()
	var unwritten *os.PathError
	switch err := write(f); {
	case errors.As(err, &unwritten): // it names the folder, as the file has no name yet
		return fmt.Errorf("process: %s: writing it: %w", path, unwritten.Err)
	case err != nil:
		return err
	}
	unnamed := fmt.Sprintf("/proc/self/fd/%d", f.Fd())
	// Linkat fails with EEXIST if another process was faster: this is the check that counts.
	err = unix.Linkat(unix.AT_FDCWD, unnamed, unix.AT_FDCWD, path, unix.AT_SYMLINK_FOLLOW)
	if err != nil {
		return fmt.Errorf("process: %s: naming it: %w", path, err)
	}
	return nil
}
