package reports_test

import (
	"encoding/xml"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/rivo/uniseg"

	"github.com/semabench/semabench/reports"
)

// everyWriter holds all writers, also of pictures. Pictures show only the first rows.
func everyWriter() map[string]func(io.Writer, *reports.Comparison) error {
	all := map[string]func(io.Writer, *reports.Comparison) error{
		"heat":     reports.Terminal{Colour: true}.WriteHeat,
		"pictures": writePictures,
	}
	for name, write := range writers {
		all[name] = write
	}
	return all
}

// everything has all that a report can draw: a series over permits, percentiles, three columns.
func latencyText(samples int) string {
	var b strings.Builder
	for s := range samples {
		for _, permits := range []int{1, 4, 16} {
			for i, impl := range []string{"a", "b", "c"} {
				v := float64((i+1)*(100+s)) / float64(permits)
				fmt.Fprintf(&b, "BenchmarkX/impl=%s/permits=%d-2 1 %g ns/op", impl, permits, v)
				fmt.Fprintf(&b, " %g get-p50-ns %g get-p99-ns %g get-max-ns\n", v, 10*v, 1000*v)
			}
		}
	}
	return b.String()
}

// Markdown shows the pictures that exist, and no stale picture stays in the folder.
func TestPicturesAreThoseThatMarkdownShows(t *testing.T) {
	dir := t.TempDir()
	for _, test := range []struct{ text, want string }{
		{latencyText(6), "heat ratios scaling latency"},
		{samples("a", 1, 2, 3) + samples("b", 2, 3, 4), "heat ratios"},
		{samples("a", 1), ""}, // replaces the report before it
	} {
		paths, err := reports.WriteDir(dir, compare(t, "", test.text))
		if err != nil {
			t.Fatal(err)
		}
		markdown, err := os.ReadFile(filepath.Join(dir, "report.md"))
		if err != nil {
			t.Fatal(err)
		}
		var shown []string
		for _, m := range reference.FindAllStringSubmatch(string(markdown), -1) {
			shown = append(shown, m[1])
		}
		files, err := filepath.Glob(filepath.Join(dir, "*"))
		if err != nil || len(files) != len(paths) || len(paths) != 5+len(shown) {
			t.Errorf("%d files, %d paths and %d pictures shown (%v)", len(files), len(paths), len(shown), err)
		}
		if got := strings.Join(shown, " "); got != test.want {
			t.Errorf("Markdown shows %q, want %q", got, test.want)
		}
		for _, kind := range shown {
			mustBeSVG(t, filepath.Join(dir, "report-"+kind+".svg"))
		}
	}
}

var reference = regexp.MustCompile(`\]\(report-(\w+)\.svg\)`)

func mustBeSVG(t *testing.T, path string) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for d := xml.NewDecoder(f); ; {
		if _, err := d.Token(); err == io.EOF {
			return
		} else if err != nil {
			t.Fatalf("%s: %v", path, err)
		}
	}
}

// Markdown for standard output refers to no pictures: none were written.
func TestMarkdownAloneShowsNoPictures(t *testing.T) {
	c := compare(t, "", latencyText(6))
	if out := render(t, reports.WriteMarkdown, c); strings.Contains(out, "![") {
		t.Errorf("shows a picture:\n%s", out)
	}
	out := render(t, reports.Markdown{Pictures: "a dir/x"}.Write, c)
	if !strings.Contains(out, "](a%20dir/x-heat.svg)") {
		t.Errorf("does not show the picture at the place named:\n%s", out)
	}
}

// The warnings come first, then the answers.
func TestMarkdownBeginsWithTheAnswer(t *testing.T) {
	c := compare(t, "", latencyText(6))
	out := render(t, reports.WriteMarkdown, c)
	if want := "- **all benchmarks**: a"; !strings.HasPrefix(out, want) {
		t.Errorf("begins with %.60q, want %q", out, want)
	}
	if i, j := strings.Index(out, "\nNoise floor"), strings.Index(out, "\n| "); i < 0 || i > j {
		t.Error("the noise floor is not above the tables")
	}
	out = render(t, reports.WriteMarkdown, compare(t, "", "planned-samples: 500\n"+latencyText(6)))
	if !strings.HasPrefix(out, "> [!WARNING]") {
		t.Errorf("begins with %.60q, want the warning", out)
	}
}

// A picture of any number of rows shows the first ones and says so.
func TestManyRowsAreDrawnInPart(t *testing.T) {
	c := compare(t, "", interleaved(300, 6))
	dir := t.TempDir()
	if _, err := reports.WriteDir(dir, c); err != nil {
		t.Fatal(err)
	}
	for kind, note := range map[string]string{"heat": "60 of 300 rows", "ratios": "60 of 300 rows",
		"scaling": ""} {
		svg, err := os.ReadFile(filepath.Join(dir, "report-"+kind+".svg"))
		if err != nil {
			t.Fatal(err)
		}
		if len(svg) > 120_000 || !strings.Contains(string(svg), note) {
			t.Errorf("%s: %d bytes, want at most 120 000, and %q", kind, len(svg), note)
		}
	}
	out := render(t, reports.Terminal{}.WriteHeat, c)
	if n := strings.Count(out, "\n"); n > 80 || !strings.Contains(out, "The first 60 of 300 rows") {
		t.Errorf("the terminal gets %d lines, or is not told of the others", n)
	}
}

// No line of the heat map is wider than the terminal, whatever the names, down to 40 columns.
func TestHeatFitsTheTerminal(t *testing.T) {
	var text strings.Builder
	for _, impl := range []string{"a", "信号量信号量信号量", "e\u0301e\u0301e\u0301", "long-long-long-long", "x<&>", "f"} {
		for s := range 6 {
			for _, name := range []string{"排他制御/goroutines=128", "a_very_long_name_for_a_row"} {
				fmt.Fprintf(&text, "BenchmarkSemaphore/%s/impl=%s-2 1 %d ns/op\n", name, impl, 100+s)
			}
		}
	}
	c := compare(t, "/impl", text.String())
	for _, columns := range []int{40, 72, 80, 100, 200} {
		out := render(t, reports.Terminal{Width: columns}.WriteHeat, c)
		for line := range strings.Lines(out) {
			if n := uniseg.StringWidth(strings.TrimSuffix(line, "\n")); n > columns {
				t.Errorf("%d columns, want at most %d: %q", n, columns, line)
			}
		}
		if !utf8.ValidString(out) || strings.Contains(out, "\x1b") {
			t.Errorf("invalid text, or colours that nobody asked for")
		}
	}
}

// Six columns fit side by side into 80 columns of a terminal.
func TestSixColumnsFit(t *testing.T) {
	var text string
	for _, impl := range []string{"cond", "chan", "spin", "mutex", "ring", "tree"} {
		text += samples(impl, 1, 2, 3, 4, 5, 6)
	}
	out := render(t, reports.Terminal{}.WriteHeat, compare(t, "", text))
	if !regexp.MustCompile(`cond +chan +spin +mutex +ring +tree *\n`).MatchString(out) {
		t.Errorf("the columns are not in one line:\n%s", out)
	}
}

// Cells with a dash, a zero or a negative value have no ratio. The outputs say so and draw
// nothing.
func TestValuesWithoutRatio(t *testing.T) {
	for _, values := range [][2][]float64{
		{{0, 0, 0, 0, 0, 0}, {1, 1, 1, 1, 1, 1}},
		{{-1, -2, -3, -4, -5, -6}, {1, 1, 1, 1, 1, 1}},
		{{0, 0, 0, 0, 0, 0}, {0, 0, 0, 0, 0, 0}},
		{{5, 5, 5, 5, 5, 5}, {5, 5, 5, 5, 5, 5}},
		{{1e-300}, {1e300}},
		{{1}, {2}},
	} {
		c := compare(t, "", inUnit("calls/op", samples("a", values[0]...)+samples("b", values[1]...)))
		for name, write := range everyWriter() {
			out := render(t, write, c)
			if strings.Contains(out, "NaN") || strings.Contains(out, "Inf") && name == "pictures" {
				t.Errorf("%v: %s shows NaN or Inf", values, name)
			}
		}
	}
}

// writePictures writes all pictures of a report one after the other.
func writePictures(w io.Writer, c *reports.Comparison) error {
	dir, err := os.MkdirTemp("", "pictures-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	paths, err := reports.WriteDir(dir, c)
	if err != nil {
		return err
	}
	paths = slices.DeleteFunc(paths, func(path string) bool { return filepath.Ext(path) != ".svg" })
	if _, err := fmt.Fprintf(w, "<!-- %d pictures -->\n", len(paths)); err != nil {
		return err
	}
	for _, path := range paths {
		svg, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if _, err := w.Write(svg); err != nil {
			return err
		}
	}
	return nil
}
