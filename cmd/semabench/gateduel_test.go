package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/semabench/semabench/cmd/internal/sampling"
	"github.com/semabench/semabench/internal/longtest"
	"github.com/semabench/semabench/reports/gate"
)

// few are the flags of the shortest run. A control of few rows needs 6 pairs.
var few = []string{"-pairs", "6", "-instructions", "off"}

func duelHere(t *testing.T) {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("no duels on Windows")
	}
}

func TestGateFindsAndNamesASlowdown(t *testing.T) {
	longtest.Need(t, "TestGateOfRecordedRuns and cmd/internal/duel")
	duelHere(t)
	dir := repository(t, steady("BenchmarkA", "100"), steady("BenchmarkB", "100"))
	t.Chdir(dir)
	t.Setenv("GOFLAGS", "-tags=one")
	writeFiles(t, dir, map[string]string{
		"p_test.go": testFile(steady("BenchmarkA", "100"), steady("BenchmarkB", "120")),
	})
	out := filepath.Join(t.TempDir(), "out")
	mustExit(t, gate.ExitRegression, append(few, "-base", "HEAD", "-o", out),
		"REGRESSED  scratch.BenchmarkB", "UNCHANGED  scratch.BenchmarkA",
		"repeat: GOFLAGS=-tags=one semabench gate -base=HEAD -pairs=6 -bench '^BenchmarkB$' scratch",
		"warning: the new side has changes", "profile: ", "where the time goes, from CPU profiles", "once more scratch")
	profiles, err := filepath.Glob(filepath.Join(out, "*.pprof"))
	if err != nil || len(profiles) != 2 {
		t.Errorf("profiles %v, %v; want one of each side", profiles, err)
	}
	mustExit(t, gate.ExitRegression, []string{"-replay", filepath.Join(out, gateRunName)},
		"scratch.BenchmarkB")
}

// A change of documentation changes no benchmark. The gate needs no right to write into the
// repository.
func TestGatePassesDocumentation(t *testing.T) {
	duelHere(t)
	dir := repository(t, steady("BenchmarkA", "100"))
	writeFiles(t, dir, map[string]string{"README.md": "more words\n"})
	git(t, dir, "add", "-A")
	git(t, dir, "commit", "-q", "-m", "docs: say more")
	t.Chdir(dir)
	readOnly(t, dir)
	mustExit(t, gate.ExitPass, append(few, "-base", "HEAD^", "-head", "HEAD", "-bench", "A"),
		"1 IDENTICAL of 1 row", "byte for byte")
}

// readOnly removes the right to write from all directories. root can still write.
func readOnly(t *testing.T, top string) {
	t.Helper()
	set := func(mode os.FileMode) {
		err := filepath.WalkDir(top, func(path string, d os.DirEntry, err error) error {
			if err == nil && d.IsDir() {
				err = os.Chmod(path, mode)
			}
			return err
		})
		if err != nil {
			t.Error(err)
		}
	}
	set(0o555)
	t.Cleanup(func() { set(0o755) })
}

func TestGateOfBadSides(t *testing.T) {
	longtest.Need(t, "TestGateRefusals")
	duelHere(t)
	good := repository(t, steady("BenchmarkA", "100"))
	other := module(t, steady("BenchmarkB", "100"))
	broken := module(t, steady("BenchmarkA", "100"), "var x int = nothing\n")
	none := module(t, "func TestA(t *testing.T) {}\n")
	panics := module(t, `func BenchmarkB(b *testing.B) { panic("no") }`)
	endless := module(t, "func BenchmarkB(b *testing.B) { for { } }\n")
	t.Chdir(good)
	sides := func(old, new string) []string { return append(few, "-old", old, "-new", new) }
	for _, test := range []struct {
		name string
		args []string
		want []string
	}{
		{"unknown revision", append(few, "-base", "nowhere"), []string{`no revision "nowhere"`, "git fetch"}},
		{"base does not build", sides(broken, good), []string{"old: building scratch", "undefined: nothing"}},
		{"panic", sides(other, panics), []string{"FAILED", "scratch.BenchmarkB", "panic: no"}},
		{"no end", append([]string{"-silence", "1s"}, sides(other, endless)...), []string{"FAILED", "scratch.BenchmarkB", "no answer in 1s"}},
		{"one side", sides(other, good), []string{"MISSING", "scratch.BenchmarkB", "only on the old side"}},
		{"no benchmarks", sides(none, none), []string{"no benchmarks match"}},
		{"none chosen", append(few, "-base", "HEAD", "-bench", "Z"), []string{`no benchmarks match -bench "Z"`}},
		{"no directory", sides(good, filepath.Join(good, "none")), []string{"name a directory"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			out := filepath.Join(t.TempDir(), "out")
			mustExit(t, gate.ExitUnusable, append(test.args, "-o", out), test.want...)
		})
	}
}

func TestGateWithoutGit(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	mustExit(t, gate.ExitUnusable, append(few, "-base", "HEAD"), "install git", "two directories")
}

// A cutter calls cut when a text with word is written.
type cutter struct {
	bytes.Buffer
	word string
	cut  func()
}

func (c *cutter) Write(text []byte) (int, error) {
	if strings.Contains(string(text), c.word) {
		c.cut()
	}
	return c.Buffer.Write(text)
}

// Ctrl-C keeps the pairs that were measured, removes temporary files, and gives neither a pass nor
// a regression.
func TestGateInterrupted(t *testing.T) {
	longtest.Need(t, "TestRunInterruptedWithItsGroup")
	duelHere(t)
	t.Setenv("GITHUB_STEP_SUMMARY", "")
	t.Setenv("GITHUB_ACTIONS", "")
	dir := repository(t, steady("BenchmarkA", "100"))
	for _, word := range []string{"building", "scratch: "} {
		temp, out := t.TempDir(), filepath.Join(t.TempDir(), "out")
		t.Setenv("TMPDIR", temp)
		ctx, cancel := context.WithCancel(context.Background())
		stderr := &cutter{word: word, cut: cancel}
		var stdout bytes.Buffer
		a := app{table: testTable(), maker: sampling.Self, stdout: &stdout, stderr: stderr}
		t.Chdir(dir)
		code := a.main(ctx, append([]string{"gate", "-measure-same", "-base", "HEAD", "-o", out},
			few...))
		if code != gate.ExitInconclusive {
			t.Errorf("at %q: exits %d, want %d:\n%s%s", word, code, gate.ExitInconclusive, stdout.String(),
				stderr.String())
		}
		mustContain(t, word, stdout.String(), "stopped early: interrupted")
		mustContain(t, word, read(t, filepath.Join(out, "gate.txt")), "stopped early: interrupted")
		if left, err := filepath.Glob(filepath.Join(temp, "semabench*")); err != nil || len(left) > 0 {
			t.Errorf("at %q: left %v, %v", word, left, err)
		}
	}
}
