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

// highest is the priority of whoever gets a core first, as nice(1) counts.
const highest = -20

// mayRaise is nil if processes may be started with the highest priority, for which Linux wants root or
// CAP_SYS_NICE.
var mayRaise = sync.OnceValue(func() error { return onThread(func() error { return nil }) })

// onThread calls do on a thread of the highest priority, which ends with it: what a thread starts
// inherits its priority, and nothing else of this process may have it.
func onThread(do func() error) error {
	done := make(chan error)
	go func() {
		runtime.LockOSThread() // and never unlocks it
		err := syscall.Setpriority(syscall.PRIO_PROCESS, 0, highest)
		if err == nil {
			err = do()
		}
		done <- err
	}()
	return <-done
}

// StartFirst starts a command as [exec.Cmd.Start] does, and one that gets a core before all else that
// runs on the machine: the greatest part of the noise is other processes. Where sessions share the
// cores among them (autogroup), the priority of the session decides, so it has one of its own, and no
// Ctrl-C of the terminal reaches it. It takes the SysProcAttr of the command for that. Where the
// priority may not be raised, which [Priority] says, the command is started as it is.
func StartFirst(cmd *exec.Cmd) error {
	if mayRaise() != nil {
		return cmd.Start()
	}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true} // which is a process group too
	if err := onThread(cmd.Start); err != nil {
		return err
	}
	group := fmt.Sprintf("/proc/%d/autogroup", cmd.Process.Pid)
	err := os.WriteFile(group, fmt.Append(nil, highest), 0)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return errors.Join(fmt.Errorf("raising the priority of a session: %w", err), cmd.Process.Kill(), cmd.Wait())
	}
	return nil
}

// Priority is the priority that [StartFirst] gives, or says why it gives none.
func Priority() string {
	if err := mayRaise(); err != nil {
		return "not raised: " + err.Error()
	}
	return fmt.Sprint(highest)
}
