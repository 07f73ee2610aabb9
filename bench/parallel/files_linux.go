package parallel

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// howToRead tries. A file system in memory takes O_DIRECT and has no device to read from.
func howToRead(path string) (reading, error) {
	var fs unix.Statfs_t
	if err := unix.Statfs(path, &fs); err != nil {
		return "", fmt.Errorf("asking for the file system of %s: %w", path, err)
	}
	if fs.Type == unix.TMPFS_MAGIC || fs.Type == unix.RAMFS_MAGIC {
		return memory, nil
	}
	for _, how := range []reading{direct, dropped} {
		if tryReading(readFile{path, how}) == nil {
			return how, nil
		}
	}
	return cached, nil
}

func tryReading(file readFile) error {
	f, err := openToRead(file)
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
	return forget(f, 0, file.How)
}

func openToRead(file readFile) (*os.File, error) {
	flags := os.O_RDONLY
	if file.How == direct {
		flags |= unix.O_DIRECT
	}
	return os.OpenFile(file.Path, flags, 0)
}

// forget makes the next read of a block one of the device.
func forget(f *os.File, at int64, how reading) error {
	if how != dropped {
		return nil
	}
	return unix.Fadvise(int(f.Fd()), at, blockBytes, unix.FADV_DONTNEED)
}

// alignedBlock is memory as O_DIRECT wants it: pages.
func alignedBlock() ([]byte, error) {
	return unix.Mmap(-1, 0, blockBytes, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANON)
}
