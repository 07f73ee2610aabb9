package read

import (
	"bytes"
	"fmt"
	"regexp"

	"github.com/semabench/semabench/internal/escape"
)

// A foreign remembers signs of a text that go test did not print: the output of another tool, or rows in
// JSON of a CI system, in quotes of a logger, or in a table.
//
// It serves the message for a text without any row, and decides nothing else. So it looks at lines only
// until the first row is read.
type foreign struct {
	json   bool   // the text begins like JSON
	events bool   // it has objects of go test -json, which are not one a line
	binary bool   // a line has bytes that no text has
	tool   string // the tool that printed the text, or ""
	named  int    // the first line with a name and a number behind it; 0 if there is none
	quoted bool   // a line has a string of JSON that begins like a row
	line   int    // the first line with a name and a time; 0 if there is none
	text   []byte // that line
	seen   bool   // a line with more than white space was seen
}

// tools are the programs whose output is given by mistake most often, with a line that only they print.
// The units of benchstat and semabench stand in heads of tables: their medians are no samples, and
// nothing can be computed from them.
var tools = []struct {
	name string
	sign *regexp.Regexp
}{
	{"criterion.rs", regexp.MustCompile(`\btime: +\[[0-9.]+ .*\]`)},
	{"cargo bench", regexp.MustCompile(`^test \S+ +\.\.\. bench: `)},
	{"pytest-benchmark", regexp.MustCompile(`^Name \(time in `)},
	{"JMH", regexp.MustCompile(`^(# JMH version|Benchmark .*Mode +Cnt +Score)`)},
	{"Google Benchmark", regexp.MustCompile(`^Benchmark +Time +CPU +Iterations`)},
	{"hyperfine", regexp.MustCompile(`^ +Time \(mean ± σ\):`)},
	{"BenchmarkDotNet", regexp.MustCompile(`^(BenchmarkDotNet v|\| *Method .*\| *Mean )`)},
	{"benchmark.js", regexp.MustCompile(` ops/sec ±[0-9.]+% \([0-9]+ runs? sampled\)`)},
	{"go tool pprof", regexp.MustCompile(`^ +flat +flat% +sum% +cum +cum%`)},
	{tables, regexp.MustCompile(`\x{2502} .*/(op|s) .*\x{2502}|^,[^,]*/(op|s),CI\b|^name +old \S+ +new |` +
		`^name +(\\ +\S+ +)?(time|speed|alloc|allocs|\S+)/(op|s)\b|^record,table,unit,row,column,`)},
	{changes, regexp.MustCompile(`^benchmark +old \S+ +new \S+ +(delta|speedup)`)},
	{"semabench gate", regexp.MustCompile(`^gate: [A-Z]+.*\(exit [0-9]\)$|` +
		`^(REGRESSED|IMPROVED|UNCHANGED|IDENTICAL|INCONCLUSIVE|MORE WORK) \S+\.Benchmark`)},
	{summary, regexp.MustCompile(`^DONE [0-9]+ tests?\b.* in [0-9.]+m?s$`)},
}

var (
	// quotedRow matches the begin of a row in a string of JSON, and namedFigure a name and a number in any notation.
	quotedRow   = regexp.MustCompile(`Benchmark[^\s"]*?-?[0-9]*(?:\s|\\t)+[0-9]`)
	namedFigure = regexp.MustCompile(`Benchmark[^\s,;|"]*["\s,;|]+[0-9]`)
)

// actionKey is the key that each event of go test -json has.
var actionKey = regexp.MustCompile(`"Action" *: *"(start|run|output|pass|bench|fail|skip)"`)

const (
	tables  = "a table of benchstat or semabench"
	changes = "a table of benchcmp"
	summary = "a summary of gotestsum"
)

// observe takes the next line that is not a plain row.
func (f *foreign) observe(line []byte, number int) {
	text := bytes.TrimSpace(line)
	if !f.seen && len(text) > 0 {
		f.seen = true
		inner := bytes.TrimSpace(text[1:])
		// A line in brackets is no JSON: CI systems write [12:00:01] and [INFO].
		f.json = text[0] == '{' && !isEvent(text) || text[0] == '[' &&
			(len(inner) == 0 || inner[0] == '{' || inner[0] == '"')
	}
	f.events = f.events || f.json && actionKey.Match(line)
	f.binary = f.binary || bytes.ContainsAny(line, "\x00\x01\x02\x03\x04\x05\x06")
	f.quoted = f.quoted || quotedRow.Match(line)
	if f.named == 0 && namedFigure.Match(line) {
		f.named = number
	}
	if f.line == 0 && bytes.Contains(line, rowStart) && bytes.Contains(line, []byte("ns/op")) {
		f.line, f.text = number, bytes.Clone(text)
	}
	for _, t := range tools {
		if f.tool == "" && t.sign.Match(bytes.TrimRight(line, "\r\n")) {
			f.tool = t.name
		}
	}
}

// certain reports whether the refusal explains more than a broken line would.
func (f foreign) certain() bool { return f.json || f.tool != "" }

// refusal returns the error for a text without rows that f explains, or nil.
func (f foreign) refusal(name string) error {
	const rows = "a report needs a line for each sample, such as: BenchmarkName 1 1250 ns/op"
	switch command := f.command(name); {
	case f.tool == tables, f.tool == changes:
		return fmt.Errorf("%s: it is %s, which has no samples; give the texts from which it was made", name, f.tool)
	case f.tool == summary:
		return fmt.Errorf("%s: it is %s, whose format leaves the rows out; measure again with "+
			"gotestsum --format standard-verbose, or give the file of its --jsonfile", name, summary)
	case f.tool != "":
		return fmt.Errorf("%s: it is the output of %s, and not of go test -bench; %s", name, f.tool, rows)
	case f.events:
		return fmt.Errorf("%s: it is the output of go test -json that another program wrote anew; to put each event "+
			"in a line again: %s", name, convert("jq -c '.. | objects | select(.Action)'", name))
	case f.json && !f.quoted:
		return fmt.Errorf("%s: it is JSON without a benchmark line; %s", name, rows)
	case f.json:
		return fmt.Errorf("%s: it is JSON, and not the output of go test -json; to take the texts out "+
			"of it: %s", name, convert("jq -r '.. | strings'", name))
	case command != "":
		return fmt.Errorf("%s: no benchmark line in it; line %d has one in another form; to make a text of "+
			"it: %s", name, f.line, command)
	case f.line > 0:
		return fmt.Errorf("%s: no benchmark line in it; line %d has a name and a time in a form that go "+
			"test does not print: %s; %s", name, f.line, escape.Printable(clip(string(f.text))), rows)
	case f.named > 0 && !f.binary:
		return fmt.Errorf("%s: no benchmark line in it; line %d has the name of a benchmark and a number without a "+
			"unit; %s", name, f.named, rows)
	case f.binary:
		return fmt.Errorf("%s: it is a binary file and no text; give the output of go test -bench", name)
	}
	return nil
}

// A rewrite makes a row of a line in another form. pattern and with are the two parts of an s command of sed -E,
// so that the command in a message does what was tried here.
type rewrite struct {
	when    *regexp.Regexp // the form; nil for any
	pattern *regexp.Regexp
	with    string
}

// thousands matches the separators of thousands that are neither a comma nor a point: an apostrophe, its typographic
// form, and two narrow spaces. sed -E knows no group that does not capture.
const thousands = "('|\u2019|\u202f|\u2009)"

// rewrites are the forms in which people paste rows. A comma is a thousands separator only if the count,
// which is an integer, has one; with one or two digits behind it, it is a decimal comma. 1,234 alone may
// be either, and gets no command.
var rewrites = []rewrite{
	{nil, regexp.MustCompile("[|\"`]"), " "},
	{nil, regexp.MustCompile(`[,;"]`), " "},
	{nil, regexp.MustCompile(`\\[tn]|"`), " "},
	{nil, regexp.MustCompile(`\^I`), " "}, // tabs, as cat -A shows them
	{nil, regexp.MustCompile(`<[^>]*>`), " "},
	{nil, regexp.MustCompile(`[*_]{2}`), " "},
	{nil, regexp.MustCompile(`[ 	]+(#|\(|[/][/]).*$`), ""},
	{regexp.MustCompile(`Benchmark\S+\s+[0-9]{1,3}(,[0-9]{3})+\s`), regexp.MustCompile(`,([0-9]{3})`), `\1`},
	// An apostrophe, or a narrow or hard space, is no decimal sign anywhere.
	{regexp.MustCompile(`Benchmark\S+\s+[0-9]{1,3}(` + thousands + `[0-9]{3})+\s`),
		regexp.MustCompile(thousands + `([0-9]{3})`), `\2`},
	{regexp.MustCompile(`\s[0-9]+,[0-9]{1,2}\s`), regexp.MustCompile(`([0-9]),([0-9])`), `\1.\2`},
}

// command returns a shell command that makes rows of the lines in the form of f, or "". It was tried on one
// line; what it makes of others is checked when the new text is read.
func (f foreign) command(name string) string {
	if f.line == 0 || findRow(f.text) >= 0 && invalidTail(f.text) == "" {
		return ""
	}
	for _, r := range rewrites {
		if r.when != nil && !r.when.Match(f.text) {
			continue
		}
		with := regexp.MustCompile(`\\([0-9])`).ReplaceAllString(r.with, "$${$1}")
		if row := r.pattern.ReplaceAll(f.text, []byte(with)); findRow(row) >= 0 && invalidTail(row) == "" {
			return convert("sed -E "+escape.Quote("s/"+r.pattern.String()+"/"+r.with+"/g"), name)
		}
	}
	return ""
}

// invalidTail returns the last word of a row if it is a unit with signs behind it.
func invalidTail(row []byte) string {
	fields := bytes.Fields(row)
	if last := string(fields[len(fields)-1]); hasTail(last) {
		return last
	}
	return ""
}
