package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"github.com/semabench/semabench/impls"
	"github.com/semabench/semabench/internal/exitcode"
	"github.com/semabench/semabench/internal/longtest"
	"github.com/semabench/semabench/stress"
)

// generous grants every request. It has no shared state, so the race detector finds nothing.
type generous struct{}

func (generous) Acquire(ctx context.Context, _ int64) error { return ctx.Err() }
func (generous) TryAcquire(int64) bool                      { return true }
func (generous) Release(int64)                              {}

func newGenerous(int64) impls.Semaphore { return generous{} }

// stressTable has two correct implementations, an implementation that fails in every program, and an
// implementation that ends its process.
func stressTable() []impls.Impl {
	broken := impls.Impl{Name: "generous", New: newGenerous}
	dies := impls.Impl{Name: "dies", New: func(int64) impls.Semaphore { os.Exit(7); return nil }}
	leaves := impls.Impl{Name: "leaves", New: func(int64) impls.Semaphore { os.Exit(0); return nil }}
	return append([]impls.Impl{broken, dies, leaves}, impls.All()[:2]...)
}

// stressIn runs the verb in this process.
func stressIn(t *testing.T, ctx context.Context, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	t.Setenv(beCommand, "stress")
	var out, complaint bytes.Buffer
	a := app{table: stressTable(), stdout: &out, stderr: &complaint}
	code = a.main(ctx, append([]string{"stress"}, args...))
	return code, out.String(), complaint.String()
}

func TestStress(t *testing.T) {
	dir, procs := filepath.Join(t.TempDir(), "failures"), runtime.GOMAXPROCS(0)
	code, stdout, stderr := stressIn(t, context.Background(),
		"-impl", "cond,channel", "-ops", "2e3", "-seed", "7", "-procs", "1, 3", "-o", dir)
	if code != exitcode.OK {
		t.Fatalf("exits %d: %s", code, stderr)
	}
	mustContain(t, "standard output", stdout,
		"implementation  programs  operations", "ops/s  histories  undecided  failures\n")
	mustContain(t, "standard output", stdout, "\ncond ", "\nchannel ",
		"each had its -ops=2000, or was given up\n",
		fmt.Sprintf("race detector: %s", onOff(stress.RaceDetector)), "MiB in the first ones",
		"\nseed:          7\n", "\ngomaxprocs:    1,3\n")
	mustContain(t, "standard error", stderr, "from seed 7\n", ": 0 failures in ",
		" histories checked\n")
	for row := range strings.Lines(stdout) {
		var name string
		var programs, ops int
		if n, _ := fmt.Sscan(row, &name, &programs, &ops); n == 3 && (programs == 0 || ops < 2000) {
			t.Errorf("played too little: %s", row)
		}
	}
	if _, err := os.Stat(dir); err == nil {
		t.Error("nothing failed, and still there is a folder for it")
	}
	if got := runtime.GOMAXPROCS(0); got != procs {
		t.Errorf("GOMAXPROCS is %d afterwards, want %d", got, procs)
	}
}

func onOff(on bool) string {
	if on {
		return "on"
	}
	return "off"
}

// Each failure gets a file that fails again when it is replayed. The other implementations play
// on. A second run changes no file of the first.
func TestStressKeepsFailures(t *testing.T) {
	longtest.Need(t, "TestStress")
	dir := filepath.Join(t.TempDir(), "new", "failures")
	const each = 3
	for run := 1; run <= 2; run++ {
		code, stdout, stderr := stressIn(t, context.Background(), "-impl", "generous,cond",
			"-ops", "5000", "-seed", "11", "-max-failures", "3", "-o", dir)
		if code != exitcode.Failed {
			t.Fatalf("exits %d, want %d: %s", code, exitcode.Failed, stderr)
		}
		mustContain(t, "standard output", stdout, "  3, given up\n", "\ncond ")
		mustContain(t, "standard error", stderr, "generous: given up after 3 failures",
			": 3 failures in ", "3 programs failed, see "+dir)
		kept := failuresIn(t, dir)
		if len(kept) != run*each {
			t.Fatalf("%d files after run %d, want %d: %v", len(kept), run, run*each, kept)
		}
		printed := 0
		for _, path := range kept {
			if strings.Contains(stderr, path+"\n\tgenerous: ") {
				printed++
			}
		}
		if printed != each {
			t.Errorf("run %d printed %d of its %d paths:\n%s", run, printed, each, stderr)
		}
	}
	head := regexp.MustCompile(`^impl: generous\nclause: [A-Z]\d+\nseed: 1\d\nprogram: .+\n` +
		`gomaxprocs: \d+\nrace: (true|false)\n\n.`)
	for _, path := range failuresIn(t, dir) {
		if text := read(t, path); !head.MatchString(text) {
			t.Errorf("%s has another head:\n%s", path, text)
		}
		if code, stdout, stderr := stressIn(t, context.Background(), "-replay",
			path); code != exitcode.Failed || stdout == "" {
			t.Errorf("-replay %s exits %d, want %d and a report: %s%s", path, code, exitcode.Failed, stdout,
				stderr)
		}
	}
}

func failuresIn(t *testing.T, dir string) []string {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(dir, "generous-*.txt"))
	if err != nil || len(paths) == 0 {
		t.Fatalf("no failures in %s: %v", dir, err)
	}
	return paths
}

func writeFile(t *testing.T, dir, name, text string) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestInterruptedStress(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	code, stdout, stderr := stressIn(t, ctx, "-impl", "cond", "-time", "0", "-o",
		filepath.Join(t.TempDir(), "no"))
	if code != exitcode.Interrupted {
		t.Errorf("exits %d, want %d", code, exitcode.Interrupted)
	}
	mustContain(t, "standard output", stdout, "programs", "\ncond ", ": interrupted\n")
	mustContain(t, "standard error", stderr, "interrupted: nothing had failed")
}

// onceWritten calls do when a text with word is written. It is a Ctrl-C at a chosen moment.
type onceWritten struct {
	word string
	do   func()
}

func (o onceWritten) Write(p []byte) (int, error) {
	if bytes.Contains(p, []byte(o.word)) {
		o.do()
	}
	return len(p), nil
}

// An interrupt after a failure exits as a failure.
func TestFailureOutranksInterrupt(t *testing.T) {
	t.Setenv(beCommand, "stress")
	ctx, cancel := context.WithCancel(context.Background())
	var out bytes.Buffer
	a := app{table: stressTable(), stdout: &out, stderr: onceWritten{".txt", cancel}}
	dir := t.TempDir()
	code := a.main(ctx, []string{"stress", "-time", "0", "-max-failures", "1e6", "-o", dir})
	if code != exitcode.Failed || len(failuresIn(t, dir)) != 1 {
		t.Errorf("exits %d, want %d after one failure", code, exitcode.Failed)
	}
	mustContain(t, "standard output", out.String(), "\ncond ", ": interrupted\n")
}

// SIGTERM, which stops services, ends the verb with a summary.
func TestTerminatedStress(t *testing.T) {
	cmd := exec.Command(os.Args[0], "stress", "-time", "0", "-impl", "cond")
	cmd.Env = append(os.Environ(), beCommand+"=1")
	cmd.Dir = t.TempDir()
	var stdout bytes.Buffer
	playing := make(chan struct{}, 1)
	cmd.Stdout, cmd.Stderr = &stdout, onceWritten{"from seed", func() { playing <- struct{}{} }}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	<-playing
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	err := cmd.Wait()
	if code := cmd.ProcessState.ExitCode(); code != exitcode.Interrupted {
		t.Errorf("exits %d (%v), want %d", code, err, exitcode.Interrupted)
	}
	mustContain(t, "standard output", stdout.String(), "\ncond ", ": interrupted\n")
}

func TestStressRefusals(t *testing.T) {
	dir := t.TempDir()
	file := writeFile(t, dir, "file", "not a folder")
	for _, test := range []struct {
		args string
		want []string
	}{
		{"-impl pond", []string{`unknown implementation "pond"`, "cond"}},
		{"-time -1s", []string{"-time", "0, which means until interrupted, or more"}},
		{"-time soon", []string{"-time"}},
		{"-ops -1", []string{"-ops", "from 0 to 1000000000000000000"}},
		{"-ops 1e19", []string{"-ops", "from 0 to 1000000000000000000"}},
		{"-ops 1.5", []string{"-ops", "whole number"}},
		{"-ops many", []string{"-ops", "whole number"}},
		{"-seed -1", []string{"-seed", "from 0 to 18446744073709551615"}},
		{"-procs 0", []string{"-procs", `"0"`, "from 1 to 1024"}},
		{"-procs 1,1025", []string{"-procs", `"1025"`, "from 1 to 1024"}},
		{"-procs 1,,2", []string{"-procs", `""`, "from 1 to 1024"}},
		{"-procs two", []string{"-procs", `"two"`, "from 1 to 1024"}},
		{"-max-failures 0", []string{"-max-failures", "from 1 to 1000000000"}},
		{"-max-failures 2e9", []string{"-max-failures", "from 1 to 1000000000"}},
		{"-o " + file, []string{"-o=" + file, "want a folder"}},
		{"-o=", []string{"-o=", "want a folder"}},
		{"-times 5", []string{"-times is for -replay"}},
		{"-replay x -times 0", []string{"-times", "from 1 to 1000000000"}},
		{"-replay x -times -1", []string{"-times", "from 1 to 1000000000"}},
		{"-replay x -seed 5", []string{"leave out -seed"}},
		{"-replay=", []string{"no such file"}},
		{"cond", []string{`unexpected argument "cond"`}},
	} {
		mustRefuse(t, append([]string{"stress"}, strings.Fields(test.args)...), test.want...)
	}
}

// A program that ends its process is a failure like any other. Its file is kept and can be
// replayed, and the soak goes on.
func TestStressOutlivesCrash(t *testing.T) {
	dir := t.TempDir()
	code, stdout, stderr := stressIn(t, context.Background(), "-impl", "dies,cond", "-ops", "2000",
		"-max-failures", "2", "-o", dir)
	if code != exitcode.Failed {
		t.Errorf("exits %d, want %d: %s", code, exitcode.Failed, stderr)
	}
	mustContain(t, "standard output", stdout, "\ncond ", "  2, given up\n")
	kept, err := filepath.Glob(filepath.Join(dir, "dies-*.txt"))
	if err != nil || len(kept) != 2 {
		t.Fatalf("kept %v, %v, want two files", kept, err)
	}
	mustContain(t, kept[0], read(t, kept[0]), "\nprogram: ",
		"the process that played it ended: exit status 7")
}

// A program that ends its process with success has failed too: there is no result.
func TestStressOutlivesExit(t *testing.T) {
	dir := t.TempDir()
	code, _, stderr := stressIn(t, context.Background(), "-impl", "leaves", "-ops", "2000",
		"-max-failures", "1", "-o", dir)
	kept, err := filepath.Glob(filepath.Join(dir, "leaves-*.txt"))
	if code != exitcode.Failed || err != nil || len(kept) != 1 {
		t.Fatalf("exits %d, keeps %v, %v, want %d and one file: %s", code, kept, err, exitcode.Failed, stderr)
	}
	mustContain(t, kept[0], read(t, kept[0]),
		"the process that played it ended: exit status 0 without a result, as after os.Exit(0)")
}
