package main

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/semabench/semabench/bench"
	"github.com/semabench/semabench/cmd/internal/sampling"
	"github.com/semabench/semabench/impls"
	"github.com/semabench/semabench/internal/exitcode"
)

var update = flag.Bool("update", false, "put what the command prints into README.md, "+
	"reports/sample and testdata")

const root = "../.."

// docs/which.md shows the results of the sample exactly as this command prints them, and the README
// counts them.
func TestReadmeShowsTheSample(t *testing.T) {
	t.Chdir(filepath.Join(root, "docs"))
	code, summary, stderr := command(t, "", "report", "-format", "markdown", "-brief",
		"-pictures", "../reports/sample/report", "../reports/sample/bench.txt")
	if code != exitcode.OK {
		t.Fatalf("exits %d: %s", code, stderr)
	}
	const remedy = "go test ./cmd/semabench -run Sample -update"
	holdsBlock(t, "which.md", "results", summary, remedy)
	holdsBlock(t, "../README.md", "answer", answerOf(t, summary), remedy)
}

// holdsBlock checks that a file has this text between the marks of a name. With -update it puts the
// text there.
func holdsBlock(t *testing.T, path, name, want, remedy string) {
	t.Helper()
	begin, end := "<!-- "+name+": begin -->\n", "<!-- "+name+": end -->"
	before, rest, ok := strings.Cut(read(t, path), begin)
	shown, after, ok2 := strings.Cut(rest, end)
	switch {
	case !ok || !ok2:
		t.Fatalf("%s has no %q and %q", path, begin, end)
	case shown == want:
	case !*update:
		t.Fatalf("%s does not show what the sample says; it shows\n%s\nwant\n%s\n%s", path, shown, want, remedy)
	default:
		if err := os.WriteFile(path, []byte(before+begin+want+end+after), 0o666); err != nil {
			t.Fatal(err)
		}
	}
}

// atMost finds how far behind the best the recommended semaphore may be in a kind of work.
var atMost = regexp.MustCompile("bypass[^;]*surely at most ×([0-9.]+)")

// answerOf counts the kinds of work in which the semaphore that the README recommends leads, may be a little
// behind, or is behind.
func answerOf(t *testing.T, summary string) string {
	var leads, open, behind []string
	for line := range strings.Lines(summary) {
		family, answer, ok := strings.Cut(strings.TrimPrefix(line, "- **"), "**: ")
		if !ok || !strings.HasPrefix(line, "- **") || family == "floor" {
			continue
		}
		answer, _, _ = strings.Cut(answer, "; but ")
		first, rest, _ := strings.Cut(answer, ";")
		switch {
		case strings.Contains(first, "bypass") && !strings.HasPrefix(first, "undecided"):
			leads = append(leads, family)
		case strings.Contains(first+rest, "bypass"):
			if m := atMost.FindStringSubmatch(answer); m != nil {
				family += " (×" + m[1] + ")"
			}
			open = append(open, family)
		default:
			behind = append(behind, family+" ("+strings.TrimSpace(first)+")")
		}
	}
	if len(leads)+len(open)+len(behind) < 8 {
		t.Fatalf("the results have fewer than eight kinds of work:\n%s", summary)
	}
	text := fmt.Sprintf("Of %d kinds of work, ", len(leads)+len(open)+len(behind))
	for _, part := range []struct {
		words string
		names []string
	}{
		{"its default policy (`bypass`) leads or ties in %d: %s.\n", leads},
		{"In %d: %s, another policy may be faster, at most by the factor in brackets.\n", open},
		{"Another policy leads in %d: %s.\n", behind},
	} {
		if n := len(part.names); n > 0 {
			text += fmt.Sprintf(part.words, n, strings.Join(part.names, ", "))
		}
	}
	return text
}

// The files of the sample report equal the files that this command makes of the text.
func TestSampleIsDrawnAnew(t *testing.T) {
	t.Chdir(filepath.Join(root, "reports", "sample"))
	made := t.TempDir()
	if code, _, stderr := command(t, "", "report", "-o", made, "bench.txt"); code != exitcode.OK {
		t.Fatalf("exits %d: %s", code, stderr)
	}
	paths, err := filepath.Glob(filepath.Join(made, "report*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range paths {
		name := filepath.Base(path)
		switch filepath.Ext(name) {
		case ".csv", ".json", ".txt": // the figures of bench.txt once more
			continue
		}
		fresh := []byte(read(t, path))
		if *update {
			if err := os.WriteFile(name, fresh, 0o644); err != nil {
				t.Fatal(err)
			}
		} else if kept, err := os.ReadFile(name); err != nil || !bytes.Equal(kept, fresh) {
			t.Errorf("reports/sample/%s is stale (%v); draw it anew and look at it:\n"+
				"go test ./cmd/semabench -run Sample -update", name, err)
		}
	}
}

// The text of the sample has the rows and the units of a default run.
func TestSampleIsOfADefaultRun(t *testing.T) {
	text := read(t, filepath.Join(root, "reports", "sample", "bench.txt"))
	const remedy = "make readme measures it anew"
	var params bench.Params
	cases, err := params.Cases(false)
	if err != nil {
		t.Fatal(err)
	}
	var want, got []string
	for _, c := range cases {
		for _, impl := range c.MeasuredOn(impls.All()) {
			want = append(want, c.Name(impl))
		}
	}
	for line := range strings.Lines(text) {
		if row, ok := strings.CutPrefix(line, sampling.SamplePrefix); ok {
			row, _, _ = strings.Cut(row, "\t")
			got = append(got, sampling.WithoutProcs(strings.TrimSpace(row)))
		}
	}
	slices.Sort(want)
	slices.Sort(got)
	if got = slices.Compact(got); !slices.Equal(got, want) {
		t.Errorf("the sample has the rows\n%s\nwant\n%s\n%s",
			strings.Join(got, "\n"), strings.Join(want, "\n"), remedy)
	}
	var head strings.Builder
	if err := bench.WriteHeader(&head, "interleaved"); err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(head.String()) {
		if strings.HasPrefix(line, "Unit ") && !strings.Contains(text, line) {
			t.Errorf("the sample lacks the line %q; %s", line, remedy)
		}
	}
}
