package main

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/semabench/semabench/impls"
)

// With this variable set the test binary is the command, with broken implementations in its table.
// run starts itself for each sample, and finds the test binary.
const beCommand = "SEMABENCH_TEST_BE_COMMAND"

func TestMain(m *testing.M) {
	if os.Getenv(beCommand) == "" {
		os.Exit(m.Run())
	}
	commandMain(testTable())
}

func testTable() []impls.Impl {
	broken := []impls.Impl{
		{Name: "panics", New: func(int64) impls.Semaphore { panic("no permits today") }},
		{Name: "nil", New: func(int64) impls.Semaphore { return nil }},
		{Name: "dies", New: func(int64) impls.Semaphore { os.Exit(7); return nil }},
	}
	return append(impls.All(), broken...)
}

// command runs the command in this process and returns what it said.
func command(t *testing.T, stdin string, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	t.Setenv(beCommand, "1")
	var out, complaint bytes.Buffer
	a := app{table: testTable(), stdin: strings.NewReader(stdin), stdout: &out, stderr: &complaint}
	code = a.main(context.Background(), args)
	return code, out.String(), complaint.String()
}

func mustContain(t *testing.T, what, s string, wanted ...string) {
	t.Helper()
	for _, want := range wanted {
		if !strings.Contains(s, want) {
			t.Errorf("%s does not contain %q:\n%s", what, want, s)
		}
	}
}

const goodText = `goos: linux
BenchmarkSemaphore/workload=w/impl=a-2	100	10.0 ns/op
BenchmarkSemaphore/workload=w/impl=b-2	100	20.0 ns/op
PASS
`

// Refused commands exit 2, say what would have been right, and write nothing.
func TestRefusals(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		return path
	}
	good := write("good.txt", goodText)
	empty := write("empty.txt", "")
	prose := write("prose.txt", "This is no benchmark.\n")
	broken := write("broken.txt", "goos: linux\nBenchmarkX 10 ten ns/op\n")
	old := write("bench.txt", "kept")
	missing := filepath.Join(dir, "missing.txt")
	out := filepath.Join(dir, "out")
	for _, test := range []struct {
		args []string
		want []string
	}{
		{nil, []string{"run", "report", "Exit codes"}},
		{[]string{"walk"}, []string{`unknown verb "walk"`, "run", "report"}},
		{[]string{"run", "-impl", "cond,pond"}, []string{`unknown implementation "pond"`, "cond", "channel", "spin", "weighted"}},
		{[]string{"run", "-workload", "sleep"}, []string{`unknown workload "sleep"`, "uncontended", "contended", "cpu", "io"}},
		{[]string{"run", "-quick", "-full"}, []string{"exclude each other"}},
		{[]string{"run", "-samples", "-1"}, []string{"-samples=-1"}},
		{[]string{"run", "-o", out, "cond"}, []string{`unexpected argument "cond"`}},
		{[]string{"run", "-warp"}, []string{"-warp"}},
		{[]string{"run", "-o", filepath.Join(good, "sub")}, []string{"making the folder", "good.txt"}},
		{[]string{"run", "-o", dir}, []string{old + " exists", "-o"}},
		{[]string{"report"}, []string{"name at least one file"}},
		{[]string{"report", "-format", "pdf", good}, []string{`unknown format "pdf"`, "text", "markdown", "html"}},
		{[]string{"report", "-col", "/impl@", good}, []string{"/impl@"}},
		{[]string{"report", "-o", out, missing}, []string{"missing.txt", "no such file"}},
		{[]string{"report", "-o", out, empty}, []string{"empty.txt"}},
		{[]string{"report", "-o", out, prose}, []string{"prose.txt"}},
		{[]string{"report", "-o", out, broken}, []string{"broken.txt:2"}},
		{[]string{"report", "-o", out, good, missing}, []string{"missing.txt"}},
		{[]string{"report", "-o", filepath.Join(good, "sub"), good}, []string{"writing the report"}},
		{[]string{"sample", "-impl", "all"}, []string{"unknown workload"}},
	} {
		code, stdout, stderr := command(t, "", test.args...)
		if code != exitRefused {
			t.Errorf("%q exits %d, want %d", test.args, code, exitRefused)
		}
		if stdout != "" {
			t.Errorf("%q prints %q on standard output, want nothing", test.args, stdout)
		}
		mustContain(t, strings.Join(test.args, " "), stderr, test.want...)
	}
	if _, err := os.Stat(out); err == nil {
		t.Error("a refused command made its output folder")
	}
	if text, err := os.ReadFile(old); err != nil || string(text) != "kept" {
		t.Errorf("an older bench.txt holds %q (%v) now", text, err)
	}
}

func TestHelp(t *testing.T) {
	for _, args := range [][]string{{"help"}, {"-h"}, {"run", "-h"}, {"report", "-h"}, {"sample", "-h"}} {
		code, stdout, stderr := command(t, "", args...)
		if code != exitOK || stderr != "" || !strings.Contains(stdout, "semabench") {
			t.Errorf("%q exits %d and prints %q, %q; want 0, help, and no complaint",
				args, code, stdout, stderr)
		}
	}
}

// Broken lines are left out, shown, and not forgiven.
func TestReportOfBrokenLines(t *testing.T) {
	dir := t.TempDir()
	code, stdout, stderr := command(t, goodText+"BenchmarkX 10 ten ns/op\n", "report", "-o", dir, "-")
	if code != exitFailed {
		t.Errorf("exits %d, want %d", code, exitFailed)
	}
	mustContain(t, "standard error", stderr, "1 broken line", "standard input:5")
	for path := range strings.Lines(stdout) {
		text, err := os.ReadFile(strings.TrimSpace(path))
		if err != nil {
			t.Fatal(err)
		}
		mustContain(t, path, string(text), "standard input:5", "Semaphore")
	}
}

func TestReportFormats(t *testing.T) {
	for format, want := range map[string]string{"text": "sec/op", "markdown": "| sec/op |", "html": "<html"} {
		code, stdout, stderr := command(t, goodText, "report", "-format", format, "-")
		if code != exitOK || !strings.Contains(stdout, want) {
			t.Errorf("-format %s exits %d (%s), want 0 and %q in\n%s", format, code, stderr, want, stdout)
		}
	}
}

// From a command to a report: each row in the text as often as planned, and benchstat reads it.
func TestRun(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new", "folder")
	code, stdout, stderr := command(t, "", "run", "-quick", "-samples", "2",
		"-impl", "cond,spin", "-workload", "uncontended,contended", "-o", dir)
	if code != exitOK {
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
	mustContain(t, "the text", text, "planned-samples: 12\n", "order: interleaved\n", "commit: ", "kernel: ")
	out, err := exec.Command("go", "tool", "benchstat", "-col", "/impl", filepath.Join(dir, "bench.txt")).CombinedOutput()
	if err != nil {
		t.Fatalf("benchstat: %v\n%s", err, out)
	}
	for _, w := range []string{"uncontended", "contended"} {
		if n := strings.Count(string(out), "workload: "+w+"\n"); n != 1 {
			t.Errorf("benchstat shows %d groups of tables for %s, want 1:\n%s", n, w, out)
		}
	}
	if strings.Contains(read(t, filepath.Join(dir, "report.md")), "partial") {
		t.Error("a complete report calls itself partial")
	}
}

// One that panics, one that returns nil and one that takes its process down are named; the good
// one is measured and reported.
func TestRunWithBrokenConstructors(t *testing.T) {
	dir := t.TempDir()
	code, _, stderr := command(t, "", "run", "-quick", "-samples", "2",
		"-impl", "panics,cond,nil,dies", "-workload", "uncontended", "-o", dir)
	if code != exitFailed {
		t.Errorf("exits %d, want %d", code, exitFailed)
	}
	mustContain(t, "standard error", stderr, "3 rows failed",
		"impl=panics", "no permits today", "impl=nil", "returned nil", "impl=dies", "exit status 7")
	if n := strings.Count(read(t, filepath.Join(dir, "bench.txt")), "impl=cond"); n != 2 {
		t.Errorf("the good implementation has %d samples, want 2", n)
	}
	mustContain(t, "the report", read(t, filepath.Join(dir, "report.md")), "partial: 2 of 8", "cond")
}

// Ctrl-C: what was measured is kept and reported, and said to be partial.
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
	// Not a wait for something to be blocked: the file says when there is something to keep.
	for strings.Count(fileSoFar(text), "\nBenchmark") < 2 {
		time.Sleep(10 * time.Millisecond)
	}
	if err := cmd.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	err := cmd.Wait()
	if code := cmd.ProcessState.ExitCode(); code != exitInterrupted {
		t.Errorf("exits %d (%v), want %d: %s", code, err, exitInterrupted, stderr.String())
	}
	mustContain(t, "standard error", stderr.String(), "interrupted", "partial")
	mustContain(t, "the report", read(t, filepath.Join(dir, "report.html")), "of 1000 planned samples")
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func fileSoFar(path string) string {
	text, _ := os.ReadFile(path) // it may not be there yet
	return string(text)
}

// Each implementation takes each place equally often, and neighbours stay neighbours.
func TestTurns(t *testing.T) {
	all := impls.All()
	places := make(map[string][]int)
	for round := range 2 * len(all) {
		order := turn(all, round)
		for place, impl := range order {
			places[impl.Name] = append(places[impl.Name], place)
		}
	}
	for name, where := range places {
		slices.Sort(where)
		if want := []int{0, 0, 1, 1, 2, 2, 3, 3}; !slices.Equal(where, want) {
			t.Errorf("%s takes the places %v, want %v", name, where, want)
		}
	}
}
