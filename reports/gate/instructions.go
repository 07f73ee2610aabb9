package gate

import (
	"fmt"
	"math"
	"slices"
	"strings"

	ustats "github.com/aclements/go-moremath/stats"
	"github.com/semabench/semabench/internal/plural"
	"github.com/semabench/semabench/internal/stats"
)

// Counts of instructions hardly vary, and need no statistics but a band. Over repeats the values of
// most rows differ by 0.01 to 0.15 %. Seven pairs of commits that did not change a benchmark moved it
// by at most 0.11 %, and code layout moves it by up to 0.15 %, the same in every repeat.
const (
	// leastBand is the least difference that counts. It is three times as much as layout and commits
	// that change nothing were seen to make.
	leastBand = 0.005

	// bandShare is the band of a row in units of the range of its repeats, without the highest of six. With six
	// repeats the difference of two medians has a standard error of 0.38 of this range, as expected. So the band is
	// four standard errors.
	bandShare = 1.5

	// widestRange is the range of repeats up to which the band is computed from it. The band is then 1.2 % at
	// most, so that 2 % more work is always beyond it. Up to hopelessRange twelve repeats and their interval
	// decide, see wide. A row that varies more is given up: its interval would be wider than any margin.
	widestRange, hopelessRange = 0.008, 0.05

	// sameTail and otherTail are the chances that the interval of a wide row misses the truth at one end,
	// where it says that the work is the same, and where it says that there is more or less. The second one
	// is so small because none of 10 000 rows of the same code may be MORE WORK.
	sameTail, otherTail = 0.0005, 1e-6

	// With a range and a difference up to these, three repeats are enough. Otherwise six are needed:
	// three values may lie close to each other by chance, or one of them may be off. Six may lie close to each
	// other too, in a row that varies; then a difference that is not clear needs twelve.
	//
	// MORE WORK always needs twelve, however large the difference is. Six values of the same code lie above
	// six others in one of 924 rows, and their own range is the only other measure of their noise. A process
	// may be in one of two states for its life. Then all six of a side are alike, and differ from the other
	// side, in one of 4096 rows. Go 1.26 draws the address of the heap anew in each process, and the search
	// for free pages takes a fifth more or fewer instructions with it. So the counts of a benchmark that only
	// allocates differ by 1.5 %. With twelve, above holds for the same code in one of 30 000 rows of any
	// noise, and for two states in one of 200 000. LESS WORK passes a row that passes with the same work,
	// too, so that six are enough for it.
	closeRange, closeChange = 0.0015, 0.003

	// clearChange is the difference, in units of the range, that six repeats prove even if they lie
	// closer to each other than usual.
	clearChange = 4

	fewCounts, moreCounts, mostCounts = 3, 6, 12
)

// width returns the range of values, relative to their median, without the highest in six. A process on a busy
// machine executes more now and then: its threads spin longer, and its runtime does more by the clock. It never
// executes less. One such process of six says nothing about the row, and hardly moves a median.
func width(values []float64) float64 {
	return (highest(values, len(values)/6) - slices.Min(values)) / stats.Median(values)
}

// highest returns the highest of values but for as many as are left out.
func highest(values []float64, leftOut int) float64 {
	return slices.Sorted(slices.Values(values))[len(values)-1-leftOut]
}

// above reports whether all of more lie above all of less. Of twelve, the two highest of less are left out, as in
// width: on a busy machine many rows have such a process, and it would hide 2 % more work. The same code shows
// this in at most one of 30 000 rows. With six and one left out it would be one of 130, so of six none is left out.
func above(more, less []float64) bool {
	leftOut := 0
	if len(less) >= mostCounts {
		leftOut = len(less) / 6
	}
	return slices.Min(more) > highest(less, leftOut)
}

// change returns by how much the median of the new side exceeds the old one's.
func (x *Instructions) change() float64 { return stats.Median(x.New)/stats.Median(x.Old) - 1 }

// usable reports whether x has counts of both sides that can be compared.
func (x *Instructions) usable() bool {
	positive := func(v float64) bool { return v > 0 && !math.IsInf(v, 1) } // false for NaN too
	sound := func(values []float64) bool {
		return len(values) > 1 && !slices.ContainsFunc(values, func(v float64) bool { return !positive(v) })
	}
	return x.Why == "" && sound(x.Old) && sound(x.New)
}

// spread returns the greater of the ranges of both sides.
func (x *Instructions) spread() float64 { return max(width(x.Old), width(x.New)) }

// band returns what the change has to exceed.
func (x *Instructions) band() float64 { return max(leastBand, bandShare*x.spread()) }

// Needs returns how many more processes of each side have to be counted before a verdict; 0 if none.
func (x *Instructions) Needs() int {
	if x.Why != "" {
		return 0
	}
	n := min(len(x.Old), len(x.New))
	if n < fewCounts || !x.usable() {
		return max(0, fewCounts-n)
	}
	alike, change, more := x.spread() <= closeRange, math.Abs(x.change()), x.change() > x.band()
	switch {
	case alike && change <= closeChange:
		return 0
	case n < moreCounts:
		return moreCounts - n
	case n < mostCounts && x.spread() > hopelessRange:
		return 0
	case x.spread() > widestRange, more:
		return max(0, mostCounts-n)
	case !alike && change > x.band() && change <= clearChange*x.spread():
		return max(0, mostCounts-n)
	}
	return 0
}

// Distance returns by how many bands the sides differ so far; 0 without counts. Where the time is too short
// to count all rows that need more, count the most distant ones first: a row that differs by much is the one
// to know about. A verdict needs as many counts in any order, so the order makes no false one.
func (x *Instructions) Distance() float64 {
	if !x.usable() {
		return 0
	}
	return math.Abs(x.change()) / x.band()
}

// shift returns an interval for the relative change of the work of an operation, which misses the truth at
// either end with the given chance. It is the interval of Hodges and Lehmann: if the new side executes c times
// as much, all quotients of a new and an old count lie around c, and the k'th smallest is above c no more often
// than the test of Mann and Whitney allows. It supposes no shape of the noise, which may have two humps, as
// counts of maps do. ok is false if there are too few counts for such a chance.
func (x *Instructions) shift(tail float64) (low, high float64, ok bool) {
	quotients := make([]float64, 0, len(x.Old)*len(x.New))
	for _, new := range x.New {
		for _, old := range x.Old {
			quotients = append(quotients, new/old-1)
		}
	}
	slices.Sort(quotients)
	u, k := ustats.UDist{N1: len(x.Old), N2: len(x.New)}, 0
	for k < len(quotients)/2 && u.CDF(float64(k)) <= tail {
		k++
	}
	if k == 0 {
		return 0, 0, false
	}
	return quotients[k-1], quotients[len(quotients)-k], true
}

// wide judges a row whose repeats vary too much for a band. Its interval says that there is more or less work,
// that the work is the same within the minimum effect that the user asked for, or none of these.
func (w *Work) wide(x *Instructions, o Options) {
	low, high, ok := x.shift(sameTail)
	if x.Needs() > 0 || !ok || x.spread() > hopelessRange && min(len(x.Old), len(x.New)) < mostCounts {
		w.Why = fmt.Sprintf("repeats differ by %s: by chance, as of hashes or random numbers, by the clock, or by "+
			"goroutines that meet", percent(x.spread()))
		return
	}
	w.Band = max(-low, high)
	least, most, _ := x.shift(otherTail)
	switch {
	case least > leastBand:
		w.Verdict, w.Why = MoreWork, w.summary()
	case most < -leastBand:
		w.Verdict, w.Why = LessWork, w.summary()
	case w.Band <= o.minEffect():
		w.Verdict = SameWork
		w.Why = fmt.Sprintf("%s, within %s", w.summary(), percent(w.Band))
	default:
		w.Why = fmt.Sprintf("repeats differ by %s, so that the change may be from %s to %s", percent(x.spread()),
			instructionsChange(low), instructionsChange(high))
	}
}

// work judges the instructions of a row. It returns nil for a row that has no record of any.
func (r *Row) work(o Options) *Work {
	x := r.Instructions
	if x == nil {
		return nil
	}
	w := &Work{By: x.By, Why: x.Why}
	if w.Why == "" && !x.usable() {
		w.Why = "fewer than two processes of each side were counted"
	}
	if w.Why != "" {
		return w
	}
	w.Old, w.New = stats.Median(x.Old), stats.Median(x.New)
	w.Band = x.band()
	apart := above(x.New, x.Old) || above(x.Old, x.New)
	beyond := math.Abs(w.Change()) > w.Band
	switch {
	case x.spread() > widestRange:
		w.wide(x, o)
	case x.Needs() > 0:
		w.Why = fmt.Sprintf("%d repeats are too few for a change of %s", min(len(x.Old), len(x.New)),
			instructionsChange(w.Change()))
	case beyond && !apart:
		w.Why = "repeats of both sides overlap, while their medians differ by " + instructionsChange(w.Change())
	case !beyond:
		w.Verdict = SameWork
		w.Why = fmt.Sprintf("%s, within %s", w.summary(), percent(w.Band))
	case w.Change() < 0:
		w.Verdict, w.Why = LessWork, w.summary()
	default:
		w.Verdict, w.Why = MoreWork, w.summary()
	}
	if limit := o.MaxInstructions; w.Verdict == MoreWork && limit > 0 && w.Change() > limit {
		w.Verdict = Regressed
		w.Why += ", over the limit of " + percent(limit)
	}
	return w
}

// summary is "+2.1 % instructions an operation (475.2 to 485.2)".
func (w *Work) summary() string {
	return fmt.Sprintf("%s instructions an operation (%s to %s)", instructionsChange(w.Change()),
		instructionCount(w.Old), instructionCount(w.New))
}

// instructionsChange has two digits behind the point below 1 %, because counts are that exact.
func instructionsChange(v float64) string {
	if math.Abs(v) < 0.00995 {
		return fmt.Sprintf("%+.2f %%", v*100)
	}
	return signed(v)
}

// instructionCount has five digits, or all digits before the point.
func instructionCount(v float64) string {
	if v >= 10_000 {
		return fmt.Sprintf("%.0f", v)
	}
	return fmt.Sprintf("%.5g", v)
}

// unseen says what equal instructions do not show.
const unseen = "not seen: cache misses, waiting, the kernel, code layout"

// takeWork lets the instructions of a row change its verdict.
//
// Time decides where it can. Where time cannot tell, equal or fewer instructions settle the row if
// no more is allocated: the garbage collector is off while instructions are counted, so allocations
// stand for its cost. More instructions are named in any case, because 2 % more work is known to be
// there even where time says that the row is within 3 %. They fail the gate only if the user gave a
// limit, or if time could not tell and that fails the gate.
func (j *Judged) takeWork(o Options) {
	w := j.Work
	if w == nil {
		return
	}
	open := j.Verdict == Inconclusive
	switch {
	case w.Verdict == "":
		if open {
			j.Why += "; instructions not counted: " + w.Why
		}
	case w.Verdict == Regressed, w.Verdict == MoreWork:
		v := j.waiveWork(o)
		switch {
		case v == Regressed || v == MoreWork && j.Verdict.rank() > MoreWork.rank() && !j.Verdict.decided():
			j.open = open
			j.Why = j.beside(w.Why)
			j.Verdict = v
		case v == Waived && open:
			j.Verdict = Waived
			j.Why = j.beside(w.Why)
			j.Allowed = false
		default:
			j.Why += "; " + w.Why
		}
	case open && j.settledByWork():
		j.Verdict, j.Allowed = w.Verdict, false
		j.Why = j.beside(w.Why + ", and no more allocations; " + unseen)
	case open:
		j.Why += "; " + w.Why
		if waiting := j.Row.Instructions.Waiting; waiting != "" {
			j.Why += ", which settles nothing: " + waiting
		}
	case w.Verdict == LessWork && (j.Verdict == Unchanged || j.Verdict == NotSlower):
		j.Verdict = LessWork
		j.Why = j.beside(w.Why)
	}
}

// waiveWork returns the verdict on more instructions after waivers for them.
func (j *Judged) waiveWork(o Options) Verdict {
	v := j.waive(o, "instructions", Regressed, func(w *Waiver) bool { return w.allows(j.Work.Old, j.Work.New) })
	if v == Waived {
		return v
	}
	return j.Work.Verdict
}

// InstructionsFact is the key of the fact that names the instrument, or says why there is none.
const InstructionsFact = "instructions"

// NotCounted begins the value of that fact if there is no instrument.
const NotCounted = "not counted: "

// missingInstrument returns the note on rows that instructions could settle, if nothing here can count
// them. Rows of several goroutines, which have counts on one processor too, are left out: many of them
// cannot be counted anywhere.
func (r *Report) missingInstrument() []string {
	for _, f := range r.Facts {
		why, missing := strings.CutPrefix(f.Value, NotCounted)
		if f.Key != InstructionsFact || !missing {
			continue
		}
		n := 0
		for _, j := range r.Rows {
			if j.Verdict == Inconclusive && (!j.Row.Contended || len(j.Row.Exact) < 4) {
				n++
			}
		}
		if n > 0 {
			return []string{printable(plural.Of(n, "INCONCLUSIVE row") + " might be settled by counting " +
				"instructions. They were not counted: " + why)}
		}
	}
	return nil
}

// decided reports whether a row has a verdict that more instructions do not change: it is faster in
// spite of them, or it may be slower.
func (v Verdict) decided() bool { return v == Improved || v == Waived }

// beside puts the explanation of time behind the one of instructions.
func (j *Judged) beside(why string) string {
	switch {
	case j.Row.Mode == Unreached:
		return why + "; time: not measured, because -max-time left none for it"
	case j.Time == nil:
		return why
	}
	return why + "; time: " + j.Time.Why
}

// settledByWork reports whether time alone left the row open, and without a sign of a slowdown that
// instructions cannot see. An interval that lies above no change as a whole is such a sign. A suspect
// whose second stage is missing is none: one in five rows that did not change is a suspect. A row whose
// time was not measured at all shows no sign either, and says that it was not.
func (j *Judged) settledByWork() bool {
	t := j.Time
	switch {
	case j.Row.Instructions.Waiting != "", t == nil && j.Row.Mode != Unreached:
		return false
	case t != nil && (t.Verdict != Inconclusive || t.Confidence > 0 && t.Lo > 1):
		return false
	}
	return !slices.ContainsFunc(j.Counts, func(c Counted) bool { return c.Verdict.rank() <= Inconclusive.rank() })
}
