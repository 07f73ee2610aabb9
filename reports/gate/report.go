package gate

import (
	"cmp"
	"slices"

	"github.com/semabench/semabench/reports"
)

// A Verdict is the result for one row.
type Verdict string

const (
	Regressed    Verdict = "REGRESSED"
	Unmeasured   Verdict = "FAILED"    // it could not be measured; no verdict on its speed
	Missing      Verdict = "MISSING"   // the new side does not have it any more
	MoreWork     Verdict = "MORE WORK" // it executes more instructions, and time does not say that it is slower
	Inconclusive Verdict = "INCONCLUSIVE"
	Waived       Verdict = "WAIVED" // it regressed, but no further than a waiver allows
	Improved     Verdict = "IMPROVED"
	LessWork     Verdict = "LESS WORK"  // it executes fewer instructions, and time does not say that it is slower
	Added        Verdict = "NEW"        // the old side does not have it: there is nothing to compare
	NotSlower    Verdict = "NOT SLOWER" // the interval ends inside the margin; it may be faster
	Unchanged    Verdict = "UNCHANGED"  // the whole interval lies inside the margin
	SameWork     Verdict = "COUNTED"    // time cannot tell; instructions and allocations are the same
	SameCode     Verdict = "IDENTICAL"  // both sides run the same code; nothing was measured
)

// verdicts lists all verdicts, worst first.
var verdicts = []Verdict{Regressed, Unmeasured, Missing, MoreWork, Inconclusive, Waived, Improved,
	LessWork, Added, NotSlower, Unchanged, SameWork, SameCode}

// quiet reports whether a row needs no explanation of its own in a list, where there
// would be hundreds. Quiet verdicts are the last ones.
func (v Verdict) quiet() bool { return v.rank() >= NotSlower.rank() }

// rank is the place of v in verdicts: 0 is the worst.
func (v Verdict) rank() int { return slices.Index(verdicts, v) }

// A Report is a judged run, or two judged texts.
type Report struct {
	Old, New Side
	Facts    []reports.Fact
	Rows     []*Judged // worst first
	Controls []*Judged

	Errors  []string // why it cannot be judged as asked: no rows, a waiver that expired
	Invalid []string // why nothing that was measured can be believed
	Notes   []string // what else the reader has to know

	// Advisory says why the verdicts on time are only advice. It is "" if they
	// are more.
	Advisory string

	Family     int     // tests made together: one for each row, two where several goroutines run
	Stages     int     // 2 if suspects were to be measured afresh
	FalseAlarm float64 // the chance of even one false REGRESSED is at most this
	MinEffect  float64
	Planned    int
	Stopped    string
	Late       string // says that the time was over before everything was measured; "" if it was not
	Command    string // repeats the measurement

	failedControls int // how many of Invalid are about controls, which come first

	sees          float64 // the slowdown that the planted control shows; 0 without one
	elsewhere     int     // rows that other shards measure
	lacksControls bool    // verdicts rest on time, and there was none left for the controls

	options Options
	texts   bool // the report is on two texts, which have no pairs
}

// A Judged is one row of a report.
type Judged struct {
	ID      string // package and name
	index   int    // in the rows of the run; -1 if the row is not from there
	Row     *Row   // as measured; a row of a text and a row of one side have only the name
	Verdict Verdict
	Why     string    // explains the verdict
	Time    *Timing   // nil if no time was measured
	OfMean  bool      // only the means of slices regressed, so Time judges them
	Counts  []Counted // exact metrics
	Work    *Work     // of instructions; nil if nothing is recorded about them
	Waiver  *Waiver   // the waiver that applied to this row

	Planted float64 // the planted slowdown, if the row is a control
	Allowed bool    // it is INCONCLUSIVE or MISSING, or MORE WORK with such a time, but the options let it pass

	sees    float64 // the slowdown that a planted control shows; 0 if none
	excused bool    // a planted slowdown that does not show, while a larger one does

	mean *Timing // of the means of slices, where several goroutines run
	open bool    // it is MORE WORK, and would be INCONCLUSIVE without its instructions
}

// A Timing is the judgement on the time of a row.
type Timing struct {
	Estimate          // of the stage that decided
	First    Estimate // of the first stage
	Stage    int      // the stage that decided: 1 or 2
	share    float64  // of the error of that stage that its deciding look may spend

	OldMedian, NewMedian float64 // of the pairs that decided, ns/op

	Corrected float64 // p of “not slower”, or of “not faster” if IMPROVED, corrected for the family
	Level     float64 // the level that Corrected has to reach
	Wanted    float64 // the minimum effect that the options ask for
	Noise     float64 // by how much this row, or rows like it, differed from themselves
	Margin    float64 // max(Wanted, Noise): what REGRESSED and IMPROVED have to exceed

	MDE       float64 // the slowdown that this run would have found in 4 of 5 cases; +Inf: none
	Needs     int     // pairs that would probably decide an INCONCLUSIVE row; 0: unknown
	NotSlower bool    // the interval ends below 1 + Wanted, whatever the verdict
	suspect   bool    // its second stage is missing
	Verdict   Verdict
	Why       string
}

// A Counted is the judgement on an exact metric. It needs no statistics, for two
// reasons.
//
// First, whatever runs beside the measured operations (the garbage collector,
// timers, the growth of a table) can add to a total and never take away. So the
// least of several totals is nearest to the truth.
//
// Second, that addition does not grow with the number of operations. So an
// increase of less than half of one in a thousand operations, or of a few all
// together, is ignored. A sync.Pool that fills for one more processor is two
// allocations, either in every repeat of a process or in none.
//
// The least total is believed if more than half of the repeats are that close to it: then it is the
// cost of the operations, and not chance. Counts that differ more depend on how goroutines met, and
// are not exact. Such counts regress only if every new total is above every old one by more than
// either side varies. They are INCONCLUSIVE if only the least totals say so.
type Counted struct {
	Unit     string
	Alone    bool    // counted on one processor
	Old, New float64 // per operation, from the least totals
	Ops      int64
	Verdict  Verdict
	Why      string

	exact bool // the repeats of either side agree
}

// Ratio returns how many times as much the new side counts. It is 1 if both count
// nothing.
func (c Counted) Ratio() float64 {
	if c.Old == c.New {
		return 1
	}
	return c.New / c.Old
}

// A Work is the judgement on the instructions of a row.
//
// Two bounds keep a row of the same code from MORE WORK. The medians have to differ by more than the
// band of the row, and every count of the new side has to be above every count of the old side. With
// six repeats of each, the second alone happens by chance in one of 924 rows.
//
// A row whose repeats vary more has an interval instead; see Instructions.shift.
type Work struct {
	By       string
	Old, New float64 // instructions of an operation, medians
	Band     float64 // what the relative change has to exceed
	Verdict  Verdict // MORE WORK, LESS WORK, COUNTED; REGRESSED over Options.MaxInstructions; "" if not counted
	Why      string  // explains the verdict, or why there is none
}

// Change returns the relative change: 0.02 is 2 % more instructions.
func (w *Work) Change() float64 { return w.New/w.Old - 1 }

// Count returns the number of rows with verdict v.
func (r *Report) Count(v Verdict) int {
	n := 0
	for _, row := range r.Rows {
		if row.Verdict == v {
			n++
		}
	}
	return n
}

// Regressed returns the indices, in the rows of the run, of the rows that
// REGRESSED, in ascending order. A report of two texts has no run and returns
// none.
func (r *Report) Regressed() (rows []int) {
	for _, j := range r.Rows {
		if j.Verdict == Regressed && j.index >= 0 {
			rows = append(rows, j.index)
		}
	}
	slices.Sort(rows)
	return rows
}

// repeatable reports whether a command to measure the row once more belongs under it.
// The same command again would not settle a row that is INCONCLUSIVE: it needs more
// pairs, or a quieter machine.
func (j *Judged) repeatable() bool {
	return j.Row.Reproduce != "" && j.Verdict != Inconclusive
}

// Exit codes of a gate.
const (
	ExitPass         = 0
	ExitRegression   = 1
	ExitUnusable     = 2 // usage, or rows that could not be read or measured
	ExitInconclusive = 3
	ExitInvalid      = 4
)

// Exit returns the exit code. Where several apply, the first of these decides:
//
//	2  the gate was asked for something impossible: no rows, a waiver that expired or fits no row
//	1  a row REGRESSED in two stages or in a count, although a control failed; instructions
//	   over Options.MaxInstructions are such a count
//	4  the run is invalid: the sides are of two machines, or a control failed
//	1  a row REGRESSED
//	2  a row FAILED, or is MISSING and that is not allowed
//	3  a row is INCONCLUSIVE and could hide a slowdown, or is MORE WORK and its time is
//	   INCONCLUSIVE, REGRESSED is only advice, or the run stopped early or had no time for controls
//
// A control that fails makes a pass worthless, because the run may have been unable
// to find anything. It does not make up a slowdown that was found twice, beyond the
// noise that the control showed, and counts need no control at all.
//
// A regression comes before a missing row because only the regression is proven.
func (r *Report) Exit() int {
	regressed := r.Count(Regressed) > 0
	advice := r.Advisory != "" && !r.options.TrustTexts
	switch {
	case len(r.Errors) > 0:
		return ExitUnusable
	case r.standsWithoutControls():
		return ExitRegression
	case len(r.Invalid) > 0:
		return ExitInvalid
	case regressed && (!advice || r.countedRegression()) && !r.unchecked():
		return ExitRegression
	case r.Count(Unmeasured) > 0 || r.blocked(Missing):
		return ExitUnusable
	case regressed || r.blocked(Inconclusive) || r.blocked(MoreWork) || r.incomplete():
		return ExitInconclusive
	}
	return ExitPass
}

// standsWithoutControls reports whether a row regressed in a way that no failed
// control can excuse: in two stages, or in a count. The sides must be of one
// machine.
func (r *Report) standsWithoutControls() bool {
	if len(r.Invalid) == 0 || len(r.Invalid) > r.failedControls || r.Stopped != "" {
		return false
	}
	return slices.ContainsFunc(r.Rows, func(j *Judged) bool {
		counted := j.countedRegression()
		twice := j.Time != nil && j.Time.Verdict == Regressed && j.Time.Stage == 2 && r.Advisory == ""
		return j.Verdict == Regressed && (counted || twice)
	})
}

// blocked reports whether a row has verdict v and the options do not let it pass. More work by itself
// blocks nothing; a time that cannot tell does.
func (r *Report) blocked(v Verdict) bool {
	return slices.ContainsFunc(r.Rows, func(j *Judged) bool {
		return j.Verdict == v && !j.Allowed && (v != MoreWork || j.open)
	})
}

// countedRegression reports whether a row regressed in a count. Counts are never
// mere advice.
func (r *Report) countedRegression() bool {
	return slices.ContainsFunc(r.Rows, (*Judged).countedRegression)
}

// countedRegression reports whether an exact metric of j regressed, or its instructions did.
func (j *Judged) countedRegression() bool {
	return j.Work != nil && j.Work.Verdict == Regressed && j.Verdict == Regressed ||
		slices.ContainsFunc(j.Counts, func(c Counted) bool { return c.Verdict == Regressed })
}

// incomplete reports whether less was measured than planned.
//
// Time that is over is no such thing by itself: each row says what it lacks, and a row that is counted
// lacks nothing.
func (r *Report) incomplete() bool {
	return r.Stopped != "" || len(r.Rows) < r.Planned || r.lacksControls
}

// unchecked reports whether the run stopped before its controls were measured.
func (r *Report) unchecked() bool {
	return (r.Stopped != "" || r.lacksControls) && len(r.Controls) == 0 && r.Advisory == "" &&
		!r.countedRegression()
}

// sort puts the rows in the order of all outputs: worst verdict first, tolerated
// rows after others of their verdict, then the slowest first.
func (r *Report) sort() {
	slices.SortStableFunc(r.Rows, func(a, b *Judged) int {
		return cmp.Or(cmp.Compare(a.Verdict.rank(), b.Verdict.rank()), allowedLast(a, b),
			cmp.Compare(b.ratio(), a.ratio()), cmp.Compare(a.ID, b.ID))
	})
}

// allowedLast orders rows of one verdict: rows that need attention come first.
func allowedLast(a, b *Judged) int {
	switch {
	case a.Allowed == b.Allowed:
		return 0
	case b.Allowed:
		return -1
	}
	return 1
}

// ratio returns the ratio of the times, 0 without any.
func (j *Judged) ratio() float64 {
	if j.Time == nil {
		return 0
	}
	return j.Time.Ratio
}
