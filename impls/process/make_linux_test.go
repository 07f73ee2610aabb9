package process_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/semabench/semabench/impls/process"
)

// Jobs tell a log when they begin and end, by lines that are appended whole. The peak is how many
// had begun and not ended. A job takes long enough for all that may run at once to do so.
const job = `echo b >>"$LOG"; sleep 0.03; echo e >>"$LOG"`

// makefile has jobs that make runs, and by “go” some that a Go client runs beside them.
const makefile = `
jobs: 1 2 3 4 5 6
mixed: 1 2 3 4 5 6 go
1 2 3 4 5 6:
	@` + "echo b >>$(LOG); sleep 0.03; echo e >>$(LOG)" + `
go:
	+@` + childVar + `=jobs $(SELF)
.PHONY: jobs mixed 1 2 3 4 5 6 go
`

// beClient runs jobs as a client of the make that started this child.
func beClient() error {
	sem, err := process.JoinJobserver(os.Getenv("MAKEFLAGS"))
	if err != nil {
		return err
	}
	var wg sync.WaitGroup
	failed := make(chan error, 6)
	for range cap(failed) {
		wg.Go(func() {
			if err := sem.Acquire(context.Background(), 1); err != nil {
				failed <- err
				return
			}
			defer sem.Release(1)
			if out, err := exec.Command("sh", "-c", job).CombinedOutput(); err != nil {
				failed <- fmt.Errorf("%w: %s", err, out)
			}
		})
	}
	wg.Wait()
	close(failed)
	for e := range failed {
		err = e
	}
	if err == nil {
		err = sem.Close()
	}
	return err
}

// workshop is a folder with the makefile and a log.
type workshop struct {
	dir, log string
}

func newWorkshop(t testing.TB) workshop {
	dir := t.TempDir()
	must(t, os.WriteFile(filepath.Join(dir, "Makefile"), []byte(makefile), 0o600))
	return workshop{dir, filepath.Join(dir, "log")}
}

// command starts nothing yet. A MAKEFLAGS of our own caller is nobody's business.
func (w workshop) command(flags string, name string, args ...string) *exec.Cmd {
	cmd := exec.Command(name, args...)
	cmd.Dir = w.dir
	for _, v := range os.Environ() {
		if !strings.HasPrefix(v, "MAKEFLAGS=") && !strings.HasPrefix(v, "MAKELEVEL=") && !strings.HasPrefix(v, "CARGO_MAKEFLAGS=") {
			cmd.Env = append(cmd.Env, v)
		}
	}
	self, _ := os.Readlink("/proc/self/exe")
	cmd.Env = append(cmd.Env, "LOG="+w.log, "SELF="+self, "GORACE=atexit_sleep_ms=0")
	if flags != "" {
		cmd.Env = append(cmd.Env, "MAKEFLAGS="+flags)
	}
	return cmd
}

// mustRun fails if the command does, and if make counts its tokens in the end and finds it wrong.
func mustRun(t testing.TB, cmd *exec.Cmd) {
	t.Helper()
	out, err := cmd.CombinedOutput()
	if err != nil || strings.Contains(string(out), "jobserver") {
		t.Errorf("%v: %v\n%s", cmd, err, out)
	}
}

// peak returns how many jobs ran at once at most, and forgets the log.
func (w workshop) peak(t testing.TB, jobs int) (peak int) {
	t.Helper()
	text := must2(os.ReadFile(w.log))
	must(t, os.Remove(w.log))
	running, began := 0, 0
	for _, line := range strings.Fields(string(text)) {
		if line == "e" {
			running--
			continue
		}
		running++
		began++
		peak = max(peak, running)
	}
	if running != 0 || began != jobs {
		t.Errorf("%d jobs began and %d did not end, want %d", began, running, jobs)
	}
	return peak
}

// Go is a client of make: together they never run more than -j says, and at times just so many.
func TestClientOfMake(t *testing.T) {
	needs(t, "make")
	w := newWorkshop(t)
	for _, jobs := range []int{2, 3, 4} {
		highest := 0
		for range *runs {
			mustRun(t, w.command("", "make", fmt.Sprintf("-j%d", jobs), "mixed"))
			highest = max(highest, w.peak(t, 12))
		}
		if highest != jobs {
			t.Errorf("make -j%d: up to %d jobs at once in %d runs, want %d", jobs, highest, *runs, jobs)
		}
	}
}

// Go serves tokens to two makes at once, each started under one permit, by a pipe; and in the same way
// by a fifo, to those that know that. No token is lost or made.
func TestServerOfMake(t *testing.T) {
	needs(t, "make")
	w := newWorkshop(t)
	for _, tokens := range []int64{2, 3} {
		sem := must2(process.NewJobserver(tokens))
		highest := 0
		for range *runs {
			var wg sync.WaitGroup
			for range 2 {
				wg.Go(func() { serveMake(t, w, sem) })
			}
			wg.Wait()
			highest = max(highest, w.peak(t, 12))
			site{}.allFree(t, sem, tokens)
		}
		if highest != int(tokens) {
			t.Errorf("%d tokens: up to %d jobs at once in %d runs", tokens, highest, *runs)
		}
		must(t, sem.Close())
	}
}

// serveMake runs a make under a permit of ours, which pays for its first job.
func serveMake(t *testing.T, w workshop, sem *process.Jobserver) {
	mustAcquire(t, sem, 1)
	defer sem.Release(1)
	files := must2(sem.Files())
	cmd := w.command(" -j "+sem.Auth(), "make", "jobs")
	cmd.ExtraFiles = files
	mustRun(t, cmd)
	for _, f := range files {
		must(t, f.Close())
	}
}

// Cargo is a client of Go, by a fifo: it builds six crates that do not need each other.
func TestServerOfCargo(t *testing.T) {
	if _, err := exec.LookPath("cargo"); err != nil {
		t.Skip("cargo is not installed: it is no part of what CI has to have")
	}
	w := newWorkshop(t)
	writeCrates(t, w, 6)
	for _, tokens := range []int64{1, 2} {
		path := filepath.Join(t.TempDir(), "fifo")
		sem := must2(process.ServeJobserver(path, tokens))
		mustAcquire(t, sem, 1)
		cmd := w.command("-j "+sem.Auth(), "cargo", "build", "--offline", "--quiet")
		cmd.Env = append(cmd.Env, "RUSTC_WRAPPER="+filepath.Join(w.dir, "wrapper"), "CARGO_HOME="+t.TempDir(),
			"CARGO_TARGET_DIR="+t.TempDir())
		mustRun(t, cmd)
		sem.Release(1)
		if peak := w.peak(t, 7); peak != int(tokens) {
			t.Errorf("%d tokens: cargo ran %d compilers at once", tokens, peak)
		}
		site{}.allFree(t, sem, tokens)
		must(t, sem.Close())
	}
}

// writeCrates writes a crate that depends on n others, and a wrapper that tells the log of compilers.
func writeCrates(t *testing.T, w workshop, n int) {
	manifest := "[package]\nname = \"all\"\nversion = \"0.1.0\"\nedition = \"2021\"\n[dependencies]\n"
	for i := range n {
		manifest += fmt.Sprintf("c%d = { path = \"c%d\" }\n", i, i)
		writeCrate(t, filepath.Join(w.dir, fmt.Sprint("c", i)),
			fmt.Sprintf("[package]\nname = \"c%d\"\nversion = \"0.1.0\"\nedition = \"2021\"\n", i))
	}
	writeCrate(t, w.dir, manifest)
	wrapper := "#!/bin/sh\ncase \"$*\" in *'--crate-name ___'*|*-vV*) exec \"$@\";; esac\n" +
		"echo b >>\"$LOG\"; \"$@\"; code=$?; sleep 0.03; echo e >>\"$LOG\"; exit $code\n"
	must(t, os.WriteFile(filepath.Join(w.dir, "wrapper"), []byte(wrapper), 0o700))
}

func writeCrate(t *testing.T, dir, manifest string) {
	must(t, os.MkdirAll(filepath.Join(dir, "src"), 0o700))
	must(t, os.WriteFile(filepath.Join(dir, "Cargo.toml"), []byte(manifest), 0o600))
	must(t, os.WriteFile(filepath.Join(dir, "src", "lib.rs"), nil, 0o600))
}

// A make that is killed takes its tokens with it: that is what the protocol is like.
func TestKilledMakeLosesTokens(t *testing.T) {
	needs(t, "make")
	w := newWorkshop(t)
	must(t, os.WriteFile(filepath.Join(w.dir, "Makefile"), []byte("all: 1 2 3\n1 2 3:\n\t@echo b >>$(LOG); sleep 0.3; echo e >>$(LOG)\n"), 0o600))
	sem := must2(process.NewJobserver(3))
	defer sem.Close()
	mustAcquire(t, sem, 1)
	files := must2(sem.Files())
	cmd := w.command(" -j "+sem.Auth(), "make")
	cmd.ExtraFiles = files
	must(t, cmd.Start())
	eventually(t, "runs three jobs", func() bool {
		text, _ := os.ReadFile(w.log)
		return strings.Count(string(text), "b") == 3
	})
	must(t, cmd.Process.Kill())
	_ = cmd.Wait()
	for _, f := range files {
		must(t, f.Close())
	}
	sem.Release(1)
	if sem.TryAcquire(3) || !sem.TryAcquire(1) {
		t.Error("the tokens of a killed make came back, or all are lost; want one of three left")
	}
	sem.Release(1)
	eventually(t, "has seen the orphans end", func() bool {
		text, _ := os.ReadFile(w.log)
		return strings.Count(string(text), "e") == 3
	})
}
