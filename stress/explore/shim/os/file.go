package os

import (
	"io"
	"os"
	"time"

	"github.com/semabench/semabench/stress/explore/schedrt"
)

// A File has the methods of an os.File, each of which is one step. Rewritten code has
// explore__os.On(f).Read(b) for f.Read(b). Code of the standard library calls the methods of the
// os.File, within a step of the caller.
type File struct{ f *os.File }

// use performs a method as a step. Most methods change the offset of the file, so all count as
// changes. Standard input has no end under control: the engine reads it. The output of an Example is
// no file that the program could reach in another way, so it is an object of its own.
func (f File) use(method func()) {
	switch {
	case f.f == stdin:
		schedrt.Refuse("os.Stdin is not under control: assign a file or an end of os.Pipe to it")
	case f.f != nil && f.f == captured && schedrt.Controlled():
		schedrt.Do(schedrt.OpWriteFile, func() bool { method(); return true },
			schedrt.Touch{Object: &output, Mode: schedrt.Write})
		return
	}
	changeFiles("", method)
}

// Read is the method of os.File, and so are the methods below.
func (f File) Read(b []byte) (n int, err error) {
	if p := pipeOf(f.f); p != nil && f.f == p.r {
		return p.read(b)
	}
	f.use(func() { n, err = f.f.Read(b) })
	return n, err
}

// ReadAt is one step.
func (f File) ReadAt(b []byte, off int64) (n int, err error) {
	f.use(func() { n, err = f.f.ReadAt(b, off) })
	return n, err
}

// Write is one step.
func (f File) Write(b []byte) (n int, err error) {
	if p := pipeOf(f.f); p != nil && f.f == p.w {
		return p.write(b)
	}
	f.use(func() { n, err = f.f.Write(b) })
	return n, err
}

// WriteAt is one step.
func (f File) WriteAt(b []byte, off int64) (n int, err error) {
	f.use(func() { n, err = f.f.WriteAt(b, off) })
	return n, err
}

// WriteString is one step.
func (f File) WriteString(s string) (n int, err error) {
	if pipeOf(f.f) != nil {
		return f.Write([]byte(s))
	}
	f.use(func() { n, err = f.f.WriteString(s) })
	return n, err
}

// ReadFrom is a step for each Write: r may be a pipe under control.
func (f File) ReadFrom(r io.Reader) (n int64, err error) {
	return io.Copy(struct{ io.Writer }{f}, r)
}

// WriteTo is a step for each Read.
func (f File) WriteTo(w io.Writer) (n int64, err error) {
	return io.Copy(w, struct{ io.Reader }{f})
}

// Seek is one step.
func (f File) Seek(offset int64, whence int) (at int64, err error) {
	f.use(func() { at, err = f.f.Seek(offset, whence) })
	return at, err
}

// Close is one step.
func (f File) Close() (err error) {
	if p := pipeOf(f.f); p != nil {
		return p.closeEnd(f.f)
	}
	f.use(func() { err = f.f.Close() })
	return err
}

// Sync is one step, and does nothing under control: the folder is removed anyway.
func (f File) Sync() (err error) {
	f.use(func() {
		if !schedrt.Controlled() {
			err = f.f.Sync()
		}
	})
	return err
}

// Stat is one step.
func (f File) Stat() (info os.FileInfo, err error) {
	f.use(func() { info, err = f.f.Stat() })
	return info, err
}

// Truncate is one step.
func (f File) Truncate(size int64) (err error) {
	f.use(func() { err = f.f.Truncate(size) })
	return err
}

// ReadDir is one step.
func (f File) ReadDir(n int) (entries []os.DirEntry, err error) {
	f.use(func() { entries, err = f.f.ReadDir(n) })
	return entries, err
}

// Readdir is one step.
func (f File) Readdir(n int) (infos []os.FileInfo, err error) {
	f.use(func() { infos, err = f.f.Readdir(n) })
	return infos, err
}

// Readdirnames is one step.
func (f File) Readdirnames(n int) (names []string, err error) {
	f.use(func() { names, err = f.f.Readdirnames(n) })
	return names, err
}

// Chdir is one step.
func (f File) Chdir() (err error) {
	f.use(func() { moved = true; err = f.f.Chdir() })
	return err
}

// SetDeadline and the two methods below are refused for a pipe: its Reads wait in the scheduler, which
// does not see the deadline in the kernel.
func (f File) SetDeadline(t time.Time) error {
	f.refuseDeadline()
	return f.f.SetDeadline(t)
}

// SetReadDeadline is like SetDeadline.
func (f File) SetReadDeadline(t time.Time) error {
	f.refuseDeadline()
	return f.f.SetReadDeadline(t)
}

// SetWriteDeadline is like SetDeadline.
func (f File) SetWriteDeadline(t time.Time) error {
	f.refuseDeadline()
	return f.f.SetWriteDeadline(t)
}

func (f File) refuseDeadline() {
	if pipeOf(f.f) != nil {
		schedrt.Refuse("a deadline of an os.Pipe is not under control: use net.Pipe")
	}
}

// On returns the methods of f.
func On(f *os.File) File { return File{f} }
