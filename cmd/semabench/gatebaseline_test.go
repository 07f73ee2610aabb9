package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/semabench/semabench/internal/longtest"
	"github.com/semabench/semabench/reports/gate"
)

// The documentation of reports/gate recommends to keep the name of a base revision in the
// repository. The sum of small slowdowns, each of which passes alone, is then found.
func TestGateAgainstAKeptRevision(t *testing.T) {
	longtest.Need(t, "TestGatePassesDocumentation")
	duelHere(t)
	dir := repository(t, steady("BenchmarkA", "100"))
	t.Chdir(dir)
	rev, err := exec.Command("git", "rev-parse", "HEAD").Output()
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{"gate-base": string(rev)}
	for _, ns := range []string{"102", "104", "106"} {
		files["p_test.go"] = testFile(steady("BenchmarkA", ns))
		writeFiles(t, dir, files)
		git(t, dir, "add", "-A")
		git(t, dir, "commit", "-q", "-m", "2 % slower")
	}
	mustExit(t, gate.ExitPass, append(few, "-base", "HEAD^"), "1 UNCHANGED", "1.019")
	kept := strings.TrimSpace(read(t, "gate-base"))
	mustExit(t, gate.ExitRegression, append(few, "-base", kept),
		"REGRESSED  scratch.BenchmarkA  1.060")
}

// The documentation also recommends to keep a text. Its counts are judged, whatever machine it was
// measured on, and its times are not.
func TestGateAgainstAKeptText(t *testing.T) {
	dir := module(t, "func BenchmarkA(b *testing.B) { for range b.N { kept = new([64]byte) } "+
		"}\nvar kept *[64]byte\n")
	t.Chdir(dir)
	measure := func(name string) {
		t.Helper()
		cmd := exec.Command("go", "test", "-run", "^$", "-bench", ".", "-benchmem", "-benchtime", "1000x",
			"-count", "3", "-cpu", "1", "./...")
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("%v: %v", cmd, err)
		}
		writeFiles(t, dir, map[string]string{name: string(out)})
	}
	measure("baseline.txt")
	elsewhere := strings.Replace(read(t, "baseline.txt"), "cpu: ", "cpu: another than ", 1)
	writeFiles(t, dir, map[string]string{"baseline.txt": elsewhere})
	measure("new.txt")
	mustExit(t, gate.ExitInvalid, []string{"baseline.txt", "new.txt"}, "different machines")
	mustExit(t, gate.ExitPass, []string{"-exact", "baseline.txt", "new.txt"}, "1 UNCHANGED of 1 row",
		"No time was judged")

	text := strings.Replace(read(t, "p_test.go"), "kept = new([64]byte)",
		"kept, kept = new([64]byte), new([64]byte)", 1)
	if err := os.WriteFile(filepath.Join(dir, "p_test.go"), []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	measure("new.txt")
	mustExit(t, gate.ExitRegression, []string{"-exact", "baseline.txt", "new.txt"},
		"+1 allocation an operation (1 to 2)")
}

// A time budget that is too short for any pair gives neither a pass nor a regression. The run is
// kept.
func TestGateOutOfBudget(t *testing.T) {
	duelHere(t)
	t.Chdir(repository(t, steady("BenchmarkA", "100")))
	out := filepath.Join(t.TempDir(), "out")
	mustExit(t, gate.ExitInconclusive, append(few, "-measure-same", "-base", "HEAD", "-max-time", "1ns", "-o",
		out), "stopped early: out of time")
	mustContain(t, "the page", read(t, filepath.Join(out, "gate.html")), "out of time")
	mustExit(t, gate.ExitInconclusive, []string{"-replay", filepath.Join(out, gateRunName)},
		"out of time")
}
