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
	"github.com/semabench/semabench/internal/longtest"
)

// A job appends a line to a log when it begins and when it ends. Appends of a line are atomic. The
// peak is the largest number of jobs that had begun and not ended. A job sleeps long enough for all
// jobs that may run at once to overlap.
const job = `echo b >>"$LOG"; sleep 0.03; echo e >>"$LOG"`

// makefile has jobs that make runs. The target go runs jobs of a Go client beside
// them, and the target crates runs jobs of cargo.
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

// jobsMain runs jobs as a client of the make or cargo that started this child.
func jobsMain() error {
	sem, err := process.JoinJobserver(os.Getenv("MAKEFLAGS"))
	if err != nil {
		return err
	}
	return errors.Join(project{log: os.Getenv("LOG")}.runJobs(sem), sem.Close())
}

// runJobs runs each job in a goroutine, under a permit.
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

// A project is a folder with the makefile and a log.
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

// command returns a command in the folder, not yet started. It removes a MAKEFLAGS that this test
// itself got, so that only the flags of the argument count.
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

// mustRun fails if the command fails, or if make complains about the number of its tokens at the
// end.
func mustRun(t testing.TB, cmd *exec.Cmd) {
	t.Helper()
	out, err := cmd.CombinedOutput()
	if err != nil || strings.Contains(string(out), "jobserver") {
		t.Errorf("%v: %v\n%s", cmd, err, out)
	}
}

// peak returns how many jobs ran at once at most, and removes the log.
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
		t.Errorf("%d jobs began and %d of them did not end, want %d and 0", began, running, jobs)
	}
	return peak
}

// Make and a Go client together never run more jobs than -j allows, and in some run exactly so
// many.
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

// A Go server serves the tokens of a pipe to two makes at once, each started under one permit. No
// token is lost or made.
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
			mustAllBeFree(t, sem, tokens)
			return w.peak(t, 2*makeJobs)
		})
		must(t, sem.Close())
	}
}

// runClient runs a client under a permit of this process, because a client runs its first job
// without a token.
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

// mustPeak fails if in any run more jobs than want overlap, or if in every run fewer do. On a busy
// machine the second takes more runs.
func mustPeak(t *testing.T, what string, want int, run func() int) {
	t.Helper()
	least := *runs
	if least == 0 {
		least = longtest.Or(t, "runs of make for each number of jobs", 3, 1)
	}
	highest, done := 0, 0
	for done < least || highest < want && done < least+20 {
		highest = max(highest, run())
		done++
	}
	t.Logf("%s: %d runs, up to %d jobs at once", what, done, highest)
	if highest != want {
		t.Errorf("%s: up to %d jobs at once in %d runs, want %d", what, highest, done, want)
	}
}

// A killed make takes its tokens with it. That is a limit of the protocol, which the documentation
// names.
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
		t.Error("after make was killed the server has not exactly one of its three tokens left")
	}
	sem.Release(1)
	eventually(t, "has seen the orphans end", func() bool {
		text, _ := os.ReadFile(w.log)
		return strings.Count(string(text), "e") == 3
	})
}
