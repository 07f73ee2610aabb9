package machine

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"runtime"
	"sync"
	"syscall"
)

// highest is the nice value of the process that the kernel prefers to all others; see nice(1).
const highest = -20

// canRaise returns nil if this process can start others with the highest priority. Linux allows
// that to root and to processes with CAP_SYS_NICE. It is tried and not derived from capabilities,
// and once in a process.
var canRaise = sync.OnceValue(func() error { return onThread(func() error { return nil }) })

// mayRaise returns nil if [RaisePriority] asks for the highest priority and the system allows it.
func mayRaise() error {
	if !wanted.Load() {
		return errNotWanted
	}
	return canRaise()
}

// onThread calls do on an operating system thread of the highest priority. A child inherits the
// priority of the thread that starts it. The thread ends with the call, so that no other goroutine
// of this process ever runs on it.
func onThread(do func() error) error {
	done := make(chan error)
	go func() {
		runtime.LockOSThread() // without an unlock the thread ends with the goroutine
		err := syscall.Setpriority(syscall.PRIO_PROCESS, 0, highest)
		if err == nil {
			err = do()
		}
		done <- err
	}()
	return <-done
}

// StartFirst starts a command as [exec.Cmd.Start] does, with the highest priority: it gets a core
// before all other processes, which cause most of the noise.
//
// A kernel with autogroups shares the cores between sessions first, and only within a session by
// the priority of processes. So the command gets a session of its own, and the session gets the
// priority as well. A session is a process group too: no Ctrl-C of the terminal reaches the
// command.
//
// The real-time class was tried, and falsifies latencies. Its threads share a core in turns of 100 ms. So the
// thread of Go's runtime that interrupts a goroutine after 10 ms waits for 100 ms: on two cores, 99.9 % of the
// waits for SHA-256 under 4 permits were over after 98 ms, and after 20 ms without the class.
//
// StartFirst replaces cmd.SysProcAttr. If [RaisePriority] was not called, or this process may not
// raise priorities, it starts the command unchanged; [Priority] reports the reason.
func StartFirst(cmd *exec.Cmd) error {
	if mayRaise() != nil {
		return cmd.Start()
	}
	// a session has a process group of its own, as child.OwnGroup wants
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := onThread(cmd.Start); err != nil {
		return err
	}
	group := fmt.Sprintf("/proc/%d/autogroup", cmd.Process.Pid)
	err := os.WriteFile(group, fmt.Append(nil, highest), 0)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return errors.Join(fmt.Errorf("raising the priority of a session: %w", err), cmd.Process.Kill(),
			cmd.Wait())
	}
	return nil
}

// Priority returns the priority that [StartFirst] gives to a command, or the reason why it gives
// none.
func Priority() string {
	if err := mayRaise(); err != nil {
		return "not raised: " + err.Error()
	}
	return fmt.Sprint(highest)
}
