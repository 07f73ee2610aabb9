package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/semabench/semabench/cmd/internal/duel"
	"github.com/semabench/semabench/reports/gate"
)

// A countedRow is a row of a repository whose instructions were counted, with the same commit on both sides.
type countedRow struct {
	Package, Name string
	Why           string // why the gate cannot count it; "" if it can
}

// A countedHistory is the kept result of a repository. Its Took is 0 only if there is none.
type countedHistory struct {
	Rows      []countedRow
	Functions int // that the repository has; the rows are of a sample of them
	Took      time.Duration
	Load      string
}

// countable counts rows of the last commit of each history, with this commit on both sides. Of a repository with more
// benchmark functions than the limit, every n-th one is taken.
//
// Both sides are the same, so that every row that the gate does not call the same is a row that it cannot count. Two
// commits would show as much only if their effect on each row were known.
func (p *player) countable(ctx context.Context, all []history, limit int, write func() error) error {
	var failed error
	for _, h := range all {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if c := load[countedHistory](p.countedFile(h)); c.Took > 0 {
			continue
		}
		c, err := p.countHistory(ctx, h, limit)
		if ctx.Err() != nil { // before err: builds that were interrupted look like builds that fail
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
//
// It judges the counts by the code of the gate. A share computed by a rule of its own would be the share of another
// gate. The rows have no times, so the verdict on the whole row says nothing here, and whyNotCounted looks at the
// judged counts.
func (p *player) countHistory(ctx context.Context, h history, limit int) (c countedHistory, err error) {
	clone, err := p.clone(ctx, h.repo, h.last)
	if err != nil {
		return c, err
	}
	begun, source := time.Now(), duel.Source{Dir: filepath.Join(clone, h.dir), Revision: h.last}
	o := duel.Options{Old: source, New: source, Packages: h.packages}
	functions, err := duel.Identity(ctx, o) // lists the functions; the sides are equal
	if err != nil {
		return c, err
	}
	// The load is read before the counts: they keep a core busy, and would see themselves.
	o.Bench, c.Functions, c.Load = sampled(functions, limit), len(functions), loadNow()
	rows, err := duel.Counts(ctx, o) // without MaxTime: a row that is cut off says nothing about its kind
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

// sampled returns the value of -bench that selects every n-th function, so that limit functions are left. The functions
// are in the order of the source, where neighbours resemble each other. Every n-th one takes some of each kind, and no
// chance decides, so the same call takes the same rows.
//
// The i-th of m functions is at i*len/m, and not at i*(len/m): a rounded step would leave out the end of the source.
func sampled(all []duel.Compared, limit int) string {
	var names []string
	for i := range min(limit, len(all)) {
		names = append(names, regexp.QuoteMeta(all[i*len(all)/min(limit, len(all))].Function))
	}
	return "^(" + strings.Join(names, "|") + ")$"
}

// whyNotCounted says why counts of instructions do not settle a row of the same code, or "" if they do. A row
// whose goroutines may wait is not settled even if its counts agree: what more waiting costs is not in them.
// MORE WORK and LESS WORK are reasons too. Both are wrong about the same code, and the page must not hide
// that.
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

// reasons are the kinds of reasons, by a part of their text. The texts are for readers of a report and have figures in
// them, so they cannot be counted as they are. The first kind that fits is taken: a text may quote another one.
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

// kindOf returns the kind of a reason. A text that fits no kind is a kind of its own, so that a new reason of
// the gate shows in the table as it is.
func kindOf(why string) string {
	for _, r := range reasons {
		if strings.Contains(why, r.text) {
			return r.kind
		}
	}
	return why
}

// countedFile is a file for each repository, because -only may add one repository at a time.
func (p *player) countedFile(h history) string {
	return filepath.Join(p.keep, "counts-"+strings.ReplaceAll(h.repo, "/", "+")+".json")
}

// countableTable writes which share of the rows of each repository can be counted, and why others cannot. Each row that
// cannot be counted stands in a second table with the words of the gate, because a kind alone cannot be checked.
func (p *player) countableTable(b *strings.Builder, all []history) {
	var lines, each []string
	rows, counted := 0, 0
	sum := map[string]int{}
	for _, h := range all {
		c := load[countedHistory](p.countedFile(h))
		if c.Took == 0 {
			continue
		}
		kinds, n := map[string]int{}, 0
		for _, r := range c.Rows {
			if r.Why == "" {
				n++
				continue
			}
			kinds[kindOf(r.Why)]++
			sum[kindOf(r.Why)]++
			each = append(each, fmt.Sprintf("| %s | %s | %s |", h.repo, cell(r.Name), cell(r.Why)))
		}
		rows, counted = rows+len(c.Rows), counted+n
		lines = append(lines, fmt.Sprintf("| %s | %d | %d | %s | %s | %s | %s |", h.repo, c.Functions, len(c.Rows),
			ofAll(n, len(c.Rows)), kindsOf(kinds), seconds(c.Took), c.Load))
	}
	if len(lines) == 0 {
		return
	}
	b.WriteString("`go run ./cmd/internal/duel/truth -functions N`" + ` counts rows of the last commit of each repository, as the gate does, with
the same commit on both sides. Of a repository with more than N benchmark functions it takes every n-th one. A row is
counted if its instructions can settle it: both sides agree within its band, and its goroutines do not wait. On a busy
machine the goroutines of some rows do not run at the same time. Then the gate cannot see whether they wait, and the
count settles nothing.

| repository | functions | rows taken | counted | why others are not | time | load |
| :-- | --: | --: | --: | :-- | --: | --: |
`)
	fmt.Fprintf(b, "%s\n| all | | %d | %s | %s | | |\n\n", strings.Join(lines, "\n"), rows, ofAll(counted, rows), kindsOf(sum))
	if len(each) > 0 {
		fmt.Fprintf(b, "| repository | row that is not counted | why |\n| :-- | :-- | :-- |\n%s\n", strings.Join(each, "\n"))
	}
}

// kindsOf lists kinds of reasons, the most frequent first. Kinds of one frequency are in the order of their
// names: a page that is written anew from the same results is the same text.
func kindsOf(kinds map[string]int) string {
	names := slices.Sorted(maps.Keys(kinds))
	slices.SortStableFunc(names, func(a, b string) int { return kinds[b] - kinds[a] })
	for i, name := range names {
		names[i] = fmt.Sprintf("%d: %s", kinds[name], cell(name))
	}
	return strings.Join(names, "; ")
}
