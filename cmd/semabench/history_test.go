package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/semabench/semabench/internal/exitcode"
)

// history adds runs, draws them in three formats, and exits as the help says.
func TestHistory(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "runs")
	run := func(day, allocs string) string {
		return "BenchmarkX-8 100 10" + day + " ns/op " + allocs + " allocs/op\n"
	}
	for _, day := range []string{"11", "12", "13", "14"} {
		allocs := "3"
		if day == "14" {
			allocs = "4"
		}
		code, _, stderr := command(t, run(day, allocs), "history", "-add", "-", "-commit", "abcd00"+day,
			"-date", "2026-01-"+day, dir)
		if code != exitcode.OK || !strings.Contains(stderr, "added "+dir) {
			t.Fatalf("adding exits %d: %s", code, stderr)
		}
	}
	code, stdout, stderr := command(t, "", "history", dir)
	if code != exitcode.OK || stderr != "" {
		t.Errorf("exits %d: %s", code, stderr)
	}
	mustContain(t, "text", stdout, "X-8 allocs/op: +33.3 % at abcd0014 (2026-01-14): 3 to 4",
		"git log abcd0013..abcd0014")
	code, _, stderr = command(t, "", "history", "-fail", dir)
	if code != exitcode.Failed || !strings.Contains(stderr, "rows whose last change is for the worse: 1") {
		t.Errorf("-fail exits %d: %s", code, stderr)
	}
	for format, want := range map[string]string{"markdown": "| worse | X-8 | allocs/op | +33.3 % |",
		"html": "<!DOCTYPE html>"} {
		out := filepath.Join(dir, "out")
		if code, _, stderr := command(t, "", "history", "-format", format, "-o", out, dir); code != 0 {
			t.Errorf("%s exits %d: %s", format, code, stderr)
		}
		data, err := os.ReadFile(out)
		if err != nil {
			t.Fatal(err)
		}
		mustContain(t, format, string(data), want)
	}
	if err := os.WriteFile(filepath.Join(dir, "bad.txt"), []byte("nothing\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	code, stdout, stderr = command(t, "", "history", dir)
	if code != exitcode.Failed || !strings.Contains(stderr, "bad.txt") || !strings.Contains(stdout, "+33.3 %") {
		t.Errorf("with a broken file it exits %d: %s%s", code, stdout, stderr)
	}
}

func TestHistoryRefuses(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "bench.out")
	if err := os.WriteFile(file, []byte("BenchmarkX-8 100 10 ns/op\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	mustRefuse(t, []string{"history"}, "name one folder")
	mustRefuse(t, []string{"history", dir}, "holds no run")
	mustRefuse(t, []string{"history", filepath.Join(dir, "none")}, "no such file")
	mustRefuse(t, []string{"history", "-format", "pdf", dir}, "unknown format")
	mustRefuse(t, []string{"history", "-least", "NaN", dir}, "-least")
	mustRefuse(t, []string{"history", "-commit", "abcd", dir}, "belong to -add")
	mustRefuse(t, []string{"history", "-add", file, dir}, "no commit is named")
	mustRefuse(t, []string{"history", "-add", file, "-commit", "abcd", "-date", "yesterday", dir}, "yesterday")
	mustRefuse(t, []string{"history", "-add", file, "-commit", "abcd", "-date", "2999-01-01", dir}, "future")
	if left, err := os.ReadDir(dir); err != nil || len(left) != 1 {
		t.Errorf("refused runs left %v, %v", left, err)
	}
}
