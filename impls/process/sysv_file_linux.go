//go:build amd64 || arm64 || loong64 || riscv64

package process

import (
	"fmt"
	"os"
	"unsafe"

	"golang.org/x/sys/unix"
)

// MaxSysV is the largest size of a System V semaphore: the kernel's SEMVMX.
const MaxSysV = 32767

// Commands of semctl(2).
const (
	rmid   = 0
	getVal = 12
	setAll = 17
)

// A set has two semaphores: the permits, and a second one whose value is the size and never changes,
// so that who joins knows it and can tell the set from a foreign one.
const inSet = 2

// makeSysV makes a set of which all permits are free, and returns its ID.
func makeSysV(size int64) (id int, err error) {
	if err := inRange("sysv", size, MaxSysV); err != nil {
		return -1, err
	}
	set, _, errno := unix.Syscall(unix.SYS_SEMGET, unix.IPC_PRIVATE, inSet, unix.IPC_CREAT|0o600)
	switch errno {
	case 0:
	case unix.ENOSYS:
		return -1, fmt.Errorf("process: sysv needs semget(2), which this kernel does not have: %w", errno)
	case unix.ENOSPC:
		return -1, fmt.Errorf("process: sysv: all semaphores of the system are in use; see ipcs(1): %w", errno)
	default:
		return -1, fmt.Errorf("process: sysv: semget: %w", errno)
	}
	values := [inSet]uint16{uint16(size), uint16(size)}
	_, _, errno = unix.Syscall6(unix.SYS_SEMCTL, set, 0, setAll, uintptr(unsafe.Pointer(&values)), 0, 0)
	if errno != 0 {
		_ = semctl(int(set), rmid, 0)
		return -1, fmt.Errorf("process: sysv: semctl: %w", errno)
	}
	return int(set), nil
}

// sizeOfSysV returns the size of a set that was made by makeSysV, as far as can be told.
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

const sysvFormat = "semabench sysv 1 boot %s ipc %d id %d\n"

// writeSysV writes which set a path means, and where its ID does.
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

func readSysV(path string) (id int, err error) {
	stat, err := os.Stat(path)
	if err != nil {
		return -1, fmt.Errorf("process: sysv: %w", err)
	}
	if !stat.Mode().IsRegular() { // to read a fifo would take tokens from it
		return -1, &Broken{Name: path, Fact: "no file of a System V semaphore but a fifo, socket, folder or device"}
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
	var thatBoot string
	var thatIPC uint64
	if n, err := fmt.Sscanf(string(text), sysvFormat, &thatBoot, &thatIPC, &id); n < 3 || err != nil {
		return -1, &Broken{Name: path, Fact: "truncated, or no file of a System V semaphore"}
	}
	switch {
	case thatBoot != boot:
		return -1, &Broken{Name: path, Fact: "of an earlier boot of this machine, or of another; remove it"}
	case thatIPC != ipc:
		return -1, &Broken{Name: path, Fact: "made in another IPC namespace, as of a container"}
	}
	return id, nil
}
