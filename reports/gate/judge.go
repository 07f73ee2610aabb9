package gate

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/semabench/semabench/internal/plural"
	"github.com/semabench/semabench/reports"
)

// Judge judges a run and does not change it.
//
// A run can be judged again with other options. But the promise of
// Options.FalseAlarm holds for each judgement, not for the most convenient of
// several.
func Judge(run *Run, o Options) *Report {
	r := &Report{
		Old: run.Old, New: run.New, Facts: run.Facts, Stopped: run.Stopped, Command: run.Command,
		Late: run.Late, Planned: run.Planned - run.Elsewhere, elsewhere: run.Elsewhere, MinEffect: o.minEffect(), FalseAlarm: o.falseAlarm(), options: o,
	}
	rule := ruleOf(run, o)
	r.Family, r.Stages = rule.family, rule.stages
	noise := noiseOf(run.Controls)
	r.judgeControls(run.Controls, rule)
	var timings []*Timing
	for i := range run.Rows {
		j := newJudged(&run.Rows[i])
		j.index = i
		if j.Verdict == "" && len(j.Row.Pairs) > 0 {
			j.Time = rule.timing(j.Row, noise)
			timings = append(timings, j.Time)
			if j.mean = rule.meanTiming(j.Row, noise); j.mean != nil {
				timings = append(timings, j.mean)
			}
		}
		r.Rows = append(r.Rows, j)
	}
	r.limitClaims(timings)
	rule.correct(timings) // needs the p of every row, so verdicts come in a second pass
	for _, j := range r.Rows {
		if j.Time != nil {
			rule.decide(j.Time)
		}
		if j.mean != nil {
			rule.decide(j.mean)
			j.takeMean()
		}
		j.conclude(o)
	}
	r.addUnpaired(run)
	r.Errors = append(r.Errors, checkWaivers(o, r.Rows, r.knowsRows())...)
	r.settleWithoutControls()
	r.checkControls()
	r.checkRun(run)
	r.sort()
	return r
}

// Suspects returns the indices of the rows that have to be measured again. Their
// first stage looks slower, with p <= 0.2 and a ratio over two thirds of the
// margin, and they have no second stage yet.
//
// The suspects that look slowest come first, by the lower end of their intervals. If there is no time for all of
// them, measure the first ones: the first stage alone decides which, so the pairs of the second are still fresh.
//
// Give each suspect pairs of new processes, [MostPairs] at most, at the [Looks] that are declared in
// Row.SecondLooks, as long as it is [Unsettled]. Then call [Judge]. There is no third stage. Suspects looks
// at first stages only and gives no verdict.
func Suspects(run *Run, o Options) (rows []int) {
	rule, noise := ruleOf(run, o), noiseOf(run.Controls)
	if rule.stages == 1 {
		return nil
	}
	for i := range run.Rows {
		row := &run.Rows[i]
		done := len(row.Second) > 0 || len(row.Pairs) == 0 || newJudged(row).Verdict != ""
		if !done && rule.suspects(row, noise) {
			rows = append(rows, i)
		}
	}
	slices.SortStableFunc(rows, func(a, b int) int {
		return cmp.Compare(estimate(run.Rows[b].Pairs).Lo, estimate(run.Rows[a].Pairs).Lo)
	})
	return rows
}

// Open returns the indices of the rows that a second stage would probably decide, although they are no
// suspects: rows that execute more instructions while their time is INCONCLUSIVE, and then rows that are
// INCONCLUSIVE with an interval that is not much too wide, narrowest first. Call it after the second stage
// of the suspects.
//
// Give such rows a second stage too, in this order, as far as there is time. They were not chosen by a
// suspicion, so they get a level of their own, which is stricter; see the rule in timing.go. A row that
// counts of instructions settle is not among them: its verdict stands.
func Open(run *Run, o Options) (rows []int) {
	if ruleOf(run, o).stages == 1 {
		return nil
	}
	needs := map[int]float64{}
	for _, j := range Judge(run, o).Rows {
		if j.index < 0 || j.Time == nil || len(j.Row.Second) > 0 || j.Time.suspect {
			continue
		}
		most := float64(MostPairs(len(j.Row.Pairs)))
		need := float64(j.Time.Needs) / most
		switch {
		case j.Verdict == MoreWork && j.open:
			need = 0
		case j.Verdict != Inconclusive || j.Time.Needs == 0 || need > hopeless:
			continue
		}
		needs[j.index] = need
		rows = append(rows, j.index)
	}
	slices.SortFunc(rows, func(a, b int) int { return cmp.Or(cmp.Compare(needs[a], needs[b]), cmp.Compare(a, b)) })
	return rows
}

// hopeless is how many times the pairs of its second stage a row may need before that stage is not worth
// its time. The number of pairs that is needed is a guess, and half of them often do.
const hopeless = 2

// suspects reports whether a row, or the means of its slices, is a suspect.
func (r rule) suspects(row *Row, noise kindNoise) bool {
	if isSuspect(estimate(row.Pairs), r.margin(row, noise)) {
		return true
	}
	means := row.withMeans()
	return means != nil && isSuspect(estimate(means.Pairs), r.forMeans().margin(means, noise))
}

// Unsettled returns which of the given rows need the pairs of their next look: a stage has more looks,
// and none so far has settled the row. Rows are given by their indices in the run.
//
// A first stage stops early only if the row is UNCHANGED. A row that is NOT SLOWER may be faster, and needs
// its pairs to show that. A second stage also stops if the row is REGRESSED or NOT SLOWER. Stopping where
// no slowdown is found makes no false alarm, so it spends nothing.
func Unsettled(run *Run, o Options, rows []int) (open []int) {
	rule, noise := ruleOf(run, o), noiseOf(run.Controls)
	for _, i := range rows {
		row := &run.Rows[i]
		if j := newJudged(row); j.Verdict != "" {
			continue
		}
		if len(row.Second) > 0 {
			if more(row.Second, row.SecondLooks) && !rule.settledAgain(row, noise) {
				open = append(open, i)
			}
		} else if more(row.Pairs, row.Looks) && !rule.unchanged(row, noise) {
			open = append(open, i)
		}
	}
	return open
}

// decided returns the timing of a row with its verdict, as if no other row were slow. A second stage has
// the correction of Bonferroni, so its verdict does not depend on other rows.
func (r rule) decided(t *Timing) *Timing {
	t.Corrected = min(1, t.Slower*float64(r.family))
	r.decide(t)
	return t
}

// unchanged reports whether the first stage of a row shows already that it is UNCHANGED.
func (r rule) unchanged(row *Row, noise kindNoise) bool {
	if t := r.decided(r.timing(row, noise)); t.Verdict != Unchanged {
		return false
	}
	means := row.withMeans() // a mean that looks slower needs all pairs of its stage
	return means == nil || !isSuspect(estimate(means.Pairs), r.forMeans().margin(means, noise))
}

// settledAgain reports whether the second stage of a row needs no more pairs.
func (r rule) settledAgain(row *Row, noise kindNoise) bool {
	t := r.decided(r.timing(row, noise))
	if t.Verdict == Regressed {
		return true
	}
	mean := r.meanTiming(row, noise)
	if mean != nil {
		r.forMeans().decided(mean)
	}
	switch {
	case mean != nil && mean.Verdict == Regressed:
		return true
	case mean != nil && mean.Verdict == Inconclusive && isSuspect(mean.First, mean.Margin):
		return false
	}
	return t.Verdict != Inconclusive
}

// addUnpaired adds the rows that only one side has. A benchmark that is gone is
// MISSING and fails the gate: otherwise a commit could hide a slowdown by deleting the
// benchmark that shows it. A benchmark that was added is NEW and passes, because the commit that adds it has made
// nothing slower.
func (r *Report) addUnpaired(run *Run) {
	add := func(name string, v Verdict, why string, allowed bool) {
		if more := run.WhyOnly[name]; more != "" {
			why += "; " + more
		}
		r.Rows = append(r.Rows, &Judged{ID: name, Row: &Row{Name: name}, index: -1, Verdict: v,
			Why: why, Allowed: allowed})
	}
	for _, name := range run.OnlyOld {
		add(name, Missing, onlyOld, r.options.AllowMissing)
	}
	for _, name := range run.OnlyNew {
		add(name, Added, onlyNew, false)
	}
}

const (
	onlyOld = "only on the old side"
	onlyNew = "only on the new side: the next gate has something to compare"
)

// checkRun checks the run as a whole, apart from its controls.
func (r *Report) checkRun(run *Run) {
	// A row that is gone does not count as measured, whether it is allowed or not. Rows that
	// are all new are the first ones of a project, and need no measurement.
	first := len(run.OnlyNew) > 0 && len(run.OnlyOld) == 0
	if len(run.Rows) == 0 && run.Stopped == "" && !first && run.Elsewhere == 0 {
		r.Errors = append(r.Errors, "no benchmark was measured: a gate with nothing to judge does "+
			"not pass; check the packages and the pattern")
	}
	r.Invalid = append(r.Invalid, differing(run.Old.Facts, run.New.Facts)...)
	if run.Shards > 0 {
		r.Notes = append(r.Notes, fmt.Sprintf("this is shard %d of %d, and other shards have %s: semabench gate -join judges "+
			"all together", run.Shard, run.Shards, plural.Of(run.Elsewhere, "row")))
	}
	if n := run.Planned - run.Elsewhere; len(run.Rows) < n {
		r.Notes = append(r.Notes, fmt.Sprintf("%d of %d planned rows were measured", len(run.Rows), n))
	}
	if n := r.sharingLayouts(); n > 0 {
		r.Notes = append(r.Notes, "the layouts of "+plural.Of(n, "row")+" met in several combinations: a "+
			"difference of several percent may be the luck of the linker, and its p is too small; "+
			"measure anew")
	}
	r.noteUnusedWaivers()
}

// sharingLayouts counts the rows whose units are less independent than the test
// supposes: one binary belongs to several units. Runs of earlier versions have
// such rows.
func (r *Report) sharingLayouts() (n int) {
	for _, j := range r.Rows {
		if j.Time == nil {
			continue
		}
		olds, news := make(map[uint64]bool), make(map[uint64]bool)
		known := true
		for _, p := range j.deciding() {
			olds[p.OldLayout], news[p.NewLayout] = true, true
			known = known && p.OldLayout != 0 && p.NewLayout != 0
		}
		if known && min(len(olds), len(news)) < j.Time.Units {
			n++
		}
	}
	return n
}

// differing describes the facts that both sides state with different values.
func differing(old, new []reports.Fact) (list []string) {
	for _, f := range old {
		i := slices.IndexFunc(new, func(g reports.Fact) bool { return g.Key == f.Key })
		if i >= 0 && new[i].Value != f.Value {
			list = append(list, fmt.Sprintf("the sides were measured on different machines or with "+
				"different tools: %s is %q on the old side, %q on the new",
				f.Key, f.Value, new[i].Value))
		}
	}
	return list
}
