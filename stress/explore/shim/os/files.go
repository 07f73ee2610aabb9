package os

import (
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/semabench/semabench/stress/explore/schedrt"
)

// Each call of a function for files is one step on the object files, so two calls are dependent
// unless both only read. Files are real. A schedule may read any file, and change those in its own
// folder, which TempDir and MkdirTemp return and which is empty when the schedule begins. A change
// elsewhere would stay for the next schedule, and is refused.

// files is the object of all steps on files.
var files schedrt.Object

// These variables belong to the schedule that is played. Package rewrite keeps the race detector out
// of this package, as the goroutines of the schedule share them without an edge.
var (
	folder string      // of the schedule; "" until it is asked for
	opened []io.Closer // closed before the next schedule: a schedule may end before the program closes them
	home   string      // the working folder at the beginning of the first schedule
	moved  bool        // the schedule has changed the working folder
)

func init() { schedrt.AtBegin(restoreFiles) }

// restoreFiles removes what the last schedule left.
func restoreFiles() {
	if home == "" {
		home, _ = os.Getwd()
	}
	if moved {
		moved = false
		os.Chdir(home)
	}
	for _, f := range opened {
		f.Close()
	}
	opened = opened[:0]
	if folder != "" {
		os.RemoveAll(folder)
		folder = ""
	}
}

// readFiles performs f as a step that reads files.
func readFiles(f func()) {
	if !schedrt.Controlled() {
		f()
		return
	}
	schedrt.Do(schedrt.OpReadFile, func() bool { f(); return false },
		schedrt.Touch{Object: &files, Mode: schedrt.Read})
}

// changeFiles performs f as a step that changes files. Name is the function for a refusal, and paths
// are the files.
func changeFiles(name string, f func(), paths ...string) {
	if !schedrt.Controlled() {
		f()
		return
	}
	for _, path := range paths {
		if !mayChange(path) {
			schedrt.Refuse(name + " outside of the folder of the schedule is not under control: " +
				"write to a folder of T.TempDir or os.MkdirTemp")
		}
	}
	schedrt.Do(schedrt.OpWriteFile, func() bool { f(); return true },
		schedrt.Touch{Object: &files, Mode: schedrt.Write})
}

// mayChange reports whether a path is in the folder of the schedule. The initialization of packages
// may change other files: it did so before the first schedule, too.
func mayChange(path string) bool {
	if path == os.DevNull || !schedrt.FirstInit() {
		return true
	}
	absolute, err := filepath.Abs(path)
	if err != nil || folder == "" {
		return false
	}
	rest, ok := strings.CutPrefix(absolute, folder)
	return ok && (rest == "" || rest[0] == filepath.Separator)
}

// track remembers a file that a schedule has opened.
func track(f *os.File, err error) (*os.File, error) {
	if err == nil {
		remember(f)
	}
	return f, err
}

// remember has the next schedule close a file or a root.
func remember(c io.Closer) {
	if schedrt.Controlled() {
		opened = append(opened, c)
	}
}

// changes reports whether a file that is opened with a flag may be changed.
func changes(flag int) bool {
	return flag&(os.O_WRONLY|os.O_RDWR|os.O_CREATE|os.O_TRUNC|os.O_APPEND) != 0
}

// TempDir is os.TempDir. Under control it is the folder of the schedule. The parent process chooses
// the folder around it, and removes it.
func TempDir() string {
	if !schedrt.Controlled() || !schedrt.FirstInit() {
		return os.TempDir()
	}
	if folder == "" {
		path := filepath.Join(os.TempDir(), fmt.Sprintf("schedule-%08d", os.Getpid()))
		if resolved, err := filepath.EvalSymlinks(os.TempDir()); err == nil {
			path = filepath.Join(resolved, filepath.Base(path)) // as Getwd returns it
		}
		os.RemoveAll(path)
		if err := os.MkdirAll(path, 0o700); err != nil {
			schedrt.Refuse("there is no folder for the schedule: " + err.Error())
		}
		folder = path
	}
	return folder
}

// temporary calls try with names made of a pattern until one is new. The numbers in the names are
// the same in every schedule.
func temporary(dir, pattern string, try func(path string) error) error {
	if strings.ContainsRune(pattern, filepath.Separator) {
		return &fs.PathError{Op: "createtemp", Path: pattern, Err: fs.ErrInvalid}
	}
	if dir == "" {
		dir = TempDir()
	}
	prefix, suffix := pattern, ""
	if i := strings.LastIndexByte(pattern, '*'); i >= 0 {
		prefix, suffix = pattern[:i], pattern[i+1:]
	}
	for {
		name := fmt.Sprintf("%s%010d%s", prefix, schedrt.RandomBelow(1e10), suffix)
		if err := try(filepath.Join(dir, name)); !os.IsExist(err) {
			return err
		}
	}
}

// MkdirTemp is os.MkdirTemp.
func MkdirTemp(dir, pattern string) (path string, err error) {
	if !schedrt.Controlled() {
		return os.MkdirTemp(dir, pattern)
	}
	err = temporary(dir, pattern, func(name string) error {
		path = name
		return Mkdir(name, 0o700)
	})
	return path, err
}

// CreateTemp is os.CreateTemp.
func CreateTemp(dir, pattern string) (f *os.File, err error) {
	if !schedrt.Controlled() {
		return os.CreateTemp(dir, pattern)
	}
	err = temporary(dir, pattern, func(name string) (err error) {
		f, err = OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
		return err
	})
	return f, err
}

// Open is os.Open.
func Open(name string) (f *os.File, err error) {
	readFiles(func() { f, err = track(os.Open(name)) })
	return f, err
}

// Create is os.Create.
func Create(name string) (f *os.File, err error) {
	changeFiles("os.Create", func() { f, err = track(os.Create(name)) }, name)
	return f, err
}

// OpenFile is os.OpenFile.
func OpenFile(name string, flag int, perm os.FileMode) (f *os.File, err error) {
	if !changes(flag) {
		readFiles(func() { f, err = track(os.OpenFile(name, flag, perm)) })
		return f, err
	}
	changeFiles("os.OpenFile", func() { f, err = track(os.OpenFile(name, flag, perm)) }, name)
	return f, err
}

// ReadFile is os.ReadFile.
func ReadFile(name string) (text []byte, err error) {
	readFiles(func() { text, err = os.ReadFile(name) })
	return text, err
}

// WriteFile is os.WriteFile.
func WriteFile(name string, text []byte, perm os.FileMode) (err error) {
	changeFiles("os.WriteFile", func() { err = os.WriteFile(name, text, perm) }, name)
	return err
}

// ReadDir is os.ReadDir.
func ReadDir(name string) (entries []os.DirEntry, err error) {
	readFiles(func() { entries, err = os.ReadDir(name) })
	return entries, err
}

// Stat is os.Stat.
func Stat(name string) (info os.FileInfo, err error) {
	readFiles(func() { info, err = os.Stat(name) })
	return info, err
}

// Lstat is os.Lstat.
func Lstat(name string) (info os.FileInfo, err error) {
	readFiles(func() { info, err = os.Lstat(name) })
	return info, err
}

// Readlink is os.Readlink.
func Readlink(name string) (to string, err error) {
	readFiles(func() { to, err = os.Readlink(name) })
	return to, err
}

// Getwd is os.Getwd.
func Getwd() (dir string, err error) {
	readFiles(func() { dir, err = os.Getwd() })
	return dir, err
}

// Chdir is os.Chdir. Each schedule begins in the working folder of the first one.
func Chdir(dir string) (err error) {
	changeFiles("os.Chdir", func() { moved = true; err = os.Chdir(dir) })
	return err
}

// Mkdir is os.Mkdir.
func Mkdir(name string, perm os.FileMode) (err error) {
	changeFiles("os.Mkdir", func() { err = os.Mkdir(name, perm) }, name)
	return err
}

// MkdirAll is os.MkdirAll.
func MkdirAll(path string, perm os.FileMode) (err error) {
	changeFiles("os.MkdirAll", func() { err = os.MkdirAll(path, perm) }, path)
	return err
}

// Remove is os.Remove.
func Remove(name string) (err error) {
	changeFiles("os.Remove", func() { err = os.Remove(name) }, name)
	return err
}

// RemoveAll is os.RemoveAll.
func RemoveAll(path string) (err error) {
	changeFiles("os.RemoveAll", func() { err = os.RemoveAll(path) }, path)
	return err
}

// Rename is os.Rename.
func Rename(oldpath, newpath string) (err error) {
	changeFiles("os.Rename", func() { err = os.Rename(oldpath, newpath) }, oldpath, newpath)
	return err
}

// Truncate is os.Truncate.
func Truncate(name string, size int64) (err error) {
	changeFiles("os.Truncate", func() { err = os.Truncate(name, size) }, name)
	return err
}

// Link is os.Link.
func Link(oldname, newname string) (err error) {
	changeFiles("os.Link", func() { err = os.Link(oldname, newname) }, newname)
	return err
}

// Symlink is os.Symlink.
func Symlink(oldname, newname string) (err error) {
	changeFiles("os.Symlink", func() { err = os.Symlink(oldname, newname) }, newname)
	return err
}

// Chmod is os.Chmod.
func Chmod(name string, mode os.FileMode) (err error) {
	changeFiles("os.Chmod", func() { err = os.Chmod(name, mode) }, name)
	return err
}

// Chown is os.Chown.
func Chown(name string, uid, gid int) (err error) {
	changeFiles("os.Chown", func() { err = os.Chown(name, uid, gid) }, name)
	return err
}

// Chtimes is os.Chtimes.
func Chtimes(name string, atime, mtime time.Time) (err error) {
	changeFiles("os.Chtimes", func() { err = os.Chtimes(name, atime, mtime) }, name)
	return err
}

// CopyFS is os.CopyFS. It is one step, so fsys must be of the standard library.
func CopyFS(dir string, fsys fs.FS) (err error) {
	changeFiles("os.CopyFS", func() { err = os.CopyFS(dir, fsys) }, dir)
	return err
}

// A File has the methods of an os.File, each of which is one step. Rewritten code has
// explore__os.On(f).Read(b) for f.Read(b). Code of the standard library calls the methods of the
// os.File, within a step of the caller.
type File struct{ f *os.File }

// On returns the methods of f.
func On(f *os.File) File { return File{f} }

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
