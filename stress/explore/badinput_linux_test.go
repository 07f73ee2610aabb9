package explore_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/semabench/semabench/internal/longtest"
	"github.com/semabench/semabench/stress/explore"
)

// A body that harms or strains its process gets its verdict within the time of the options, and the text says why.
func TestBadBodies(t *testing.T) {
	second := explore.Options{Time: time.Second}
	for name, c := range map[string]struct {
		body    func(*explore.T)
		options explore.Options
		verdict explore.Verdict
		text    string
		long    bool
	}{
		"kills its process": {func(*explore.T) { syscall.Kill(os.Getpid(), syscall.SIGKILL) }, second,
			explore.Refused, "syscall.Kill with the signal “killed”, which no process can handle, is not under control", false},
		"finds its parent": {func(*explore.T) { os.FindProcess(os.Getppid()) }, second,
			explore.Refused, "os.FindProcess of another process is not under control", false},
		"prints without end": {func(*explore.T) {
			for {
				fmt.Println("a line")
			}
		}, second, explore.Unknown, "-explore.time=1s", true},
		"logs without end": {func(t *explore.T) {
			for {
				t.Log("a line")
			}
		}, second, explore.Unknown, "-explore.time=1s", true},
		"uses 2 GB": {func(t *explore.T) {
			var wg sync.WaitGroup
			for range 2 {
				wg.Go(func() {
					room := make([]byte, 1<<30)
					for i := 0; i < len(room); i += 4096 {
						room[i] = 1
					}
				})
			}
			wg.Wait()
		}, explore.Options{Schedules: 2, Time: time.Minute}, explore.Pass, "complete", true},
	} {
		t.Run(name, func(t *testing.T) {
			if c.long {
				longtest.Need(t, "the other bodies")
			}
			began := time.Now()
			r := explore.Check(t, c.options, c.body)
			if r.Verdict != c.verdict || !strings.Contains(r.Text, c.text) {
				t.Errorf("%s after %v, want %s with %q: %s", r.Verdict, time.Since(began), c.verdict, c.text, r.Text)
			}
		})
	}
}

// badCache returns the command that explores one test with a cache of its own for instrumented tests. The
// compiled packages of the go command stay where they are.
func badCache(t *testing.T, cache, shell string) *exec.Cmd {
	t.Helper()
	goCache, err := exec.Command("go", "env", "GOCACHE").Output()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("sh", "-c", shell+` exec "$0" "$@"`, os.Args[0], "-test.v", "-test.run=^TestFlagsPass$")
	cmd.Env = append(os.Environ(), flagsVar+"=1", "XDG_CACHE_HOME="+cache,
		"GOCACHE="+strings.TrimSpace(string(goCache)))
	return cmd
}

// mustPass runs the command, which must pass its test.
func mustPass(t *testing.T, when string, cmd *exec.Cmd) {
	t.Helper()
	out, err := cmd.CombinedOutput()
	if err != nil || !bytes.Contains(out, []byte("--- PASS: TestFlagsPass")) || !bytes.Contains(out, []byte("complete")) {
		t.Errorf("%s: %v\n%s", when, err, out)
	}
}

// Twenty processes that begin with one empty cache pass. So does one whose predecessor was killed while it
// built, or had no room on the disk, which it says. Without a folder for the cache, the folder for temporary files
// serves; without both, the message names it.
func TestBadCaches(t *testing.T) {
	longtest.Need(t, "TestASecondBuildWaits, TestSweep and TestAdopt of package rewrite")
	t.Run("twenty", func(t *testing.T) {
		cache := t.TempDir()
		var wg sync.WaitGroup
		for i := range 20 {
			wg.Go(func() { mustPass(t, fmt.Sprint("process ", i), badCache(t, cache, "")) })
		}
		wg.Wait()
	})
	t.Run("full", func(t *testing.T) {
		cache := t.TempDir()
		out, err := badCache(t, cache, "ulimit -f 4000;").CombinedOutput() // blocks of 512 or 1024 bytes
		if err == nil || !bytes.Contains(out, []byte("building the instrumented test")) ||
			!bytes.Contains(out, []byte("file too large")) {
			t.Errorf("no room for the binary: %v\n%s", err, out)
		}
		mustPass(t, "after the disk was full", badCache(t, cache, ""))
	})
	t.Run("killed", func(t *testing.T) {
		cache := t.TempDir()
		killed := badCache(t, cache, "")
		killed.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
		if err := killed.Start(); err != nil {
			t.Fatal(err)
		}
		for range 600 { // until the build has written something, or for a minute
			if written, _ := filepath.Glob(filepath.Join(cache, "semabench-explore", "*", "*.go")); len(written) > 0 {
				break
			}
			time.Sleep(100 * time.Millisecond)
		}
		syscall.Kill(-killed.Process.Pid, syscall.SIGKILL)
		killed.Wait()
		mustPass(t, "after a build was killed", badCache(t, cache, ""))
	})
	t.Run("no folder", func(t *testing.T) {
		file := filepath.Join(t.TempDir(), "file")
		if err := os.WriteFile(file, nil, 0o644); err != nil {
			t.Fatal(err)
		}
		mustPass(t, "with the folder for temporary files as the cache", badCache(t, file, ""))
		neither := badCache(t, file, "")
		neither.Env = append(neither.Env, "TMPDIR="+file, "GOTMPDIR=")
		out, err := neither.CombinedOutput()
		if err == nil || !bytes.Contains(out, []byte("making a folder for the go command")) || !bytes.Contains(out, []byte(file)) {
			t.Errorf("without any folder: %v\n%s", err, out)
		}
	})
}
