package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"strconv"
	"time"

	"github.com/semabench/semabench/internal/exitcode"
	"github.com/semabench/semabench/internal/spelling"
	"github.com/semabench/semabench/reports/history"
)

// history keeps the runs of a branch, and shows at which commits rows changed.
//
// Adding and drawing are one verb, as a build does both in one step: it adds its run, and shows what
// the branch looks like with it.
func (a app) history(ctx context.Context, args []string) error {
	f := a.flags("history", "[flags] DIR", "Keeps one small text for each benchmark run in DIR, draws every "+
		"row over the commits, and names the\ncommits at which a row changed. Exits 1 if a text in DIR cannot "+
		"be read, and with -fail if the last\nchange of a row is for the worse. Exits 2 and changes nothing if "+
		"the run to add is refused: a commit\nthat is in DIR already, a text with broken or missing lines, a "+
		"program that failed, a date in the future.")
	add := f.String("add", "", "`file` to add: output of go test -bench, bench.txt of semabench run, or the "+
		"JSON of semabench\ngate; - reads standard input")
	commit := f.String("commit", "", "`name` of the commit that the file was measured at (default: the one that "+
		"the text names)")
	date := f.String("date", "", "`time` of that commit: RFC 3339, as git log -1 --format=%cI prints it, "+
		"2006-01-02, or seconds since\n1970")
	replace := f.Bool("replace", false, "write the run of a commit anew that is in DIR already")
	format := f.String("format", "text", "text, markdown, or html: one page without scripts")
	out := f.String("o", "", "`file` for the result (default standard output)")
	least := f.Float64("least", 1, "`percent` that a value has to change by to be told")
	fail := f.Bool("fail", false, "exit 1 if the last change of a row is for the worse")
	if err := f.parse(args); err != nil {
		return err
	}
	write, ok := map[string]func(io.Writer, *history.History) error{"text": history.WriteText,
		"markdown": history.WriteMarkdown, "html": history.WriteHTML}[*format]
	switch {
	case f.NArg() != 1:
		return errors.New("name one folder, after the flags")
	case !ok:
		return fmt.Errorf("unknown format %q%s; known are text, markdown, html", *format,
			spelling.Suggest(*format, []string{"text", "markdown", "html"}, ""))
	case !(*least >= 0) || math.IsInf(*least, 0): // NaN is refused too
		return errors.New("-least: want a number of percent from 0")
	case *add == "" && (*commit != "" || *date != "" || *replace):
		return errors.New("-commit, -date and -replace belong to -add")
	}
	// The run is added before the folder is read, so the page shows it. If the drawing fails, the run stays
	// added: it was measured once, and the page can be drawn at any time.
	if *add != "" {
		if err := a.addRun(ctx, f.Arg(0), *add, *commit, *date, *replace); err != nil {
			return err
		}
	}
	h, err := history.Load(f.Arg(0), history.Options{Least: *least / 100})
	if err != nil {
		return err
	}
	if err := a.writeHistory(*out, h, write); err != nil {
		return err
	}
	return historyFlaws(h, *fail)
}

// addRun adds the run of one file to a folder.
//
// Standard input may block for ever, so the reading ends with ctx. Nothing is in the folder by then: the run
// is written only after all of it was read and accepted.
func (a app) addRun(ctx context.Context, dir, file, commit, date string, replace bool) error {
	at, err := parseDate(date)
	if err != nil {
		return err
	}
	in := a.inputs([]string{file})[0]
	run, err := unlessInterrupted(ctx, func() (history.Run, error) {
		return history.FromInput(history.Stamp{Commit: commit, Date: at}, in)
	})
	if err != nil {
		return err
	}
	name, err := history.Add(dir, run, replace)
	if err != nil {
		return fmt.Errorf("adding %s: %w", file, err)
	}
	fmt.Fprintf(a.stderr, "added %s\n", name)
	return nil
}

// parseDate parses the flag -date. It returns the zero time for no date; package history then asks for one.
// The three forms are what git log prints and what a person types. None of them can be taken for another.
func parseDate(s string) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	for _, form := range []string{time.RFC3339, time.DateOnly} {
		if t, err := time.Parse(form, s); err == nil {
			return t, nil
		}
	}
	// From ten digits on a number is a time of this century, and not a year.
	if n, err := strconv.ParseInt(s, 10, 64); err == nil && len(s) >= 9 {
		return time.Unix(n, 0), nil
	}
	return time.Time{}, fmt.Errorf("-date %q: want 2006-01-02T15:04:05Z, 2006-01-02 or seconds since 1970", s)
}

// writeHistory writes to a file or to standard output. The whole text is made before the file is
// touched: a page of the last build is better than half of a new one.
func (a app) writeHistory(name string, h *history.History,
	write func(io.Writer, *history.History) error) error {
	var text bytes.Buffer
	if err := write(&text, h); err != nil {
		return fmt.Errorf("writing: %w", err)
	}
	if name != "" {
		return os.WriteFile(name, text.Bytes(), 0o644)
	}
	if _, err := a.stdout.Write(text.Bytes()); err != nil {
		return fmt.Errorf("writing: %w", err)
	}
	return nil
}

// historyFlaws returns the error that makes the exit code 1, or nil.
//
// A broken text is an error although the page was written: the commit that it belongs to is missing in the
// page, and the missing run may hold the change for the worse. A row that became worse is an error
// only with -fail, because a page is often drawn for a reader and not for a build.
func historyFlaws(h *history.History, fail bool) error {
	var errs []error
	if n := len(h.Broken); n > 0 {
		errs = append(errs, fmt.Errorf("texts that cannot be read, %d in all, are left out", n))
		errs = append(errs, firstOf(h.Broken)...)
	}
	if n := h.BecameWorse(); fail && n > 0 {
		errs = append(errs, fmt.Errorf("rows whose last change is for the worse: %d", n))
	}
	if errs == nil {
		return nil
	}
	return fmt.Errorf("%w: %w", exitcode.ErrFailed, errors.Join(errs...))
}
