//go:build linux || darwin

package os

import (
	"os"
	"runtime"
	"slices"
	"syscall"
	"unsafe"

	"github.com/semabench/semabench/stress/explore/schedrt"
)

// A pipe of os.Pipe is a real one, and its bytes stay in the kernel. Code of the standard library, such
// as fmt.Println after os.Stdout = w, writes to it behind the back of the scheduler, so a buffer of this
// package would miss those bytes. The model only answers “would this call wait?”: a Read or
// Write under control becomes a step when the answer is no, and then never waits in the kernel.
//
// Only programs use the two ends, so the answer depends on the schedule alone.
type pipe struct {
	object  schedrt.Object
	r, w    *os.File
	limit   int  // a Write may go on while fewer bytes than this are in the pipe
	writing bool // a Write has begun and not ended, which keeps other Writes out
}

// pipes are the pipes of the schedule. AtBegin clears them, with opened, before the next one. A program
// has a handful at most, so a lookup walks the list.
var pipes []*pipe

func init() { schedrt.AtBegin(func() { pipes = nil }) }

// pipeOf returns the pipe that a file is an end of, or nil.
func pipeOf(f *os.File) *pipe {
	for _, p := range pipes {
		if p.r == f || p.w == f {
			return p
		}
	}
	return nil
}

// capacity is the size of a pipe, as Linux makes it. The kernel may have no room before it is full,
// because small writes take whole pages: then write lowers limit.
const capacity = 64 << 10

// Pipe is os.Pipe.
func Pipe() (r, w *os.File, err error) {
	if !schedrt.Controlled() {
		return os.Pipe()
	}
	if r, w, err = os.Pipe(); err == nil {
		remember(r)
		remember(w)
		pipes = append(pipes, &pipe{r: r, w: w, limit: capacity})
	}
	return r, w, err
}

// waiting returns the number of bytes in the pipe.
func (p *pipe) waiting() (n int) {
	c, err := p.r.SyscallConn()
	if err != nil {
		return 0
	}
	_ = c.Control(func(fd uintptr) {
		var count int32
		syscall.Syscall(syscall.SYS_IOCTL, fd, fionread(), uintptr(unsafe.Pointer(&count)))
		n = int(count)
	})
	return n
}

// fionread is the request that asks for the number of bytes. Package syscall names it on Linux only.
func fionread() uintptr {
	if runtime.GOOS == "linux" {
		if slices.Contains([]string{"mips", "mipsle", "mips64", "mips64le"}, runtime.GOARCH) {
			return 0x467f
		}
		return 0x541b
	}
	return 0x4004667f
}

// isClosed reports whether a file was closed, also by a call that the scheduler did not see.
func isClosed(f *os.File) bool {
	c, err := f.SyscallConn()
	return err != nil || c.Control(func(uintptr) {}) != nil
}

func (p *pipe) touch() schedrt.Touch { return schedrt.Touch{Object: &p.object, Mode: schedrt.Write} }

// read waits for bytes or for a close, and then reads. The end is seen by the closed other end: the
// pipe has no copies of it. A closed pipe answers by the errors of package os.
func (p *pipe) read(b []byte) (n int, err error) {
	ready := func() bool { return len(b) == 0 || p.waiting() > 0 || isClosed(p.w) || isClosed(p.r) }
	schedrt.Await(schedrt.OpRead, ready, func() { n, err = p.r.Read(b) }, p.touch())
	return n, err
}

// write writes as much as the pipe has room for, as often as it has to. The real Write would wait in
// the kernel for room, so each part goes there by one call that does not wait. Another Write does not come between the
// parts: package os holds a lock for a whole Write.
func (p *pipe) write(b []byte) (n int, err error) {
	mine := false // this Write has set p.writing
	for ended := false; !ended; {
		ready := func() bool {
			closed := isClosed(p.w) || isClosed(p.r)
			return (mine || !p.writing) && (closed || p.waiting() < p.limit)
		}
		schedrt.Await(schedrt.OpWrite, ready, func() {
			if len(b) == 0 || isClosed(p.w) || isClosed(p.r) {
				var m int
				m, err = p.w.Write(b[n:])
				n += m
				ended = true
			} else {
				n += p.writeNow(b[n:])
				ended = n == len(b)
			}
			p.writing, mine = !ended, true
		}, p.touch())
	}
	return n, err
}

// writeNow writes what fits, and returns how much that was. If nothing fits, the next part waits until
// a Read has taken something.
func (p *pipe) writeNow(b []byte) (n int) {
	c, err := p.w.SyscallConn()
	if err != nil {
		return 0
	}
	b = b[:min(len(b), max(1, capacity-p.waiting()))] // a Write after File.Fd may wait in the kernel
	_ = c.Write(func(fd uintptr) bool {
		n, err = syscall.Write(int(fd), b)
		return true // also if there is no room, which err says: this goroutine must not wait here
	})
	n = max(n, 0)
	switch {
	case n < len(b):
		p.limit = p.waiting()
	default:
		p.limit = capacity
	}
	return n
}

// closeEnd closes an end in a step: the other side may be waiting for it.
func (p *pipe) closeEnd(f *os.File) (err error) {
	schedrt.Do(schedrt.OpCloseStream, func() bool { err = f.Close(); return true }, p.touch())
	return err
}
