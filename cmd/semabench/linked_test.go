package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/semabench/semabench/cmd/internal/sampling"
	"github.com/semabench/semabench/impls"
	"github.com/semabench/semabench/impls/process"
	"github.com/semabench/semabench/internal/exitcode"
	"github.com/semabench/semabench/internal/longtest"
)

// linkedCommand runs the command with the real table, and with programs that the go command links.
func linkedCommand(t *testing.T, args ...string) (code int, stderr string) {
	t.Helper()
	becomeCommand(t) // where nothing can be linked, this test binary takes the samples
	var out, complaint bytes.Buffer
	a := app{table: impls.All(), shared: process.All(), maker: sampling.Linked, stdout: &out, stderr: &complaint}
	code = a.main(context.Background(), args)
	return code, complaint.String()
}

// The working directory is in another module. A run measures a constructor of that module beside
// one of this module and a table of a third module, with a layout for each round, and writes
// nothing there. Then the run is resumed. An implementation that knows no weights is measured only
// at the workload without.
func TestLinkedRun(t *testing.T) {
	longtest.Need(t, "TestRun")
	t.Chdir(filepath.Join("..", "..", "examples", "limiter"))
	before := names(t, ".")
	dir := t.TempDir()
	code, stderr := linkedCommand(t, "run", "-samples", "2", "-benchtime", "1ms", "-seed", "5",
		"-impl", "cond,./.New,rivals", "-workload", "uncontended,mixed", "-o", dir)
	if code != exitcode.OK {
		t.Fatalf("exits %d: %s", code, stderr)
	}
	text := read(t, filepath.Join(dir, sampling.TextName))
	mustContain(t, "the text", text, "layout: random\n", "impl=limiter/", "impl=cond/",
		"mixed/impl=marusama/", "uncontended/impl=tokens/", "Unit /impl=tokens ",
		"limiter=example.org/limiter.New,", "-seed 5", "in round 1 of 2\n", "in round 2 of 2\n")
	if after := names(t, "."); after != before {
		t.Errorf("the folder has %s after it had %s", after, before)
	}
	if strings.Contains(text, "mixed/impl=tokens/") {
		t.Error("a channel of tokens was measured with weights")
	}
	again, path := folder(t, text[:strings.LastIndex(text, "\n"+sampling.SamplePrefix)+1])
	if code, stderr = linkedCommand(t, "run", "-resume", again); code != exitcode.OK {
		t.Errorf("resuming exits %d: %s", code, stderr)
	}
	if n := len(samplesIn(read(t, path))); n != 22 {
		t.Errorf("%d samples after it was resumed, want 2 of 7 rows and 2 of 4 rows", n)
	}
}

func names(t *testing.T, dir string) (all string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		all += e.Name() + " "
	}
	return all
}

// Where nothing can be linked, the command says so and measures with one layout. It refuses
// constructors of other packages.
func TestRunWhereNothingCanBeLinked(t *testing.T) {
	t.Chdir(t.TempDir())
	code, stderr := linkedCommand(t, "run", "-samples", "1", "-benchtime", "1ms", "-impl", "cond",
		"-workload", "uncontended", "-o", "out")
	if code != exitcode.OK {
		t.Fatalf("exits %d: %s", code, stderr)
	}
	mustContain(t, "standard error", stderr, "one code layout", "in no Go module")
	mustContain(t, "the text", read(t, filepath.Join("out", sampling.TextName)), "layout: one\n")
	code, stderr = linkedCommand(t, "run", "-impl", "cond,./.New", "-o", "new")
	if code != exitcode.Refused {
		t.Errorf("exits %d, want %d", code, exitcode.Refused)
	}
	mustContain(t, "standard error", stderr, "in no Go module")
	if _, err := os.Stat("new"); err == nil {
		t.Error("a refused command made its folder")
	}
}

// The text of a plan reads as the same plan.
func TestPlanText(t *testing.T) {
	a := app{table: impls.All(), stderr: os.Stderr}
	for _, want := range []string{
		"-impl cond,spin -workload io -permits 1,4 -samples 3 -benchtime 1s -seed 9",
		"-impl weighted,lim=example.org/lim.New,x=a/b.NewX -workload uncontended,mixed -samples 20 -benchtime 500ms -seed 1 -full",
	} {
		p, err := sampling.ParsePlan(a.samplingOptions(), want)
		if got := p.String(); err != nil || got != want {
			t.Errorf("the plan %q reads as %q (%v)", want, got, err)
		}
	}
	for _, text := range []string{"-quick -full", "-impl cond extra", "-impl ./mine"} {
		if p, err := sampling.ParsePlan(a.samplingOptions(), text); err == nil {
			t.Errorf("%q is the plan %v, want an error", text, p)
		}
	}
}
