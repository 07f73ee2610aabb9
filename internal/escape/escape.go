// Package escape makes text from elsewhere harmless for the place where it is shown.
//
//	fmt.Printf("%s: %v\n", escape.Printable(name), value)
//	fmt.Printf("repeat: go test -run %s\n", escape.Shell(pattern))
//
// The author of a benchmark, a file or a branch chooses its name freely. A terminal executes escape
// sequences in a name, a pull request renders Markdown, and a shell interprets nearly every special
// character.
//
// # What this does not do
//
// Pages are escaped by html/template. Long text stays long: shorten it before, with package
// excerpt.
package escape

import (
	"regexp"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Printable returns s with the characters escaped that a terminal or a page would interpret instead
// of showing: control characters, marks that reverse the direction of text, and bytes that are not
// UTF-8. A text with such a character is escaped as in a Go string literal, quotation marks
// included.
func Printable(s string) string {
	bad := func(r rune) bool { return r == unicode.ReplacementChar || !unicode.IsPrint(r) }
	if strings.IndexFunc(s, bad) < 0 {
		return s
	}
	quoted := strconv.Quote(s)
	return quoted[1 : len(quoted)-1]
}

// Markdown returns s for a table, a heading or a paragraph. Characters with a meaning in Markdown
// get a backslash, and characters with a meaning in HTML become entities.
func Markdown(s string) string { return markdown.Replace(s) }

var markdown = strings.NewReplacer(
	`&`, "&amp;", `<`, "&lt;", `>`, "&gt;",
	`\`, `\\`, "`", "\\`", `*`, `\*`, `_`, `\_`, `[`, `\[`, `]`, `\]`, `|`, `\|`, `~`, `\~`,
	`#`, `\#`, `@`, `&#64;`, `$`, `\$`,
)

// plain matches words that every POSIX shell takes as they are. It lists what is harmless and not what
// is special: a character that the list forgets is quoted, and that does no harm.
var plain = regexp.MustCompile(`^[\w@%+=:,./-]+$`)

// Shell returns s as one word of a POSIX shell. It is quoted only if it needs to be.
func Shell(s string) string {
	if plain.MatchString(s) {
		return s
	}
	return Quote(s)
}

// Quote returns s as one word of a POSIX shell, always quoted.
func Quote(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }

// Source returns a line of a program for a page or a terminal: with four spaces for each tab, and with
// the same characters escaped as in [Printable]. It escapes each character alone, so that quotation
// marks and backslashes of the program stay as they are.
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
