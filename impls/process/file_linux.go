package process

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

// createWhole makes a file that appears under its name with all that is in it, or os.ErrExist. Until
// then it has no name, so one who is killed leaves nothing behind.
func createWhole(path string, write func(*os.File) error) error {
	if _, err := os.Lstat(path); err == nil {
		return os.ErrExist
	}
	f, err := os.OpenFile(filepath.Dir(path), os.O_RDWR|unix.O_TMPFILE, 0o600)
	if err != nil {
		return fmt.Errorf("process: %s: making it: %w", path, err)
	}
	defer f.Close()
	if err := write(f); err != nil {
		return err
	}
	name := fmt.Sprintf("/proc/self/fd/%d", f.Fd())
	if err := unix.Linkat(unix.AT_FDCWD, name, unix.AT_FDCWD, path, unix.AT_SYMLINK_FOLLOW); err != nil {
		return fmt.Errorf("process: %s: naming it: %w", path, err)
	}
	return nil
}

// bootID returns which boot of which machine this is.
func bootID() (string, error) {
	id, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return "", fmt.Errorf("process: which boot is this: %w", err)
	}
	return strings.TrimSpace(string(id)), nil
}

// namespace returns which namespace of a kind this process is in: numbers of the kernel, as pids are,
// mean what they say only there. Zero is the only one of a kernel that does not know the kind.
func namespace(kind string) (uint64, error) {
	var stat unix.Stat_t
	err := unix.Stat("/proc/self/ns/"+kind, &stat)
	if err != nil && err != unix.ENOENT {
		return 0, fmt.Errorf("process: which %s namespace is this: %w", kind, err)
	}
	return stat.Ino, nil
}
