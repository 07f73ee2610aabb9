package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/semabench/semabench/stress"
)

func TestNumber(t *testing.T) {
	for text, want := range map[string]uint64{
		"0": 0, "7": 7, "100000000": 1e8, "1e8": 1e8, "1E3": 1000, "2.5e3": 2500, "1e18": 1e18,
		"18446744073709551615": 1<<64 - 1,
	} {
		n := number{max: 1<<64 - 1}
		if err := n.Set(text); err != nil || n.value != want {
			t.Errorf("Set(%q) = %v and %d, want %d", text, err, n.value, want)
		}
	}
	for _, text := range []string{
		"", "-1", "-1e3", "1.5", "1e-3", "1.5e0", "ten", "1e", "inf", "NaN", "0x1e", "1e400", "1e19", "18446744073709551616",
	} {
		n := number{max: 1<<64 - 1}
		if err := n.Set(text); err == nil {
			t.Errorf("Set(%q) took it for %d", text, n.value)
		}
	}
}

// Turns are short enough for each value of GOMAXPROCS to get one, and none goes past -ops.
func TestTurnsOfSoak(t *testing.T) {
	for _, test := range []struct {
		ops, played, want int64
		failures          int
	}{
		{ops: 0, played: 1e12, want: batch},
		{ops: 1e8, played: 0, want: batch},
		{ops: 1e8, played: 1e8 - 5, want: 5},
		{ops: 300, played: 0, want: 100},
		{ops: 2, played: 1, want: 1},
		{ops: 300, played: 311, want: 0},
		{ops: 0, played: 0, failures: 2, want: 0},
	} {
		s := &soak{ops: test.ops, procs: procsList{1, 2, 8}, maxFailures: 2}
		r := &soakRow{tally: stress.Tally{Operations: test.played}, failures: test.failures}
		if got := s.turn(r); got != test.want {
			t.Errorf("turn after %d of %d operations and %d failures = %d, want %d",
				test.played, test.ops, test.failures, got, test.want)
		}
	}
}

// A failure takes a name that is free for its file and its page, and touches no other file.
func TestKeepFailure(t *testing.T) {
	dir := t.TempDir()
	with := &stress.Failure{Impl: "mine", Clause: stress.Clause{ID: "C34"}, Seed: 9, Program: "p",
		Report: "one\ntwo\n\n", Page: []byte("<html>")}
	without := *with
	without.Page = nil
	writeFile(t, dir, "mine-C34-9-3.html", "kept")
	for _, step := range []struct {
		failure *stress.Failure
		want    string
	}{
		{&without, "mine-C34-9"}, {with, "mine-C34-9-2"}, {with, "mine-C34-9-4"}, {&without, "mine-C34-9-5"},
	} {
		path, err := keepFailure(dir, step.failure, 2)
		if want := filepath.Join(dir, step.want); err != nil || path != want+".txt" {
			t.Fatalf("keepFailure = %s, %v, want %s.txt", path, err, want)
		}
		_, err = os.Stat(filepath.Join(dir, step.want+".html"))
		if hasPage := step.failure.Page != nil; hasPage != (err == nil) {
			t.Errorf("%s: page %v, want %v", path, err == nil, hasPage)
		}
		mustContain(t, path, read(t, path), "\n\none\ntwo\n")
	}
	if got := read(t, filepath.Join(dir, "mine-C34-9-3.html")); got != "kept" {
		t.Errorf("a page that was there holds %q now", got)
	}
}

// What cannot be kept in a file is said whole, in the form of the file.
func TestFailureThatCannotBeKept(t *testing.T) {
	s := &soak{dir: filepath.Join(writeFile(t, t.TempDir(), "file", ""), "sub")}
	said := s.keep(&stress.Failure{Impl: "mine", Program: "p q", Report: "one\ntwo"}, 2)
	mustContain(t, "what is said", said, "impl: mine\n", "program: p q\n", "one\ntwo\n", "not a directory")
}

// The clock is the bubble's, so these sleeps take no time, and after them nothing moves.
func TestStatusInLog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var b bytes.Buffer
		s := newStatus(&b, time.Minute)
		s.start()
		s.add(stress.Tally{Programs: 2, Operations: 300, Histories: 7})
		time.Sleep(25 * time.Second)
		s.failed()
		s.say("said")
		s.end()
		const want = `10s of 1m0s: 0 failures in 2 programs, 300 operations (30/s), 7 histories checked
20s of 1m0s: 0 failures in 2 programs, 300 operations (15/s), 7 histories checked
said
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
		const width = 30
		s.every, s.width = redrawEvery, func() int { return width }
		s.start()
		s.playing("mine", 2)
		time.Sleep(2*redrawEvery + time.Millisecond)
		s.say("said")
		s.end()
		lines := strings.Split(b.String(), clearLine)
		want := []string{"", "/ 0s: 0 failures in 0 program", "- 0s: 0 failures in 0 program",
			"said\n", "\\ 0s: 0 failures in 0 program\n"}
		if strings.Join(lines, "#") != strings.Join(want, "#") {
			t.Errorf("got %q, want %q", lines, want)
		}
	})
}
