package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/semabench/semabench/internal/exitcode"
)

// The verb run writes each row as often as planned, in a text that benchstat reads, and a report.
func TestRun(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new", "folder")
	code, stdout, stderr := command(t, "", "run", "-quick", "-samples", "2",
		"-impl", "cond,spin", "-workload", "uncontended,cpu", "-o", dir)
	if code != exitcode.OK {
		t.Fatalf("exits %d: %s", code, stderr)
	}
	mustContain(t, "standard error", stderr, "measuring 12 samples, about ", "12 of 12 samples")
	for _, name := range []string{"bench.txt", "report.txt", "report.md", "report.html"} {
		mustContain(t, "standard output", stdout, filepath.Join(dir, name)+"\n")
	}
	text := read(t, filepath.Join(dir, "bench.txt"))
	if n := strings.Count(text, "\nBenchmarkSemaphore/"); n != 12 {
		t.Errorf("%d samples in the text, want 12:\n%s", n, text)
	}
	mustContain(t, "the text", text, "planned-samples: 12\n", "order: interleaved\n", "commit: ",
		"kernel: ")
	out, err := exec.Command("go", "tool", "benchstat", "-col", "/impl",
		filepath.Join(dir, "bench.txt")).CombinedOutput()
	if err != nil {
		t.Fatalf("benchstat: %v\n%s", err, out)
	}
	for _, w := range []string{"uncontended", "cpu"} {
		if n := strings.Count(string(out), "workload: "+w+"\n"); n != 1 {
			t.Errorf("benchstat shows %d groups of tables for %s, want 1:\n%s", n, w, out)
		}
	}
	if strings.Contains(read(t, filepath.Join(dir, "report.md")), "partial") {
		t.Error("a complete report calls itself partial")
	}
}

// Three constructors are broken: one panics, one returns nil, and one ends its process. The error
// names them, and the fourth implementation is measured and reported.
func TestRunWithBrokenConstructors(t *testing.T) {
	dir := t.TempDir()
	code, _, stderr := command(t, "", "run", "-quick", "-samples", "2",
		"-impl", "panics,cond,nil,dies", "-workload", "uncontended", "-o", dir)
	if code != exitcode.Failed {
		t.Errorf("exits %d, want %d", code, exitcode.Failed)
	}
	mustContain(t, "standard error", stderr, "3 rows failed",
		"impl=panics", "no permits today", "impl=nil", "returned nil", "impl=dies", "exit status 7")
	if n := strings.Count(read(t, filepath.Join(dir, "bench.txt")), "/impl=cond/"); n != 2 {
		t.Errorf("the good implementation has %d samples, want 2", n)
	}
	mustContain(t, "the report", read(t, filepath.Join(dir, "report.md")), "partial: 2 of 8", "cond")
}

// The last line says which implementation to use, also where no terminal is. An unknown need is
// refused before anything is measured.
func TestRunEndsWithTheAnswer(t *testing.T) {
	dir := t.TempDir()
	code, stdout, stderr := command(t, "", "run", "-samples", "1", "-benchtime", "1ms",
		"-impl", "cond", "-workload", "uncontended", "-require", "nonsense", "-o", filepath.Join(dir, "no"))
	if code != exitcode.Refused || stdout != "" {
		t.Errorf("an unknown need: exits %d, prints %q", code, stdout)
	}
	mustContain(t, "standard error", stderr, "unknown need", "no-burn")
	text := filepath.Join(dir, "bench.txt")
	write(t, dir, "bench.txt", "Unit /impl require=no-burn\nUnit /impl=a no-burn=burns-a-core fifo=yes\n"+
		"Unit /impl=b no-burn=yes fifo=no\n"+eightSamples("a", 100)+eightSamples("b", 200))
	for _, test := range []struct{ flags, want string }{
		{"", "use b in 1; a is ×2.00 faster, 100.0ns against 200.0ns (X), and burns a core"},
		{"-require=none", "use a in 1\n"},
		{"-require=fifo", "use a in 1\n"},
		{"-weight=cpu", "no single choice in 1\n"},
	} {
		args := append([]string{"report"}, strings.Fields(test.flags)...)
		_, _, stderr := command(t, "", append(args, "-o", filepath.Join(dir, "out"+test.flags), text)...)
		mustContain(t, "standard error of report "+test.flags, stderr, test.want)
	}
}

func eightSamples(impl string, ns int) string {
	return strings.Repeat(fmt.Sprintf("BenchmarkX/impl=%s 1 %d ns/op\n", impl, ns), 8)
}

// After Ctrl-C the samples so far are kept, and the report says that it is partial.
func TestInterruptedRun(t *testing.T) {
	dir := t.TempDir()
	text := filepath.Join(dir, "bench.txt")
	cmd := exec.Command(os.Args[0], "run", "-quick", "-samples", "1000", "-o", dir,
		"-impl", "cond", "-workload", "uncontended")
	cmd.Env = append(os.Environ(), beCommand+"=1")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	// The test polls the file, which another process writes.
	for strings.Count(fileSoFar(text), "\nBenchmark") < 2 {
		time.Sleep(10 * time.Millisecond)
	}
	if err := cmd.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	err := cmd.Wait()
	if code := cmd.ProcessState.ExitCode(); code != exitcode.Interrupted {
		t.Errorf("exits %d (%v), want %d: %s", code, err, exitcode.Interrupted, stderr.String())
	}
	mustContain(t, "standard error", stderr.String(), "interrupted", "partial")
	mustContain(t, "the report", read(t, filepath.Join(dir, "report.html")), "of 1000 planned samples")
}

func fileSoFar(path string) string {
	text, _ := os.ReadFile(path) // the file may not exist yet
	return string(text)
}
