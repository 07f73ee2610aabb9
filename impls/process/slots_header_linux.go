package process

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
	"strings"

	"golang.org/x/sys/unix"
)

// The file begins with a page that says what it is. The words that change are 64 bytes apart from each
// other, as processes write them at once. Permits follow, of eight bytes each.
const (
	slotsMagic   = "semabench slots 1"
	atBoot       = 32  // 36 bytes: the boot in which pids mean what they say
	atPIDs       = 72  // the pid namespace in which they do
	atTimes      = 80  // the time namespace in which the start of a process does
	atSize       = 88  // permits
	atBell       = 128 // see sleeper
	atAsleep     = 192
	atLock       = 256 // see takeMany
	atWords      = 4096
	bytesPerWord = 8
)

func writeSlots(f *os.File, size int64) error {
	here, err := birthplace()
	if err != nil {
		return err
	}
	// All is written, zeros too: memory that is not there when it is first used ends the program.
	whole := make([]byte, atWords+size*bytesPerWord)
	copy(whole, here)
	binary.NativeEndian.PutUint64(whole[atSize:], uint64(size))
	if _, err := f.WriteAt(whole, 0); err != nil {
		return fmt.Errorf("process: slots: %w", err)
	}
	return nil
}

// birthplace is what the first page of a file says that is made here and now.
func birthplace() (page []byte, err error) {
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
	return size, checkBirthplace(f.Name(), page)
}

func checkBirthplace(name string, page []byte) error {
	here, err := birthplace()
	if err != nil {
		return err
	}
	differs := func(from, to int) bool { return !bytes.Equal(page[from:to], here[from:to]) }
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
