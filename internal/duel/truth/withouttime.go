package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"os"
	"regexp"
	"slices"
	"strings"
	"time"
)

// quietRow and busyRow are the time that the gate needs for an uncontended row: the figures of selftest.md and of
// selftest-busy.md, which was measured at loads of 9 to 40.
const (
	quietRow = 1250 * time.Millisecond
	busyRow  = 8700 * time.Millisecond
)

// withoutTime measures what the gate decides without a time, and writes the page after each step.
func withoutTime(ctx context.Context, o options) error {
	text, err := os.ReadFile(o.repositories)
	if err != nil {
		return err
	}
	all, err := parseHistories(string(text))
	if err != nil {
		return err
	}
	only, err := regexp.Compile(o.only)
	if err != nil {
		return err
	}
	p, err := newPlayer(o)
	if err != nil {
		return err
	}
	defer os.RemoveAll(p.temp)
	chosen := func(measure string) []history {
		return slices.DeleteFunc(slices.Clone(all), func(h history) bool {
			return !slices.Contains(h.measures, measure) || !only.MatchString(h.repo)
		})
	}
	write := func() error { return os.WriteFile(o.withoutTime, []byte(p.withoutTimePage(all)), 0o644) }
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

// withoutTimePage returns without-time.md, from all results that are kept.
func (p *player) withoutTimePage(all []history) string {
	var b strings.Builder
	b.WriteString(`# What the gate decides without a time

Written by [internal/duel/truth](../../internal/duel/truth/main.go). The repositories and their last commits are in
[repositories.tsv](../../internal/duel/truth/repositories.tsv).

`)
	p.identityTable(&b, all)
	p.recountTable(&b)
	p.countableTable(&b, all)
	return b.String()
}

// identityTable writes how many rows are IDENTICAL. Its sums are over functions, because sub-benchmarks of a row that
// is not run are unknown.
func (p *player) identityTable(b *strings.Builder, all []history) {
	b.WriteString(`## Rows that are IDENTICAL

` + "`go run ./internal/duel/truth -commits 20`" + ` compares the newest commits of each repository with their first parents, as the gate
does before it measures. A commit is left out only if the gate refuses it. A row is a benchmark function. Code is
changed by a commit that changes Go files other than tests.

| repository | commits | left out | of them all rows IDENTICAL | rows | IDENTICAL | rows where code changed | IDENTICAL | time for all | load |
| :-- | --: | --: | --: | --: | --: | --: | --: | --: | --: |
`)
	var sum identityCounts
	for _, h := range all {
		kept := p.compared(h)
		if len(kept) == 0 {
			continue
		}
		c := countIdentity(kept)
		sum.add(c)
		fmt.Fprintf(b, "| %s |%s\n", h.repo, c.cells())
	}
	fmt.Fprintf(b, "| all |%s\n\n", sum.cells())
	rows := time.Duration(sum.identical)
	fmt.Fprintf(b, "The comparison took %s on %d commits, at the loads of the table. To time the %d IDENTICAL rows instead takes %s "+
		"at such loads, and %s on a quiet machine, with the times of an uncontended row in [selftest-busy.md](selftest-busy.md) and "+
		"[selftest.md](selftest.md): %v and %v. Links and sub-benchmarks come on top. A `go test -count=10` of both sides, at 1 s "+
		"for a run, takes %s for them on any machine.\n\n", seconds(sum.took), sum.commits, sum.identical, seconds(rows*busyRow),
		seconds(rows*quietRow), busyRow, quietRow, seconds(rows*20*time.Second))
}

// identityCounts are the sums of a repository.
type identityCounts struct {
	commits, leftOut, whole int // whole: commits with all rows IDENTICAL
	rows, identical         int
	codeRows, codeIdentical int // of commits that change code
	took                    time.Duration
	least, most             float64 // load
}

func countIdentity(kept []comparedCommit) (n identityCounts) {
	n.least = math.Inf(1)
	for _, c := range kept {
		n.took += c.Took
		if c.Error != "" {
			n.leftOut++
			continue
		}
		same := identical(c.Benchmarks)
		n.commits++
		n.rows += len(c.Benchmarks)
		n.identical += same
		if same == len(c.Benchmarks) {
			n.whole++
		}
		if c.Code {
			n.codeRows += len(c.Benchmarks)
			n.codeIdentical += same
		}
		var load float64
		if _, err := fmt.Sscan(c.Load, &load); err == nil {
			n.least, n.most = min(n.least, load), max(n.most, load)
		}
	}
	return n
}

func (n *identityCounts) add(m identityCounts) {
	if n.commits == 0 {
		n.least = math.Inf(1)
	}
	n.commits += m.commits
	n.leftOut += m.leftOut
	n.whole += m.whole
	n.rows += m.rows
	n.identical += m.identical
	n.codeRows += m.codeRows
	n.codeIdentical += m.codeIdentical
	n.took += m.took
	n.least, n.most = min(n.least, m.least), max(n.most, m.most)
}

func (n identityCounts) cells() string {
	load := ""
	if n.most > 0 {
		load = fmt.Sprintf("%.1f to %.1f", n.least, n.most)
	}
	return fmt.Sprintf(" %d | %d | %d | %d | %s | %d | %s | %s | %s |", n.commits, n.leftOut, n.whole, n.rows,
		ofAll(n.identical, n.rows), n.codeRows, ofAll(n.codeIdentical, n.codeRows), seconds(n.took), load)
}

// ofAll is "12 (40 %)".
func ofAll(n, all int) string {
	if all == 0 {
		return "0"
	}
	return fmt.Sprintf("%d (%.1f %%)", n, 100*float64(n)/float64(all))
}

// recountTable writes the recounts, those whose sides differ most first.
func (p *player) recountTable(b *strings.Builder) {
	all := p.recounts()
	if len(all) == 0 {
		return
	}
	b.WriteString(`## IDENTICAL rows counted by another instrument

` + "`go run ./internal/duel/truth -recounts 30`" + ` takes rows that are IDENTICAL although their commit changes code, and counts
the instructions of an operation on both sides under cachegrind, of ordinary test binaries. The old side is counted
twice: by as much a row differs from itself. Now and then a process executes a million instructions more, whatever it
runs. The last column has the difference of the sides in a whole process, in millions: a row of few operations shows it.

| repository | commit | benchmark | instructions, old | new | change | old against old | in a process |
| :-- | :-- | :-- | --: | --: | --: | --: | --: |
`)
	slices.SortStableFunc(all, func(x, y recount) int {
		switch a, b := math.Abs(x.change()), math.Abs(y.change()); {
		case a > b:
			return -1
		case a < b:
			return 1
		}
		return 0
	})
	var changes, spreads []float64
	for _, r := range all {
		if r.Error != "" {
			fmt.Fprintf(b, "| %s | %.7s | %s | not counted: %s | | | | |\n", r.Repo, r.Commit, r.Function, cell(r.Error))
			continue
		}
		changes, spreads = append(changes, math.Abs(r.change())), append(spreads, math.Abs(r.spread()))
		fmt.Fprintf(b, "| %s | %.7s | %s | %.5g | %.5g | %+.3f %% | %+.3f %% | %+.2f |\n", r.Repo, r.Commit, r.Function, r.Old, r.New,
			100*r.change(), 100*r.spread(), (r.New-r.Old)*float64(r.Operations)/1e6)
	}
	if len(changes) > 0 {
		slices.Sort(changes)
		slices.Sort(spreads)
		fmt.Fprintf(b, "\n%d rows: the sides differ by %.3f %% at the median and %.3f %% at most; the old side differs from itself by "+
			"%.3f %% at the median and %.3f %% at most.\n", len(changes), 100*changes[len(changes)/2],
			100*changes[len(changes)-1], 100*spreads[len(spreads)/2], 100*spreads[len(spreads)-1])
	}
	b.WriteString("\n")
}

// countableTable writes which share of the rows of each repository can be counted, and why others cannot.
func (p *player) countableTable(b *strings.Builder, all []history) {
	var lines, each []string
	rows, counted := 0, 0
	sum := map[string]int{}
	for _, h := range all {
		c := p.countedOf(h)
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
	b.WriteString(`## Rows that can be counted

` + "`go run ./internal/duel/truth -functions N`" + ` counts rows of the last commit of each repository, as the gate does, with
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

// kindsOf lists kinds of reasons, the most frequent first.
func kindsOf(kinds map[string]int) string {
	names := slices.Sorted(maps.Keys(kinds))
	slices.SortStableFunc(names, func(a, b string) int { return kinds[b] - kinds[a] })
	for i, name := range names {
		names[i] = fmt.Sprintf("%d: %s", kinds[name], cell(name))
	}
	return strings.Join(names, "; ")
}

// cell makes a text fit into a cell of a table.
func cell(text string) string {
	return strings.ReplaceAll(strings.Join(strings.Fields(text), " "), "|", `\|`)
}
