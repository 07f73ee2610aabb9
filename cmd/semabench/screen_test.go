package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/semabench/semabench/internal/exitcode"
)

// A pipe gets the text of benchstat without a heat map, because programs read it.
func TestTextInAPipeHasNoHeatMap(t *testing.T) {
	code, stdout, _ := command(t, goodText, "report", "-")
	if code != exitcode.OK || !strings.HasPrefix(stdout, "goos: linux\n") ||
		strings.Contains(stdout, "\x1b") {
		t.Errorf("exits %d and begins with %.40q, want 0, the configuration, no colours", code, stdout)
	}
}

func TestHeat(t *testing.T) {
	for _, test := range []struct {
		args          []string
		heat, colours bool
	}{
		{[]string{"-format", "heat"}, true, false},
		{[]string{"-format", "heat", "-color", "always"}, true, true},
		{[]string{"-color", "always"}, true, true},
		{[]string{"-color", "never"}, false, false},
		{[]string{"-color", "always", "-format", "csv"}, false, false},
		{[]string{"-color", "always", "-o", t.TempDir()}, true, true},
	} {
		code, stdout, stderr := command(t, goodText,
			append(append([]string{"report"}, test.args...), "-")...)
		heat, colours := strings.Contains(stdout, "Times worse"), strings.Contains(stdout, "\x1b[")
		if code != exitcode.OK || heat != test.heat || colours != test.colours {
			t.Errorf("%q exits %d (%s), heat map %v, colours %v; want 0, %v, %v", test.args, code, stderr,
				heat, colours, test.heat, test.colours)
		}
	}
	mustRefuse(t, []string{"report", "-color", "red", "-"}, `unknown -color "red"`, "auto", "always",
		"never")
}

// A file and a buffer get no colours, whatever the environment says.
func TestScreenOfNoTerminal(t *testing.T) {
	file, err := os.Create(filepath.Join(t.TempDir(), "out"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	for _, a := range []app{{stdout: file}, {stdout: new(bytes.Buffer)}} {
		s, err := a.screen("auto")
		if err != nil || s.watched || s.Colour {
			t.Errorf("%T: %+v, %v, want nobody watching", a.stdout, s, err)
		}
	}
}

func TestMarkdownShowsPicturesWhereTheyAre(t *testing.T) {
	for prefix, want := range map[string]bool{"": false, "docs/report": true} {
		_, stdout, _ := command(t, goodText, "report", "-format", "markdown", "-pictures", prefix, "-")
		if got := strings.Contains(stdout, "](docs/report-heat.svg)"); got != want {
			t.Errorf("-pictures %q: shows the heat map %v, want %v", prefix, got, want)
		}
	}
}

// A log ends with the answers and the page, in 15 lines at most. Standard output has the paths alone.
func TestReportEndsWithTheAnswers(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "out")
	code, stdout, stderr := command(t, "", "report", "-o", dir, filepath.Join(root, "reports", "sample", "bench.txt"))
	if code != exitcode.OK {
		t.Fatalf("exits %d: %s", code, stderr)
	}
	lines := strings.Split(strings.TrimSpace(stderr), "\n")
	if len(lines) > 15 || lines[len(lines)-1] != "page: "+filepath.Join(dir, "report.html") {
		t.Errorf("%d lines:\n%s", len(lines), stderr)
	}
	mustContain(t, "the log", stderr, "recommended by throughput", "\n  uncontended  ", "\n  burst        ", "answer: of ")
	for path := range strings.Lines(stdout) {
		if _, err := os.Stat(strings.TrimSpace(path)); err != nil {
			t.Errorf("standard output has %q: %v", path, err)
		}
	}
}

// Notes that do not fit into the room are counted, and none is left out in silence.
func TestBriefNotes(t *testing.T) {
	for _, test := range []struct {
		notes []string
		room  int
		want  string
	}{
		{nil, 2, ""},
		{[]string{"a", "b"}, 2, "note: a|note: b"},
		{[]string{"a", "b", "c"}, 2, "note: a|note: 2 more notes are on the page"},
		{[]string{"a", "b"}, 1, "note: 2 more notes are on the page"},
		{[]string{"a"}, 0, "note: a"},
	} {
		if got := strings.Join(briefNotes(test.notes, test.room), "|"); got != test.want {
			t.Errorf("%v in %d lines: %q, want %q", test.notes, test.room, got, test.want)
		}
	}
}

// Of two files the log says what changed, and of texts that cannot be compared, why not and what to do.
func TestReportEndsWithTheChange(t *testing.T) {
	text := func(name, value string) string {
		return strings.Repeat("BenchmarkX"+name+" \t 100\t "+value+" ns/op\n", 6)
	}
	for _, test := range []struct{ new, want string }{
		{text("-8", "12"), "new.txt is 20.0 % slower in 1 of 1 row"},
		{text("-4", "12"), "note: nothing is compared: the names of the rows differ in GOMAXPROCS"},
	} {
		dir := t.TempDir()
		t.Chdir(dir)
		for name, text := range map[string]string{"old.txt": text("-8", "10"), "new.txt": test.new} {
			if err := os.WriteFile(name, []byte(text), 0o666); err != nil {
				t.Fatal(err)
			}
		}
		code, _, stderr := command(t, "", "report", "-o", "out", "old.txt", "new.txt")
		if code != exitcode.OK || !strings.Contains(stderr, test.want) || !strings.Contains(stderr, "\npage: ") {
			t.Errorf("exits %d, %s, want %s", code, stderr, test.want)
		}
	}
}
