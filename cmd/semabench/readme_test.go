package main

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/semabench/semabench/bench"
	"github.com/semabench/semabench/impls"
	"github.com/semabench/semabench/internal/exitcode"
	"github.com/semabench/semabench/internal/sampling"
)

var update = flag.Bool("update", false, "put what the command prints into README.md, "+
	"reports/sample and testdata")

const root = "../.."

// The README shows the results of the sample exactly as this command prints them.
func TestReadmeShowsTheSample(t *testing.T) {
	t.Chdir(root)
	code, summary, stderr := command(t, "", "report", "-format", "markdown", "-brief",
		"-pictures", "reports/sample/report", "reports/sample/bench.txt")
	if code != exitcode.OK {
		t.Fatalf("exits %d: %s", code, stderr)
	}
	const begin, end = "<!-- results: begin -->\n", "<!-- results: end -->"
	before, rest, ok := strings.Cut(read(t, "README.md"), begin)
	shown, after, ok2 := strings.Cut(rest, end)
	if !ok || !ok2 {
		t.Fatalf("README.md has no %q and %q", begin, end)
	}
	if shown == summary {
		return
	}
	if !*update {
		t.Fatal("README.md does not show what report makes of reports/sample/bench.txt:\n" +
			"go test ./cmd/semabench -run Sample -update")
	}
	if err := os.WriteFile("README.md", []byte(before+begin+summary+end+after), 0o666); err != nil {
		t.Fatal(err)
	}
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
