package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/semabench/semabench/cmd/internal/duel"
	"github.com/semabench/semabench/internal/longtest"
)

func TestHistories(t *testing.T) {
	text, err := os.ReadFile("repositories.tsv")
	if err != nil {
		t.Fatal(err)
	}
	all, err := parseHistories(string(text))
	if err != nil {
		t.Fatal(err)
	}
	count := map[string]int{}
	for _, h := range all {
		for _, m := range h.measures {
			count[m]++
		}
	}
	if count["identity"] < 5 || count["counts"] < 10 {
		t.Errorf("%v, want 5 repositories for identity and 10 for counts", count)
	}
	heading, line, _ := strings.Cut(string(text), "\n")
	line, _, _ = strings.Cut(line, "\n")
	for _, broken := range []string{line + "\tmore", strings.Replace(line, "identity", "identities", 1)} {
		if _, err := parseHistories(heading + "\n" + broken); err == nil {
			t.Errorf("%q: no error", broken)
		}
	}
}

// testPlayer plays a repository that has a clone, with a commit for each of texts, in t's module.
func testPlayer(t *testing.T, texts ...map[string]string) (*player, history) {
	t.Helper()
	keep := t.TempDir()
	p, err := newPlayer(options{keep: keep})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(p.temp) })
	clone := filepath.Join(keep, "clones", "o+r")
	if err := os.MkdirAll(clone, 0o755); err != nil {
		t.Fatal(err)
	}
	git := func(args ...string) {
		t.Helper()
		args = append([]string{"-C", clone, "-c", "user.name=t", "-c", "user.email=t@example.org"}, args...)
		if out, err := exec.Command("git", args...).CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
	}
	git("init", "-q")
	for _, files := range texts {
		for name, text := range files {
			if err := os.WriteFile(filepath.Join(clone, name), []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		git("add", "-A")
		git("commit", "-q", "-m", "t")
	}
	if len(texts) > 0 {
		git("tag", "last")
	}
	return p, history{repo: "o/r", dir: ".", packages: []string{"./..."}, last: "last"}
}

// One commit changes what a benchmark calls, and the newest a comment only. A commit whose parent has no benchmarks is
// left out, and does not count among the commits that are wanted. The oldest has no parent.
func TestIdentityOfCommits(t *testing.T) {
	const test = "package p\n\nimport \"testing\"\n\nfunc BenchmarkF(b *testing.B) {\n\tfor b.Loop() {\n\t\tsum += f()\n\t}\n}\n\nvar sum int\n"
	commits := []map[string]string{
		{"go.mod": "module p\n\ngo 1.24\n", "p.go": "package p\n"},
		{"p.go": "package p\n\nfunc f() int { return 1 }\n", "p_test.go": test},
		{"p.go": "package p\n\n// f is one.\nfunc f() int { return 1 }\n"},
		{"p.go": "package p\n\n// f is two.\nfunc f() int { return 2 }\n"},
	}
	commits = commits[:longtest.Or(t, "commits", len(commits), 3)]
	p, h := testPlayer(t, commits...)
	writes := 0
	write := func() error { writes++; return nil }
	for range 2 { // the second call compares nothing again
		if err := p.identity(t.Context(), []history{h}, 3, write); err != nil {
			t.Fatal(err)
		}
	}
	got, compared := countIdentity(p.compared(h)), len(commits)-2
	if got.commits != compared || got.leftOut != 1 || got.rows != compared || got.identical != 1 || got.whole != 1 ||
		got.codeRows != compared {
		t.Errorf("%+v, want %d commits, one left out, and one row IDENTICAL", got, compared)
	}
	if writes != compared+1 {
		t.Errorf("the page was written %d times, want %d", writes, compared+1)
	}
	line := fmt.Sprintf("| o/r | %d | 1 | 1 | %[1]d | %s |", compared, ofAll(1, compared))
	if page := p.withoutTimePage([]history{h}, ""); !strings.Contains(page, line) {
		t.Errorf("the page lacks %s:\n%s", line, page)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := p.identity(ctx, []history{h}, 9, write); err == nil {
		t.Error("an interrupted comparison has no error")
	}
}

// The page names the largest difference first, and a row that could not be counted.
func TestPageOfRecounts(t *testing.T) {
	p, h := testPlayer(t)
	err := saveJSON(p.recountFile(), []recount{
		{Repo: "o/r", Commit: "1234567890", Function: "BenchmarkSame", Old: 1000, New: 1000, Again: 1001},
		{Repo: "o/r", Commit: "1234567890", Function: "BenchmarkApart", Operations: 20_000, Old: 1000, New: 1050, Again: 999},
		{Repo: "o/r", Commit: "1234567890", Function: "BenchmarkLost", Error: "it has\nno result"},
	})
	if err != nil {
		t.Fatal(err)
	}
	page := p.withoutTimePage([]history{h}, "")
	for _, want := range []string{"BenchmarkApart | 1000 | 1050 | +5.000 % | -0.100 % | +1.00", "BenchmarkLost | not counted: it has no result",
		"2 rows: the sides differ by 5.000 % at the median and 5.000 % at most"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q:\n%s", want, page)
		}
	}
	if strings.Index(page, "BenchmarkApart") > strings.Index(page, "BenchmarkSame") {
		t.Errorf("the largest difference is not the first:\n%s", page)
	}
	if n := fewestOperations("BenchmarkX/a-2   500   2 ns/op\nBenchmarkX/b-2 20 9 ns/op\nok\n"); n != 20 {
		t.Errorf("%d operations, want those of the slowest sub-benchmark", n)
	}
}

func TestPageOfCounts(t *testing.T) {
	p, h := testPlayer(t)
	why := "its operations start goroutines (2 each), and instructions do not show how they wait for each other"
	err := saveJSON(p.countedFile(h), countedHistory{Took: time.Second, Functions: 2, Rows: []countedRow{
		{Name: "BenchmarkA"}, {Name: "BenchmarkB/x|y", Why: why}}})
	if err != nil {
		t.Fatal(err)
	}
	page := p.withoutTimePage([]history{h}, "")
	for _, want := range []string{"| o/r | 2 | 2 | 1 (50.0 %) | 1: operations start goroutines |", `BenchmarkB/x\|y | ` + why} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q:\n%s", want, page)
		}
	}
	var all []duel.Compared
	for _, name := range []string{"A", "B", "C", "D"} {
		all = append(all, duel.Compared{Function: "Benchmark" + name})
	}
	if got := sampled(all, 2); got != "^(BenchmarkA|BenchmarkC)$" {
		t.Errorf("%s, want every second function", got)
	}
}

// Results are no part of the repository. A call without results of a section leaves the section as it was. A section
// with results is written from them alone.
func TestSectionsWithoutResultsStay(t *testing.T) {
	p, h := testPlayer(t)
	old := "# What the gate decides without a time\n\nOld words.\n\n" + identityHeading + "\nidentity of before\n\n" +
		countableHeading + "\n### Part\n\ncounts of before\n"
	page := p.withoutTimePage([]history{h}, old)
	for _, want := range []string{identityHeading + "\nidentity of before\n", countableHeading + "\n### Part\n\ncounts of before\n"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q:\n%s", want, page)
		}
	}
	if strings.Contains(page, recountHeading) || strings.Contains(page, "Old words") {
		t.Errorf("the page has a section without results, or the old beginning:\n%s", page)
	}
	if again := p.withoutTimePage([]history{h}, page); again != page {
		t.Errorf("written again, the page differs:\n%s\nwas\n%s", again, page)
	}
	if err := saveJSON(p.countedFile(h), countedHistory{Took: time.Second, Rows: []countedRow{{Name: "BenchmarkA"}}}); err != nil {
		t.Fatal(err)
	}
	page = p.withoutTimePage([]history{h}, old)
	if strings.Contains(page, "counts of before") || !strings.Contains(page, "| o/r | 0 | 1 | 1 (100.0 %)") ||
		!strings.Contains(page, "identity of before") {
		t.Errorf("the page has no counts of now, or lacks the other section:\n%s", page)
	}
}

// A damaged result is measured again, and none of its parts is taken for a result.
func TestDamagedResultIsNone(t *testing.T) {
	p, h := testPlayer(t)
	if err := os.WriteFile(p.countedFile(h), []byte(`{"Took": 5, "Functions": 3, "Rows": "none"}`), 0o644); err != nil {
		t.Fatal(err)
	}
	if c := load[countedHistory](p.countedFile(h)); c.Took != 0 || c.Functions != 0 {
		t.Errorf("%+v, want no result", c)
	}
}
