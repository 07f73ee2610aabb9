package rewrite_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/semabench/semabench/internal/longtest"
	"github.com/semabench/semabench/stress/explore/internal/rewrite"
)

// Several builds of the same package come to the same binary, and none of them takes it away from
// the processes that run it. A changed source has another binary, and a build removes old ones.
func TestBuildsShareABinary(t *testing.T) {
	longtest.NeedCI(t, "TestASecondBuildWaits, TestSweep and TestAdopt")
	dir := tree{"go.mod": goMod, "m_test.go": playing("example.org/m/dep"), "dep/dep.go": work}.write(t)
	cache := t.TempDir()
	old := time.Now().Add(-100 * 24 * time.Hour)
	forgotten := filepath.Join(cache, "forgotten")
	aged(t, filepath.Join(forgotten, "overlay.json"), old)
	first := build(t, dir, cache)
	linked := stat(t, filepath.Join(filepath.Dir(first), "explore.test"))
	stale := filepath.Join(filepath.Dir(first), "explore-0123.test")
	aged(t, stale, old)
	var wg sync.WaitGroup
	for range 3 {
		wg.Go(func() {
			if again := build(t, dir, cache); again != first {
				t.Errorf("%s, want %s, of the same source", again, first)
			}
		})
	}
	wg.Wait()
	if now := stat(t, filepath.Join(filepath.Dir(first), "explore.test")); !os.SameFile(linked, now) {
		t.Error("a build without a change linked the binary again")
	}
	if out, err := exec.Command(first).CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
	if _, err := os.Stat(forgotten); err == nil {
		t.Errorf("%s is still there", forgotten)
	}
	text := []byte(work + "\nvar Changed = 1\n")
	if err := os.WriteFile(filepath.Join(dir, "dep", "dep.go"), text, 0o644); err != nil {
		t.Fatal(err)
	}
	if build(t, dir, cache) == first {
		t.Error("a changed source has the same binary")
	}
	if _, err := os.Stat(stale); err == nil {
		t.Errorf("%s is still there", stale)
	}
	if _, err := os.Stat(first); err != nil {
		t.Errorf("the binary in use is gone: %v", err)
	}
}

func stat(t *testing.T, path string) os.FileInfo {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	return info
}

// build builds a binary that stays in use until the end of the test, and returns its path.
func build(t *testing.T, dir, cache string) string {
	b, err := rewrite.Build(t.Context(), rewrite.Options{Dir: dir, Cache: cache})
	if err != nil {
		t.Error(err)
		return ""
	}
	t.Cleanup(func() { b.Close() })
	return b.Path
}

// aged makes an empty file of an age.
func aged(t *testing.T, path string, when time.Time) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(path, when, when); err != nil {
		t.Fatal(err)
	}
}
