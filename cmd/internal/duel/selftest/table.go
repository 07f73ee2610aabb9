package main

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/semabench/semabench/reports"
	"github.com/semabench/semabench/reports/gate"
)

// merged returns each row once, with its pairs from all families, as a trial takes them. A row may
// be contended in one family and not in another, since that is measured. It then counts as
// contended. Second stages are taken as well: they compared the same two sides.
func (r *recording) merged() (all []gate.Row) {
	index := map[string]int{}
	for _, f := range r.families {
		for _, row := range f.run.Rows {
			i, known := index[row.Name]
			if !known {
				i = len(all)
				index[row.Name] = i
				all = append(all, gate.Row{Name: row.Name, Mode: row.Mode})
			}
			m := &all[i]
			m.Contended = m.Contended || row.Contended
			m.Pairs = append(append(m.Pairs, row.Pairs...), row.Second...)
			m.Spent += row.Spent
		}
	}
	return all
}

// trial draws families and judges them. With swap, either side of a pair may be
// the new one: both sides are the same program. The seed is fixed, so the same
// recording gives the same page.
func (r *recording) trial(swap bool) (trialCounts, error) {
	t := trial{families: r.drawn, planted: []float64{0.05, 0.10}, swap: swap, seed: 1, instructions: r.instructions()}
	return t.run(r.merged())
}

// instructions returns the counts of instructions of each row, by its name. A row that could not be counted has a
// record, too, which says why. A family that counted none has no records.
func (r *recording) instructions() map[string][]*gate.Instructions {
	all := map[string][]*gate.Instructions{}
	for _, f := range r.families {
		for i := range f.run.Rows {
			if x := f.run.Rows[i].Instructions; x != nil {
				name := f.run.Rows[i].Name
				all[name] = append(all[name], x)
			}
		}
	}
	return all
}

// markdown returns the text of selftest.md. Both trials are run for it, because
// the difference between them shows whether one side had an advantage.
func (r *recording) markdown() (string, error) {
	swapped, err := r.trial(true)
	if err != nil {
		return "", err
	}
	asIs, err := r.trial(false)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	fmt.Fprintf(&b, `# How far the gate can be believed

Written by %s (`+"`make gate-selftest`"+`), which says how it was measured; %s
has a line for each row. There are %d direct families%s: whole gates of %s with the same directory on both
sides. All other families are drawn from their pairs.

`, "[cmd/internal/duel/selftest](../../cmd/internal/duel/selftest/main.go)", "[selftest.csv](selftest.csv)",
		len(r.families), r.fewer(), anchorPackage)
	for _, f := range r.facts() {
		fmt.Fprintf(&b, "- %s: %s\n", f.Key, f.Value)
	}
	b.WriteString("\n| figure | target | measured |\n| :-- | :-- | :-- |\n")
	for _, line := range r.figures(swapped, asIs) {
		fmt.Fprintf(&b, "| %s |\n", strings.Join(line, " | "))
	}
	b.WriteString("\n")
	for i, f := range r.families {
		for _, why := range f.report.Invalid {
			fmt.Fprintf(&b, "- family %d is invalid: %s\n", i+1, why)
		}
	}
	b.WriteString("\n")
	r.rowTable(&b)
	return b.String(), nil
}

// fewer says why there are fewer families than wanted, or "" if there are not. The page must say so: the target of
// false alarms is a share, and 0 of 3 shows less than 0 of 30.
func (r *recording) fewer() string {
	if len(r.families) >= r.wanted {
		return ""
	}
	return fmt.Sprintf(" of the %d wanted, as no more fitted into %v", r.wanted, r.limit)
}

// facts returns the facts of the first run, and the load and revision of every
// run. The function load refuses families with other facts. The load of the machine and the
// revision may differ, because the families of one recording may be of several days.
func (r *recording) facts() (facts []reports.Fact) {
	first := r.families[0].run
	for _, f := range append(slices.Clone(first.Old.Facts), first.Facts...) {
		known := slices.ContainsFunc(facts, func(g reports.Fact) bool { return g.Key == f.Key })
		if !known && f.Value != "" && f.Key != "load" && f.Key != "seed" && f.Key != took {
			facts = append(facts, f)
		}
	}
	var loads, revisions []string
	var spent time.Duration
	for _, f := range r.families {
		i := slices.IndexFunc(f.run.Facts, func(f reports.Fact) bool { return f.Key == "load" })
		loads = append(loads, f.run.Facts[i].Value)
		spent += f.took
		if rev := f.run.Old.Revision; !slices.Contains(revisions, rev) {
			revisions = append(revisions, rev)
		}
	}
	return append(facts, reports.Fact{Key: "revision", Value: strings.Join(revisions, ", ")},
		reports.Fact{Key: "load when a family began", Value: strings.Join(loads, ", ")},
		reports.Fact{Key: "a family took", Value: (spent / time.Duration(len(r.families))).Round(time.Second).String() +
			", with linking and controls"})
}

// figures returns the lines of the table: name, target, result. The direct families are few, so
// their shares are coarse; the drawn ones are many and not independent. The table has both, and
// says which is which.
func (r *recording) figures(swapped, asIs trialCounts) [][]string {
	alarms, invalid, found, controls := 0, 0, 0, 0
	for _, f := range r.families {
		alarms += count(f.report.Count(gate.Regressed) > 0)
		invalid += count(len(f.report.Invalid) > 0)
		for _, c := range f.report.Controls {
			if c.Planted > 0 {
				controls++
				found += count(c.Verdict == gate.Regressed)
			}
		}
	}
	x := r.exact(comparisonsOfCounts)
	n := len(r.families)
	lines := [][]string{
		{"direct families with a false REGRESSED", "at most 0.5 %", share(alarms, n)},
		{"direct families that are invalid by a control", "at most 1 %", share(invalid, n)},
		{"direct: planted slowdown of a control found surely", "", share(found, controls)},
		{"drawn families with a false REGRESSED", "at most 0.5 %", share(swapped.falseFamilies, r.drawn)},
		{"drawn families, pairs not turned round at random", "at most 0.5 %",
			share(asIs.falseFamilies, r.drawn)},
	}
	lines = append(lines, kinds(swapped)...)
	return append(lines,
		[]string{"exact metrics, each side counted once: false REGRESSED", "", x.alarmWords()},
		[]string{"exact metrics, counted again by other processes: false REGRESSED", "0 of 10 000", x.keptWords()},
		[]string{"exact metrics, counted again by other processes: false IMPROVED", "0 of 10 000", share(x.better, x.drawn)},
		[]string{"exact metrics: +1 allocation in 1000 operations found", "always", x.words()})
}

// kinds returns the lines about rows that are contended or allocate, and about
// the others. The targets stand beside the results, so that a reader of the
// page can judge without other files.
func kinds(t trialCounts) (lines [][]string) {
	targets := [][]string{
		{"uncontended", "at least 85 %", "at least 99 %", "at most 1.2 s", "at most 5 %"},
		{"contended or allocating", "at least 50 %", "at least 95 %", "at most 2.5 s", "at most 25 %"},
	}
	for i, k := range t.kinds {
		if k.judged == 0 {
			continue
		}
		name := targets[i][0]
		if k.repeats {
			name += " (pairs drawn repeatedly)"
		}
		lines = append(lines,
			[]string{name + ": +5 % found", targets[i][1], share(k.found[0], k.judged)},
			[]string{name + ": +10 % found", targets[i][2], share(k.found[1], k.judged)},
			[]string{name + ": time of a row", targets[i][3],
				fmt.Sprintf("%.2f s", (k.cost / time.Duration(k.judged)).Seconds())},
			[]string{name + ": time alone cannot tell, without a slowdown", "", share(k.open, k.judged)},
			[]string{name + ": INCONCLUSIVE without a slowdown", targets[i][4], share(k.inconclusive, k.judged)},
			[]string{name + ": MORE WORK without any", "0", share(k.moreWork, k.judged)})
	}
	return lines
}

// count returns 1 for true, to sum up conditions.
func count(yes bool) int {
	if yes {
		return 1
	}
	return 0
}

// rowTable says by how much each row differs from itself, over all pairs. All
// pairs of all families together are the best estimate of a row's own bias,
// which should be none.
func (r *recording) rowTable(b *strings.Builder) {
	b.WriteString("| row | contended | pairs | time of a pair | ratio of all pairs | 95 % interval |\n" +
		"| :-- | :-- | --: | --: | --: | :-- |\n")
	run := gate.Run{Rows: r.merged(), Stages: 1}
	for _, j := range gate.Judge(&run, gate.Options{}).Rows {
		if j.Time == nil {
			fmt.Fprintf(b, "| %s | | | | %s | |\n", j.ID, j.Verdict)
			continue
		}
		fmt.Fprintf(b, "| %s | %v | %d | %v | %.4f | %.4f to %.4f |\n", j.ID, j.Row.Contended, j.Time.Pairs,
			(j.Row.Spent / time.Duration(j.Time.Pairs)).Round(100*time.Microsecond), j.Time.Ratio, j.Time.Lo, j.Time.Hi)
	}
}

// csv returns the text of selftest.csv: every row of every direct family. It
// has the figures of the direct families only: drawn families can be drawn
// again from the seed.
func (r *recording) csv() string {
	var b strings.Builder
	b.WriteString("family,row,contended,verdict,stage,pairs,ratio,low,high,p,seconds\n")
	for i, f := range r.families {
		for _, j := range f.report.Rows {
			if t := j.Time; t != nil {
				fmt.Fprintf(&b, "%d,%s,%v,%s,%d,%d,%.4f,%.4f,%.4f,%.3g,%.2f\n", i+1, j.Row.Name, j.Row.Contended,
					j.Verdict, t.Stage, t.Pairs, t.Ratio, t.Lo, t.Hi, t.Slower, j.Row.Spent.Seconds())
			}
		}
	}
	return b.String()
}
