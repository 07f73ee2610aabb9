package gate

import (
	"fmt"
	"slices"

	"github.com/semabench/semabench/reports"
)

// selfNoise is by how much a row differs from itself. If its interval holds 1, that is the ratio
// that was seen; if not, the difference is more than chance, and the far end of the interval counts.
func selfNoise(pairs []Pair) float64 {
	e := estimate(pairs)
	if e.Confidence > 0 && (e.Lo > 1 || e.Hi < 1) {
		return max(e.Hi, 1/e.Lo) - 1
	}
	return max(e.Ratio, 1/e.Ratio) - 1
}

// noiseOf is the noise of rows that were not measured against themselves: that of the worst
// control that is contended, or not, as they are. It is 0 if there is none.
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

// checkControls puts the controls to the test that decides on rows. The old side against itself
// must not differ, and the planted slowdown must be found, or else the run is invalid: a gate that
// cannot be shut proves nothing by being open.
func (r *Report) checkControls(controls []Control, rule rule) {
	rule.stages, rule.falseAlarm = 1, rule.familyLevel()
	rule.wanted = floor // what the user asked for may be more than what is planted
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
			rule.control(j)
		}
		if why := j.broken(); why != "" {
			r.Invalid = append(r.Invalid, fmt.Sprintf("control %s: %s", j.ID, why))
		}
	}
	if r.Stopped != "" || !slices.ContainsFunc(r.Rows, func(j *Judged) bool { return j.Time != nil }) {
		return // not reached, or nothing to be controlled
	}
	for _, planted := range []bool{false, true} {
		if what := missing[planted]; what != "" {
			r.Invalid = append(r.Invalid, "control missing: "+what+" was not measured")
		}
	}
}

func (r rule) control(j *Judged) {
	t := r.timing(j.Row, nil)
	t.Corrected = min(1, t.Slower*float64(r.family))
	if t.Faster*float64(r.family) <= t.Level && t.Ratio < 1/(1+t.Margin) {
		t.Verdict = Improved
	}
	r.decide(t, j.Row)
	j.Time, j.Verdict, j.Why = t, t.Verdict, t.Why
}

// broken says what is wrong with a control, or "".
func (j *Judged) broken() string {
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

func (r *Report) addMissing(run *Run) {
	for i, names := range [][]string{run.OnlyOld, run.OnlyNew} {
		side := []string{"old", "new"}[i]
		for _, name := range names {
			r.Rows = append(r.Rows, &Judged{
				ID: name, Row: &Row{Name: name}, index: -1, Verdict: Missing, Allowed: r.options.AllowMissing,
				Why: "only on the " + side + " side",
			})
		}
	}
}

// checkRun looks at the run as a whole.
func (r *Report) checkRun(run *Run) {
	if len(run.Rows) == 0 && run.Stopped == "" { // nor do rows of one side, allowed or not
		r.Errors = append(r.Errors, "no benchmark was measured: a gate with nothing to judge does "+
			"not pass; check the packages and the pattern")
	}
	r.Invalid = append(r.Invalid, differing(run.Old.Facts, run.New.Facts)...)
	if n := run.Planned; len(run.Rows) < n {
		r.Notes = append(r.Notes, fmt.Sprintf("%d of %d planned rows were measured", len(run.Rows), n))
	}
	if n := r.sharingLayouts(); n > 0 {
		r.Notes = append(r.Notes, "the layouts of "+plural(n, "row")+" met in several combinations: a difference of "+
			"several percent may be the luck of the linker, and its p is too small; measure anew")
	}
	for i := range r.options.Waivers {
		w := &r.options.Waivers[i]
		used := slices.ContainsFunc(r.Rows, func(j *Judged) bool { return j.Waiver == w })
		if !used && !w.expired(r.options.today()) {
			r.Notes = append(r.Notes,
				fmt.Sprintf("%s: the waiver of %s was not needed in this run", w.Pos, w.Pattern))
		}
	}
}

// sharingLayouts counts the rows whose units are less independent than the test supposes, because they
// have binaries in common, as in records of earlier versions.
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

// deciding is the pairs that the verdict rests on.
func (j *Judged) deciding() []Pair {
	pairs := j.Row.Pairs
	if j.Time.Stage == 2 {
		pairs = j.Row.Second
	}
	if j.OfMean {
		return ofMeans(pairs)
	}
	return pairs
}

// differing names the facts that are not the same on both sides.
func differing(old, new []reports.Fact) (list []string) {
	for _, f := range old {
		i := slices.IndexFunc(new, func(g reports.Fact) bool { return g.Key == f.Key })
		if i >= 0 && new[i].Value != f.Value {
			list = append(list, fmt.Sprintf("the sides were measured on different machines or with "+
				"different tools: %s is %q on the old side, %q on the new", f.Key, f.Value, new[i].Value))
		}
	}
	return list
}
