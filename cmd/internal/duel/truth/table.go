package main

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/semabench/semabench/reports/gate"
)

// A score says how a verdict compares with the truth. Open is apart from wrong. After "cannot tell" a build can
// measure again, and after a wrong verdict it has no reason to.
type score string

const (
	right     score = "right"
	wrong     score = "**wrong**"
	open      score = "open"
	notPlayed score = "not played"
)

// gateScore compares the exit code, and the rows, with the truth.
//
// A gate that fails a build for another reason than a slower row (exit 2, 3, 4) has not decided. Exit 1 on a
// slower pair is right only if one of the named rows regressed, and exit 0 is wrong there even if
// rows were let pass: a build would be green. Exit 1 on a faster pair is wrong.
func gateScore(p pair, r *gateResult) score {
	switch {
	case r == nil:
		return notPlayed
	case r.Exit > 1 || r.Exit < 0 || r.Error != "":
		return open
	case p.truth == slower && r.Exit == 1 && slices.ContainsFunc(r.Report.Rows, func(row gate.ExportRow) bool {
		return row.Verdict == gate.Regressed && p.rows.MatchString(row.Name)
	}):
		return right
	case p.truth != slower && r.Exit == 0:
		return right
	}
	return wrong
}

// benchstatScore compares the significant rows with the truth. A slower row in a pair without one fails its
// build. A faster pair is right even if no row is called faster, as in gateScore: a gate has to stop slowdowns, and a
// speed-up that it misses fails no build.
func benchstatScore(p pair, r *benchstatResult) score {
	switch {
	case r == nil:
		return notPlayed
	case r.Slower+r.Faster+r.Same == 0:
		return open
	case p.truth == slower && slices.ContainsFunc(r.SlowerRows, p.named):
		return right
	case p.truth != slower && r.Slower == 0:
		return right
	}
	return wrong
}

// named reports whether a row of benchstat, which writes names without "Benchmark" and with the number of
// processors, is among the rows of the source.
func (p pair) named(row string) bool {
	if i := strings.LastIndexByte(row, '-'); i > 0 {
		row = row[:i]
	}
	return p.rows.MatchString("Benchmark" + row)
}

// counted counts the verdicts of rows, in the order of the first row with each. The rows of a report have the worst
// verdict first, so the cell has it first as well.
func counted(rows []gate.ExportRow) string {
	var names []gate.Verdict
	count := map[gate.Verdict]int{}
	for _, row := range rows {
		if count[row.Verdict]++; count[row.Verdict] == 1 {
			names = append(names, row.Verdict)
		}
	}
	var parts []string
	for _, name := range names {
		parts = append(parts, fmt.Sprintf("%d %s", count[name], name))
	}
	return strings.Join(parts, ", ")
}

// markdown returns TRUTH.md.
//
// All pairs are in it, played or not: otherwise the table could hide the pairs on
// which the gate broke down. The times are summed only over pairs that both have played, since a sum over
// different pairs compares nothing.
func markdown(pairs []pair, load func(pair) result, o options) string {
	var b strings.Builder
	b.WriteString(`# The gate against the truth

Written by [cmd/internal/duel/truth](../../cmd/internal/duel/truth/main.go), which says how. Each line is a pair of commits of
a public repository with a known effect. Right: the verdict says the truth. Wrong: it says the contrary. Open: it says
that it cannot tell.

`)
	fmt.Fprintf(&b, "Flags of each gate: `%s`, and `-max-time` as in the column of its time. Benchstat: `go test -count=10` "+
		"of the old commit, then of the new one; a row that it calls slower at p < 0.05 fails the build.\n\n", o.args)
	b.WriteString("| pair | truth | gate | exit | rows | time of max | benchstat | slower, faster, same | time | load |\n" +
		"| :-- | :-- | :-- | --: | :-- | --: | :-- | :-- | --: | --: |\n")
	gates, stats := map[score]int{}, map[score]int{} // a missing result has a score of its own, so each pair counts once
	var gateTime, statTime time.Duration
	for _, p := range pairs {
		r := load(p)
		g, s := gateScore(p, r.Gate), benchstatScore(p, r.Benchstat)
		gates[g]++
		stats[s]++
		exit, rows, took, counts, statTook := "", "", "", "", ""
		if r.Gate != nil {
			exit, rows, took = fmt.Sprint(r.Gate.Exit), counted(r.Gate.Report.Rows), seconds(r.Gate.Took)+" of "+seconds(r.Gate.Limit)
		}
		if r.Benchstat != nil {
			counts = fmt.Sprintf("%d, %d, %d", r.Benchstat.Slower, r.Benchstat.Faster, r.Benchstat.Same)
			statTook = seconds(r.Benchstat.Took)
		}
		if r.Gate != nil && r.Benchstat != nil {
			gateTime += r.Gate.Took
			statTime += r.Benchstat.Took
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s | %s | %s | %s | %s | %s |\n", p.name, p.truth, g, exit, rows, took,
			s, counts, statTook, r.Load)
	}
	fmt.Fprintf(&b, "\nGate: %s. Benchstat: %s. Time of the pairs that both played: gate %v, benchstat %v.\n\n",
		scores(gates), scores(stats), gateTime.Round(time.Second), statTime.Round(time.Second))
	b.WriteString("| pair | commits | packages | benchmarks | source of the truth |\n| :-- | :-- | :-- | :-- | :-- |\n")
	for _, p := range pairs {
		fmt.Fprintf(&b, "| %s | [%s...%s](https://github.com/%s/compare/%s...%s) | %s | `%s` | %s |\n", p.name, p.old, p.new,
			p.repo, p.old, p.new, strings.Join(p.packages, " "), strings.ReplaceAll(p.bench, "|", `\|`), p.source)
	}
	return b.String()
}

// scores lists the counts of the scores that occur, in one order: the sums of two pages can then be compared by eye.
func scores(count map[score]int) string {
	var parts []string
	for _, s := range []score{right, wrong, open, notPlayed} {
		if count[s] > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", count[s], strings.Trim(string(s), "*")))
		}
	}
	return strings.Join(parts, ", ")
}

// seconds is short enough for a column. No time here is exact to a second, since it depends on the load.
func seconds(d time.Duration) string { return d.Round(time.Second).String() }
