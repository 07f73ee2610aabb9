package gate

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/semabench/semabench/internal/plural"
	"github.com/semabench/semabench/internal/stats"
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
// Row.SecondLooks, as long as it is [Unsettled]. Then call [Judge]. There is no third stage. Suspects looks at first stages only and gives no
// verdict.
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

// newJudged judges the counts of a row. It sets a verdict if the row cannot be
// judged.
func newJudged(row *Row) *Judged {
	j := &Judged{ID: row.ID(), Row: row, index: -1}
	for _, x := range row.Exact {
		j.Counts = append(j.Counts, x.judge())
	}
	preferAlone(j.Counts)
	adviseOnChance(j.Counts)
	switch why := unusable(row); {
	case row.Mode == Failed:
		j.Verdict, j.Why = Unmeasured, row.Err
	case row.Mode == Identical:
		j.Verdict, j.Why = SameCode, row.Why
	case why != "":
		j.Verdict, j.Why = Unmeasured, why
	case len(row.Pairs) == 0 && len(row.Exact) == 0 && row.Mode != Unreached:
		j.Verdict, j.Why = Unmeasured, "nothing was measured"
	}
	return j
}

// unusable describes the first pair of a row whose values are not positive,
// finite times. It returns "" if there is none.
func unusable(row *Row) string {
	for _, stage := range []struct {
		name  string
		pairs []Pair
	}{
		{"first stage", row.Pairs}, {"second stage", row.Second}, {"old against old", row.SelfPairs},
	} {
		for i, p := range stage.pairs {
			if !(p.Old > 0 && p.New > 0) || math.IsInf(p.Old+p.New, 0) { // !(>) refuses NaN too
				return fmt.Sprintf("%s, pair %d: %g and %g ns/op are no times",
					stage.name, i+1, p.Old, p.New)
			}
		}
	}
	return ""
}

// withoutSuspicion returns the rule for the second stage of a row that is no suspect.
func (r rule) withoutSuspicion() rule {
	r.unsuspected = true
	return r
}

// noiseFor returns by how much a row may differ without a change: from its own
// pairs of old against old, or from the controls of its kind.
func noiseFor(row *Row, noise kindNoise) float64 {
	if len(row.SelfPairs) > 0 {
		return selfNoise(row.SelfPairs)
	}
	return noise[row.kind()]
}

// margin returns what a ratio has to exceed: the greater of the minimum effect
// and the noise.
func (r rule) margin(row *Row, noise kindNoise) float64 {
	return max(r.wanted, noiseFor(row, noise))
}

// timing computes a Timing without its corrected p and its verdict, which need
// all rows.
func (r rule) timing(row *Row, noise kindNoise) *Timing {
	firstLook := lastLook(row.Pairs, row.Looks)
	t := &Timing{First: estimateAt(firstLook), Stage: 1, Wanted: r.wanted, Level: r.familyLevel(),
		Noise: noiseFor(row, noise), Margin: r.margin(row, noise), share: 1}
	t.Estimate = t.First
	deciding := row.Pairs
	first := suspectDetector(t.First, t.Margin)
	switch {
	case r.stages == 1:
		t.MDE = mde(r.measuredDetector(deciding, t.First, t.Margin, firstLook.share))
		t.Level *= firstLook.share
	case len(row.Second) > 0:
		second := r
		if !isSuspect(t.First, t.Margin) {
			first, second = detector{}, r.withoutSuspicion()
		}
		l := second.decidingLook(t, row)
		t.Stage, deciding, t.Estimate, t.share = 2, l.pairs, estimateAt(l), l.share
		t.Level = second.familyLevel() * l.share
		t.MDE = mde(first, second.measuredDetector(deciding, t.Estimate, t.Margin, l.share))
	default:
		units, share := row.plannedSecond(t.First.Units)
		t.MDE = mde(first, r.plannedDetector(t.First, units, t.Margin, share))
	}
	t.OldMedian, t.NewMedian = medians(deciding)
	t.NotSlower = t.Confidence > 0 && t.Hi < 1+t.Wanted
	return t
}

// decidingLook returns the first look of the second stage at which the row is REGRESSED, or the last one
// that was reached.
func (r rule) decidingLook(t *Timing, row *Row) (l look) {
	for _, l = range looksAt(row.Second, row.SecondLooks) {
		e := estimateAt(l)
		if e.Slower <= r.level()*l.share && e.Ratio > 1+t.Margin {
			break
		}
	}
	return l
}

// medians returns the median time of either side, for the reader. The verdict
// does not use them: their quotient is noisier than the median of quotients.
func medians(pairs []Pair) (old, new float64) {
	var olds, news []float64
	for _, p := range pairs {
		olds, news = append(olds, p.Old), append(news, p.New)
	}
	return stats.Median(olds), stats.Median(news)
}

// lacksSecondStage reports whether t is of a suspect whose second stage was not
// measured.
func (r rule) lacksSecondStage(t *Timing) bool {
	return r.stages == 2 && t.Stage == 1 && isSuspect(t.First, t.Margin)
}

// correct fills in Corrected, and the verdict IMPROVED. A speedup is decided in
// the first stage: only slowdowns are doubted enough to be measured again.
//
// The second stage gets Bonferroni's correction and not Holm's. Holm orders all p
// of a family, but the second stage has only the p of the suspects.
func (r rule) correct(timings []*Timing) {
	var slower, faster []float64
	for _, t := range timings {
		slower, faster = append(slower, t.First.Slower), append(faster, t.First.Faster)
	}
	slower = stats.Holm(slower, r.family).Corrected
	faster = stats.Holm(faster, r.family).Corrected
	for i, t := range timings {
		t.Corrected = slower[i]
		if t.Stage == 2 {
			t.Corrected = min(1, t.Slower*float64(r.family))
		} else if faster[i] <= r.falseAlarm && t.Ratio < 1/(1+t.Margin) {
			t.Verdict, t.Corrected = Improved, faster[i]
		}
	}
}

// decide sets the verdict on time, unless it is IMPROVED already.
func (r rule) decide(t *Timing) {
	slower := t.Corrected <= t.Level && t.Ratio > 1+t.Margin
	inside := t.NotSlower && t.Lo > 1/(1+t.Wanted)
	t.suspect = r.lacksSecondStage(t)
	switch {
	case t.Verdict == Improved:
	case slower && (t.Stage == 2 || r.stages == 1):
		t.Verdict = Regressed
	case inside:
		t.Verdict = Unchanged
	case t.NotSlower:
		t.Verdict = NotSlower
	default:
		t.Verdict = Inconclusive
		if n := t.pairsNeeded(t.Wanted); n > t.Pairs && !r.lacksSecondStage(t) {
			t.Needs = n
		}
	}
	t.Why = r.explain(t)
}

// conclude makes one verdict of time and counts: the worst of them after waivers.
func (j *Judged) conclude(o Options) {
	if j.Verdict != "" {
		return
	}
	j.Allowed = true
	if j.Time != nil {
		v := j.waive(o, "ns/op", j.Time.Verdict, j.Time.allowedBy)
		j.worsen(v, j.Time.Why)
		j.Allowed = v != Inconclusive || j.Time.tolerable(o.Tolerate)
		if v == Inconclusive && more(j.Row.Pairs, j.Row.Looks) {
			j.Why += "; out of time before all of its pairs: " + moreTime
		}
	} else if j.Row.Mode == Unreached {
		j.worsen(Inconclusive, j.Row.Why)
		j.Allowed = math.IsInf(o.Tolerate, 1)
	}
	for _, c := range j.Counts {
		allows := func(w *Waiver) bool { return w.allows(c.Old, c.New) }
		v := j.waive(o, c.Unit, c.Verdict, allows)
		j.Allowed = j.Allowed && (v != Inconclusive || math.IsInf(o.Tolerate, 1))
		j.worsen(v, c.Why)
	}
	j.Allowed = j.Allowed && j.Verdict == Inconclusive
	j.Work = j.Row.work(o)
	j.takeWork(o)
}

// tolerable reports whether an INCONCLUSIVE time hides no slowdown over the tolerated size. The
// measurement would have found it, and does not show one. A suspect without a second stage found nothing, so
// its whole interval has to be below the tolerated slowdown.
func (t *Timing) tolerable(most float64) bool {
	seen := t.Ratio
	if t.suspect {
		seen = t.Hi
	}
	return math.IsInf(most, 1) || t.MDE <= most && seen <= 1+most
}

// worsen takes verdict v if it is worse than the verdict so far.
func (j *Judged) worsen(v Verdict, why string) {
	if j.Verdict == "" || v.rank() < j.Verdict.rank() {
		j.Verdict, j.Why = v, why
	}
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
