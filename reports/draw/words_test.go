package draw

import (
	"testing"

	"github.com/semabench/semabench/internal/escape"
	"github.com/semabench/semabench/reports/internal/picture"
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
