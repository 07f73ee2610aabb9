package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/semabench/semabench/internal/exitcode"
)

// The verb prints its plan, measures, and writes a page. benchstat reads the text, and -replay
// makes the same page of it.
func TestParallel(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new", "folder")
	code, stdout, stderr := command(t, "", "parallel", "-quick", "-rounds", "1", "-works",
		"limit,hand", "-impl", "cond",
		"-process", "broker", "-o", dir)
	if code != exitcode.OK {
		t.Fatalf("exits %d: %s", code, stderr)
	}
	mustContain(t, "standard error", stderr, "1 round of 20 samples, each in a process of its "+
		"own: about", "round 1 of 1")
	mustContain(t, "standard output", stdout, "same checksums", "7. “A counting semaphore",
		filepath.Join(dir, "parallel.html")+"\n")
	text := read(t, filepath.Join(dir, "parallel.txt"))
	mustContain(t, "the text", text, "semaphore: cond\n", "process-semaphore: broker\n",
		"# rule: A sample is disturbed if",
		"Unit peak-B better=lower")
	page := read(t, filepath.Join(dir, "parallel.html"))
	mustContain(t, "the page", page, "A counting semaphore", "data:image/svg", "impls/example_test.go")
	for _, name := range []string{"parallel.md", "parallel-report.txt", "parallel-workers.svg"} {
		mustContain(t, "standard output", stdout, filepath.Join(dir, name)+"\n")
	}
	if out, err := exec.Command("go", "tool", "benchstat", "-ignore", "sample", "-col", "/mode",
		filepath.Join(dir, "parallel.txt")).CombinedOutput(); err != nil || !strings.Contains(string(out), "inside-peak") {
		t.Errorf("benchstat: %v\n%s", err, out)
	}
	if err := os.Remove(filepath.Join(dir, "parallel.html")); err != nil {
		t.Fatal(err)
	}
	if code, _, stderr := command(t, "", "parallel", "-replay", dir); code != exitcode.OK {
		t.Errorf("-replay exits %d: %s", code, stderr)
	}
	if again := read(t, filepath.Join(dir, "parallel.html")); again != page {
		t.Error("-replay makes another page")
	}
	mustRefuse(t, []string{"parallel", "-works", "limit", "-o", dir}, "parallel.txt exists", "-o")
}
