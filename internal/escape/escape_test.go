package escape_test

import (
	"testing"

	"github.com/semabench/semabench/internal/escape"
)

func TestEscapes(t *testing.T) {
	for _, test := range []struct {
		name      string
		escape    func(string) string
		text, out string
	}{
		{"plain", escape.Printable, "Sort/n=10 µs", "Sort/n=10 µs"},
		{"control", escape.Printable, "a\x1b[2Jb\r\n", `a\x1b[2Jb\r\n`},
		{"reversed", escape.Printable, "a\u202eb", `a\u202eb`},
		{"no UTF-8", escape.Printable, "a\xffb", `a\xffb`},
		{"source", escape.Source, "\tx := \"ü\"", "    x := \"ü\""},
		{"hostile source", escape.Source, "s := \"a\u202eb\x1b\xff\"", `s := "a\u202eb\x1b\xff"`},
		{"table", escape.Markdown, "a|b*c_d`e", "a\\|b\\*c\\_d\\`e"},
		{"HTML", escape.Markdown, "<b>&@x #1", `&lt;b&gt;&amp;&#64;x \#1`},
		{"word", escape.Shell, "./bench", "./bench"},
		{"words", escape.Shell, "it's $(rm)", `'it'\''s $(rm)'`},
		{"nothing", escape.Shell, "", "''"},
		{"line", escape.Shell, "a\nb", "'a\nb'"},
		{"revision", escape.Shell, "HEAD^", "'HEAD^'"},
		{"always quoted", escape.Quote, "a", "'a'"},
	} {
		if got := test.escape(test.text); got != test.out {
			t.Errorf("%s: %q, want %q", test.name, got, test.out)
		}
	}
}
