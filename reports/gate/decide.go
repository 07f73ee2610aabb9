package gate

import (
	"fmt"
	"math"
	"slices"

	"github.com/semabench/semabench/internal/stats"
)

// This file gives one row its verdict, without a look at other rows except for their noise and the size of the
// family. Rows, controls and looks between pairs go through the same functions. So a control cannot show
// anything about a judgement that no row gets.

// newJudged judges the counts of a row. It sets a verdict if the row cannot be
// judged.
func newJudged(row *Row) *Judged {
	j := &Judged{ID: row.ID(), Row: row, index: -1}
	j.Counts = judgeCounts(row.Exact)
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

// CountsRegress reports whether the counts of the row are such that it would be REGRESSED.
func (r *Row) CountsRegress() bool { return newJudged(r).countedRegression() }

// CountsDiffer reports whether the counts of the row are such that it would be REGRESSED, or IMPROVED by one of them.
func (r *Row) CountsDiffer() bool {
	return slices.ContainsFunc(newJudged(r).Counts, func(c Counted) bool {
		return c.Verdict == Regressed || c.Verdict == Improved
	})
}

// CountsSettle reports whether counts give the row a verdict that lets it pass even if its time cannot
// tell: as many or fewer instructions, and no more allocations. A measurement that is short of time gives
// the time of such rows up first.
func (r *Row) CountsSettle() bool {
	w := r.work(Options{})
	if w == nil || w.Verdict != SameWork && w.Verdict != LessWork || r.Instructions.Waiting != "" {
		return false
	}
	return !slices.ContainsFunc(newJudged(r).Counts, func(c Counted) bool { return c.Verdict.rank() <= Inconclusive.rank() })
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

// A kind is the contended rows of one machine, or its other rows: the same controls show their noise.
type kind struct {
	shard     int
	contended bool
}

// kindNoise is the noise of rows that were not measured against themselves. Each kind
// takes the noise of its worst control, or 0 without a control.
type kindNoise map[kind]float64

func (r *Row) kind() kind { return kind{r.Shard, r.Contended} }

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

// meanTiming judges the means of a row. It returns nil if the row has none.
func (r rule) meanTiming(row *Row, noise kindNoise) *Timing {
	means := row.withMeans()
	if means == nil {
		return nil
	}
	return r.forMeans().timing(means, noise)
}

// takeMean makes the mean decide on j if the mean alone regressed.
func (j *Judged) takeMean() {
	if j.mean == nil || j.mean.Verdict != Regressed || j.Time.Verdict == Regressed {
		return
	}
	typical := j.Time.summary()
	j.Time, j.OfMean = j.mean, true
	j.Time.Why = "the mean of all slices: " + j.Time.Why + "; typical slices: " + typical +
		". So what became slower is waiting, or there is more of it"
}

// deciding returns the pairs that the verdict on time rests on.
func (j *Judged) deciding() []Pair {
	pairs := j.Row.Pairs
	if j.Time.Stage == 2 {
		pairs = j.Row.Second[:j.Time.Pairs] // up to the look that decided
	}
	if j.OfMean {
		return meansOf(pairs)
	}
	return pairs
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

// moreTime says what helps a run that was out of time.
const moreTime = "give -max-time more, or choose fewer rows with -bench"

// worsen takes verdict v if it is worse than the verdict so far.
func (j *Judged) worsen(v Verdict, why string) {
	if j.Verdict == "" || v.rank() < j.Verdict.rank() {
		j.Verdict, j.Why = v, why
	}
}
