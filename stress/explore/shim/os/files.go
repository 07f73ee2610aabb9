package os

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/semabench/semabench/stress/explore/schedrt"
)

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
