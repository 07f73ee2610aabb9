package read

import (
	"errors"
	"fmt"
	"io"
	"os"

	"golang.org/x/perf/benchfmt"
)

// An Input is one benchmark text.
type Input struct {
	Name string    // the path of the file; also what messages and the column .file call it
	Text io.Reader // nil means: open Name; of standard input the Name should be "-", as for benchstat
}

// A Log is what [Read] found.
type Log struct {
	Series []*Series // in the order of the inputs and of their first lines; at least one
	Units  benchfmt.UnitMetadataMap
	Files  []File // one for each input

	// Broken are the benchmark and Unit lines that could not be read and are in no result, and
	// all lines longer than 64 KiB, whatever they were. Each has its file and line.
	Broken []*benchfmt.SyntaxError

	// Failures are the lines by which go test or the Go runtime say that the program failed:
	// FAIL, panic and the like. The results are those of a program that did not end well.
	Failures []*benchfmt.SyntaxError
}

// A File says how much of one input there is.
type File struct {
	Name    string // Input.Name
	Label   string // its column .file: Name, with #0, #1... appended where inputs share it
	Planned int    // benchmark lines that its writer meant to write; 0 if the file does not say
	Present int    // benchmark lines read
	Broken  int    // lines of it in Log.Broken
	Failed  int    // lines of it in Log.Failures
}

// Partial reports whether f holds less than its writer planned.
// Without a plan nobody can tell, and Partial is false.
func (f File) Partial() bool { return f.Present < f.Planned }

// Read reads all inputs. It fails, and returns nothing else, if an input cannot be opened or
// read, or holds no benchmark line: an empty comparison would look like a good one.
//
// Lines that are no benchmark lines (PASS, log output, the bare names that go test -v prints) are
// passed over. Lines that begin like one but cannot be read are kept in [Log.Broken]; so are
// lines with a value of NaN or infinity, because no median can be taken of those, lines with an
// iteration count below one, and a last line that was cut short inside a unit.
// Negative values are kept: a metric of its own making may be a difference.
func Read(inputs ...Input) (*Log, error) {
	if len(inputs) == 0 {
		return nil, errors.New("reading benchmarks: no input given")
	}
	log := new(Log)
	labels := distinctLabels(inputs)
	var reader benchfmt.Reader // one for all, because a Unit line holds for the files after it too
	var c collector
	for i, in := range inputs {
		if err := log.readInput(&reader, &c, in, labels[i]); err != nil {
			return nil, fmt.Errorf("reading benchmarks: %w", err)
		}
	}
	log.Units = reader.Units()
	return log, nil
}

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
	lines := newLineReader(text, in.Name)
	reader.Reset(lines, in.Name, ".file", label)
	c.reset()
	firstBroken := len(l.Broken)
	var plan plan
	var last lastLine
	for reader.Scan() {
		l.record(reader.Result(), c, &plan, &last)
	}
	if err := reader.Err(); err != nil {
		return err
	}
	if c.records.n > 0 && last.cutShort(c, lines, reader.Units()) {
		l.Broken = append(l.Broken, last.syntaxError())
		c.dropLast()
	}
	l.Broken = append(append(l.Broken, lines.tooLong...), plan.broken...)
	broken := l.Broken[firstBroken:]
	if c.records.n == 0 {
		return noBenchmarks(in.Name, lines.isJSON, broken)
	}
	l.Failures = append(l.Failures, lines.failures...)
	l.Files = append(l.Files,
		File{in.Name, label, plan.total, c.records.n, len(broken), len(lines.failures)})
	l.Series = append(l.Series, c.buildSeries()...)
	return nil
}

func (l *Log) record(rec benchfmt.Record, c *collector, plan *plan, last *lastLine) {
	switch rec := rec.(type) {
	case *benchfmt.SyntaxError:
		l.Broken = append(l.Broken, rec)
	case *benchfmt.Result:
		if c.changed(rec) {
			plan.observe(rec)
			c.setConfig(rec)
		}
		if why := invalidReason(rec); why != "" {
			l.Broken = append(l.Broken, syntaxErrorAt(rec, why))
			return
		}
		tidyZeros(rec)
		last.observe(rec)
		c.add(rec)
	}
}

func noBenchmarks(name string, json bool, broken []*benchfmt.SyntaxError) error {
	next := "measure again with: go test -run='^$' -bench=. -count=10"
	if json {
		next = "it looks like the output of go test -json: leave -json out, or keep its Output fields"
	}
	if len(broken) == 0 {
		return fmt.Errorf("%s: no benchmark line in it; %s", name, next)
	}
	return fmt.Errorf("%s: no benchmark line in it can be read, %d broken, the first is %w; %s",
		name, len(broken), broken[0], next)
}

// distinctLabels keeps apart inputs of the same name, as benchstat does: with one label they would
// be one column, and the same file given twice would pass for twice the samples.
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
