package gate

import (
	"fmt"
	"maps"
	"math"
	"slices"

	"github.com/semabench/semabench/reports/gate/internal/signedrank"
)

func noiseOf(controls []Control) kindNoise {
	noise := kindNoise{}
	for i := range controls {
		c := &controls[i]
		if c.Planted == 0 && len(c.Row.Pairs) > 0 && newJudged(&c.Row).Verdict == "" {
			of := c.Row.kind()
			noise[of] = max(noise[of], selfNoise(c.Row.Pairs))
		}
	}
	return noise
}

// leastPlanted is the slowdown that is planted into a control if the machine is quiet, and mostPlanted the
// largest one. A run that may miss a row which became twice as slow says nothing.
const leastPlanted, mostPlanted = 0.10, 1.0

// PlantedSlowdown returns the slowdown to plant into a control that gets as many units (see [Units]) of the
// first stage of row. The test finds such a slowdown in 999 of 1000 cases, and it is 10 % at least. A
// slowdown of 10 % on a machine that shows only 15 % would make most runs there invalid. With 15 % the run
// proves that it sees 15 %, and claims no more than that.
func PlantedSlowdown(run *Run, row *Row, units int, o Options) float64 {
	const surely = 0.999
	rule := ruleOf(run, o).ofControls()
	e := estimate(row.Pairs)
	if e.Confidence == 0 {
		return mostPlanted // too few pairs to know the noise
	}
	found := effectFoundWith(surely, rule.plannedDetector(e, units, floor, 1))
	return min(mostPlanted, max(leastPlanted, math.Ceil(100*found)/100))
}

// LeastUnits returns the least number of units that a second stage, or a control, needs: with fewer no p is
// small enough, whatever they show.
func LeastUnits(run *Run, o Options) int {
	level := ruleOf(run, o).ofControls().level()
	n := 1
	for signedrank.SmallestP(n) > level {
		n++
	}
	return n
}

// ofControls returns the rule for controls: the one of the stage that decides, on one stage. A minimum
// effect of the user is ignored, because it may be larger than the planted slowdown.
func (r rule) ofControls() rule {
	r.stages, r.falseAlarm, r.wanted = 1, r.familyLevel(), floor
	return r
}

// judgeControls judges the controls with the test that decides on rows.
func (r *Report) judgeControls(controls []Control, rule rule) {
	rule = rule.ofControls()
	sees := map[int]float64{} // by shard
	for i := range controls {
		c := &controls[i]
		j := newJudged(&c.Row)
		j.Planted = c.Planted
		r.Controls = append(r.Controls, j)
		if j.Verdict == "" && len(c.Row.Pairs) == 0 {
			j.Verdict, j.Why = Unmeasured, "no time was measured"
		}
		if j.Verdict == "" {
			rule.judgeControl(j)
			r.sees = max(r.sees, j.sees)
			sees[j.Row.Shard] = max(sees[j.Row.Shard], j.sees)
		}
	}
	for _, j := range r.Controls { // a larger slowdown that shows says how much the run sees on that machine
		j.excused = j.Planted > 0 && j.Time != nil && j.sees == 0 && j.Planted < sees[j.Row.Shard]
	}
}

// Shows reports whether a control shows its planted slowdown. If not, a larger one may, and then the run sees
// that: measure it with twice the slowdown, up to 100 %.
func Shows(run *Run, c *Control, o Options) bool {
	j := newJudged(&c.Row)
	if j.Verdict != "" || len(c.Row.Pairs) == 0 {
		return false
	}
	j.Planted = c.Planted
	ruleOf(run, o).ofControls().judgeControl(j)
	return j.sees > 0
}

// limitClaims lets no row claim that a smaller slowdown would have been seen than the controls show. The
// slowdown that is planted on a quiet machine limits nothing: it shows that the gate works, and the pairs
// of each row show how well.
func (r *Report) limitClaims(timings []*Timing) {
	if r.sees <= leastPlanted {
		return
	}
	for _, t := range timings {
		t.MDE = max(t.MDE, r.sees)
	}
	r.Notes = append(r.Notes, fmt.Sprintf("this run sees slowdowns of %s and more, and may miss smaller ones: the "+
		"machine was too busy for the control to show less", percent(r.sees)))
}

// checkControls makes the run invalid if a control came out wrong. The old side must not differ from
// itself, and the planted slowdown must show: a gate that cannot fail proves nothing when it passes. Rows
// that regressed all the same decide before that; see Report.Exit.
//
// A planted slowdown that shows, but is not proven, makes the run weaker and not invalid.
func (r *Report) checkControls() {
	defer func() { r.failedControls = len(r.Invalid) }() // nothing else is in Invalid yet
	for _, j := range r.Controls {
		if why := j.failure(); why != "" {
			r.addInvalid(fmt.Sprintf("control %s: %s", j.ID, why))
		}
	}
	if r.Stopped != "" || !slices.ContainsFunc(r.Rows, (*Judged).restsOnTime) {
		return // the run ended before its controls, or no verdict on time needs one
	}
	for _, what := range r.missingControls() {
		switch {
		case r.Late != "":
			r.lacksControls = true
			r.Notes = append(r.Notes, "there was no time left for a control: "+what+" was not measured, so that "+
				"verdicts on time are not proven; "+moreTime)
		default:
			r.Invalid = append(r.Invalid, "control missing: "+what+" was not measured")
		}
	}
}

// missingControls names the controls that a machine lacks although verdicts of its rows rest on time.
func (r *Report) missingControls() (list []string) {
	type control struct {
		shard   int
		planted bool
	}
	has, needed := map[control]bool{}, map[int]bool{}
	for _, j := range r.Controls {
		has[control{j.Row.Shard, j.Planted > 0}] = true
	}
	for _, j := range r.Rows {
		needed[j.Row.Shard] = needed[j.Row.Shard] || j.restsOnTime()
	}
	for _, shard := range slices.Sorted(maps.Keys(needed)) {
		for _, c := range []control{{shard, false}, {shard, true}} {
			what := map[bool]string{false: "the old side against itself", true: "a planted slowdown"}[c.planted]
			if shard > 0 {
				what += fmt.Sprintf(" of shard %d", shard)
			}
			if needed[shard] && !has[c] {
				list = append(list, what)
			}
		}
	}
	return list
}

// settleWithoutControls gives rows that pass by time and by counts the verdict of the counts, if the controls
// failed or were not measured. Such a run cannot prove a pass by time. But counts need no control, so these
// rows are settled all the same, and only the others make the run invalid.
func (r *Report) settleWithoutControls() {
	type evidence struct{ self, planted, broken bool }
	of := map[int]evidence{} // by shard
	for _, j := range r.Controls {
		e := of[j.Row.Shard]
		of[j.Row.Shard] = evidence{e.self || j.Planted == 0, e.planted || j.Planted > 0, e.broken || j.failure() != ""}
	}
	for _, j := range r.Rows {
		if e := of[j.Row.Shard]; e.self && e.planted && !e.broken {
			continue
		}
		passes := j.Verdict == Unchanged || j.Verdict == NotSlower || j.Verdict == Improved
		if passes && j.Work != nil && j.Row.CountsSettle() {
			j.Verdict, j.Why = j.Work.Verdict, j.beside(j.Work.Why+", and no more allocations; "+unseen)
		}
	}
}

// addInvalid makes the run invalid. But where no verdict rests on time, the controls of time excuse
// nothing and spoil nothing: counts need none.
func (r *Report) addInvalid(why string) {
	if slices.ContainsFunc(r.Rows, (*Judged).restsOnTime) {
		r.Invalid = append(r.Invalid, why)
		return
	}
	r.Notes = append(r.Notes, "no verdict rests on time, so that this does not matter: "+why)
}

// restsOnTime reports whether time had a part in the verdict. MORE WORK is a part of it: only time can
// say what the additional work costs.
func (j *Judged) restsOnTime() bool {
	return j.Time != nil && j.Verdict != SameWork && j.Verdict != LessWork
}

// judgeControl judges one control as if no other row differed, and finds out which slowdown it shows.
//
// A planted slowdown that was not found may show all the same: its whole interval lies above no change, and
// the planted slowdown is not above it, which would mean that measuring swallows a part of it. Then the pairs
// are only too noisy, and they tell what they would have found: the slowdown whose estimate is as far above
// this one as the p still lacks.
func (r rule) judgeControl(j *Judged) {
	t := r.timing(j.Row, nil)
	t.Corrected = min(1, t.Slower*float64(r.family))
	if t.Faster*float64(r.family) <= t.Level && t.Ratio < 1/(1+t.Margin) {
		t.Verdict = Improved
	}
	r.decide(t)
	j.Time, j.Verdict, j.Why = t, t.Verdict, t.Why
	switch {
	case j.Planted == 0:
	case t.Verdict == Regressed:
		j.sees = j.Planted
	case t.Confidence > 0 && t.Lo > 1 && t.Hi >= 1+j.Planted:
		d := r.measuredDetector(j.Row.Pairs, t.Estimate, t.Margin, 1)
		if sees := (1+j.Planted)*math.Exp(d.need)/t.Ratio - 1; sees <= mostPlanted {
			j.sees = max(j.Planted, sees)
		}
	}
}

// failure says what is wrong with a control, or "" if it came out right.
func (j *Judged) failure() string {
	switch {
	case j.excused:
		return ""
	case j.Verdict == Unmeasured:
		return "not measured: " + j.Why
	case j.Planted > 0 && j.sees == 0:
		return fmt.Sprintf("a planted slowdown of %s does not show: %s",
			percent(j.Planted), j.Time.summary())
	case j.Planted == 0 && (j.Verdict == Regressed || j.Verdict == Improved):
		return "the old side differs from itself: " + j.Time.summary()
	}
	return ""
}
