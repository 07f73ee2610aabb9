package gate

import (
	"fmt"
	"math"
	"slices"
)

// Judge judges a run. It reads only: a run can be judged again with other options, but then the
// promise of Options.FalseAlarm holds for each judgement and not for the best of them.
func Judge(run *Run, o Options) *Report {
	r := &Report{
		Old: run.Old, New: run.New, Facts: run.Facts, Stopped: run.Stopped, Command: run.Command,
		Planned: run.Planned, MinEffect: o.minEffect(), FalseAlarm: o.falseAlarm(), options: o,
	}
	rule := ruleOf(run, o)
	r.Family, r.Stages = rule.family, rule.stages
	noise := noiseOf(run.Controls)
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
	rule.correct(timings)
	for _, j := range r.Rows {
		if j.Time != nil {
			rule.decide(j.Time, j.Row)
		}
		if j.mean != nil {
			rule.decide(j.mean, j.Row)
			j.takeMean()
		}
		j.conclude(o)
	}
	r.addMissing(run)
	r.Errors = append(r.Errors, checkWaivers(o, r.Rows, !r.incomplete())...)
	r.checkControls(run.Controls, rule)
	r.checkRun(run)
	r.sort()
	return r
}

// Suspects returns the indices of the rows that are to be measured afresh: those whose first stage
// looks slower, with p <= 0.2 and a ratio over two thirds of the margin, and that have no second
// stage yet. Give each [SecondPairs] pairs, of new processes, and judge again; there is no third
// time.
func Suspects(run *Run, o Options) (rows []int) {
	rule, noise := ruleOf(run, o), noiseOf(run.Controls)
	for i := range run.Rows {
		row := &run.Rows[i]
		if rule.stages == 2 && newJudged(row).Verdict == "" && len(row.Second) == 0 &&
			len(row.Pairs) > 0 && rule.suspects(row, noise) {
			rows = append(rows, i)
		}
	}
	return rows
}

func (r rule) suspects(row *Row, noise map[bool]float64) bool {
	mean := r.meanTiming(row, noise)
	return r.timing(row, noise).suspect() || mean != nil && mean.suspect()
}

func ruleOf(run *Run, o Options) rule {
	timed, means := 0, 0
	for i := range run.Rows {
		row := &run.Rows[i]
		if len(row.Pairs) > 0 {
			timed++
		}
		if row.means() != nil {
			means++
		}
	}
	stages := 2
	if run.Stages == 1 {
		stages = 1
	}
	return rule{max(timed, run.Planned) + means, stages, o.falseAlarm(), o.minEffect()}
}

// newJudged has a verdict already if the row cannot be judged.
func newJudged(row *Row) *Judged {
	j := &Judged{ID: row.ID(), Row: row, index: -1}
	for _, x := range row.Exact {
		j.Counts = append(j.Counts, x.judge())
	}
	settle(j.Counts)
	switch why := unusable(row); {
	case row.Mode == Failed:
		j.Verdict, j.Why = Unmeasured, row.Err
	case why != "":
		j.Verdict, j.Why = Unmeasured, why
	case len(row.Pairs) == 0 && len(row.Exact) == 0:
		j.Verdict, j.Why = Unmeasured, "nothing was measured"
	}
	return j
}

// unusable names the first pair that is no measurement.
func unusable(row *Row) string {
	for _, stage := range []struct {
		name  string
		pairs []Pair
	}{{"first stage", row.Pairs}, {"second stage", row.Second}, {"old against old", row.SelfPairs}} {
		for i, p := range stage.pairs {
			if !(p.Old > 0 && p.New > 0) || math.IsInf(p.Old+p.New, 0) {
				return fmt.Sprintf("%s, pair %d: %g and %g ns/op are no times", stage.name, i+1, p.Old, p.New)
			}
		}
	}
	return ""
}

// timing has all but the correction and the verdict.
func (r rule) timing(row *Row, noise map[bool]float64) *Timing {
	t := &Timing{First: estimate(row.Pairs), Stage: 1, Wanted: r.wanted, Level: r.familyLevel()}
	t.Estimate = t.First
	t.Noise = noise[row.Contended]
	if len(row.SelfPairs) > 0 {
		t.Noise = selfNoise(row.SelfPairs)
	}
	t.Margin = max(t.Wanted, t.Noise)
	deciding := row.Pairs
	first := suspecting(t.First, t.Margin)
	switch {
	case r.stages == 1:
		t.MDE = mde(r.deciding(deciding, t.First, t.Margin))
	case len(row.Second) > 0 && t.suspect():
		t.Stage, deciding, t.Estimate = 2, row.Second, estimate(row.Second)
		t.MDE = mde(first, r.deciding(deciding, t.Estimate, t.Margin))
	default:
		t.MDE = mde(first, r.planned(t.First, SecondPairs(t.First.Units), t.Margin))
	}
	t.OldMedian, t.NewMedian = medians(deciding)
	t.NotSlower = t.Confidence > 0 && t.Hi < 1+t.Wanted
	return t
}

func medians(pairs []Pair) (old, new float64) {
	var olds, news []float64
	for _, p := range pairs {
		olds, news = append(olds, p.Old), append(news, p.New)
	}
	slices.Sort(olds)
	slices.Sort(news)
	return median(olds), median(news)
}

func (t *Timing) suspect() bool {
	return t.First.Slower <= suspectP && t.First.Ratio > 1+t.Margin*suspectShare
}

// waiting reports whether the second stage of t was not measured.
func (r rule) waiting(t *Timing) bool { return r.stages == 2 && t.Stage == 1 && t.suspect() }

// correct fills in Corrected, and the verdict of those that are faster: only a slowdown is
// doubted enough to be measured again.
func (r rule) correct(timings []*Timing) {
	var slower, faster []float64
	for _, t := range timings {
		slower, faster = append(slower, t.First.Slower), append(faster, t.First.Faster)
	}
	slower, faster = holm(slower, r.family), holm(faster, r.family)
	for i, t := range timings {
		t.Corrected = slower[i]
		if t.Stage == 2 {
			t.Corrected = min(1, t.Slower*float64(r.family))
		} else if faster[i] <= r.falseAlarm && t.Ratio < 1/(1+t.Margin) {
			t.Verdict, t.Corrected = Improved, faster[i]
		}
	}
}

// decide gives the verdict on time.
func (r rule) decide(t *Timing, row *Row) {
	slower := t.Corrected <= t.Level && t.Ratio > 1+t.Margin
	inside := t.NotSlower && t.Lo > 1/(1+t.Wanted)
	switch {
	case t.Verdict == Improved:
	case slower && (t.Stage == 2 || r.stages == 1):
		t.Verdict = Regressed
	case inside:
		t.Verdict = Unchanged
	default:
		t.Verdict = Inconclusive
		if n := t.pairsNeeded(t.Wanted); n > t.Pairs && !r.waiting(t) {
			t.Needs = n
		}
	}
	t.Why = r.why(t, row)
}

// conclude makes one verdict of time and counts, with the waivers.
func (j *Judged) conclude(o Options) {
	if j.Verdict != "" {
		return
	}
	j.Allowed = true
	if j.Time != nil {
		v := j.waive(o, "ns/op", j.Time.Verdict, j.Time.allowedBy)
		j.worsen(v, j.Time.Why)
		j.Allowed = v != Inconclusive || j.Time.NotSlower || j.Time.MDE <= o.Tolerate
	}
	for _, c := range j.Counts {
		allows := func(w *Waiver) bool { return w.allows(c.Old, c.New) }
		v := j.waive(o, c.Unit, c.Verdict, allows)
		j.Allowed = j.Allowed && (v != Inconclusive || math.IsInf(o.Tolerate, 1))
		j.worsen(v, c.Why)
	}
	j.Allowed = j.Allowed && j.Verdict == Inconclusive
}

// worsen takes verdict v if it is worse than what is known so far.
func (j *Judged) worsen(v Verdict, why string) {
	if j.Verdict == "" || v.rank() < j.Verdict.rank() {
		j.Verdict, j.Why = v, why
	}
}

// waive turns a verdict into WAIVED if a waiver for the metric goes as far. One that does not is named:
// the row regressed all the same.
func (j *Judged) waive(o Options, metric string, v Verdict, allows func(*Waiver) bool) Verdict {
	if v != Regressed && v != Inconclusive {
		return v
	}
	for i := range o.Waivers {
		w := &o.Waivers[i]
		if w.expired(o.today()) || !w.Matches(j.Row, metric) {
			continue
		}
		j.Waiver = w
		if allows(w) {
			return Waived
		}
	}
	return v
}

// allowedBy is for the whole interval where nothing is proven.
func (t *Timing) allowedBy(w *Waiver) bool {
	ratio := t.Ratio
	if t.Verdict == Inconclusive {
		ratio = t.Hi
	}
	return w.allows(t.OldMedian, t.OldMedian*ratio)
}
