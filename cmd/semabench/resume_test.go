package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/semabench/semabench/cmd/internal/sampling"
	"github.com/semabench/semabench/internal/exitcode"
	"github.com/semabench/semabench/internal/longtest"
)

// short are the arguments of a run of 3 rounds with 4 rows, in two workloads.
var short = []string{"run", "-samples", "3", "-benchtime", "1ms", "-seed", "7",
	"-impl", "cond,channel", "-workload", "uncontended,contended", "-permits", "1", "-goroutines", "1"}

// samplesIn returns the rows of the samples in a text, in order.
func samplesIn(text string) (rows []string) {
	for line := range strings.Lines(text) {
		if rest, ok := strings.CutPrefix(line, sampling.SamplePrefix); ok {
			name, _, _ := strings.Cut(rest, "\t")
			rows = append(rows, strings.TrimSpace(name))
		}
	}
	return rows
}

// folder makes a folder with a text in it.
func folder(t *testing.T, text string) (dir, path string) {
	t.Helper()
	dir = t.TempDir()
	path = filepath.Join(dir, sampling.TextName)
	if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	return dir, path
}

func completeRun(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if code, _, stderr := command(t, "", append(short, "-o", dir)...); code != exitcode.OK {
		t.Fatalf("exits %d: %s", code, stderr)
	}
	return read(t, filepath.Join(dir, sampling.TextName))
}

// A run may end anywhere. After it was resumed, its text has each sample once, in the same order
// as the text of a run without an interruption.
func TestResume(t *testing.T) {
	longtest.Need(t, "TestInterruptAndResume")
	complete := completeRun(t)
	want := samplesIn(complete)
	if len(want) == 0 || len(want)%3 != 0 {
		t.Fatalf("%d samples in the text of 3 rounds:\n%s", len(want), complete)
	}
	lineOf := func(prefix string, n int) int { // offset of the n'th line with this beginning
		at := 0
		for range n {
			at += strings.Index(complete[at:], "\n"+prefix) + 1
		}
		return at
	}
	for name, end := range map[string]int{
		"before the first sample":   lineOf(sampling.SeedKey, 1),
		"within a round":            lineOf(sampling.SamplePrefix, 3),
		"between rounds":            lineOf(sampling.SeedKey, 2),
		"within a sample":           lineOf(sampling.SamplePrefix, 4) + 70,
		"within a number":           lineOf(sampling.SeedKey, 3) - 3,
		"within a comment":          lineOf(sampling.SeedKey, 3) + 9,
		"within a workload line":    lineOf(sampling.WorkloadKey, 4) + 4,
		"behind a workload line":    lineOf(sampling.SamplePrefix, 1),
		"before the last character": len(complete) - 1,
	} {
		t.Run(name, func(t *testing.T) {
			dir, path := folder(t, complete[:end])
			code, stdout, stderr := command(t, "", "run", "-resume", dir)
			if code != exitcode.OK {
				t.Fatalf("exits %d: %s", code, stderr)
			}
			mustContain(t, "standard output", stdout, filepath.Join(dir, "report.html"))
			text := read(t, path)
			if got := samplesIn(text); !slices.Equal(got, want) {
				t.Errorf("the samples are\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
			}
			cut := complete[strings.LastIndex(complete[:end], "\n")+1 : end]
			if cut != "" {
				mustContain(t, "the text", text, "\n"+sampling.CutKey+cut+"\n")
				mustContain(t, "standard error", stderr, "ended within a line", cut)
			}
			if strings.Contains(read(t, filepath.Join(dir, "report.md")), "partial") {
				t.Error("a complete report calls itself partial")
			}
		})
	}
}

// A run that is interrupted between two samples exits with 130 and says how to go on. A new run in
// the same folder is refused with the same advice. Resuming a complete run does nothing and says
// so.
func TestInterruptAndResume(t *testing.T) {
	becomeCommand(t)
	dir := t.TempDir()
	ctx, cancel := context.WithCancel(context.Background())
	var out, complaint bytes.Buffer
	a := app{table: testTable(), stdout: &out, stderr: &complaint}
	a.maker = func(
		ctx context.Context, o sampling.Options, p sampling.Plan, seed uint32,
	) (sampling.Programs, sampling.Program, error) {
		made, first, err := sampling.Self(ctx, o, p, seed)
		return interrupting{made, cancel}, first, err
	}
	if code := a.main(ctx, append(short, "-o", dir)); code != exitcode.Interrupted {
		t.Errorf("exits %d, want %d: %s", code, exitcode.Interrupted, complaint.String())
	}
	text := read(t, filepath.Join(dir, sampling.TextName))
	some := len(samplesIn(text))
	mustContain(t, "standard error", complaint.String(), "partial",
		fmt.Sprintf("%d of %d", some, 3*some), "-resume")
	mustRefuse(t, append(short, "-o", dir), "interrupted after "+fmt.Sprint(some), "-resume "+dir,
		"-o")

	if code, _, stderr := command(t, "", "run", "-resume", dir); code != exitcode.OK {
		t.Errorf("exits %d: %s", code, stderr)
	}
	whole := read(t, filepath.Join(dir, sampling.TextName))
	if n := len(samplesIn(whole)); n != 3*some || !strings.HasPrefix(whole, text) {
		t.Errorf("%d samples after %d, want %d behind those that were there:\n%s", n, some, 3*some, whole)
	}
	code, _, stderr := command(t, "", "run", "-resume", dir)
	if code != exitcode.OK || read(t, filepath.Join(dir, sampling.TextName)) != whole {
		t.Errorf("resuming a complete run exits %d and may have changed it: %s", code, stderr)
	}
	mustContain(t, "standard error", stderr, "is complete")
	mustRefuse(t, append(short, "-o", dir), "exists")
}

// interrupting programs cancel the run before the second link.
type interrupting struct {
	sampling.Programs
	cancel context.CancelFunc
}

func (i interrupting) Link(ctx context.Context, seed uint32) (sampling.Program, error) {
	i.cancel()
	return i.Programs.Link(ctx, seed)
}

// A text that would mix two measurements is refused and stays unchanged.
func TestResumeRefuses(t *testing.T) {
	complete := completeRun(t)
	half := complete[:strings.LastIndex(complete, "\n"+sampling.SeedKey)+1]
	replaced := func(old, new string) string {
		if !strings.Contains(half, old) {
			t.Fatalf("no %q in\n%s", old, half)
		}
		return strings.Replace(half, old, new, 1)
	}
	lines := strings.SplitAfter(half, "\n")
	for name, test := range map[string]struct {
		text string
		want []string
	}{
		"somebody else's":   {goodText, []string{"was not begun by semabench run"}},
		"a line of nothing": {": nothing\n" + replaced("\ncommit: ", "\ncommit: 0"), []string{"commit was"}},
		"cut in its header": {half[:strings.Index(half, sampling.PlanKey)], []string{"was not begun by semabench run"}},
		"another processor": {replaced("\ncpu: ", "\ncpu: Z80 "), []string{`cpu was "Z80 `, "anew"}},
		"another commit":    {replaced("\ncommit: ", "\ncommit: 0"), []string{"commit was"}},
		"another code":      {replaced(sampling.CodeKey, sampling.CodeKey+"0"), []string{"the code was 0"}},
		"another layout":    {replaced("layout: one", "layout: random"), []string{`layout was "random" and is "one"`}},
		"another priority":  {replaced("priority: ", "priority: 1"), []string{`priority was "1`}},
		"another plan":      {replaced("-impl cond,channel", "-impl spin,weighted"), []string{"sample 1 is ", "planned"}},
		"a plan of nothing": {replaced("-impl cond,channel", "-impl pond"), []string{"the plan in", "pond"}},
		"a sample too many": {complete + lines[len(lines)-2], []string{"13 samples"}},
	} {
		t.Run(name, func(t *testing.T) {
			dir, path := folder(t, test.text)
			mustRefuse(t, []string{"run", "-resume", dir}, append(test.want, path)...)
			if read(t, path) != test.text {
				t.Error("the text was changed")
			}
		})
	}
	mustRefuse(t, []string{"run", "-resume", t.TempDir()}, "no such file")
	mustRefuse(t, []string{"run", "-resume", "x", "-quick"}, "no other flag")
}

// A row that failed is not measured again after a resume, and still named.
func TestResumeAfterFailures(t *testing.T) {
	dir := t.TempDir()
	args := []string{"run", "-samples", "2", "-benchtime", "1ms", "-impl", "nil,cond", "-workload",
		"uncontended"}
	if code, _, stderr := command(t, "", append(args, "-o", dir)...); code != exitcode.Failed {
		t.Fatalf("exits %d: %s", code, stderr)
	}
	text := read(t, filepath.Join(dir, sampling.TextName))
	mustContain(t, "the text", text, "returned nil",
		sampling.FailedKey+"workload=uncontended/impl=nil/permits=1/goroutines=1: ")
	again, path := folder(t, text[:strings.LastIndex(text, "\n"+sampling.SamplePrefix)+1])
	code, _, stderr := command(t, "", "run", "-resume", again)
	if code != exitcode.Failed {
		t.Errorf("exits %d, want %d", code, exitcode.Failed)
	}
	mustContain(t, "standard error", stderr, "1 row failed", "impl=nil", "returned nil")
	if got, want := samplesIn(read(t, path)), samplesIn(text); !slices.Equal(got, want) {
		t.Errorf("the samples are %q, want %q", got, want)
	}
}
