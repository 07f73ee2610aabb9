package soak

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/semabench/semabench/impls"
	"github.com/semabench/semabench/internal/progress"
	"github.com/semabench/semabench/internal/terminal"
	"github.com/semabench/semabench/stress"
)

func mustContain(t *testing.T, what, s string, wanted ...string) {
	t.Helper()
	for _, want := range wanted {
		if !strings.Contains(s, want) {
			t.Errorf("%s does not contain %q:\n%s", what, want, s)
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

func writeFile(t *testing.T, dir, name, text string) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	return path
}

// Each value of GOMAXPROCS gets a turn, and no turn goes past the limit of operations.
func TestTurnLength(t *testing.T) {
	for _, test := range []struct {
		operations, played, want int64
		failures                 int
	}{
		{operations: 0, played: 1e12, want: turnOperations},
		{operations: 1e8, played: 0, want: turnOperations},
		{operations: 1e8, played: 1e8 - 5, want: 5},
		{operations: 300, played: 0, want: 100},
		{operations: 2, played: 1, want: 1},
		{operations: 300, played: 311, want: 0},
		{operations: 0, played: 0, failures: 2, want: 0},
	} {
		s := &soak{Options: Options{Operations: test.operations, Procs: []int{1, 2, 8}, MaxFailures: 2}}
		r := &row{tally: stress.Tally{Operations: test.played}, failures: test.failures}
		if got := s.turnLength(r); got != test.want {
			t.Errorf("turnLength after %d of %d operations and %d failures = %d, want %d",
				test.played, test.operations, test.failures, got, test.want)
		}
	}
}

// An implementation whose turn never came has no result, and the output says so. Without time no turn
// comes at all.
func TestNeverPlayed(t *testing.T) {
	var out, messages bytes.Buffer
	err := Run(t.Context(), Options{
		Impls: impls.All()[:1], Limit: 1, Procs: []int{1}, MaxFailures: 1, Seed: 1, Dir: t.TempDir(),
		Stdout: &out, Stderr: &messages,
	})
	if err != nil {
		t.Fatal(err)
	}
	mustContain(t, "standard error", messages.String(), impls.All()[0].Name+" was not played")
}

// A failure takes a name that is free for its file and its page, and changes no other file.
func TestSaveFailure(t *testing.T) {
	dir := t.TempDir()
	with := &stress.Failure{Impl: "mine", Clause: stress.Clause{ID: "C34"}, Seed: 9, Program: "p",
		Report: "one\ntwo\n\n", Page: []byte("<html>")}
	without := *with
	without.Page = nil
	writeFile(t, dir, "mine-C34-9-3.html", "old")
	for _, step := range []struct {
		failure *stress.Failure
		want    string
	}{
		{&without, "mine-C34-9"}, {with, "mine-C34-9-2"}, {with, "mine-C34-9-4"}, {&without, "mine-C34-9-5"},
	} {
		path, err := saveFailure(dir, step.failure, 2, "")
		if want := filepath.Join(dir, step.want); err != nil || path != want+".txt" {
			t.Fatalf("saveFailure = %s, %v, want %s.txt", path, err, want)
		}
		_, err = os.Stat(filepath.Join(dir, step.want+".html"))
		if hasPage := step.failure.Page != nil; hasPage != (err == nil) {
			t.Errorf("%s: page %v, want %v", path, err == nil, hasPage)
		}
		mustContain(t, path, read(t, path), "\n\none\ntwo\n")
	}
	if got := read(t, filepath.Join(dir, "mine-C34-9-3.html")); got != "old" {
		t.Errorf("the page of another failure holds %q now", got)
	}
}

// A failure that cannot be written to a file is printed as a whole, in the form of the file.
func TestFailureThatCannotBeSaved(t *testing.T) {
	dir := filepath.Join(writeFile(t, t.TempDir(), "file", ""), "sub")
	s := &soak{Options: Options{Dir: dir}}
	message := s.save(&stress.Failure{Impl: "mine", Program: "p q", Report: "one\ntwo"}, 2)
	mustContain(t, "the message", message, "impl: mine\n", "program: p q\n", "one\ntwo\n",
		"not a directory")
}

// The sleeps are on the clock of the synctest bubble and take no time.
func TestStatusInLog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var b bytes.Buffer
		s := newStatus(&b, time.Minute)
		s.start()
		s.add(stress.Tally{Programs: 2, Operations: 300, Histories: 7})
		time.Sleep(25 * time.Second)
		s.failed()
		s.print("message")
		s.end()
		s.print("after the end")
		const want = `10s of 1m0s: 0 failures in 2 programs, 300 operations (30/s), 7 histories checked
20s of 1m0s: 0 failures in 2 programs, 300 operations (15/s), 7 histories checked
message
25s of 1m0s: 1 failure in 2 programs, 300 operations (12/s), 7 histories checked
`
		if b.String() != want {
			t.Errorf("got\n%s\nwant\n%s", &b, want)
		}
	})
}

func TestStatusOnTerminal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var b bytes.Buffer
		s := newStatus(&b, 0)
		s.line = progress.NewTerminal(&b, func() int { return 30 })
		s.start()
		s.playing("mine", 2)
		time.Sleep(2*progress.RedrawEvery + time.Millisecond)
		s.print("message")
		s.end()
		lines := strings.Split(b.String(), terminal.ClearLine)
		want := []string{"", "/ 0s: 0 failures in 0 program", "- 0s: 0 failures in 0 program",
			"message\n", "\\ 0s: 0 failures in 0 program\n"}
		if strings.Join(lines, "#") != strings.Join(want, "#") {
			t.Errorf("got %q, want %q", lines, want)
		}
	})
}

func TestReadSummaryRefusesOtherFiles(t *testing.T) {
	for text, want := range map[string]string{
		"":                                     "no summary of semabench stress",
		"[]":                                   "no summary of semabench stress",
		"{}":                                   "version 0 of a summary, want 1",
		`{"version":1}`:                        "without implementations",
		`{"version":2,"implementations":[{}]}`: "version 2 of a summary, want 1",
	} {
		path := writeFile(t, t.TempDir(), "bad.json", text)
		if _, err := ReadSummary(path); err == nil || !strings.Contains(err.Error(), want) ||
			!strings.Contains(err.Error(), path) {
			t.Errorf("%q: error %v, want %q and the path", text, err, want)
		}
	}
	if _, err := ReadSummary("no-such-file"); err == nil {
		t.Error("a file that does not exist was read")
	}
}
