package draw

import (
	"strings"
	"testing"

	"github.com/semabench/semabench/internal/escape"
	"github.com/semabench/semabench/reports/compare"
	"github.com/semabench/semabench/reports/internal/picture"
	"github.com/semabench/semabench/reports/read"
)

func TestWords(t *testing.T) {
	for got, want := range map[string]string{
		shadeClass(picture.StepOf(1.0001)): "h1",
		shadeClass(picture.StepOf(1.5)):    "h2",
		shadeClass(picture.StepOf(2)):      "h3",
		shadeClass(picture.StepOf(1e9)):    "h8",
		escape.Shell("/impl"):              "/impl",
		escape.Shell("/impl@(a b)"):        "'/impl@(a b)'",
		escape.Shell("it's"):               `'it'\''s'`,
		superscript(120):                   "¹²⁰",
		escape.Printable("a\u202eb\xff"):   `a\u202eb\xff`,
		escape.Printable("ok µ"):           "ok µ",
	} {
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

// The first note stands before the answers, and the others in a section of their own, to which a link leads.
func TestNotesAfterTheFirst(t *testing.T) {
	const row = "BenchmarkX-8 1 5 ns/op\n"
	for text, want := range map[string]int{
		row:                                0,
		"BenchmarkX-8 1 5 ns/op 6 ns/op\n": 0,
		"BenchmarkX-8 1 5 ns/op 6 ns/op\nBenchmarkX-8 \tprinted\n 1 5 ns/op\n": 1,
	} {
		log, err := read.Read(read.Input{Name: "a.txt", Text: strings.NewReader(text)})
		if err != nil {
			t.Fatal(err)
		}
		c, err := compare.Compare(log, compare.Options{})
		if err != nil {
			t.Fatal(err)
		}
		var page strings.Builder
		if err := WriteHTML(&page, c); err != nil {
			t.Fatal(err)
		}
		links, sections := strings.Count(page.String(), `href="#notes"`), strings.Count(page.String(), `id="notes"`)
		if links != 2*want || sections != want {
			t.Errorf("%q: %d links and %d sections, want %d and %d; notes: %q", text, links, sections, 2*want, want, c.Notes)
		}
	}
}
