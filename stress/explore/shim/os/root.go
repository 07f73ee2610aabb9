package os

import (
	"os"
	"time"
)

// A Root has the methods of an os.Root, each of which is one step, as the functions of package os are.
// Rewritten code has explore__os.OnRoot(r).Open(name) for r.Open(name). The type stays the standard
// one, because functions of the standard library take it. Only r.FS is left as it is: package io/fs
// reads files without a step anyway.
type Root struct{ r *os.Root }

// OnRoot returns the methods of r.
func OnRoot(r *os.Root) Root { return Root{r} }

// trackRoot remembers a root that a schedule has opened, as track does for a file.
func trackRoot(r *os.Root, err error) (*os.Root, error) {
	if err == nil {
		remember(r)
	}
	return r, err
}

// OpenRoot is os.OpenRoot.
func OpenRoot(name string) (r *os.Root, err error) {
	readFiles(func() { r, err = trackRoot(os.OpenRoot(name)) })
	return r, err
}

// OpenInRoot is os.OpenInRoot.
func OpenInRoot(dir, name string) (f *os.File, err error) {
	readFiles(func() { f, err = track(os.OpenInRoot(dir, name)) })
	return f, err
}

// change performs f as a step that changes files of the root. A path that leaves the root fails in
// package os, so it need not be in the folder of the schedule: mayChange is asked for the root.
func (r Root) change(method string, f func()) { changeFiles("os.Root."+method, f, r.r.Name()) }

// Close is the method of os.Root, and so are the methods below.
func (r Root) Close() (err error) {
	readFiles(func() { err = r.r.Close() })
	return err
}

// OpenRoot is one step.
func (r Root) OpenRoot(name string) (inner *os.Root, err error) {
	readFiles(func() { inner, err = trackRoot(r.r.OpenRoot(name)) })
	return inner, err
}

// Open is one step.
func (r Root) Open(name string) (f *os.File, err error) {
	readFiles(func() { f, err = track(r.r.Open(name)) })
	return f, err
}

// Create is one step.
func (r Root) Create(name string) (f *os.File, err error) {
	r.change("Create", func() { f, err = track(r.r.Create(name)) })
	return f, err
}

// OpenFile is one step.
func (r Root) OpenFile(name string, flag int, perm os.FileMode) (f *os.File, err error) {
	if !changes(flag) {
		readFiles(func() { f, err = track(r.r.OpenFile(name, flag, perm)) })
		return f, err
	}
	r.change("OpenFile", func() { f, err = track(r.r.OpenFile(name, flag, perm)) })
	return f, err
}

// ReadFile is one step.
func (r Root) ReadFile(name string) (text []byte, err error) {
	readFiles(func() { text, err = r.r.ReadFile(name) })
	return text, err
}

// WriteFile is one step.
func (r Root) WriteFile(name string, text []byte, perm os.FileMode) (err error) {
	r.change("WriteFile", func() { err = r.r.WriteFile(name, text, perm) })
	return err
}

// Stat is one step.
func (r Root) Stat(name string) (info os.FileInfo, err error) {
	readFiles(func() { info, err = r.r.Stat(name) })
	return info, err
}

// Lstat is one step.
func (r Root) Lstat(name string) (info os.FileInfo, err error) {
	readFiles(func() { info, err = r.r.Lstat(name) })
	return info, err
}

// Readlink is one step.
func (r Root) Readlink(name string) (to string, err error) {
	readFiles(func() { to, err = r.r.Readlink(name) })
	return to, err
}

// Mkdir is one step.
func (r Root) Mkdir(name string, perm os.FileMode) (err error) {
	r.change("Mkdir", func() { err = r.r.Mkdir(name, perm) })
	return err
}

// MkdirAll is one step.
func (r Root) MkdirAll(name string, perm os.FileMode) (err error) {
	r.change("MkdirAll", func() { err = r.r.MkdirAll(name, perm) })
	return err
}

// Remove is one step.
func (r Root) Remove(name string) (err error) {
	r.change("Remove", func() { err = r.r.Remove(name) })
	return err
}

// RemoveAll is one step.
func (r Root) RemoveAll(name string) (err error) {
	r.change("RemoveAll", func() { err = r.r.RemoveAll(name) })
	return err
}

// Rename is one step.
func (r Root) Rename(oldname, newname string) (err error) {
	r.change("Rename", func() { err = r.r.Rename(oldname, newname) })
	return err
}

// Link is one step.
func (r Root) Link(oldname, newname string) (err error) {
	r.change("Link", func() { err = r.r.Link(oldname, newname) })
	return err
}

// Symlink is one step.
func (r Root) Symlink(oldname, newname string) (err error) {
	r.change("Symlink", func() { err = r.r.Symlink(oldname, newname) })
	return err
}

// Chmod is one step.
func (r Root) Chmod(name string, mode os.FileMode) (err error) {
	r.change("Chmod", func() { err = r.r.Chmod(name, mode) })
	return err
}

// Chown is one step.
func (r Root) Chown(name string, uid, gid int) (err error) {
	r.change("Chown", func() { err = r.r.Chown(name, uid, gid) })
	return err
}

// Lchown is one step.
func (r Root) Lchown(name string, uid, gid int) (err error) {
	r.change("Lchown", func() { err = r.r.Lchown(name, uid, gid) })
	return err
}

// Chtimes is one step.
func (r Root) Chtimes(name string, atime, mtime time.Time) (err error) {
	r.change("Chtimes", func() { err = r.r.Chtimes(name, atime, mtime) })
	return err
}
