package reports

import (
	"testing"

	"github.com/semabench/semabench/reports/internal/picture"
)

func TestWords(t *testing.T) {
	for got, want := range map[string]string{
		shadeClass(picture.StepOf(1.0001)): "h1",
		shadeClass(picture.StepOf(1.5)):    "h2",
		shadeClass(picture.StepOf(2)):      "h3",
		shadeClass(picture.StepOf(1e9)):    "h8",
		shellWord("/impl"):                 "/impl",
		shellWord("/impl@(a b)"):           "'/impl@(a b)'",
		shellWord("it's"):                  `'it'\''s'`,
		superscript(120):                   "¹²⁰",
		printable("a\u202eb\xff"):          `a\u202eb\xff`,
		printable("ok µ"):                  "ok µ",
	} {
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
