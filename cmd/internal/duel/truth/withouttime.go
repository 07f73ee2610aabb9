package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"
)

// quietRow and busyRow are the time that the gate needs for an uncontended row: the figures of selftest.md and of
// selftest-busy.md, which was measured at loads of 9 to 40. They turn a number of IDENTICAL rows into a time that was
// saved. Timing these rows here would answer for one load only, and would take hours.
const (
	quietRow = 1250 * time.Millisecond
	busyRow  = 8700 * time.Millisecond
)

// withoutTime measures what the gate decides without a time, and writes the page after each step.
//
// The three measurements are independent: a repository that fails in one of them takes part in the others. Only recount
// needs results of another one. It draws its rows from the commits that identity has compared, in this call or in an
// earlier one.
func withoutTime(ctx context.Context, o options) error {
	all, only, p, err := begin(o, o.repositories, parseHistories)
	if err != nil {
		return err
	}
	defer os.RemoveAll(p.temp)
	chosen := func(measure string) []history {
		return slices.DeleteFunc(slices.Clone(all), func(h history) bool {
			return !slices.Contains(h.measures, measure) || !only.MatchString(h.repo)
		})
	}
	// The page is written from all histories and not from the chosen ones. Otherwise -only would drop the others.
	write := func() error {
		old, err := os.ReadFile(o.withoutTime)
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
		return os.WriteFile(o.withoutTime, []byte(p.withoutTimePage(all, string(old))), 0o644)
	}
	if o.commits > 0 {
		err = p.identity(ctx, chosen("identity"), o.commits, write)
	}
	if o.recounts > 0 {
		err = errors.Join(err, p.recount(ctx, chosen("identity"), o.recounts, write))
	}
	if o.functions > 0 {
		err = errors.Join(err, p.countable(ctx, chosen("counts"), o.functions, write))
	}
	if err != nil {
		return err // each step that worked has written the page
	}
	return write() // also if all results were kept from an earlier call
}

// The headings of the sections of without-time.md. They are the keys by which a later call finds a section again.
const (
	identityHeading  = "## Rows that are IDENTICAL\n"
	recountHeading   = "## IDENTICAL rows counted by another instrument\n"
	countableHeading = "## Rows that can be counted\n"
)

// withoutTimePage returns without-time.md, from all results that are kept.
//
// The results are no part of the repository, and each section takes hours. A section without any result therefore stays
// as it is in the old page. A section is never mixed from both: its sums are over all lines, and the old page has no
// results to add up.
func (p *player) withoutTimePage(all []history, old string) string {
	var b strings.Builder
	b.WriteString(`# What the gate decides without a time

Written by [cmd/internal/duel/truth](../../cmd/internal/duel/truth/main.go). The repositories and their last commits are in
[repositories.tsv](../../cmd/internal/duel/truth/repositories.tsv).
`)
	for _, s := range []struct {
		heading string
		table   func(*strings.Builder)
	}{
		{identityHeading, func(b *strings.Builder) { p.identityTable(b, all) }},
		{recountHeading, p.recountTable},
		{countableHeading, func(b *strings.Builder) { p.countableTable(b, all) }},
	} {
		var text strings.Builder
		if s.table(&text); text.Len() == 0 {
			text.WriteString(section(old, s.heading))
		}
		if text.Len() > 0 {
			fmt.Fprintf(&b, "\n%s\n%s\n", s.heading, strings.TrimSpace(text.String()))
		}
	}
	return b.String()
}

// section returns the text below a heading of a page, up to the next heading of the same level, or "".
func section(page, heading string) string {
	_, text, _ := strings.Cut(page, heading)
	text, _, _ = strings.Cut(text, "\n## ")
	return text
}

// ofAll is "12 (40 %)". The number stands first: a share of few rows means little, and a reader has to see that.
func ofAll(n, all int) string {
	if all == 0 {
		return "0"
	}
	return fmt.Sprintf("%d (%.1f %%)", n, 100*float64(n)/float64(all))
}

// cell makes a text fit into a cell of a table. Reasons come from messages of the gate and names from
// repositories: a line break or a bar in one of them would break the table for all rows below it.
func cell(text string) string {
	return strings.ReplaceAll(strings.Join(strings.Fields(text), " "), "|", `\|`)
}
