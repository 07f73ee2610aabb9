package gate

import (
	"fmt"
	"slices"
)

// selfNoise returns by how much a row differs from itself, from pairs of old
// against old. If the interval holds 1, the observed ratio counts. If not, the
// difference is more than chance, and the far end of the interval counts.
func selfNoise(pairs []Pair) float64 {
	e := estimate(pairs)
	if e.Confidence > 0 && (e.Lo > 1 || e.Hi < 1) {
		return max(e.Hi, 1/e.Lo) - 1
	}
	return max(e.Ratio, 1/e.Ratio) - 1
}

// noiseOf returns the noise of rows that were not measured against themselves.
// The key says whether the rows are contended: each kind takes the noise of its
// worst control, or 0 without a control.
func noiseOf(controls []Control) map[bool]float64 {
	noise := make(map[bool]float64)
	for i := range controls {
		c := &controls[i]
		if c.Planted == 0 && len(c.Row.Pairs) > 0 && newJudged(&c.Row).Verdict == "" {
			noise[c.Row.Contended] = max(noise[c.Row.Contended], selfNoise(c.Row.Pairs))
		}
	}
	return noise
}

// checkControls judges the controls with the test that decides on rows. The old
// side must not differ from itself, and the planted slowdown must be found.
// Otherwise the run is invalid: a gate that cannot fail proves nothing when it
// passes. Rows that regressed all the same decide before that; see Report.Exit.
func (r *Report) checkControls(controls []Control, rule rule) {
	rule.stages, rule.falseAlarm = 1, rule.familyLevel()
	rule.wanted = floor                                  // a minimum effect of the user may be larger than the planted slowdown
	defer func() { r.failedControls = len(r.Invalid) }() // nothing else is in Invalid yet
	missing := map[bool]string{false: "the old side against itself", true: "a planted slowdown"}
	for i := range controls {
		c := &controls[i]
		j := newJudged(&c.Row)
		j.Planted = c.Planted
		r.Controls = append(r.Controls, j)
		delete(missing, c.Planted > 0)
		if j.Verdict == "" && len(c.Row.Pairs) == 0 {
			j.Verdict, j.Why = Unmeasured, "no time was measured"
		}
		if j.Verdict == "" {
			rule.judgeControl(j)
		}
		if why := j.failure(); why != "" {
			r.addInvalid(fmt.Sprintf("control %s: %s", j.ID, why))
		}
	}
	if r.Stopped != "" || !slices.ContainsFunc(r.Rows, (*Judged).restsOnTime) {
		return // the run ended before its controls, or no verdict on time needs one
	}
	for _, planted := range []bool{false, true} {
		if what := missing[planted]; what != "" {
			r.Invalid = append(r.Invalid, "control missing: "+what+" was not measured")
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

// judgeControl judges one control as if no other row differed.
func (r rule) judgeControl(j *Judged) {
	t := r.timing(j.Row, nil)
	t.Corrected = min(1, t.Slower*float64(r.family))
	if t.Faster*float64(r.family) <= t.Level && t.Ratio < 1/(1+t.Margin) {
		t.Verdict = Improved
	}
	r.decide(t)
	j.Time, j.Verdict, j.Why = t, t.Verdict, t.Why
}

// failure says what is wrong with a control, or "" if it came out right.
func (j *Judged) failure() string {
	switch {
	case j.Verdict == Unmeasured:
		return "not measured: " + j.Why
	case j.Planted > 0 && j.Verdict != Regressed:
		return fmt.Sprintf("a planted slowdown of %s was not found: %s",
			percent(j.Planted), j.Time.summary())
	case j.Planted == 0 && (j.Verdict == Regressed || j.Verdict == Improved):
		return "the old side differs from itself: " + j.Time.summary()
	}
	return ""
}
