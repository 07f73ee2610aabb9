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

// stale is when a lock is taken to be of a process that was killed. No build takes so long.
const stale = 5 * time.Minute

// lock keeps two processes that test the same package from writing the same copies.
func lock(dir string) (unlock func(), err error) {
	path := filepath.Join(dir, "lock")
	for {
		err := os.Mkdir(path, 0o755)
		if err == nil {
			return func() { os.Remove(path) }, nil
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

// settle gives a binary a name of its own, so that whoever builds the next one does not replace it
// while it is in use, and removes those of former days.
func settle(binary string) (string, error) {
	text, err := os.ReadFile(binary)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(text)
	name := fmt.Sprintf("%s-%x.test", strings.TrimSuffix(binary, ".test"), sum[:8])
	former, err := filepath.Glob(filepath.Join(filepath.Dir(binary), "explore*-*"))
	if err != nil {
		return "", err
	}
	for _, path := range former {
		if info, err := os.Stat(path); err == nil && time.Since(info.ModTime()) > 24*time.Hour {
			os.Remove(path)
		}
	}
	return name, os.Rename(binary, name)
}
