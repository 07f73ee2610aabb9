package rewrite

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/semabench/semabench/internal/filelock"
)

// long is long enough ago that what was used then is swept.
const long = -100 * 24 * time.Hour

// age creates a file if there is none, and makes it old.
func age(t *testing.T, path string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := renew(path); err != nil {
		t.Fatal(err)
	}
	when := time.Now().Add(long)
	if err := os.Chtimes(path, when, when); err != nil {
		t.Fatal(err)
	}
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// open opens a folder and closes it at the end of the test.
func open(t *testing.T, cache, key string) *folder {
	t.Helper()
	f, err := openFolder(t.Context(), cache, key)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.unlock() })
	return f
}

// A second build of the same package waits for the first, and no longer than its context lasts.
func TestASecondBuildWaits(t *testing.T) {
	cache := t.TempDir()
	first := open(t, cache, "a")
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() {
		_, err := openFolder(ctx, cache, "a")
		ended <- err
	}()
	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("a build whose context ended: %v, want %v", err, context.Canceled)
	}
	if err := first.unlock(); err != nil {
		t.Fatal(err)
	}
	second := open(t, cache, "a")
	if second.dir != first.dir {
		t.Errorf("folders %s and %s, want the same", first.dir, second.dir)
	}
}

// A build whose copies have not changed for long keeps its own folder and its own lock.
func TestAnUnchangedFolderIsRenewed(t *testing.T) {
	cache := t.TempDir()
	dir := filepath.Join(cache, "a")
	age(t, filepath.Join(dir, "overlay.json"))
	age(t, filepath.Join(dir, "used"))
	f := open(t, cache, "a")
	f.sweep()
	other := open(t, cache, "b")
	other.sweep()
	if err := f.unlock(); err != nil {
		t.Fatal(err)
	}
	other.sweep() // the folder is not in use any more, and was used just now
	if !exists(filepath.Join(dir, "overlay.json")) {
		t.Error("a folder that a build has just used was removed")
	}
}

// A sweep removes what is old and not in use, and nothing else.
func TestSweep(t *testing.T) {
	cache := t.TempDir()
	f := open(t, cache, "own")
	for _, name := range []string{"forgotten", "building", "running", "older"} {
		age(t, filepath.Join(cache, name, "overlay.json"))
	}
	age(t, filepath.Join(cache, "running", "used"))
	age(t, filepath.Join(cache, "forgotten", "used"))
	age(t, filepath.Join(cache, "forgotten", "explore-1.test"))
	binary := filepath.Join(cache, "running", "explore-2.test")
	age(t, binary)
	running, err := filelock.Share(t.Context(), lockOf(binary))
	if err != nil {
		t.Fatal(err)
	}
	building, err := filelock.Lock(t.Context(), filepath.Join(cache, "building.lock"))
	if err != nil {
		t.Fatal(err)
	}
	f.sweep()
	for name, want := range map[string]bool{
		"own": true, "forgotten": false, "older": false, "building": true, "running": true,
		"running/explore-2.test": true,
	} {
		if got := exists(filepath.Join(cache, name)); got != want {
			t.Errorf("%s is there: %v, want %v", name, got, want)
		}
	}
	if err := errors.Join(running(), building()); err != nil {
		t.Fatal(err)
	}
	f.sweep()
	for _, name := range []string{"building", "running"} {
		if exists(filepath.Join(cache, name)) {
			t.Errorf("%s is still there, and not in use any more", name)
		}
	}
}

// adopt keeps a binary that is in use, however old, and removes other old ones.
func TestAdopt(t *testing.T) {
	f := open(t, t.TempDir(), "a")
	build := func(text string) (string, func() error) {
		t.Helper()
		built := filepath.Join(f.dir, "explore.test")
		if err := os.WriteFile(built, []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
		path, release, err := f.adopt(t.Context(), built)
		if err != nil {
			t.Fatal(err)
		}
		return path, release
	}
	first, release := build("one")
	if !exists(filepath.Join(f.dir, "explore.test")) {
		t.Error("the binary is gone from the place where the next build looks for it")
	}
	again, releaseAgain := build("one")
	if first != again {
		t.Errorf("the same content has the names %s and %s", first, again)
	}
	age(t, first)
	second, _ := build("two")
	if second == first || !exists(first) {
		t.Errorf("a binary in use was removed or replaced by %s", second)
	}
	if err := errors.Join(release(), releaseAgain()); err != nil {
		t.Fatal(err)
	}
	build("two")
	if exists(first) || exists(lockOf(first)) {
		t.Error("an old binary that is not in use is still there")
	}
}
