package process

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

// An owner names a process for as long as a machine runs: a pid alone is given to another process
// when this one has ended, but that starts later. In 46 bits, 22 of the pid, which Linux never
// exceeds, and 24 of the start in ticks of 10 ms: two processes are taken for one only if the second
// got the same pid and started within the same tick of a cycle of 46 hours. Nobody is 0.
type owner uint64

const (
	startBits = 24
	ownerBits = 22 + startBits
)

func ownerOf(pid int, start uint64) owner {
	return owner(pid)<<startBits | owner(start&(1<<startBits-1))
}

func (o owner) pid() int { return int(o >> startBits) }

func (o owner) String() string { return fmt.Sprintf("process %d", o.pid()) }

// self returns the owner that this process is.
func self() (owner, error) {
	start, err := startOf(os.Getpid())
	if err != nil {
		return 0, fmt.Errorf("process: who am I: %w", err)
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
	return strconv.ParseUint(string(fields[start-afterName]), 10, 64)
}

// afterName is the number that proc_pid_stat(5) gives to the first field that statOf returns.
const afterName = 3

// statOf returns what the kernel tells of a process behind its name, which is in parentheses and may
// hold any character.
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

// openOwner returns a pidfd of a living owner, which becomes readable when it ends, or errDead. It is
// opened before the start is compared: from then on the pid means this process and no other.
// Another error says that it cannot be told this way.
func openOwner(o owner) (pidfd int, err error) {
	pidfd, err = unix.PidfdOpen(o.pid(), 0) // and no flags, which are newer than the call
	switch err {
	case nil:
	case unix.ESRCH:
		return -1, errDead
	default:
		return -1, err
	}
	if err = unix.SetNonblock(pidfd, true); err == nil && ended(pidfd, o) { // for the runtime's poller
		err = errDead
	}
	if err != nil {
		_ = unix.Close(pidfd)
		return -1, err
	}
	return pidfd, nil
}

// ended reports whether the process behind pidfd has ended, a zombie included, or never was o.
func ended(pidfd int, o owner) bool {
	if isReadable(pidfd) {
		return true
	}
	start, err := startOf(o.pid())
	if err != nil { // it has ended just now, or /proc does not show it to us, see hidepid in proc(5)
		return isReadable(pidfd)
	}
	return ownerOf(o.pid(), start) != o
}

func isReadable(fd int) bool {
	polled := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}
	n, _ := unix.Poll(polled, 0)
	return n > 0
}

// isDead reports whether an owner has ended, without keeping anything. In doubt it is alive.
func isDead(o owner) bool {
	pidfd, err := openOwner(o)
	if err == nil {
		_ = unix.Close(pidfd)
		return false
	}
	if errors.Is(err, errDead) {
		return true
	}
	// No pidfd to be had: before Linux 5.3, in a sandbox, out of descriptors, or a thread has the pid.
	start, err := startOf(o.pid())
	if err != nil {
		return unix.Kill(o.pid(), 0) == unix.ESRCH
	}
	return ownerOf(o.pid(), start) != o
}
