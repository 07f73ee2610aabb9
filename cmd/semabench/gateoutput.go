package main

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/semabench/semabench/cmd/internal/duel"
	"github.com/semabench/semabench/internal/progress"
	"github.com/semabench/semabench/reports/gate"
)

// writeGate prints the report, and writes it to every place that the user named. An output that cannot be written
// does not stop the others: the verdict took long to get, and a closed pipe must not cost the folder of -o its report.
//
// GITHUB_STEP_SUMMARY is read only if no -summary was given. GitHub sets it in every step, so
// the Markdown appears on the page of the job without any configuration.
func (a app) writeGate(c *gateCall, r *gate.Report) error {
	var errs []error
	for _, f := range gateFormats {
		if f.name == c.format {
			errs = append(errs, f.write(a.stdout, r))
		}
	}
	if c.dir != "" {
		errs = append(errs, a.writeGateDir(c.dir, r))
	}
	// GitHub reads its workflow commands from standard error too, where they spoil no format.
	if os.Getenv("GITHUB_ACTIONS") == "true" {
		errs = append(errs, gate.WriteAnnotations(a.stderr, r))
	}
	if page := cmp.Or(c.summary, os.Getenv("GITHUB_STEP_SUMMARY")); page != "" {
		errs = append(errs, addSummary(page, r))
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("writing the report: %w", err)
	}
	return nil
}

// writeGateDir writes all formats into a folder. It names the folder on standard error: standard
// output may have to be valid JSON.
//
// Each format is rendered into memory first: a template that fails must not leave half a page
// behind a name that CI archives.
func (a app) writeGateDir(dir string, r *gate.Report) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	var errs []error
	for _, f := range gateFormats {
		var text bytes.Buffer
		err := f.write(&text, r)
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, f.file), text.Bytes(), 0o644)
		}
		errs = append(errs, err)
	}
	fmt.Fprintf(a.stderr, "the report is in %s\n", dir)
	return errors.Join(errs...)
}

// addSummary appends the Markdown to a file. Other steps of the CI job append to the same file. A
// single step must not replace what the others wrote.
func addSummary(path string, r *gate.Report) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o644)
	if err != nil {
		return err
	}
	return errors.Join(gate.WriteMarkdown(f, r), f.Close())
}

// duelProgress shows how far a duel is: on a terminal in one line, in a log in a line for each
// stage and for each tenth of it. Each stage of a duel counts to a total of its own. It has no
// lock, because a duel never calls it twice at once.
// It measures time itself, because a duel reports counts only: how to show time is a matter of
// the terminal.
type duelProgress struct {
	line   *progress.Line
	began  time.Time // when the first step of the stage was done
	first  int       // steps that were done at that time
	done   int
	doing  string
	tenths int
}

// newDuelProgress returns a progress without a stage yet. It writes to standard error, as standard output has the
// report.
func (a app) newDuelProgress() *duelProgress { return &duelProgress{line: progress.New(a.stderr)} }

// at shows one report of progress. The pace is counted from the first step that was done: building
// and probing before it take longer or shorter than a step.
func (p *duelProgress) at(now duel.Progress) {
	if now.Done < p.done { // a new stage
		p.began = time.Time{}
	}
	if p.done = now.Done; now.Done > 0 && p.began.IsZero() {
		p.began, p.first = time.Now(), now.Done
	}
	tenths, of := 0, ""
	if now.Total > 0 {
		tenths, of = 10*now.Done/now.Total, fmt.Sprintf(": %d of %d", now.Done, now.Total)
	}
	sameStage := now.Doing == p.doing
	text := now.Doing + of + p.left(now)
	// A line about a new stage is drawn at once. Show would drop it if the last line is younger
	// than its interval, and a stage that hangs in its first step would stay nameless.
	if sameStage {
		p.line.Show(text)
	} else {
		p.line.ShowNow(text)
	}
	if !sameStage || tenths != p.tenths {
		p.line.Log(text)
	}
	p.doing, p.tenths = now.Doing, tenths
}

// left extrapolates the time of the stage. It is a guess: slow rows and rows that look slower take
// longer than the others. It needs two steps, because the first one tells only when counting began.
func (p *duelProgress) left(now duel.Progress) string {
	since := now.Done - p.first
	if p.began.IsZero() || since < 1 || now.Done >= now.Total {
		return ""
	}
	left := progress.Left(time.Since(p.began), since, since+now.Total-now.Done)
	return fmt.Sprintf(", about %v left", progress.Rough(left))
}

// end erases the line, so that the report stands alone.
func (p *duelProgress) end() { p.line.Clear() }
