package rewrite

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
)

// asNobody calls f with the rights on files that a user without privileges has. The tests may run as
// root, to whom no folder is read-only.
func asNobody(t *testing.T, f func()) {
	t.Helper()
	if os.Geteuid() != 0 {
		f()
		return
	}
	// The ID belongs to the thread. The thread is never unlocked, so it ends with the goroutine.
	done := make(chan struct{})
	go func() {
		defer close(done)
		runtime.LockOSThread()
		const nobody = 65534
		syscall.RawSyscall(syscall.SYS_SETFSUID, nobody, 0, 0)
		if now, _, _ := syscall.RawSyscall(syscall.SYS_SETFSUID, ^uintptr(0), 0, 0); now != nobody {
			t.Log("the rights of this thread cannot be changed")
			return
		}
		f()
	}()
	<-done
}

// A cache that may only be read is an error which names the path. Nothing is left there.
func TestReadOnlyCache(t *testing.T) {
	parent := t.TempDir()
	cache := filepath.Join(parent, "cache")
	if err := os.Mkdir(cache, 0o755); err != nil {
		t.Fatal(err)
	}
	// All folders, as the folder of the temporary folders may be closed to other users.
	for _, dir := range []string{cache, parent, filepath.Dir(parent)} {
		if err := os.Chmod(dir, 0o555); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { os.Chmod(dir, 0o755) })
	}
	played := false
	asNobody(t, func() {
		played = true
		f, err := openFolder(t.Context(), cache, "key")
		switch {
		case err == nil:
			f.unlock()
			t.Error("a cache that may only be read is opened")
		case !errors.Is(err, fs.ErrPermission) || !strings.Contains(err.Error(), cache):
			t.Errorf("%v, want the path and that permission is denied", err)
		}
	})
	if !played {
		t.Skip("no thread without the rights of root can be made here")
	}
	if entries, err := os.ReadDir(cache); len(entries) > 0 || err != nil {
		t.Errorf("left behind: %v, %v", entries, err)
	}
	if err := os.Chmod(cache, 0o755); err != nil {
		t.Fatal(err)
	}
	open(t, cache, "key") // no lock is left held
}

// smallDisk mounts a file system of a size at a new folder, until the end of the test.
func smallDisk(t *testing.T, size string) string {
	t.Helper()
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size="+size); err != nil {
		t.Skipf("a small file system can only be mounted by root: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, 0); err != nil {
			t.Error(err)
		}
	})
	return dir
}

// A binary for which the disk has no room is an error which says so, and leaves no part of it. When
// there is room again, the next build succeeds.
func TestFullDisk(t *testing.T) {
	cache := smallDisk(t, "256k")
	f, err := openFolder(t.Context(), cache, "key")
	if err != nil {
		t.Fatal(err)
	}
	defer f.unlock()
	binary := filepath.Join(t.TempDir(), "explore.test")
	if err := os.WriteFile(binary, make([]byte, 512<<10), 0o755); err != nil {
		t.Fatal(err)
	}
	in := filepath.Join(f.dir, "explore.test")
	if err := os.Symlink(binary, in); err != nil {
		t.Fatal(err)
	}
	if _, _, err := f.adopt(t.Context(), in); !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("%v, want that no space is left", err)
	}
	left, err := filepath.Glob(filepath.Join(f.dir, "*.test*"))
	if err != nil || len(left) != 1 {
		t.Errorf("left behind: %q, %v", left, err)
	}
	if err := syscall.Mount("", cache, "", syscall.MS_REMOUNT, "size=4m"); err != nil {
		t.Fatal(err)
	}
	path, release, err := f.adopt(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	defer release()
	if info, err := os.Stat(path); err != nil || info.Size() != 512<<10 {
		t.Error(info, err)
	}
}
