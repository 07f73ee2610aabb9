package gate

import (
	"fmt"
	"math"
	"strings"

	"github.com/semabench/semabench/internal/plural"
)

// The parts of a report that all outputs show: outcome, warnings, notes, controls, and the cells of
// a row. The outputs only lay them out, so no output can say something else than the others.

// outcome is the exit code as a word.
func (r *Report) outcome() string {
	return [...]string{"PASS", "REGRESSION", "UNUSABLE", "INCONCLUSIVE", "INVALID RUN"}[r.Exit()]
}

// totals counts the rows by verdict, worst first: "1 REGRESSED, 20 UNCHANGED of
// 21 rows". It adds what the outcome rests on, if that is no row.
func (r *Report) totals() string {
	var parts []string
	for _, v := range verdicts {
		if n := r.Count(v); n > 0 {
			part := fmt.Sprintf("%d %s", n, v)
			if v == Regressed && r.Exit() != ExitRegression {
				part += r.doubt()
			}
			parts = append(parts, part)
		}
	}
	if len(parts) == 0 {
		return "no rows" + r.besideRows()
	}
	return strings.Join(parts, ", ") + " of " + plural.Of(len(r.Rows), "row") + r.besideRows()
}

// besideRows says what the outcome rests on beside the rows, or "". All rows of a run that stopped early may
// pass. Its headline would then be “INCONCLUSIVE: 2 IDENTICAL of 2 rows”, whose parts contradict each other.
// A regression rests on its rows, and an invalid run says in its first word what it rests on.
func (r *Report) besideRows() string {
	switch exit := r.Exit(); {
	case exit == ExitUnusable && len(r.Errors) > 0:
		return ", and " + plural.Of(len(r.Errors), "error")
	case exit != ExitInconclusive:
		return ""
	case r.Stopped != "":
		return ", and the run stopped early"
	case len(r.Rows) < r.Planned:
		return fmt.Sprintf(", and %d more are missing", r.Planned-len(r.Rows))
	case r.lacksControls:
		return ", and no time for the controls"
	}
	return ""
}

// quietVerdicts names the verdicts of the quiet rows that the report has, worst first: "UNCHANGED or IDENTICAL".
func (r *Report) quietVerdicts() string {
	var names []string
	for _, v := range verdicts {
		if v.quiet() && r.Count(v) > 0 {
			names = append(names, string(v))
		}
	}
	if n := len(names); n > 1 {
		return strings.Join(names[:n-1], ", ") + " or " + names[n-1]
	}
	return strings.Join(names, "")
}

// doubt says why rows that REGRESSED do not decide, so that the headline does not
// contradict itself.
func (r *Report) doubt() string {
	switch {
	case len(r.Errors) > 0 || len(r.Invalid) > 0:
		return " (not proven)"
	case r.Advisory != "":
		return " (advice)"
	}
	return " (not checked by controls)"
}

// warnings says what a reader has to know before any row, most important first.
func (r *Report) warnings() (list []string) {
	list = append(list, r.Errors...)
	for _, why := range r.Invalid {
		if r.Exit() == ExitRegression {
			why = "rows that pass prove nothing, but those that REGRESSED do: " + why
		} else {
			why = "invalid run: " + why
		}
		list = append(list, why)
	}
	if r.Advisory != "" {
		list = append(list, "advisory: "+r.Advisory+
			"; give revisions or directories to the gate for verdicts that can be believed")
	}
	if r.Stopped != "" {
		list = append(list, "stopped early: "+r.Stopped)
	}
	if r.Late != "" {
		list = append(list, r.Late+"; rows that lack time say so")
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
		list[i] = printable(line)
	}
	return list
}

// movedOnly counts the rows whose binaries differ although their code does not.
func (r *Report) movedOnly() (n int) {
	for _, j := range r.Rows {
		if j.Verdict == SameCode && strings.HasPrefix(j.Row.Why, OnlyPlace) {
			n++
		}
	}
	return n
}

// notes says what else holds for the whole report, and counts the rows that are
// judged differently.
func (r *Report) notes() (list []string) {
	for _, n := range r.Notes {
		list = append(list, printable(n))
	}
	if n := r.Count(SameCode); n > 0 {
		list = append(list, plural.Of(n, "row")+" IDENTICAL and not run: both sides are equal byte for byte, or "+
			"in everything that the benchmark can reach, and it reads no file that differs; "+
			"-measure-same measures them")
	}
	if n := r.movedOnly(); n > 0 {
		list = append(list, plural.Of(n, "IDENTICAL row")+": "+OnlyPlace+", which can move a time "+
			"by the luck of the layout")
	}
	if n := r.Count(SameWork); n > 0 {
		list = append(list, plural.Of(n, "row")+" COUNTED: time cannot tell, but an operation executes as many "+
			"instructions as before and allocates no more; "+unseen)
	}
	list = append(list, r.missingInstrument()...)
	list = append(list, r.changedBenchmarks()...)
	tolerated, fresh, untimed := 0, 0, 0
	for _, j := range r.Rows {
		if j.Row.Mode == Untimed {
			untimed++
		}
		if (j.Verdict == Inconclusive || j.Verdict == MoreWork) && j.Allowed {
			tolerated++
		}
		if j.Row.Mode == Fresh {
			fresh++
		}
	}
	if tolerated > 0 {
		why := "a slowdown of the tolerated size would have been seen"
		if math.IsInf(r.options.Tolerate, 1) {
			why = "the options let all of them pass, whatever slowdown they hide"
		}
		list = append(list, plural.Of(tolerated, "INCONCLUSIVE row")+" let pass: "+why)
	}
	if untimed > 0 {
		list = append(list, plural.Of(untimed, "row")+" without a time of its own: only allocations were judged")
	}
	if fresh > 0 {
		list = append(list, plural.Of(fresh, "row")+
			" could not be sliced and had a fresh process for each value")
	}
	return list
}

// changedBenchmarks names the rows whose benchmark itself differs between the sides. Such a row may be slower
// because its benchmark does more, and quiet rows have no explanation of their own.
func (r *Report) changedBenchmarks() []string {
	const most = 5
	var names []string
	for _, j := range r.Rows {
		if j.Row.Changed != "" {
			names = append(names, printable(j.ID))
		}
	}
	n := len(names)
	if n == 0 {
		return nil
	}
	if n > most {
		names = append(names[:most], "…")
	}
	return []string{fmt.Sprintf("%s: the benchmark itself, test code that it uses, or a file that it may read differs between "+
		"the sides, so that its ratio is not of the program alone: %s", plural.Of(n, "row"), strings.Join(names, ", "))}
}

// mostAdvised is how many pairs a row may need before the report no longer advises more pairs. A pair takes a
// twentieth to a fifth of a second, so that so many take minutes.
const mostAdvised = 2000

// settle says how many pairs would probably decide a row whose time is open, or "". A row that counts decide
// needs none.
func (j *Judged) settle() string {
	switch t := j.Time; {
	case t == nil || t.Needs == 0 || j.Verdict != Inconclusive && !j.open:
		return ""
	case t.Needs > mostAdvised:
		return fmt.Sprintf("more pairs are no way to settle it: it had %d and needs about %d; use a quieter machine, a "+
			"shorter operation, or a fixed seed", t.Pairs, t.Needs)
	default:
		return fmt.Sprintf("about %d pairs would settle it, it had %d", t.Needs, t.Pairs)
	}
}

// text names a side with its revision.
func (s Side) text() string {
	parts := []string{printable(s.Name)}
	if s.Revision != "" && s.Revision != s.Name {
		parts = append(parts, printable(s.Revision))
	}
	if s.Dirty {
		parts = append(parts, "+changes")
	}
	return strings.Join(parts, " ")
}

// controls describes the result of each control.
func (r *Report) controls() (list []string) {
	for _, j := range r.Controls {
		what := "old against itself"
		if j.Planted > 0 {
			what = signed(j.Planted) + " planted"
		}
		state, seen := "ok", j.Why
		if why := j.failure(); why != "" {
			state, seen = "BROKEN", why
		} else if j.excused {
			state, seen = "weak", j.Time.summary()+"; it does not show, and a larger one does"
		} else if j.sees > j.Planted {
			state, seen = "weak", fmt.Sprintf("%s; it shows, but only %s would be found surely", j.Time.summary(), percent(j.sees))
		} else if j.Time != nil {
			seen = j.Time.summary()
		}
		list = append(list, printable(fmt.Sprintf("%s: %s: %s, %s", state, j.ID, what, seen)))
	}
	return list
}

// promise says which test gives the verdicts, and how often it is wrong.
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
		test = "suspected or left open once, and found in fresh processes by a one-sided signed rank test, " +
			"corrected for all rows and all looks (Bonferroni)"
	}
	return fmt.Sprintf("REGRESSED: ratio over 1 + margin, and %s. The chance of even one false "+
		"REGRESSED among %s is at most %s. UNCHANGED: the whole interval lies within %s.",
		test, plural.Of(r.Family, "test"), percent(r.FalseAlarm), percent(r.MinEffect))
}

// label is the verdict, with “advisory” or “let pass” where that applies.
func (r *Report) label(j *Judged) string {
	switch {
	case r.Advisory != "" && j.Time != nil && j.Verdict == j.Time.Verdict:
		return string(j.Verdict) + " (advisory)"
	case j.Allowed:
		return string(j.Verdict) + " (let pass)"
	}
	return string(j.Verdict)
}

// why is the explanation of the verdict, with the waiver that applied and the
// unusual way of measuring.
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
	if j.Row.Changed != "" {
		why += "; note that " + j.Row.Changed
	}
	return printable(why)
}

// also lists what else is slower in a row: counts that regressed beside its verdict, and the time of a row
// whose counts decided.
func (j *Judged) also() (list []string) {
	for _, c := range j.Counts {
		if c.Verdict == Regressed && c.Why != j.Why {
			list = append(list, printable(c.Why))
		}
	}
	if t := j.Time; t != nil && j.Verdict == Regressed && t.Verdict == Regressed && !strings.HasPrefix(j.Why, t.Why) {
		list = append(list, "time: "+printable(t.Why))
	}
	return list
}

// values are the median of the old side, and that times the ratio. The median of the new side would not do: its
// quotient with the other median differs from the ratio, which is taken pair by pair and hardly feels the load.
func (t *Timing) values() string {
	return nanoseconds(t.OldMedian) + " → " + nanoseconds(t.OldMedian*t.Ratio)
}

// figures are the cells of a row in tables.
type figures struct{ Ratio, Interval, Margin, P, MDE string }

// figures shows the metric that made the verdict: the count that regressed if a
// count did, or else the time.
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
	if w := j.Work; w != nil && w.Verdict == j.Verdict && (t == nil || t.Verdict != j.Verdict) {
		change := instructionCount(w.Old) + " → " + instructionCount(w.New) + " instructions/op"
		return figures{Ratio: fmt.Sprintf("%.4f", 1+w.Change()), Interval: change, Margin: percent(w.Band)}
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
