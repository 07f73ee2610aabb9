package exploration

import (
	"encoding/xml"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/semabench/semabench/stress/explore"
)

func events() []explore.Event {
	return []explore.Event{
		{Test: "TestRight", Seconds: 1.5, Result: &explore.Result{Verdict: explore.Pass, Text: "complete: all 7 schedules"}},
		{Test: "TestWrong", Result: &explore.Result{Verdict: explore.Fail, What: "deadlock", Text: "deadlock\ngoroutine 1 waits at inner/p_test.go:12\x1b[31m ::error::no"}},
		{Test: "TestLong", Result: &explore.Result{Verdict: explore.Unknown, Bound: "time", Text: "not all"}},
		{Test: "TestOut", Result: &explore.Result{Verdict: explore.Refused, What: "refused: the network", Text: "the network"}},
	}
}

// A failure is a failure, and unknown and refused explorations are skipped with the reason: neither is a
// success.
func TestJUnit(t *testing.T) {
	var b strings.Builder
	if err := (&run{Options: Options{Package: "./p"}}).writeJUnit(&b, &testBinary{
		name: "example.org/m/p", done: events(),
	}); err != nil {
		t.Fatal(err)
	}
	var s suite
	if err := xml.Unmarshal([]byte(b.String()), &s); err != nil {
		t.Fatalf("%v:\n%s", err, &b)
	}
	if s.Name != "explore example.org/m/p" || s.Cases[0].Class != "example.org/m/p" {
		t.Errorf("suite %q, class %q: want the import path", s.Name, s.Cases[0].Class)
	}
	if s.Tests != 4 || s.Failures != 1 || s.Skipped != 2 || len(s.Cases) != 4 {
		t.Fatalf("%+v", s)
	}
	if c := s.Cases; c[0].Failure != nil || c[0].Skipped != nil || c[1].Failure == nil || c[1].Failure.Message != "deadlock" ||
		c[2].Skipped == nil || c[2].Skipped.Message != "unknown: time" || c[3].Skipped.Message != "refused: the network" {
		t.Errorf("%+v", c)
	}
	if strings.ContainsRune(b.String(), '\x1b') {
		t.Error("a control character is no XML")
	}
}

// A failure has one command, in one line, at the line of its file as the repository has it.
func TestAnnotations(t *testing.T) {
	root := t.TempDir()
	dir := filepath.Join(root, "module", "inner")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "p_test.go"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	t.Setenv("GITHUB_WORKSPACE", root)
	var b strings.Builder
	if err := (&run{}).writeAnnotations(&b, &testBinary{dir: dir, done: events()}); err != nil {
		t.Fatal(err)
	}
	want := "::error file=module/inner/p_test.go,line=12,title=TestWrong fails in a schedule::deadlock%0Agoroutine 1 waits"
	if !strings.HasPrefix(b.String(), want) || strings.Count(b.String(), "\n") != 1 {
		t.Errorf("got %q, want one line that begins with %q", &b, want)
	}
	if got := inRepository(dir, "elsewhere@v1.0.0/x.go"); got != "" {
		t.Errorf("a file that is not there is at %q", got)
	}
}

// The command that plays a failure of an unmodified test again has the flags that decide which code runs, and the
// flag that chooses the schedule: a starving goroutine has a strategy.
func TestReplayOf(t *testing.T) {
	r := &run{Options: Options{Package: "./p", Race: true, Tags: "a,b"}}
	for _, test := range []struct{ flag, value, want string }{
		{"schedule", "x2.2", "semabench explore -race -tags='a,b' ./p -run '^TestX$' -schedule=x2.2"},
		{"strategy", "starve2.1.1.1", "semabench explore -race -tags='a,b' ./p -run '^TestX$' -strategy=starve2.1.1.1"},
	} {
		if got := r.replayOf("TestX", test.flag, test.value); got != test.want {
			t.Errorf("%q, want %q", got, test.want)
		}
	}
}
