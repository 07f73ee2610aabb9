// Package read parses Go benchmark texts into series of values.
//
//	log, err := read.Read(read.Input{Name: "bench.txt"})
//
// golang.org/x/perf/benchfmt parses the lines. This package adds what a report must know beyond
// the results: the lines that could not be parsed, the lines that report a failure of the
// program, and whether the text is as long as its writer planned. A text of a million lines is
// read in about a second.
//
// # Texts as CI systems write them
//
// A text may be UTF-8 or UTF-16, with any line ends and colours, the output of go test -json, or
// service messages of TeamCity. A file that is compressed, JSON of another kind or UTF-32 is refused
// by name, with the command that makes a text of it. So are rows in a table, in quotes or with thousands
// separators, and the output of other tools.
// The first row decides which prefix all rows have, such as a time or indentation: it is removed,
// and [Log.Notes] says so. Only clocks and counters in it may differ. Rows behind different
// prefixes may come from different programs, so Read refuses them, with the command that removes
// the prefix. A row that a print of the benchmark split is put together if exactly one name and
// one result fit; otherwise each part goes to [Log.Broken]. So do rows that a terminal wrapped, and rows of
// two packages that wrote to one text at once.
//
// # What this does not show
//
// A number that stands alone in a prefix is taken for a clock, so rows labelled "1 " and "2 " are
// taken together; the note says what was removed. A text without the key planned-samples may have been cut
// between two lines, and nothing in it says so. Two packages that ran at once are recognized by their lines ok
// and FAIL only: a text without these may hold rows under the wrong package. A program that prints a well-formed
// benchmark line by accident adds a result.
package read

import (
	"bufio"
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/semabench/semabench/internal/escape"
	"golang.org/x/perf/benchfmt"
)

// An Input is one benchmark text.
//
// Text is read once and to its end. It need not be a file: a pipe has no size and cannot be read
// again.
type Input struct {
	Name string    // the path of the file; messages and the column .file show it
	Text io.Reader // nil opens the file Name; for standard input set Name to "-", as benchstat does
}

// A Log is the content of the inputs of one [Read].
//
// Broken and Failures are data and no errors. Most of the text is usually good, and what to do
// about the rest is decided by the caller.
type Log struct {
	Series []*Series // in the order of the inputs and of their first lines; at least one
	Units  benchfmt.UnitMetadataMap
	Files  []File // one for each input

	// Broken holds the benchmark and Unit lines that could not be parsed, and all lines longer
	// than 64 KiB, whatever they contain. They are in no result. Each error has its file and
	// line.
	Broken []*benchfmt.SyntaxError

	// Failures holds the lines by which go test or the Go runtime say that the program failed:
	// FAIL, panic and the like. The results then come from a program that did not end well.
	Failures []*benchfmt.SyntaxError

	// Notes says what Read did to a text beyond reading it: which prefix it removed from the
	// rows, how many rows in parts it put together, and which repeated rows it counted once. It
	// also names packages whose rows the text does not keep apart.
	Notes []string
}

// A File says how much of one input there is.
//
// The numbers are kept for each file, because one partial file among ten would disappear in
// sums.
type File struct {
	Name string // Input.Name
	// the value of the column .file: Name, with #0, #1 and so on if inputs share the name
	Label   string
	Planned int // benchmark lines that the writer intended to write; 0 if the file does not say
	Present int // benchmark lines read
	Broken  int // lines of this file in Log.Broken
	Failed  int // lines of this file in Log.Failures
	Runs    int // runs of go test on one configuration: more than 1 if a header comes again
}

// Partial reports whether f holds fewer lines than its writer planned. Without a plan this is
// unknown, and Partial returns false.
//
// More lines than planned are not partial: a file may have been appended to.
func (f File) Partial() bool { return f.Present < f.Planned }

// Read reads all inputs. It returns an error and no Log if an input cannot be opened or read, or
// holds no benchmark line: an empty comparison would look like a good one.
//
// Read skips lines that are not benchmark lines, such as PASS, log output, and the bare names
// that go test -v prints. Lines that begin like a benchmark line but cannot be parsed go to
// [Log.Broken]. So do lines with a value of NaN or infinity, because such values have no median;
// lines with an iteration count below one; and a last line that was cut short inside a unit.
// Negative values are results: a custom metric may be a difference.
//
// Inputs are read one after the other, and each file is closed before the next is opened.
func Read(inputs ...Input) (*Log, error) {
	if len(inputs) == 0 {
		return nil, errors.New("reading benchmarks: no input given")
	}
	log := new(Log)
	labels := distinctLabels(inputs)
	// one for all inputs, because a Unit line also holds for the files that follow
	var reader benchfmt.Reader
	var c collector
	series := make([][]*Series, len(inputs)) // of each input
	for i, in := range inputs {
		before := len(log.Series)
		if err := log.readInput(&reader, &c, in, labels[i]); err != nil {
			return nil, fmt.Errorf("reading benchmarks: %w", err)
		}
		series[i] = log.Series[before:]
	}
	log.noteSameFigures(series)
	log.Units = reader.Units()
	return log, nil
}

// readInput appends the results of one input to l.
func (l *Log) readInput(reader *benchfmt.Reader, c *collector, in Input, label string) error {
	text := in.Text
	if text == nil {
		f, err := os.Open(in.Name)
		if err != nil {
			return err
		}
		defer f.Close()
		text = f
	}
	f, err := l.readText(reader, c, text, in.Name, label)
	if file, ok := text.(*os.File); ok && err != nil {
		if info, failed := file.Stat(); failed == nil && info.IsDir() {
			return fmt.Errorf("%s: it is a folder; name the texts in it", in.Name)
		}
	}
	if err != nil {
		return err
	}
	l.Files = append(l.Files, f)
	l.Series = append(l.Series, c.buildSeries()...)
	return nil
}

// readText reads the text of one input into c.
// The order of errors matters: an unreadable text is an error of its own, and a text whose rows
// cannot be told apart is refused before its results are used.
func (l *Log) readText(reader *benchfmt.Reader, c *collector, text io.Reader, name, label string) (
	File, error) {
	buffered := bufio.NewReaderSize(text, maxLine)
	if err := refusePacked(buffered, name); err != nil {
		return File{}, err
	}
	lines := newLineReader(buffered, name)
	reader.Reset(lines, name, ".file", label)
	c.reset(lines)
	firstBroken := len(l.Broken)
	var plan plan
	var last lastLine
	for reader.Scan() {
		l.record(reader.Result(), c, &plan, &last)
	}
	if err := cmp.Or(reader.Err(), lines.mixed); err != nil {
		return File{}, err
	}
	if c.records.n > 0 && last.cutShort(c, lines, reader.Units()) {
		l.Broken = append(l.Broken, last.syntaxError())
		c.dropLast()
	}
	l.dropDoubtful(c, lines, firstBroken)
	l.Broken = append(append(l.Broken, lines.broken...), plan.broken...)
	broken := l.Broken[firstBroken:]
	slices.SortStableFunc(broken, func(a, b *benchfmt.SyntaxError) int { return a.Line - b.Line })
	if c.records.n == 0 {
		return File{}, noBenchmarks(name, broken, lines)
	}
	l.Failures = append(l.Failures, lines.failures...)
	l.Notes = append(append(l.Notes, lines.notes()...), c.notes(name)...)
	return File{name, label, plan.total, c.records.n, len(broken), len(lines.failures),
		lines.runs.runs()}, nil
}

// dropDoubtful removes the rows that a later line has shown to be no results, and reports each of them that the
// reader of lines has not reported. A wrapped row is reported once, also if benchfmt could not read it.
func (l *Log) dropDoubtful(c *collector, lines *lineReader, firstBroken int) {
	if len(lines.wrapped.rows) == 0 && len(lines.overlaps.spans) == 0 {
		return
	}
	l.Broken = append(l.Broken[:firstBroken], slices.DeleteFunc(l.Broken[firstBroken:],
		func(b *benchfmt.SyntaxError) bool { return slices.Contains(lines.wrapped.rows, b.Line) })...)
	c.keep(func(line int) bool {
		if why := lines.overlaps.message(line); why != "" {
			l.Broken = append(l.Broken, lines.syntaxErrorAt(line, why))
			return false
		}
		_, cut := slices.BinarySearch(lines.wrapped.rows, line)
		return !cut
	})
}

// record adds one record of benchfmt to l or to the collector.
func (l *Log) record(rec benchfmt.Record, c *collector, plan *plan, last *lastLine) {
	file, passed := rec.Pos()
	line := c.lines.numbers.source(passed)
	switch rec := rec.(type) {
	case *benchfmt.SyntaxError:
		rec.Line = line
		if strings.HasPrefix(rec.Msg, "parsing ") {
			if word := badWord(c.lines.recent.line(passed)); word != "" {
				rec.Msg += ": " + clip(word)
			}
		}
		l.Broken = append(l.Broken, rec)
	case *benchfmt.Result:
		// The configuration is stored on change only. A text has it once for thousands of
		// results.
		if c.changed(rec) {
			plan.observe(rec, line)
			c.setConfig(rec)
		}
		if why := invalidReason(rec); why != "" {
			l.Broken = append(l.Broken, &benchfmt.SyntaxError{FileName: file, Line: line, Msg: why})
			return
		}
		tidyZeros(rec)
		// A repeated row is dropped only if an equal one was read before: two equal measurements
		// outside of a section are both counted.
		if c.lines.summary.repeats(line) && c.has(rec) {
			c.lines.echoed++
			return
		}
		last.observe(rec, line)
		c.add(rec, line)
	}
}

// noBenchmarks is the error for a file without results. It says what to do next.
//
// It names the first broken line, because a text that has only broken ones has one cause. A text
// that quotes rows in another form gets advice on that form: the figures are there, and measuring
// again would give the same form. A program that failed would fail again, so its failure comes first.
func noBenchmarks(name string, broken []*benchfmt.SyntaxError, lines *lineReader) error {
	next, seen := "measure again with: go test -run='^$' -bench=. -count=10", lines.foreign
	if err := seen.refusal(name); err != nil && (seen.certain() || len(broken) == 0) {
		return err
	}
	if command := seen.command(name); command != "" {
		next = "to make a text of it: " + command
	}
	switch {
	case lines.line == 0:
		return fmt.Errorf("%s: it is empty; %s", name, next)
	case len(broken) == 0 && len(lines.failures) > 0:
		return fmt.Errorf("%s: no benchmark line in it, as the program failed: %w; mend this, and then %s", name,
			lines.failures[0], next)
	case len(broken) == 0:
		return fmt.Errorf("%s: no benchmark line in it; %s", name, next)
	}
	return fmt.Errorf("%s: no benchmark line in it can be read, %d broken, the first is %w; %s",
		name, len(broken), broken[0], next)
}

// distinctLabels numbers inputs of the same name, as benchstat does. With one label they would be
// one column, and a file given twice would count as twice the samples.
func distinctLabels(inputs []Input) []string {
	total := make(map[string]int)
	for _, in := range inputs {
		total[in.Name]++
	}
	seen := make(map[string]int)
	labels := make([]string, len(inputs))
	for i, in := range inputs {
		labels[i] = in.Name
		if total[in.Name] > 1 {
			labels[i] = fmt.Sprintf("%s#%d", in.Name, seen[in.Name])
			seen[in.Name]++
		}
	}
	return labels
}

// noteSameFigures notes inputs that hold the same figures, sample for sample. Two measurements hardly ever
// agree so far; one text was probably given twice, or copied under another name. Compared with itself, a text
// proves ties without a second measurement, and the confidence intervals do not show it.
//
// series holds the series of each file. Only exact equality counts, since a file that repeats some rows of
// another one is a legal way to keep results. The first sample differs in nearly all pairs, so comparing each
// pair is cheap.
func (l *Log) noteSameFigures(series [][]*Series) {
	for i, a := range series {
		for j := range i {
			if l.Files[i].Present != l.Files[j].Present || !sameFigures(a, series[j]) {
				continue
			}
			l.Notes = append(l.Notes, escape.Printable(fmt.Sprintf("%s and %s hold the same figures, sample for "+
				"sample: if one text was given twice, a comparison of the two says nothing", l.Files[j].Label,
				l.Files[i].Label)))
			break
		}
	}
}

// cutShort reports whether the last line of the file ends inside a unit, as after a full disk.
// benchfmt reads "12 ns/o" as 12 of the unit "ns/o", which would make a table of its own.
//
// Only the last unit of a line without newline can be cut. A cut unit is recognized by being
// unknown: it is not a unit of package testing, no Unit line declares it, and no earlier line of
// the file has it. A line that lost its newline but no letter stays a result.
func (l *lastLine) cutShort(c *collector, lines *lineReader, meta benchfmt.UnitMetadataMap) bool {
	return lines.isUnterminated(l.line) && !isBuiltinUnit(l.unit) && !isDeclared(l.unit, meta) &&
		!c.hadUnit(l.unit)
}
