package read

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"
	"unicode"

	"github.com/semabench/semabench/internal/escape"
)

// A prefix is the text before each row: a CI system puts a time or a step before each line, and a
// pasted text is indented.
//
// Two lines have the same kind of prefix if pattern matches both. In a pattern, numbers stand for
// themselves, because "v1: " and "v2: " are two programs. Only the numbers of a clock or counter
// may differ: a word that consists of digits and the signs of a time.
type prefix struct {
	example string
	pattern *regexp.Regexp
	rows    int
}

var (
	clock = regexp.MustCompile(`^([\[<]?)\d[\d:.,TZ+/-]*(ns|us|µs|ms|s|m|h)?([\]>]?[:|]?)$`)
	// Parentheses hold a time only with a colon in it: (1.22) is a version in a matrix of builds.
	inParentheses = regexp.MustCompile(`^\(\d+:\d[\d:.,]*\)$`)
	calendar      = regexp.MustCompile(`^(Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec|` +
		`Mon|Tue|Wed|Thu|Fri|Sat|Sun),?$`)

	// timeInside finds a time of day, with or without its date, in a word that holds more, such as
	// [10:00:05]W: or ts=2026-11-30T10:00:05Z. Two colons are demanded: a:1:2 is no time, and 1:2 may be a
	// version.
	timeInside = regexp.MustCompile(`(?:\d{4}[-/]\d\d[-/]\d\d[T_])?\d{1,2}:\d\d:\d\d(?:[.,]\d+)?` +
		`(?:Z|[+-]\d\d:?\d\d)?`)

	// gitlabStream is the second word of each line of GitLab: the number and kind of the stream. A +
	// behind it, without a space, marks the rest of a line that was written in two steps.
	gitlabStream = regexp.MustCompile(`^[0-9]{2}[OE][+]?$`)
)

// newPrefix generalizes an example.
//
// The pattern is built word by word, and white space between words may vary: CI systems align
// their columns.
func newPrefix(example string) *prefix {
	return &prefix{example: example, pattern: regexp.MustCompile(patternOf(example, quoted))}
}

// patternOf returns the pattern for the prefixes of one kind. pattern makes the pattern of a word
// that is neither a time nor a date.
func patternOf(example string, pattern func(word string) string) string {
	var p strings.Builder
	p.WriteString("^")
	for rest := example; rest != ""; {
		n := strings.IndexFunc(rest, unicode.IsSpace)
		if n == 0 {
			p.WriteString("[[:space:]]+")
			rest = strings.TrimLeftFunc(rest, unicode.IsSpace)
			continue
		}
		if n < 0 {
			n = len(rest)
		}
		word := rest[:n]
		rest = rest[n:]
		switch m := clock.FindStringSubmatch(word); {
		case m != nil:
			p.WriteString(quoted(m[1]) + "[0-9][0-9:.,TZ+/-]*")
			if m[2] != "" {
				p.WriteString("[a-zµ]+")
			}
			p.WriteString(quoted(m[3]))
		case inParentheses.MatchString(word):
			p.WriteString("\\([0-9]+:[0-9:.,]+\\)")
		case calendar.MatchString(word):
			p.WriteString("[A-Z][a-z][a-z],?")
		case gitlabStream.MatchString(word):
			p.WriteString("[0-9][0-9][OE][+]?[[:space:]]*")
			rest = strings.TrimLeftFunc(rest, unicode.IsSpace)
		default:
			p.WriteString(aroundTimes(word, pattern))
		}
	}
	return p.String()
}

// aroundTimes returns the pattern of a word in which times may stand between other signs.
func aroundTimes(word string, pattern func(word string) string) string {
	var p strings.Builder
	for {
		at := timeInside.FindStringIndex(word)
		if at == nil {
			return p.String() + pattern(word)
		}
		p.WriteString(pattern(word[:at[0]]) + "[0-9][0-9:.,TZ_+/-]*")
		word = word[at[1]:]
	}
}

// counted is quoted for a word in which any number may stand in place of each number.
func counted(word string) string { return digits.ReplaceAllString(quoted(word), "[0-9]+") }

var digits = regexp.MustCompile("[0-9]+")

// quoted escapes s for the pattern language that Go and sed -E share.
//
// A slash would end the s command of sed, so it stands in brackets.
func quoted(s string) string { return strings.ReplaceAll(regexp.QuoteMeta(s), "/", "[/]") }

// equal reports whether p and other are the same kind.
func (p *prefix) equal(other *prefix) bool { return p.pattern.String() == other.pattern.String() }

// cut returns line without the prefix. A line may hold figures alone, with its name on another line. Its number of
// operations can look like a line number of the prefix, and is not cut.
//
// A line without the prefix is passed on unchanged. In a CI log some lines come from other
// steps.
func (p *prefix) cut(line []byte) []byte {
	at := p.pattern.FindIndex(line)
	if at == nil || lacksName(line) && !lacksName(line[at[1]:]) {
		return line
	}
	return line[at[1]:]
}

// command returns the shell command that removes the prefix from a file.
//
// The user is given the command instead of a flag of this program: the text then is clean for
// benchstat too.
func (p *prefix) command(file string) string {
	return fmt.Sprintf("sed -E %s %s", escape.Quote("s/"+p.pattern.String()+"//"),
		escape.Shell(escape.Printable(file)))
}

// commandFor returns the shell command that removes both prefixes from a file. Prefixes that differ
// in their numbers only are taken for one kind here: the user asks for it by running the command.
func (p *prefix) commandFor(other *prefix, file string) string {
	both := patternOf(p.example, counted)
	switch {
	case other.example == "":
		return p.command(file)
	case both == patternOf(other.example, counted):
		return (&prefix{pattern: regexp.MustCompile(both)}).command(file)
	}
	return fmt.Sprintf("sed -E %s %s", escape.Quote("s/"+p.pattern.String()+"//;s/"+
		other.pattern.String()+"//"), escape.Shell(escape.Printable(file)))
}

// String describes the prefix for a message.
func (p *prefix) String() string {
	if strings.TrimSpace(p.example) == "" {
		return fmt.Sprintf("indentation %q", p.example)
	}
	return fmt.Sprintf("the prefix %q", clip(p.example))
}

// findRow returns the place in line where a whole row begins, or -1. The row may be an event of
// go test -json.
//
// Every place with the word Benchmark is tried, since a name of a test or a path may contain it
// before the row begins.
func findRow(line []byte) int {
	if at := bytes.Index(line, serviceMessage); at >= 0 {
		return at // it quotes the row, with signs of its own behind it
	}
	for at := 0; ; at += len(rowStart) {
		next := bytes.Index(line[at:], rowStart)
		if next < 0 {
			break
		}
		if at += next; isRow(line[at:]) {
			return at
		}
	}
	if at := bytes.Index(line, []byte(`{"`)); at >= 0 && isEvent(line[at:]) {
		return at
	}
	return -1
}
