package gate

import (
	"fmt"
	"math"
	"strings"
)

// outcome is the exit code as a word.
func (r *Report) outcome() string {
	return [...]string{"PASS", "REGRESSION", "UNUSABLE", "INCONCLUSIVE", "INVALID RUN"}[r.Exit()]
}

// totals counts the rows, worst first: "1 REGRESSED, 20 UNCHANGED of 21 rows".
func (r *Report) totals() string {
	var parts []string
	for _, v := range verdicts {
		if n := r.Count(v); n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, v))
		}
	}
	if len(parts) == 0 {
		return "no rows"
	}
	return strings.Join(parts, ", ") + " of " + plural(len(r.Rows), "row")
}

// warnings is what has to be known before any row, most important first.
func (r *Report) warnings() (list []string) {
	list = append(list, r.Errors...)
	for _, why := range r.Invalid {
		list = append(list, "invalid run: "+why)
	}
	if r.Advisory != "" {
		list = append(list, "advisory: "+r.Advisory+
			"; give revisions or directories to the gate for verdicts that can be believed")
	}
	if r.Stopped != "" {
		list = append(list, "stopped early: "+r.Stopped)
	}
	for _, s := range []struct {
		name string
		side Side
	}{{"old", r.Old}, {"new", r.New}} {
		if s.side.Dirty {
			list = append(list, "the "+s.name+" side has changes that no revision has")
		}
	}
	for i, line := range list {
		list[i] = shown(line)
	}
	return list
}

func (r *Report) notes() (list []string) {
	for _, n := range r.Notes {
		list = append(list, shown(n))
	}
	open, fresh, untimed := 0, 0, 0
	for _, j := range r.Rows {
		if j.Row.Mode == Untimed {
			untimed++
		}
		if j.Verdict == Inconclusive && j.Allowed {
			open++
		}
		if j.Row.Mode == Fresh {
			fresh++
		}
	}
	if open > 0 {
		list = append(list, plural(open, "INCONCLUSIVE row")+" let pass: not slower by the minimum "+
			"effect, or a slowdown of the tolerated size would have been found")
	}
	if untimed > 0 {
		list = append(list, plural(untimed, "row")+" without a time of its own: only allocations were judged")
	}
	if fresh > 0 {
		list = append(list, plural(fresh, "row")+
			" could not be sliced and had a fresh process for each value")
	}
	return list
}

func (s Side) text() string {
	parts := []string{shown(s.Name)}
	if s.Revision != "" && s.Revision != s.Name {
		parts = append(parts, shown(s.Revision))
	}
	if s.Dirty {
		parts = append(parts, "+changes")
	}
	return strings.Join(parts, " ")
}

// controls says what the controls showed.
func (r *Report) controls() (list []string) {
	for _, j := range r.Controls {
		what := "old against itself"
		if j.Planted > 0 {
			what = signed(j.Planted) + " planted"
		}
		state, seen := "ok", j.Why
		if why := j.broken(); why != "" {
			state, seen = "BROKEN", why
		} else if j.Time != nil {
			seen = j.Time.summary()
		}
		list = append(list, shown(fmt.Sprintf("%s: %s: %s, %s", state, j.ID, what, seen)))
	}
	return list
}

// promise says what stands behind the verdicts.
func (r *Report) promise() string {
	if r.Family == 0 {
		return "No time was judged."
	}
	if r.texts {
		doubt := "That holds for independent values only; the texts say that theirs are"
		if r.Advisory != "" {
			doubt = "That would hold for independent values only"
		}
		return fmt.Sprintf("REGRESSED: ratio over 1 + margin and p, of a one-sided U test corrected "+
			"for the rows (Holm), at most %g. %s.", r.FalseAlarm, doubt)
	}
	test := "p of a one-sided signed rank test, corrected for all rows (Holm), small enough"
	if r.Stages == 2 {
		test = "suspected once, and found again in fresh processes by a one-sided signed rank test, " +
			"corrected for all rows (Bonferroni)"
	}
	return fmt.Sprintf("REGRESSED: ratio over 1 + margin, and %s. The chance of even one false "+
		"REGRESSED among %s is at most %s. UNCHANGED: the whole interval lies within %s.",
		test, plural(r.Family, "test"), percent(r.FalseAlarm), percent(r.MinEffect))
}

// label is the verdict with what qualifies it.
func (r *Report) label(j *Judged) string {
	switch {
	case r.Advisory != "" && j.Time != nil && j.Verdict == j.Time.Verdict:
		return string(j.Verdict) + " (advisory)"
	case j.Allowed:
		return string(j.Verdict) + " (let pass)"
	}
	return string(j.Verdict)
}

// why is the reason with the waiver, if one had to do with it.
func (j *Judged) why() string {
	why := j.Why
	if w := j.Waiver; w != nil {
		verb := "waived up to"
		if j.Verdict != Waived {
			verb = "over the waiver of"
		}
		why += fmt.Sprintf("; %s %s %s until %s: %s (%s, %s)", verb, w.Limit(), w.Metric,
			w.Expires.Format("2006-01-02"), w.Reason, w.Issue, w.Pos)
	}
	switch {
	case j.Row.Mode == Fresh && j.Row.Why != "":
		why += "; fresh processes, because " + j.Row.Why
	case j.Row.Mode == Untimed:
		why += "; counted only, because " + j.Row.Why
	}
	return shown(why)
}

// figures are the columns of a row in tables.
type figures struct{ Ratio, Interval, Margin, P, MDE string }

func (j *Judged) figures() figures {
	t := j.Time
	if t == nil || t.Verdict != j.Verdict {
		for _, c := range j.Counts {
			if c.Verdict == j.Verdict {
				change := count(c.Old) + " → " + count(c.New) + " " + c.unit()
				return figures{Ratio: ratio(c.Ratio()), Interval: change}
			}
		}
	}
	if t == nil {
		return figures{}
	}
	f := figures{ratio(t.Ratio), "", percent(t.Margin), probability(t.Corrected), percent(t.MDE)}
	if t.Confidence > 0 {
		f.Interval = t.interval()
	}
	if math.IsInf(t.MDE, 1) {
		f.MDE = "nothing"
	}
	return f
}
