package duel

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/semabench/semabench/reports/gate"
)

// quick returns the options of the shortest duel. No test with these options
// depends on a time. It has one layout and one pair of controls, because each
// layout is a link of half a second: TestEveryBenchmarkIsReached and TestControls
// have several.
func quick(old, new Source) Options {
	return Options{
		Old: old, New: new, Pairs: 2, Slices: 2, Slice: 100 * time.Microsecond, Layouts: 1,
		Repeats: 2, Seed: 1, Silence: 20 * time.Second, OneStage: true, controlPairs: 1,
		NoInstructions: true, // a process under valgrind takes more than a second to begin
		MeasureSame:    true, // most tests have one folder as both sides
	}
}

// scratch writes a module into a new directory and returns the directory.
func scratch(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	write(t, dir, map[string]string{"go.mod": "module scratch\n\ngo 1.26\n"})
	write(t, dir, files)
	return dir
}

func write(t *testing.T, dir string, files map[string]string) {
	t.Helper()
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
}

// commit commits all files of a directory. If the directory is no repository,
// commit makes one first.
func commit(t *testing.T, dir string) {
	t.Helper()
	for _, args := range [][]string{
		{"init", "-q"}, {"add", "-A"},
		{"-c", "user.name=t", "-c", "user.email=t@example.org", "commit", "-q", "-m", "t"},
	} {
		cmd := exec.Command("git", args...)
		cmd.Dir = dir
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v: %v\n%s", cmd, err, out)
		}
	}
}

// benchmarks returns the text of a test file.
func benchmarks(pkg, body string) string {
	return "package " + pkg + "\n\nimport \"testing\"\n\n" + body
}

// measured measures, and fails if anything is left behind.
func measured(t *testing.T, o Options, then ...func(*Duel)) *gate.Run {
	t.Helper()
	run, err := measureIn(t, context.Background(), o, then...)
	if err != nil {
		t.Fatal(err)
	}
	return run
}

// measureIn measures in a directory for temporary files of its own, and fails
// unless it is empty afterwards. The functions in then are called before the duel
// is closed.
func measureIn(t *testing.T, ctx context.Context, o Options, then ...func(*Duel)) (*gate.Run, error) {
	t.Helper()
	temp := t.TempDir()
	t.Setenv("TMPDIR", temp)
	var run *gate.Run
	d, err := Measure(ctx, o)
	if err == nil {
		for _, do := range then {
			do(d)
		}
		run, err = d.Run(), d.Close()
	}
	left, globErr := filepath.Glob(filepath.Join(temp, "semabench*"))
	if globErr != nil || len(left) > 0 {
		t.Errorf("left behind: %v %v", left, globErr)
	}
	return run, err
}

// row returns the row with a name.
func row(t *testing.T, run *gate.Run, name string) gate.Row {
	t.Helper()
	i := slices.IndexFunc(run.Rows, func(r gate.Row) bool { return r.Name == name })
	if i < 0 {
		t.Fatalf("no row %s", name)
	}
	return run.Rows[i]
}

func names(rows []gate.Row) (all []string) {
	for _, r := range rows {
		all = append(all, r.Name)
	}
	return all
}

func mustEqual(t *testing.T, what string, got, want []string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s:\n got %s\nwant %s", what, strings.Join(got, "\n     "), strings.Join(want, "\n     "))
	}
}

// readBack reads a run that was written.
func readBack(t *testing.T, text *bytes.Buffer) *gate.Run {
	t.Helper()
	run, err := gate.Read("run", text)
	if err != nil {
		t.Fatal(err)
	}
	return run
}

// long reports whether tests that take more than a few seconds run in full.
func long() bool { return os.Getenv("SEMABENCH_LONG") == "1" }

// longTest skips a test that takes more than a few seconds, unless
// SEMABENCH_LONG=1 is set. short names the tests of the default run that cover
// the same code.
func longTest(t *testing.T, short, why string) {
	t.Helper()
	if !long() {
		t.Skipf("a long test, because %s; SEMABENCH_LONG=1 runs it; see %s", why, short)
	}
}
