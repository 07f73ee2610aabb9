// Package escape shows hostile text as it is. Names of benchmarks, files and revisions are whatever
// somebody wrote; a terminal, a pull request and a shell would each obey some of it.
package escape

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Printable escapes what a terminal or a page would obey instead of show: control characters,
// reversed text, bytes that are no UTF-8.
func Printable(s string) string {
	bad := func(r rune) bool { return r == unicode.ReplacementChar || !unicode.IsPrint(r) }
	if strings.IndexFunc(s, bad) < 0 {
		return s
	}
	quoted := strconv.Quote(s)
	return quoted[1 : len(quoted)-1]
}

// Markdown is for a table, a heading or a paragraph: what Markdown would take for its own gets a
// backslash, what HTML would, an entity.
func Markdown(s string) string { return markdown.Replace(s) }

var markdown = strings.NewReplacer(
	`&`, "&amp;", `<`, "&lt;", `>`, "&gt;",
	`\`, `\\`, "`", "\\`", `*`, `\*`, `_`, `\_`, `[`, `\[`, `]`, `\]`, `|`, `\|`, `~`, `\~`,
	`#`, `\#`, `@`, `&#64;`, `$`, `\$`,
)

// Shell makes one word of s, quoted only if it needs to be.
func Shell(s string) string {
	if s == "" || strings.ContainsAny(s, " \t'\"\\$`!*?[](){}<>|&;#~") {
		return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
	}
	return s
}

// Source shows a line of a program as it is, each tab as four spaces, and escapes what would be obeyed
// or would not be seen, each character by itself: a quotation mark stays one.
func Source(s string) string {
	s = strings.ReplaceAll(s, "\t", "    ")
	clean := Printable(s)
	if clean == s {
		return s
	}
	var b strings.Builder
	for len(s) > 0 {
		r, size := utf8.DecodeRuneInString(s)
		if unicode.IsPrint(r) && r != unicode.ReplacementChar {
			b.WriteRune(r)
		} else {
			b.WriteString(Printable(s[:size]))
		}
		s = s[size:]
	}
	return b.String()
}
