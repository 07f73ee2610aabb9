package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"github.com/semabench/semabench/internal/duel"
	"github.com/semabench/semabench/reports/gate"
)

// A countedRow is a row of a repository whose instructions were counted, with the same commit on both sides.
type countedRow struct {
	Package, Name string
	Why           string // why the gate cannot count it; "" if it can
}

// A countedHistory is the kept result of a repository.
type countedHistory struct {
	Rows      []countedRow
	Functions int // that the repository has
	Took      time.Duration
	Load      string
}

// countable counts rows of the last commit of each history, with this commit on both sides. Of a repository with more
// benchmark functions than the limit, every n-th one is taken.
func (p *player) countable(ctx context.Context, all []history, limit int, write func() error) error {
	var failed error
	for _, h := range all {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if c := p.countedOf(h); c.Took > 0 {
			continue
		}
		c, err := p.countHistory(ctx, h, limit)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			failed = errors.Join(failed, fmt.Errorf("%s: %w", h.repo, err))
			continue
		}
		fmt.Fprintf(os.Stderr, "%s: %d rows of %d functions in %v\n", h.repo, len(c.Rows), c.Functions, c.Took.Round(time.Second))
		if err := errors.Join(saveJSON(p.countedFile(h), c), write()); err != nil {
			return err
		}
	}
	return failed
}

// countHistory counts rows of one repository.
func (p *player) countHistory(ctx context.Context, h history, limit int) (c countedHistory, err error) {
	clone, err := p.clone(ctx, h.repo, h.last)
	if err != nil {
		return c, err
	}
	begun, source := time.Now(), duel.Source{Dir: filepath.Join(clone, h.dir), Revision: h.last}
	o := duel.Options{Old: source, New: source, Packages: h.packages}
	functions, err := duel.Identity(ctx, o)
	if err != nil {
		return c, err
	}
	o.Bench, c.Functions, c.Load = sampled(functions, limit), len(functions), loadNow()
	rows, err := duel.Counts(ctx, o)
	if err != nil {
		return c, err
	}
	run := &gate.Run{Rows: rows, Planned: len(rows), Stages: 1}
	for _, j := range gate.Judge(run, gate.Options{}).Rows {
		c.Rows = append(c.Rows, countedRow{Package: j.Row.Package, Name: j.Row.Name, Why: whyNotCounted(j)})
	}
	c.Took = time.Since(begun)
	return c, nil
}

// sampled returns the value of -bench that selects every n-th function, so that about limit are left.
func sampled(all []duel.Compared, limit int) string {
	var names []string
	for i := range min(limit, len(all)) {
		names = append(names, regexp.QuoteMeta(all[i*len(all)/min(limit, len(all))].Function))
	}
	return "^(" + strings.Join(names, "|") + ")$"
}

// whyNotCounted says why counts of instructions do not settle a row of the same code, or "" if they do.
func whyNotCounted(j *gate.Judged) string {
	switch {
	case j.Row.Mode == gate.Failed:
		return "the benchmark fails: " + j.Row.Err
	case j.Work == nil:
		return "the row is not timed either"
	case j.Work.Verdict != gate.SameWork:
		return cmp.Or(j.Work.Why, string(j.Work.Verdict))
	}
	return j.Row.Instructions.Waiting
}

// reasons are the kinds of reasons, by what their text has.
var reasons = []struct{ kind, text string }{
	{"operations start goroutines", "start goroutines"},
	{"goroutines wait", "goroutines wait"},
	{"the machine is too busy to see whether goroutines wait", "locks between them"},
	{"repeats vary", "repeats"},
	{"it prints", "it prints"},
	{"an operation is too long", "an operation executes"},
	{"a process takes too long", "a process takes"},
	{"the benchmark fails", "the benchmark fails"},
}

// kindOf returns the kind of a reason.
func kindOf(why string) string {
	for _, r := range reasons {
		if strings.Contains(why, r.text) {
			return r.kind
		}
	}
	return why
}

// countedOf returns what is kept of the counts of a history.
func (p *player) countedOf(h history) (c countedHistory) {
	text, err := os.ReadFile(p.countedFile(h))
	if err != nil || json.Unmarshal(text, &c) != nil {
		return countedHistory{}
	}
	return c
}

func (p *player) countedFile(h history) string {
	return filepath.Join(p.keep, "counts-"+strings.ReplaceAll(h.repo, "/", "+")+".json")
}
