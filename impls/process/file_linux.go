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

// where returns what a pid, or the ID of a System V semaphore, depends on: the boot, and the namespace of
// that kind.
func where(kind string) (boot string, namespace uint64, err error) {
	id, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return "", 0, fmt.Errorf("process: which boot is this: %w", err)
	}
	var stat unix.Stat_t
	if err := unix.Stat("/proc/self/ns/"+kind, &stat); err != nil {
		return "", 0, fmt.Errorf("process: which %s namespace is this: %w", kind, err)
	}
	return strings.TrimSpace(string(id)), stat.Ino, nil
}
