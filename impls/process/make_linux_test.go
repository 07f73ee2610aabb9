package process_test

import (
	"context"
	"errors"
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

// makefile has jobs that make runs, and by “go” some that a Go client runs beside them, and by “crates”
// those of cargo.
const makefile = `
jobs: 1 2 3 4 5 6
mixed: 1 2 3 4 5 6 go
all: 1 2 3 go 4 5 6 crates
1 2 3 4 5 6:
	@` + "echo b >>$(LOG); sleep 0.03; echo e >>$(LOG)" + `
go:
	+@` + childVar + `=jobs $(SELF)
crates:
	+@cargo build --offline --quiet
.PHONY: jobs mixed all 1 2 3 4 5 6 go crates
`

const (
	makeJobs = 6
	goJobs   = 6
)

// beClient runs jobs as a client of the make that started this child.
func jobsMain() error {
	sem, err := process.JoinJobserver(os.Getenv("MAKEFLAGS"))
	if err != nil {
		return err
	}
	return errors.Join(project{log: os.Getenv("LOG")}.runJobs(sem), sem.Close())
}

// runJobs runs jobs by goroutines, each under a permit.
func (w project) runJobs(sem *process.Jobserver) (err error) {
	var wg sync.WaitGroup
	var failed [goJobs]error
	for i := range failed {
		wg.Go(func() {
			if failed[i] = sem.Acquire(context.Background(), 1); failed[i] != nil {
				return
			}
			defer sem.Release(1)
			cmd := exec.Command("sh", "-c", job)
			cmd.Env = append(os.Environ(), "LOG="+w.log)
			if out, err := cmd.CombinedOutput(); err != nil {
				failed[i] = fmt.Errorf("%w: %s", err, out)
			}
		})
	}
	wg.Wait()
	return errors.Join(failed[:]...)
}

// workshop is a folder with the makefile and a log.
type project struct {
	dir, log string
}

func newProject(t testing.TB) project {
	dir := t.TempDir()
	w := project{dir, filepath.Join(dir, "log")}
	w.makefile(t, makefile)
	return w
}

func (w project) makefile(t testing.TB, text string) {
	must(t, os.WriteFile(filepath.Join(w.dir, "Makefile"), []byte(text), 0o600))
}

// command starts nothing yet. A MAKEFLAGS of our own caller is nobody's business.
func (w project) command(flags string, name string, args ...string) *exec.Cmd {
	cmd := exec.Command(name, args...)
	cmd.Dir = w.dir
	for _, v := range os.Environ() {
		switch name, _, _ := strings.Cut(v, "="); name {
		case "MAKEFLAGS", "MAKELEVEL", "CARGO_MAKEFLAGS":
		default:
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
func (w project) peak(t testing.TB, jobs int) (peak int) {
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
	w := newProject(t)
	for _, jobs := range []int{2, 3, 4} {
		mustPeak(t, fmt.Sprintf("make -j%d with a Go client", jobs), jobs, func() int {
			mustRun(t, w.command("", "make", fmt.Sprintf("-j%d", jobs), "mixed"))
			return w.peak(t, makeJobs+goJobs)
		})
	}
}

// Go serves tokens to two makes at once, each started under one permit, by a pipe; and in the same way
// by a fifo, to those that know that. No token is lost or made.
func TestServerOfMake(t *testing.T) {
	needs(t, "make")
	w := newProject(t)
	for _, tokens := range []int64{2, 3} {
		sem := must2(process.NewJobserver(tokens))
		mustPeak(t, fmt.Sprintf("two makes on %d tokens", tokens), int(tokens), func() int {
			var wg sync.WaitGroup
			for range 2 {
				wg.Go(func() { runClient(t, sem, w.command(" -j "+sem.Auth(), "make", "jobs")) })
			}
			wg.Wait()
			namedSem{}.mustAllBeFree(t, sem, tokens)
			return w.peak(t, 2*makeJobs)
		})
		must(t, sem.Close())
	}
}

// serveOne runs a client under a permit of ours, which pays for its first job.
func runClient(t *testing.T, sem *process.Jobserver, cmd *exec.Cmd) {
	mustAcquire(t, sem, 1)
	defer sem.Release(1)
	files := must2(sem.Files())
	cmd.ExtraFiles = files
	mustRun(t, cmd)
	for _, f := range files {
		must(t, f.Close())
	}
}

// mustPeak fails if more jobs than may ever run at once, and if on no occasion so many do: on a busy
// machine that takes more runs.
func mustPeak(t *testing.T, what string, want int, run func() int) {
	t.Helper()
	highest, done := 0, 0
	for done < *runs || highest < want && done < *runs+20 {
		highest = max(highest, run())
		done++
	}
	t.Logf("%s: %d runs, up to %d jobs at once", what, done, highest)
	if highest != want {
		t.Errorf("%s: up to %d jobs at once in %d runs, want %d", what, highest, done, want)
	}
}

// A make that is killed takes its tokens with it: that is what the protocol is like.
func TestKilledMakeLosesTokens(t *testing.T) {
	needs(t, "make")
	w := newProject(t)
	w.makefile(t, "all: 1 2 3\n1 2 3:\n\t@echo b >>$(LOG); sleep 0.3; echo e >>$(LOG)\n")
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
