package rewrite

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// The cache has a folder for each package and set of options. While a process writes to one it has
// the lock in it; binaries have the names of what is in them, and stay when the lock is gone.

// beat is how often the owner of a lock shows that it lives, and stale is when a lock is taken to be
// of a process that was killed.
const (
	beat  = 2 * time.Second
	stale = 15 * beat
)

// lock keeps two processes that test the same package from writing the same copies.
func lock(dir string) (unlock func(), err error) {
	path := filepath.Join(dir, "lock")
	for {
		err := os.Mkdir(path, 0o755)
		if err == nil {
			return keep(path), nil
		}
		if !errors.Is(err, fs.ErrExist) {
			return nil, fmt.Errorf("locking the cache: %w", err)
		}
		if info, err := os.Stat(path); err == nil && time.Since(info.ModTime()) > stale {
			os.Remove(path) // and if another was faster, Mkdir fails again
		}
		time.Sleep(20 * time.Millisecond) // it is another process, which nothing tells about
	}
}

// keep touches the lock until it is released.
func keep(path string) (release func()) {
	done := make(chan struct{})
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		tick := time.NewTicker(beat)
		defer tick.Stop()
		for {
			select {
			case <-done:
				os.Remove(path)
				return
			case now := <-tick.C:
				os.Chtimes(path, now, now)
			}
		}
	}()
	return func() { close(done); <-ended }
}

// unused is when a folder or a binary is removed. It is short, as building anew takes seconds, and
// long enough for whoever runs a binary for a day.
const unused = 3 * 24 * time.Hour

// sweep removes the folders of the cache that no build has used for long.
func sweep(cache string) { removeOld(filepath.Join(cache, "*", "overlay.json"), filepath.Dir) }

// removeOld removes what the files that match stand for, if they are old.
func removeOld(pattern string, what func(path string) string) {
	paths, err := filepath.Glob(pattern)
	if err != nil {
		return // of a bad pattern: nothing is old then
	}
	for _, path := range paths {
		if info, err := os.Stat(path); err == nil && time.Since(info.ModTime()) > unused {
			os.RemoveAll(what(path))
		}
	}
}

// settle gives a binary the name of what is in it, so that whoever builds the next one does not
// replace it while it is in use, and removes old ones.
func settle(binary string) (string, error) {
	text, err := os.ReadFile(binary)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(text)
	name := fmt.Sprintf("%s-%x.test", strings.TrimSuffix(binary, ".test"), sum[:8])
	now := time.Now()
	if err := os.Chtimes(name, now, now); err == nil { // it is there, and may be running
		return name, os.Remove(binary)
	}
	removeOld(filepath.Join(filepath.Dir(binary), "explore*-*.test"), func(path string) string { return path })
	return name, os.Rename(binary, name)
}

// writeIfNew leaves a file alone that has this text already, as the go command looks at its age.
func writeIfNew(path string, text []byte) error {
	if old, err := os.ReadFile(path); err == nil && string(old) == string(text) {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return os.WriteFile(path, text, 0o644)
}
