package process

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// This file identifies processes, files, boots and namespaces, by identifiers of the kernel that
// stay valid for as long as a semaphore refers to them.

// An owner names a process for as long as the machine runs. A pid alone is not enough: the kernel
// gives the pid of a process that ended to another process, which starts later. So an owner
// has two parts: 22 bits of the pid, which Linux never exceeds, and 24 bits of the start
// time in ticks of 10 ms. Two processes have the same owner only if the second got the same
// pid and started in the same tick of a cycle of 46 hours. The value 0 means no owner.
type owner uint64

const (
	startBits = 24
	ownerBits = 22 + startBits
)

func ownerOf(pid int, start uint64) owner {
	return owner(pid)<<startBits | owner(start&(1<<startBits-1))
}

func (o owner) pid() int { return int(o >> startBits) }

// String returns the text that errors show.
func (o owner) String() string { return fmt.Sprintf("process %d", o.pid()) }

// selfOwner returns the owner value of this process. It stays the same across exec.
func selfOwner() (owner, error) {
	start, err := startOf(os.Getpid())
	if err != nil {
		return 0, fmt.Errorf("process: reading the start time of this process: %w", err)
	}
	return ownerOf(os.Getpid(), start), nil
}

// startOf returns when a process started, in ticks since the boot.
func startOf(pid int) (uint64, error) {
	fields, err := statOf(pid)
	if err != nil {
		return 0, err
	}
	const start = 22
	return strconv.ParseUint(string(fields[start-firstStatField]), 10, 64)
}

// firstStatField is the number in proc_pid_stat(5) of the first field that statOf returns.
const firstStatField = 3

// statOf returns the fields of /proc/PID/stat behind the name of the program. The name is in
// parentheses and may contain any character, so the fields start after the last parenthesis.
func statOf(pid int) ([][]byte, error) {
	name := fmt.Sprintf("/proc/%d/stat", pid)
	stat, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	fields := bytes.Fields(stat[bytes.LastIndexByte(stat, ')')+1:])
	if len(fields) < 20 {
		return nil, fmt.Errorf("%s has %d fields behind the name, want 20 or more", name, len(fields))
	}
	return fields, nil
}

// errDead says that an owner has ended.
var errDead = errors.New("process has ended")

// openOwner returns a pidfd of a living owner, or errDead. The pidfd becomes readable when the
// process ends. Any other error means that the kernel gives this process no pidfd; see isDead for
// the reasons.
//
// It opens the pidfd before it compares the start time. The pidfd pins the process: if
// the start time matches afterwards, the pidfd is of this owner and of no successor.
// The other order could open the pidfd of a process that got the pid in between.
func openOwner(o owner) (pidfd int, err error) {
	pidfd, err = unix.PidfdOpen(o.pid(), 0) // no flags: they are newer than the call
	switch err {
	case nil:
	case unix.ESRCH:
		return -1, errDead
	default:
		return -1, err
	}
	// Non-blocking, so that the runtime's poller accepts the descriptor.
	if err = unix.SetNonblock(pidfd, true); err == nil && hasEnded(pidfd, o) {
		err = errDead
	}
	if err != nil {
		_ = unix.Close(pidfd)
		return -1, err
	}
	return pidfd, nil
}

// hasEnded reports whether the process behind pidfd has ended, or is a different process from o. A
// zombie has ended.
func hasEnded(pidfd int, o owner) bool {
	if isReadable(pidfd) {
		return true
	}
	start, err := startOf(o.pid())
	if err != nil {
		// The process has ended just now, or /proc hides it from this user, see hidepid in proc(5).
		return isReadable(pidfd)
	}
	return ownerOf(o.pid(), start) != o
}

func isReadable(fd int) bool {
	polled := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}
	n, _ := unix.Poll(polled, 0)
	return n > 0
}

// isDead reports whether an owner has ended. In doubt it returns false: a permit that is reclaimed
// too late costs time, a permit that is reclaimed from a living process is held twice.
func isDead(o owner) bool {
	pidfd, err := openOwner(o)
	if err == nil {
		_ = unix.Close(pidfd)
		return false
	}
	if errors.Is(err, errDead) {
		return true
	}
	// No pidfd: Linux before 5.3, a sandbox, no descriptor left, or the pid is now a thread.
	start, err := startOf(o.pid())
	if err != nil {
		return unix.Kill(o.pid(), 0) == unix.ESRCH
	}
	return ownerOf(o.pid(), start) != o
}

// An inode names a file, whatever its path.
type inode struct{ dev, ino uint64 }

// bootID returns the ID of this boot of this machine.
func bootID() (string, error) {
	id, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return "", fmt.Errorf("process: reading the boot ID: %w", err)
	}
	return strings.TrimSpace(string(id)), nil
}

// namespace returns the namespace of this process, of a kind such as "pid" or "ipc". Numbers of the
// kernel, such as pids, have a meaning only within a namespace. A kernel without namespaces of
// that kind gives 0: all its processes are in the same one.
func namespace(kind string) (uint64, error) {
	var stat unix.Stat_t
	err := unix.Stat("/proc/self/ns/"+kind, &stat)
	if err != nil && err != unix.ENOENT {
		return 0, fmt.Errorf("process: reading the %s namespace of this process: %w", kind, err)
	}
	return stat.Ino, nil
}
