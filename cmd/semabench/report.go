package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"

	"github.com/semabench/semabench/internal/exitcode"
	"github.com/semabench/semabench/internal/plural"
	"github.com/semabench/semabench/internal/spelling"
	"github.com/semabench/semabench/reports"
)

// A writer writes a comparison in one format.
// It is an alias and no defined type, so that functions of package reports and methods fit it
// without a conversion.
type writer = func(io.Writer, *reports.Comparison) error

// formats need only the comparison. writerOf adds the formats that have options.
var formats = []struct {
	name  string
	write writer
}{
	{"csv", reports.WriteCSV},
	{"json", reports.WriteJSON},
}

// A reportCall has the flags of the verb report.
type reportCall struct {
	format, dir, col, family, color, pictures, soak *string
	brief                                           *bool
	needs                                           func() (reports.Options, error)
}

// reportFlags adds the flags of the verb report to f.
func reportFlags(f *flagSet) reportCall {
	return reportCall{
		format: f.String("format", "text", "what to print: text, heat, markdown, html, csv or json"),
		dir:    f.String("o", "", "write all formats into this folder instead of printing one"),
		col: f.String("col", "", "what makes the columns, as benchstat's -col (default /impl, or "+
			".file without it)"),
		family: f.String("family", "table", "tests that are corrected together: of a unit in one "+
			"table, or in all tables (unit)"),
		color: f.String("color", "auto", colorUsage),
		pictures: f.String("pictures", "",
			"in Markdown, show the pictures that -o wrote: DIR/report, seen from the Markdown"),
		needs: addNeeds(f),
		brief: f.Bool("brief", false, "in Markdown, only the part before the tables"),
		soak: f.String("stress", "", "show the summary in this `file` on the page; stress -summary "+
			"writes it"),
	}
}

// options returns what the flags say about the comparison.
func (r reportCall) options() (o reports.Options, err error) {
	if o, err = r.needs(); err != nil {
		return o, err
	}
	o.Col = *r.col
	o.Family, err = familyOf(*r.family)
	return o, err
}

// writer returns the writer of the format that the flags name, with the page for html.
func (r reportCall) writer(s screen, page reports.HTML) (writer, error) {
	return writerOf(*r.format, s, reports.Markdown{Pictures: *r.pictures, Brief: *r.brief}, page)
}

// report compares the samples in files of benchmark text, of this module or of any other.
//
// The flags are checked before the texts are read: a text of a million lines takes seconds. The
// report is written also if the text has flaws: readers get everything that could be read, and the
// exit code tells scripts of the flaws.
func (a app) report(ctx context.Context, args []string) error {
	f := a.flags("report", "[flags] FILE...", "Makes a report of any Go benchmark text. - means "+
		"standard input.\n"+
		"On a terminal it begins with which column to use and with a heat map.")
	r := reportFlags(f)
	if err := f.parse(args); err != nil {
		return err
	}
	if f.NArg() == 0 {
		return errors.New("name at least one file of benchmark text, or - for standard input")
	}
	screen, err := a.screen(*r.color)
	if err != nil {
		return err
	}
	o, err := r.options()
	if err != nil {
		return err
	}
	if _, err := r.writer(screen, reports.HTML{}); err != nil {
		return err // the page needs the comparison, and the name of the format does not
	}
	saveMemory()
	c, err := unlessInterrupted(ctx, func() (*reports.Comparison, error) {
		return compare(o, a.inputs(f.Args())...)
	})
	if err != nil {
		return err
	}
	if err := a.writeReportOf(ctx, r, c, screen); err != nil {
		return err
	}
	return flaws(c)
}

// writeReportOf writes c into the folder of -o, or prints it in one format.
func (a app) writeReportOf(ctx context.Context, r reportCall, c *reports.Comparison, s screen) (err error) {
	var page reports.HTML
	if page.Attachments, err = a.attachments(c, *r.soak); err != nil {
		return err
	}
	if *r.dir != "" {
		return a.writeDir(*r.dir, c, page, s)
	}
	write, err := r.writer(s, page)
	if err != nil {
		return err
	}
	_, err = unlessInterrupted(ctx, func() (struct{}, error) {
		if err := write(a.stdout, c); err != nil {
			return struct{}{}, fmt.Errorf("writing the report: %w", err)
		}
		return struct{}{}, nil
	})
	return err
}

// saveMemory lets the heap grow to 1.4 times what is in use, and not to twice as much. Nearly all
// that a report allocates stays in use until its end, so collecting more often costs little.
//
// On 100 000 rows with ten samples the peak was 231 MB with it. GOGC in the environment is a
// decision of the user, and stays.
func saveMemory() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(40)
	}
}

// writeDir writes all formats into dir. It prints the paths in others, files that belong to the
// report and exist already, and then the paths of the new files.
//
// The heat map comes between writing and the list of paths: an error of writing must not be
// hidden below a screen of colours.
func (a app) writeDir(dir string, c *reports.Comparison, page reports.HTML, s screen,
	others ...string) error {
	paths, err := page.WriteDir(dir, c)
	if err != nil {
		return err
	}
	if err := s.writeHeatForPeople(a.stdout, c); err != nil {
		return err
	}
	a.printPaths(append(others, paths...))
	a.sayAnswers(dir, c, s)
	return nil
}

// mostLines is how many lines of answers and notes a log shows: as many as one reads at a glance.
const mostLines = 15

// briefTables is the number of answers among them: a note, the needs, the summary and the page have a
// line each.
const briefTables = mostLines - 4

// sayAnswers ends the output with which column to use, or with what changed. It writes to standard error: the
// paths on standard output are read by programs. A person at a terminal has the answers above the heat map
// and the notes already, and gets the last lines alone. A single column has no answer.
func (a app) sayAnswers(dir string, c *reports.Comparison, s screen) {
	brief := c.Brief(briefTables)
	var lines []string
	if len(brief) > 0 && !s.watched {
		if needs := c.Requirement(); needs != "" {
			lines = append(lines, needs+":")
		}
		for _, line := range brief {
			lines = append(lines, "  "+line)
		}
	}
	if len(brief) > 0 {
		if summary := c.Summary(); summary != "" {
			lines = append(lines, summary)
		}
		page := filepath.Join(dir, "report.html")
		if abs, err := filepath.Abs(page); err == nil {
			page = abs
		}
		lines = append(lines, "page: "+page)
	}
	if !s.watched {
		lines = append(briefNotes(c.Notes, mostLines-len(lines)), lines...)
	}
	for _, line := range lines {
		fmt.Fprintln(a.stderr, line)
	}
}

// briefNotes returns the notes as at most room lines. If not all fit, the last line says how many more
// the page has.
func briefNotes(notes []string, room int) (lines []string) {
	room = max(room, 1)
	for i, note := range notes {
		if i == room-1 && len(notes) > room {
			return append(lines, fmt.Sprintf("note: %s on the page", plural.With(len(notes)-i, "more note is", "more notes are")))
		}
		lines = append(lines, "note: "+note)
	}
	return lines
}

// addNeeds adds the flags that say what a column must meet to be recommended, and which cost
// decides. The result returns the options, after the flags have been parsed.
//
// It returns a function because the values are known only after Parse. An empty -require and
// “none” are different: the first leaves the needs to the text, the second demands nothing,
// which is a list without elements and not nil.
func addNeeds(f *flagSet) func() (reports.Options, error) {
	require := f.String("require", "", "`needs` that an implementation must declare to be recommended, "+
		"separated by commas:\nno-burn, starvation-free, no-defect, fifo, weights, production; or none "+
		"(default: those that\nthe text requires, which are the first three)")
	weight := f.String("weight", "throughput",
		"the cost that decides between these: throughput, latency (p99) or cpu")
	operation := f.Duration("operation", 0, "`time` of an operation of yours that needs a row once, such as a "+
		"request of 5ms: the answers then\nsay how much of it the choice changes")
	return func() (o reports.Options, err error) {
		if o.Operation = *operation; o.Operation < 0 {
			return o, fmt.Errorf("-operation %v: want a positive time", o.Operation)
		}
		switch *require {
		case "":
		case "none":
			o.Require = []string{}
		default:
			for need := range strings.SplitSeq(*require, ",") {
				o.Require = append(o.Require, strings.TrimSpace(need))
			}
		}
		for _, w := range []reports.Weight{reports.Throughput, reports.Latency, reports.CPU} {
			if w.String() == *weight {
				o.Weight = w
				return o, nil
			}
		}
		return o, fmt.Errorf("unknown weight %q; known are throughput, latency, cpu", *weight)
	}
}

// inputs returns the files with these names. The name - means standard input.
//
// Package read opens the files, one after the other, and not this function: a glob may name more
// files than a process may have open.
func (a app) inputs(names []string) (all []reports.Input) {
	for _, name := range names {
		in := reports.Input{Name: name}
		if name == "-" {
			in.Text = a.stdin
		}
		all = append(all, in)
	}
	return all
}

// flaws returns an error if the report lacks something: the exit code must not say that all is
// well.
//
// Every flaw is in the report as well. It is repeated on standard error because a report in a
// folder is often not read.
func flaws(c *reports.Comparison) error {
	var errs []error
	for _, f := range c.Log.Files {
		if f.Partial() {
			errs = append(errs, fmt.Errorf("%s is partial: %d of %d planned samples",
				f.Label, f.Present, f.Planned))
		}
	}
	if n := len(c.Log.Broken); n > 0 {
		errs = append(errs, fmt.Errorf("the report leaves out broken lines, %d in all", n))
		errs = append(errs, firstOf(c.Log.Broken)...)
	}
	if n := len(c.Log.Failures); n > 0 {
		errs = append(errs, fmt.Errorf("the text says that the program failed, lines in all: %d", n))
		errs = append(errs, firstOf(c.Log.Failures)...)
	}
	if errs == nil {
		return nil
	}
	return fmt.Errorf("%w: %w", exitcode.ErrFailed, errors.Join(errs...))
}

// unlessInterrupted returns the result of f, or an error as soon as a signal comes. f may read
// from a pipe without a writer, or write to a pipe without a reader. No call can end such a wait, so f
// keeps waiting in its goroutine; the process ends with the error.
func unlessInterrupted[T any](ctx context.Context, f func() (T, error)) (T, error) {
	type result struct {
		value T
		err   error
	}
	// The buffer of one lets the goroutine end if the signal came first. Without it, it would
	// wait for a receiver until the process ends.
	done := make(chan result, 1)
	go func() {
		value, err := f()
		done <- result{value, err}
	}()
	select {
	case r := <-done:
		return r.value, r.err
	case <-ctx.Done():
		var none T
		return none, fmt.Errorf("%w: no report was written", exitcode.ErrInterrupted)
	}
}

// firstOf returns the first five of many messages: a program that prints into its own benchmarks
// breaks thousands of lines in the same way.
func firstOf[E error](list []E) (first []error) {
	const most = 5
	for _, e := range list[:min(most, len(list))] {
		first = append(first, e)
	}
	if n := len(list) - most; n > 0 {
		first = append(first, fmt.Errorf("and %d more", n))
	}
	return first
}

// compare reads and compares benchmark texts. An error is about all of them: nothing could be read, or no two
// cells can be compared. What is wrong with single lines is in the comparison, and flaws returns it.
func compare(o reports.Options, inputs ...reports.Input) (*reports.Comparison, error) {
	log, err := reports.Read(inputs...)
	if err != nil {
		return nil, err
	}
	return reports.Compare(log, o)
}

// familyOf parses the flag -family. The names come from the values themselves, so the flag cannot accept a name
// that the report does not print.
func familyOf(name string) (reports.Family, error) {
	for _, f := range []reports.Family{reports.ByTable, reports.ByUnit} {
		if f.String() == name {
			return f, nil
		}
	}
	return 0, fmt.Errorf("unknown family %q; known are table, unit", name)
}

// writerOf returns the writer for the flag -format.
//
// The formats with options are cases, and the others are rows of a table. One table for all
// would need a function that takes every option of every format.
func writerOf(format string, s screen, markdown reports.Markdown, page reports.HTML) (writer, error) {
	known := []string{"text", "heat", "markdown", "html"}
	switch format {
	case "text":
		return s.writeText, nil
	case "heat":
		return s.WriteHeat, nil
	case "markdown":
		return markdown.Write, nil
	case "html":
		return page.Write, nil
	}
	for _, f := range formats {
		if f.name == format {
			return f.write, nil
		}
		known = append(known, f.name)
	}
	return nil, fmt.Errorf("unknown format %q%s; known are %s", format,
		spelling.Suggest(format, known, ""), strings.Join(known, ", "))
}
