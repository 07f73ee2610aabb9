package parallel

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// sharedClock returns nanoseconds of CLOCK_MONOTONIC, which all processes of a machine share. The
// monotonic clock of package time starts at zero in each process, so readings of two processes
// cannot be compared. The time of day can be compared, but may be set back during a sample.
//
// A reading is a system call, because package unix does not use the vDSO of the kernel. Only rows
// with tasks of milliseconds are observed, so two readings for each task do not matter.
func sharedClock() int64 {
	var t unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_MONOTONIC, &t); err != nil {
		panic(fmt.Sprintf("parallel: reading the clock: %v", err)) // fails for wrong arguments only
	}
	return t.Nano()
}

// findReadMethod tries the methods in turn. It recognizes file systems in memory first: those
// accept O_DIRECT although they have no device.
func findReadMethod(path string) (readMethod, error) {
	var fs unix.Statfs_t
	if err := unix.Statfs(path, &fs); err != nil {
		return "", fmt.Errorf("asking for the file system of %s: %w", path, err)
	}
	// The kernel's numbers have 32 bits. The field has a sign and the word size of the machine, so
	// that the number of ramfs is negative on 32 bits.
	if magic := uint32(fs.Type); magic == unix.TMPFS_MAGIC || magic == unix.RAMFS_MAGIC {
		return memory, nil
	}
	for _, how := range []readMethod{direct, dropped} {
		if tryReading(inputFile{path, how}) == nil {
			return how, nil
		}
	}
	return cached, nil
}

func tryReading(file inputFile) error {
	f, err := openForReading(file)
	if err != nil {
		return err
	}
	defer f.Close()
	buf, err := alignedBlock()
	if err != nil {
		return err
	}
	if _, err := f.ReadAt(buf, 0); err != nil {
		return err
	}
	return dropFromCache(f, 0, file.How)
}

func openForReading(file inputFile) (*os.File, error) {
	flags := os.O_RDONLY
	if file.How == direct {
		flags |= unix.O_DIRECT
	}
	return os.OpenFile(file.Path, flags, 0)
}

// dropFromCache makes the next read of a block go to the device, if that is the method.
func dropFromCache(f *os.File, at int64, how readMethod) error {
	if how != dropped {
		return nil
	}
	return unix.Fadvise(int(f.Fd()), at, blockBytes, unix.FADV_DONTNEED)
}

// alignedBlock returns a buffer of whole pages. O_DIRECT requires an alignment to the blocks of the
// device, which make does not promise.
func alignedBlock() ([]byte, error) {
	return unix.Mmap(-1, 0, blockBytes, unix.PROT_READ|unix.PROT_WRITE,
		unix.MAP_PRIVATE|unix.MAP_ANON)
}
