package instructions

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// hardware counts by the counters of the processor.
type hardware struct{}

// findHardware opens a counter for this thread, to see whether there are any. The kernel answers
// ENOENT on a virtual machine without counters, and EACCES where perf_event_paranoid forbids them.
// A counter that opens may still count nothing, so it has to count this loop.
func findHardware() (Meter, error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	fd, err := openCounter(0)
	if err != nil {
		return nil, fmt.Errorf("perf_event_open: %w", err)
	}
	c := &counter{fd}
	defer c.Close()
	sum := 0
	for i := range 1_000_000 {
		sum += i * i
	}
	n, err := c.Total(nil)
	if err == nil && n < 1_000_000 && sum != 0 {
		err = errors.New("perf_event_open: the counter does not count")
	}
	if err != nil {
		return nil, err
	}
	return hardware{}, nil
}

// openCounter opens a counter of instructions in user mode for a thread, and for every thread and
// process that it starts from now on. 0 is this thread. The kernel's part is left out: it depends on
// interrupts, and counting it needs rights.
func openCounter(thread int) (int, error) {
	attr := unix.PerfEventAttr{
		Type: unix.PERF_TYPE_HARDWARE, Config: unix.PERF_COUNT_HW_INSTRUCTIONS,
		Size:        uint32(unsafe.Sizeof(unix.PerfEventAttr{})),
		Read_format: unix.PERF_FORMAT_TOTAL_TIME_ENABLED | unix.PERF_FORMAT_TOTAL_TIME_RUNNING,
		Bits:        unix.PerfBitInherit | unix.PerfBitExcludeKernel | unix.PerfBitExcludeHv,
	}
	return unix.PerfEventOpen(&attr, thread, -1, -1, unix.PERF_FLAG_FD_CLOEXEC)
}

// Name implements Meter.
func (hardware) Name() string { return "the counters of the processor" }

// Start implements Meter.
func (hardware) Start(cmd *exec.Cmd) (Count, error) {
	c := &counter{-1}
	err := startStopped(cmd, func(pid int) (err error) {
		if c.fd, err = openCounter(pid); err != nil {
			return fmt.Errorf("perf_event_open: %w", err)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return c, nil
}

// startStopped starts cmd and calls attach before its first instruction. A counter that is opened
// for a process which runs already misses the threads that it has by then. A counter of this thread
// that the child inherits would be inherited by every other child of the thread as well.
//
// The child asks to be traced, so it stops when its program is loaded. Only the thread that started
// it may let it go on, so the goroutine stays on its thread until then.
func startStopped(cmd *exec.Cmd, attach func(pid int) error) error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{}
	}
	cmd.SysProcAttr.Ptrace = true
	if err := cmd.Start(); err != nil {
		return err
	}
	pid := cmd.Process.Pid
	var status unix.WaitStatus
	_, err := unix.Wait4(pid, &status, 0, nil)
	if err == nil && !status.Stopped() {
		err = fmt.Errorf("the process ended at once: status %#x", uint32(status))
	}
	if err == nil {
		err = attach(pid)
	}
	if err == nil {
		err = unix.PtraceDetach(pid)
	}
	if err != nil {
		err = errors.Join(err, cmd.Process.Kill())
		_ = cmd.Wait() // reports the kill
	}
	return err
}

// A counter is the Count of a process with hardware counters.
type counter struct{ fd int }

// Total implements Count. The read adds up all threads of the process. A counter that had to share
// the hardware with others has counted for a part of the time only. Its value would be an estimate,
// so it is refused.
func (c *counter) Total(func(string) error) (int64, error) {
	var buf [24]byte // count, time enabled, time running
	n, err := unix.Read(c.fd, buf[:])
	if err != nil {
		return 0, fmt.Errorf("reading the counter: %w", err)
	}
	if n != len(buf) {
		return 0, fmt.Errorf("reading the counter: %d bytes, want %d", n, len(buf))
	}
	word := func(i int) uint64 { return binary.NativeEndian.Uint64(buf[8*i:]) }
	if enabled, running := word(1), word(2); running < enabled {
		return 0, errors.New("the counter of the processor was shared with another program")
	}
	return int64(word(0)), nil
}

// Close implements Count.
func (c *counter) Close() error { return os.NewSyscallError("close", unix.Close(c.fd)) }
