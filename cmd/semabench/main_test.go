package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/semabench/semabench/bench/parallel"
	"github.com/semabench/semabench/cmd/internal/sampling"
	"github.com/semabench/semabench/impls"
	"github.com/semabench/semabench/internal/exitcode"
)

// beCommand names a variable that makes the test binary the command, with broken implementations
// in its table. The verb run starts its own executable for each sample, and that is the test
// binary.
const beCommand = "SEMABENCH_TEST_BE_COMMAND"

func TestMain(m *testing.M) {
	parallel.ChildMain(testTable()...)
	if os.Getenv(beCommand) == "" {
		os.Exit(m.Run())
	}
	// Package os checks once whether pidfds work, with a child that it forks and does not exec. Under
	// the race detector a signal to the group kills that child and its parent too (Go 1.26). No test
	// sends a signal this early.
	if _, err := os.FindProcess(os.Getpid()); err != nil {
		panic(err)
	}
	asVettool(os.Args[1:])
	if os.Getenv(beCommand) == "stress" {
		commandMain(stressTable(), nil, sampling.Self)
	}
	commandMain(testTable(), nil, sampling.Self)
}

func testTable() []impls.Impl {
	broken := []impls.Impl{
		{Name: "panics", New: func(int64) impls.Semaphore { panic("no permits today") }},
		{Name: "nil", New: func(int64) impls.Semaphore { return nil }},
		{Name: "dies", New: func(int64) impls.Semaphore { os.Exit(7); return nil }},
	}
	return append(impls.All(), broken...)
}

// command runs the command in this process, and returns its exit code and its output.
func command(t *testing.T, stdin string, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	becomeCommand(t)
	var out, complaint bytes.Buffer
	a := app{table: testTable(), maker: sampling.Self, stdin: strings.NewReader(stdin), stdout: &out,
		stderr: &complaint}
	code = a.main(context.Background(), args)
	return code, out.String(), complaint.String()
}

// becomeCommand makes this test binary the command in the processes that it starts.
func becomeCommand(t *testing.T) {
	t.Helper()
	t.Setenv(beCommand, "1")
	t.Setenv("GORACE", "atexit_sleep_ms=0") // without it each process sleeps for a second at its end
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

// A refused command exits with 2, says how to do it right, and writes nothing.
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
	json := write("json.txt", `{"Action":"output","Output":"PASS\\n"}`+"\n")
	missing := filepath.Join(dir, "missing.txt")
	out := filepath.Join(dir, "out")
	for _, test := range []struct {
		args []string
		want []string
	}{
		{nil, []string{"run", "report", "Exit codes"}},
		{[]string{"walk"}, []string{`unknown verb "walk"`, "run", "report"}},
		{[]string{"run", "-impl", "cond,pond"}, []string{`unknown implementation "pond"`, "cond", "channel", "spin", "weighted"}},
		{[]string{"run", "-impl", "cond,all"}, []string{`all stands alone`}},
		{[]string{"run", "-impl", ""}, []string{`unknown implementation ""`}},
		{[]string{"run", "-workload", "sleep"}, []string{`unknown workload "sleep"`, "uncontended", "contended", "cpu", "io"}},
		{[]string{"run", "-permits", "0"}, []string{"-permits", "want whole numbers from 1"}},
		{[]string{"run", "-workload", "cpu", "-hold", "9"}, []string{"workload cpu does no CPU work that could be set"}},
		{[]string{"run", "-quick", "-full"}, []string{"exclude each other"}},
		{[]string{"run", "-samples", "-1"}, []string{"-samples", "from 1 to 1000"}},
		{[]string{"run", "-samples", "0"}, []string{"-samples", "from 1 to 1000"}},
		{[]string{"run", "-samples", "2000000000"}, []string{"-samples", "from 1 to 1000"}},
		{[]string{"run", "-o", out, "cond"}, []string{`unexpected argument "cond"`}},
		{[]string{"run", "-warp"}, []string{"-warp"}},
		{[]string{"run", "-o", filepath.Join(good, "sub")}, []string{"making the folder", "good.txt"}},
		{[]string{"run", "-o", dir}, []string{old + " exists", "-o"}},
		{[]string{"report"}, []string{"name at least one file"}},
		{[]string{"report", "-format", "pdf", good}, []string{`unknown format "pdf"`, "text", "markdown", "html"}},
		{[]string{"report", "-col", "/impl@", good}, []string{"/impl@"}},
		{[]string{"report", "-o", out, missing}, []string{"missing.txt", "no such file"}},
		{[]string{"report", "-o", out, empty}, []string{"empty.txt"}},
		{[]string{"report", "-o", out, json}, []string{"json.txt", "no benchmark line in it"}},
		{[]string{"report", "-o", out, prose}, []string{"prose.txt"}},
		{[]string{"report", "-o", out, broken}, []string{"broken.txt:2"}},
		{[]string{"report", "-o", out, good, missing}, []string{"missing.txt"}},
		{[]string{"report", "-o", filepath.Join(good, "sub"), good}, []string{"writing the report"}},
		{[]string{"sample", "-row", "impl=cond"}, []string{`unknown row "impl=cond"`}},
		{[]string{"parallel", "-works", "hash,sleep"}, []string{`unknown work "sleep"`, "hash", "limit"}},
		{[]string{"parallel", "-impl", "pond"}, []string{`unknown implementation "pond"`, "weighted"}},
		{[]string{"parallel", "-impl", "all"}, []string{"one implementation"}},
		{[]string{"parallel", "-process", "jobserver"}, []string{`unknown semaphore "jobserver"`, "broker"}},
		{[]string{"parallel", "-rounds", "0"}, []string{"-rounds", "from 1 to 1000"}},
		{[]string{"parallel", "-replay", out, "-quick"}, []string{"-replay", "no other flag"}},
		{[]string{"parallel", "-replay", out}, []string{"parallel.txt", "no such file"}},
		{[]string{"parallel", "-o", filepath.Join(good, "sub")}, []string{"making the folder", "good.txt"}},
		{[]string{"parallel", "-o", filepath.Join(dir, "files"), "-works", "files", "-files", missing}, []string{"the file to read", "missing.txt"}},
		{[]string{"parallel", "hash"}, []string{`unexpected argument "hash"`}},
		{[]string{"policies", "-impl", "pond"}, []string{`unknown implementation "pond"`, "cond"}},
		{[]string{"policies", "cond"}, []string{`unexpected argument "cond"`}},
	} {
		mustRefuse(t, test.args, test.want...)
	}
	if _, err := os.Stat(out); err == nil {
		t.Error("a refused command made its output folder")
	}
	if text, err := os.ReadFile(old); err != nil || string(text) != "kept" {
		t.Errorf("an older bench.txt holds %q (%v) now", text, err)
	}
}

func mustRefuse(t *testing.T, args []string, want ...string) {
	t.Helper()
	code, stdout, stderr := command(t, "", args...)
	if code != exitcode.Refused {
		t.Errorf("%q exits %d, want %d", args, code, exitcode.Refused)
	}
	if stdout != "" {
		t.Errorf("%q prints %q on standard output, want nothing", args, stdout)
	}
	mustContain(t, strings.Join(args, " "), stderr, want...)
}

// The help shows the flags of the command, and none of packages stress and testing.
func TestHelp(t *testing.T) {
	for _, args := range [][]string{
		{"help"}, {"-h"}, {"run", "-h"}, {"report", "-h"}, {"policies", "-h"}, {"stress", "-h"}, {"sample", "-h"}, {"parallel", "-h"},
	} {
		code, stdout, stderr := command(t, "", args...)
		if code != exitcode.OK || stderr != "" || !strings.Contains(stdout, "semabench") {
			t.Errorf("%q exits %d and prints %q, %q; want 0, help, and no complaint",
				args, code, stdout, stderr)
		}
		if strings.Contains(stdout, "-stress.") || strings.Contains(stdout, "-test.") {
			t.Errorf("%q shows flags of a test:\n%s", args, stdout)
		}
	}
}

// A report leaves broken lines out, names them, and exits with 1.
func TestReportOfBrokenLines(t *testing.T) {
	dir := t.TempDir()
	code, stdout, stderr := command(t, goodText+"BenchmarkX 10 ten ns/op\n", "report", "-o", dir, "-")
	if code != exitcode.Failed {
		t.Errorf("exits %d, want %d", code, exitcode.Failed)
	}
	mustContain(t, "standard error", stderr, "broken lines, 1 in all", "-:5")
	for path := range strings.Lines(stdout) {
		text, err := os.ReadFile(strings.TrimSpace(path))
		if err != nil {
			t.Fatal(err)
		}
		if filepath.Ext(strings.TrimSpace(path)) == ".svg" {
			mustContain(t, path, string(text), "1 broken line") // a picture has no room for its number
			continue
		}
		mustContain(t, path, string(text), "-:5", "Semaphore")
	}
}

// The report on a text that ended early says so, and the command exits with 1.
func TestReportOfPartialText(t *testing.T) {
	code, stdout, stderr := command(t, "planned-samples: 5\n"+goodText, "report", "-")
	if code != exitcode.Failed {
		t.Errorf("exits %d, want %d", code, exitcode.Failed)
	}
	mustContain(t, "standard error", stderr, "- is partial: 2 of 5 planned samples")
	mustContain(t, "standard output", stdout, "partial: 2 of 5", "sec/op")
}

func TestReportFormats(t *testing.T) {
	for format, want := range map[string]string{"text": "sec/op", "markdown": "| sec/op |",
		"html": "<html"} {
		code, stdout, stderr := command(t, goodText, "report", "-format", format, "-")
		if code != exitcode.OK || !strings.Contains(stdout, want) {
			t.Errorf("-format %s exits %d (%s), want 0 and %q in\n%s", format, code, stderr, want, stdout)
		}
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
