package main

import (
	"context"
	"fmt"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"

	"github.com/semabench/semabench/internal/exitcode"
	"github.com/semabench/semabench/stress"
)

// A program that failed does not fail on a correct implementation.
func TestReplayThatDoesNotFail(t *testing.T) {
	dir := t.TempDir()
	stressIn(t, context.Background(), "-impl", "generous", "-max-failures", "1", "-o", dir)
	text := read(t, failuresIn(t, dir)[0])
	text = strings.Replace(text, "impl: generous", "impl: cond", 1)
	text = regexp.MustCompile("gomaxprocs: .*").ReplaceAllString(text, "gomaxprocs: 3")
	text = regexp.MustCompile("race: .*").
		ReplaceAllString(text, fmt.Sprintf("race: %v", !stress.RaceDetector))
	path := writeFile(t, dir, "fixed.txt", text)
	procs := runtime.GOMAXPROCS(0)
	code, stdout, stderr := stressIn(t, context.Background(), "-replay", path, "-times", "5")
	if want := "cond: the program did not fail in 5 runs at GOMAXPROCS=3\n"; code != exitcode.OK ||
		stdout != want {
		t.Errorf("exits %d and prints %q, want 0 and %q: %s", code, stdout, want, stderr)
	}
	mustContain(t, "standard error", stderr, path+":6: race: ", "schedules will differ")
	if got := runtime.GOMAXPROCS(0); got != procs {
		t.Errorf("GOMAXPROCS is %d afterwards, want %d", got, procs)
	}
	cancelled, cancel := context.WithCancel(context.Background())
	cancel()
	if code, _, stderr := stressIn(t, cancelled, "-replay", path); code != exitcode.Interrupted {
		t.Errorf("an interrupted replay exits %d, want %d: %s", code, exitcode.Interrupted, stderr)
	}
}

func TestReplayRefusals(t *testing.T) {
	dir := t.TempDir()
	const good = "impl: cond\nclause: R1\nseed: 5\nprogram: no program at all\ngomaxprocs: 2\nrace: false\n\nseen\n"
	edit := func(old, new string) string { return strings.Replace(good, old, new, 1) }
	for i, test := range []struct {
		text string
		want string // follows the path of the file
	}{
		{"", `:1: the head ends without "impl: "`},
		{"\n" + good, `:1: the head ends without "impl: "`},
		{goodText, `:1: "goos: linux" is no line`},
		{"\x00\x01\x02\xff", `:1: "\x00\x01\x02\xff" is no line`},
		{strings.Repeat("x", 2<<20), `:1: bufio.Scanner: token too long`},
		{edit("clause: R1", "clause=R1"), `:2: "clause=R1" is no line`},
		{edit("program", "impl"), `:4: impl again, after line 1`},
		{edit("race: false\n", ""), `:6: the head ends without "race: "`},
		{edit("cond", "pond"), `:1: impl: unknown implementation "pond"`},
		{edit("seed: 5", "seed: five"), `:3: seed: "five"`},
		{edit("gomaxprocs: 2", "gomaxprocs: 0"), `:5: gomaxprocs: "0": want whole numbers from 1 to 1024`},
		{edit("race: false", "race: maybe"), `:6: race: "maybe": want true or false`},
		{good, `:4: program: `},
	} {
		path := writeFile(t, dir, fmt.Sprintf("%d.txt", i), test.text)
		mustRefuse(t, []string{"stress", "-replay", path}, path+test.want)
	}
	mustRefuse(t, []string{"stress", "-replay", filepath.Join(dir, "missing.txt")}, "missing.txt",
		"no such file")
	mustRefuse(t, []string{"stress", "-replay", dir}, dir, "is a directory")
}
