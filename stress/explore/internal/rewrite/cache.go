package rewrite

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/semabench/semabench/internal/filelock"
)

// The cache has a folder for each package and set of options, and beside the folder a lock that a
// build holds while it writes there:
//
//	KEY.lock                 held alone during a build; never removed, see package filelock
//	KEY/used                 its modification time is the start of the last build
//	KEY/overlay.json, …      the copies
//	KEY/stamp.json           the program that the copies were made from, see stamp.go
//	KEY/explore-HASH.test    a binary; its modification time is the end of the last build of it
//	KEY/explore-HASH.lock    shared by the processes that start the binary
//
// Two builds of one package would otherwise write the same copies at the same time. A binary has
// the hash of its content in its name, so a later build does not replace a binary in use.

// unusedAfter is when a folder or a binary counts as unused. It is short, as building anew takes
// only seconds, and longer than a weekend, after which a developer goes on with the same package.
const unusedAfter = 3 * 24 * time.Hour

// A folder is the part of the cache that belongs to one package and set of options.
//
// Only a build has one. Processes that run a binary hold the lock of the binary and know nothing
// of the folder.
type folder struct {
	dir    string
	unlock func() error
}

// openFolder waits until no other build uses the folder of a key, and takes it. It renews the time
// of use, so that no sweep removes the folder: the copies themselves are only written when they
// change. The caller must call unlock on success. On an error the lock is free again.
func openFolder(ctx context.Context, cache, key string) (*folder, error) {
	f := &folder{dir: filepath.Join(cache, key)}
	if err := os.MkdirAll(cache, 0o755); err != nil {
		return nil, err
	}
	var err error
	if f.unlock, err = filelock.Lock(ctx, f.dir+".lock"); err != nil {
		return nil, err
	}
	// Only after locking: until then a sweep may remove the folder.
	if err := os.MkdirAll(f.dir, 0o755); err != nil {
		return nil, errors.Join(err, f.unlock())
	}
	if err := renew(filepath.Join(f.dir, "used")); err != nil {
		return nil, errors.Join(err, f.unlock())
	}
	return f, nil
}

// renew sets the modification time of a file to now. It creates the file if there is none.
func renew(path string) error {
	now := time.Now()
	err := os.Chtimes(path, now, now)
	if errors.Is(err, os.ErrNotExist) {
		return os.WriteFile(path, nil, 0o644)
	}
	return err
}

// isOld reports whether a file is there and was not renewed for unusedAfter.
func isOld(path string) bool {
	info, err := os.Stat(path)
	return err == nil && time.Since(info.ModTime()) > unusedAfter
}

// sweep removes the other folders of the cache that no build has used for long. A folder that
// cannot be removed, because a build or a binary in it is running, stays until a later sweep.
// Errors are not reported: a build that succeeded must not fail over old folders. It reads the
// names in the cache once for each build, which costs less than one start of the compiler.
func (f *folder) sweep() {
	cache := filepath.Dir(f.dir)
	entries, err := os.ReadDir(cache)
	if err != nil {
		return
	}
	for _, entry := range entries {
		if dir := filepath.Join(cache, entry.Name()); entry.IsDir() && dir != f.dir {
			removeFolder(dir)
		}
	}
}

// removeFolder removes a folder if it is old and not in use.
//
// The lock file itself stays. Removing it would let two processes hold two locks of one name.
func removeFolder(dir string) {
	if !folderIsOld(dir) {
		return // without creating a lock for it
	}
	unlock, free, err := filelock.TryLock(dir + ".lock")
	if err != nil || !free {
		return
	}
	defer unlock()
	if !folderIsOld(dir) { // a build may have used it before the lock was taken
		return
	}
	for _, binary := range binariesIn(dir) {
		if !removeBinary(binary) {
			return
		}
	}
	os.RemoveAll(dir)
}

// folderIsOld goes by the time of the last build. Folders of older versions of this package have
// no such file; their overlay.json tells when a build last changed something.
func folderIsOld(dir string) bool {
	used := filepath.Join(dir, "used")
	if _, err := os.Stat(used); err != nil {
		return isOld(filepath.Join(dir, "overlay.json"))
	}
	return isOld(used)
}

// removeBinary removes a binary and its lock, unless a process holds the lock or the binary is not
// old. The caller holds the lock of the folder, so no build can share the lock of the binary
// meanwhile.
func removeBinary(binary string) (removed bool) {
	if !isOld(binary) {
		return false
	}
	unlock, free, err := filelock.TryLock(lockOf(binary))
	if err != nil || !free {
		return false
	}
	if err := errors.Join(os.Remove(binary), unlock()); err != nil {
		return false
	}
	os.Remove(lockOf(binary))
	return true
}

// binariesIn returns the binaries with a hash in a folder, built with the race detector or without.
func binariesIn(dir string) []string {
	binaries, _ := filepath.Glob(filepath.Join(dir, "explore*-*.test")) // the pattern is right
	return binaries
}

// lockOf returns the path of the lock of a binary. The lock is a file of its own, because the
// binary is renamed and removed.
func lockOf(binary string) string { return strings.TrimSuffix(binary, ".test") + ".lock" }

// adopt copies a binary to a name with the hash of its content, and shares the lock of that name
// until release is called. It then removes old binaries of the folder that are not in use.
//
// The binary stays where the go command has put it. The next build finds it there and does not link
// again if nothing has changed; linking is two thirds of the time of such a build. A hard link in
// place of the copy would not do: the go command may write a new binary over the old one, and so
// over a binary that runs.
//
// The lock is taken before the binary is looked for: otherwise a sweep could remove it between the
// look and the lock. The time of a binary that is there is renewed, so that no sweep takes it for
// old.
//
// Sixteen digits of the hash keep two binaries of one folder apart.
func (f *folder) adopt(
	ctx context.Context, binary string,
) (path string, release func() error, err error) {
	text, err := os.ReadFile(binary)
	if err != nil {
		return "", nil, err
	}
	sum := sha256.Sum256(text)
	path = fmt.Sprintf("%s-%x.test", strings.TrimSuffix(binary, ".test"), sum[:8])
	if release, err = filelock.Share(ctx, lockOf(path)); err != nil {
		return "", nil, err
	}
	now := time.Now()
	if missing := os.Chtimes(path, now, now); missing != nil { // else it is there, and may be running
		if err := writeProgram(path, text); err != nil {
			return "", nil, errors.Join(err, release())
		}
	}
	for _, other := range binariesIn(f.dir) {
		removeBinary(other)
	}
	return path, release, nil
}

// writeProgram writes an executable file that appears at once, under its final name.
//
// Linux runs no file that some process has open for writing. A process that another goroutine forks
// inherits the open file until it calls exec, so no fork may happen meanwhile.
func writeProgram(path string, text []byte) error {
	syscall.ForkLock.RLock()
	err := os.WriteFile(path+".new", text, 0o755)
	syscall.ForkLock.RUnlock()
	if err == nil {
		err = os.Rename(path+".new", path)
	}
	if err != nil {
		os.Remove(path + ".new") // a part of a program would keep a full disk full
	}
	return err
}
