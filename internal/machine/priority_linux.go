package machine

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"unsafe"
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

// roundRobin is the real-time class SCHED_RR of Linux; see sched(7). Its lowest priority comes before all processes of
// the usual classes.
const roundRobin, lowestRealTime = 2, 1

// canRealTime returns nil if this process can start others in the real-time class, and if the kernel keeps a part of
// each second for other processes. Without that part, a semaphore that spins for ever would stop the machine, and its
// parent could not kill it. Containers often forbid the class to root.
var canRealTime = sync.OnceValue(func() error {
	runtime, err := readNumber("/proc/sys/kernel/sched_rt_runtime_us")
	if err != nil {
		return err
	}
	period, err := readNumber("/proc/sys/kernel/sched_rt_period_us")
	if err != nil {
		return err
	}
	if runtime < 0 || runtime >= period {
		return errors.New("real-time processes may take all time")
	}
	return onThread(setRealTime)
})

// readNumber reads a file of one number.
func readNumber(path string) (int, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return 0, err
	}
	return strconv.Atoi(strings.TrimSpace(string(text)))
}

// setRealTime puts the calling thread into the real-time class. Its children inherit the class.
func setRealTime() error {
	priority := int32(lowestRealTime)
	_, _, errno := syscall.Syscall(syscall.SYS_SCHED_SETSCHEDULER, 0, roundRobin,
		uintptr(unsafe.Pointer(&priority)))
	if errno != 0 {
		return errno
	}
	return nil
}

// StartRealTime starts a command as [StartFirst] does, and puts it into the real-time class if that is possible.
//
// The highest nice value still shares a core with others. The kernel spreads threads of the usual classes
// over the cores by weight, some milliseconds late. With other work on the machine, two threads of one
// command then often wait for each other on one core. A contended semaphore runs twice as fast as long as
// that lasts, because its word stays in one cache. A thread of the real-time class is moved at once to a core
// that runs a process of a usual class.
//
// It is for commands that end within a second. The kernel stops a command for 50 ms in each second that it fills.
func StartRealTime(cmd *exec.Cmd) error {
	if mayRaise() != nil || canRealTime() != nil {
		return StartFirst(cmd)
	}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true} // as in StartFirst
	return onThread(func() error {
		if err := setRealTime(); err != nil {
			return err
		}
		return cmd.Start()
	})
}

// RealTimePriority returns the priority that [StartRealTime] gives to a command, or the reason why it gives none.
func RealTimePriority() string {
	if mayRaise() != nil || canRealTime() != nil {
		return Priority()
	}
	return "real-time"
}

// Priority returns the priority that [StartFirst] gives to a command, or the reason why it gives
// none.
func Priority() string {
	if err := mayRaise(); err != nil {
		return "not raised: " + err.Error()
	}
	return fmt.Sprint(highest)
}
