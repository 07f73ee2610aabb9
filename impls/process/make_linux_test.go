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
	w := workshop{dir, filepath.Join(dir, "log")}
	w.makefile(t, makefile)
	return w
}

func (w workshop) makefile(t testing.TB, text string) {
	must(t, os.WriteFile(filepath.Join(w.dir, "Makefile"), []byte(text), 0o600))
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
		mustPeak(t, fmt.Sprintf("make -j%d with a Go client", jobs), jobs, func() int {
			mustRun(t, w.command("", "make", fmt.Sprintf("-j%d", jobs), "mixed"))
			return w.peak(t, 12)
		})
	}
}

// Go serves tokens to two makes at once, each started under one permit, by a pipe; and in the same way
// by a fifo, to those that know that. No token is lost or made.
func TestServerOfMake(t *testing.T) {
	needs(t, "make")
	w := newWorkshop(t)
	for _, tokens := range []int64{2, 3} {
		sem := must2(process.NewJobserver(tokens))
		mustPeak(t, fmt.Sprintf("two makes on %d tokens", tokens), int(tokens), func() int {
			var wg sync.WaitGroup
			for range 2 {
				wg.Go(func() { serveMake(t, w, sem) })
			}
			wg.Wait()
			site{}.allFree(t, sem, tokens)
			return w.peak(t, 12)
		})
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

// mustPeak fails if more jobs than may ever run at once, and if on no occasion so many do: on a busy
// machine that takes more runs.
func mustPeak(t *testing.T, what string, want int, run func() int) {
	t.Helper()
	highest, done := 0, 0
	for done < *runs || highest < want && done < *runs+20 {
		highest = max(highest, run())
		done++
	}
	if highest != want {
		t.Errorf("%s: up to %d jobs at once in %d runs, want %d", what, highest, done, want)
	}
}

// A make that is killed takes its tokens with it: that is what the protocol is like.
func TestKilledMakeLosesTokens(t *testing.T) {
	needs(t, "make")
	w := newWorkshop(t)
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
