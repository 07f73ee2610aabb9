package gate

import (
	"math"

	"github.com/semabench/semabench/reports/gate/internal/signedrank"
)

// A rule says what a row needs to be REGRESSED. It is the same for all rows of a
// run.
//
// With one stage, Holm's correction at FalseAlarm keeps the promise on false
// alarms.
//
// With two stages, a row becomes a suspect at p <= 0.2. Fresh pairs alone decide
// on a suspect, at the level FalseAlarm/0.2/m for m tests, whether their rows are
// suspects or not. The stages are independent. So a row that is not slower
// regresses with a chance of at most 0.2 * FalseAlarm/0.2/m, and any of m such
// rows with at most FalseAlarm. Both bounds are exact because the test is exact,
// and the margin makes the chance smaller still. Two stages find more than one
// because the second test may be five times weaker.
type rule struct {
	family     int     // tests made together
	stages     int     // 1 or 2
	falseAlarm float64 // Options.FalseAlarm with its default
	wanted     float64 // Options.MinEffect with its default
}

const (
	suspectP     = 0.2     // a suspect has at most this p in the first stage, uncorrected
	suspectShare = 2. / 3. // a suspect has a ratio over this share of the margin
	power        = 0.8     // an MDE is found with this chance
)

// ruleOf returns the rule for all rows of run. The family counts the rows that
// were planned, not only the rows that were measured: a run that stopped early
// must not get an easier correction. Rows of equal code are no tests: they are
// told before anything is measured, and cannot regress.
func ruleOf(run *Run, o Options) rule {
	timed, means, same := 0, 0, 0
	for i := range run.Rows {
		row := &run.Rows[i]
		if len(row.Pairs) > 0 {
			timed++
		}
		if row.withMeans() != nil {
			means++
		}
		if row.Mode == Identical {
			same++
		}
	}
	stages := 2
	if run.Stages == 1 {
		stages = 1
	}
	return rule{max(timed, run.Planned-same) + means, stages, o.falseAlarm(), o.minEffect()}
}

// level returns the p that one row alone has to reach in the stage that decides.
func (r rule) level() float64 { return r.familyLevel() / float64(max(1, r.family)) }

// familyLevel returns the level that a p corrected for the family has to reach.
func (r rule) familyLevel() float64 {
	if r.stages == 2 {
		return r.falseAlarm / suspectP
	}
	return r.falseAlarm
}

// SecondPairs returns how many pairs the second stage of a row needs if its first
// stage had n pairs. The same factor holds for layouts. Suspects are few, so
// twice as many of both cost little, and they find slowdowns that are 1.4 times
// smaller.
func SecondPairs(n int) int { return 2 * n }

// isSuspect reports whether a row with this first stage has to be measured again.
func isSuspect(first Estimate, margin float64) bool {
	return first.Slower <= suspectP && first.Ratio > 1+margin*suspectShare
}

// A detector describes how well one stage finds a slowdown, on the scale of
// logarithms: the standard error of its estimate, and the estimate that it needs
// for a positive result. +Inf if it cannot find anything.
type detector struct{ err, need float64 }

// noDetector can find no slowdown, however large: no p of so few pairs is small
// enough.
var noDetector = detector{math.Inf(1), math.Inf(1)}

// mde returns the minimum detectable effect: the slowdown that is found in 4 of 5
// cases if every one of the detectors has to find it. It takes each estimate to
// be normal around the truth, and the stages to be independent. The chance has no
// closed form for two stages, so it bisects.
func mde(detectors ...detector) float64 {
	high := 0.
	for i, d := range detectors {
		if math.IsInf(d.err+d.need, 1) {
			return math.Inf(1)
		}
		detectors[i].err = max(d.err, 1e-9) // 0 if all values are the same; it is divided by below
		high += d.need + 5*d.err + 1e-6
	}
	chance := func(effect float64) float64 {
		p := 1.
		for _, d := range detectors {
			p *= signedrank.NormalUpperTail((d.need - effect) / d.err)
		}
		return p
	}
	low := 0.
	for range 60 { // 60 halvings exhaust the digits of a float64
		if middle := (low + high) / 2; chance(middle) < power {
			low = middle
		} else {
			high = middle
		}
	}
	return math.Expm1(high)
}

// measuredDetector describes a deciding stage that has these pairs. What its p
// needs is read from the pairs. The p of a ratio r reaches the level if the k'th
// smallest Walsh average, moved by r, is above no change. Here k belongs to the
// level as it belongs to the tail of an interval in [Estimate].
func (r rule) measuredDetector(pairs []Pair, e Estimate, margin float64) detector {
	logs := unitLogs(pairs)
	k, _ := signedrank.Critical(len(logs), r.level())
	if k == 0 {
		return noDetector
	}
	walsh := signedrank.WalshAverages(logs)
	return detector{e.standardError(), max(math.Log1p(margin), math.Log(e.Ratio)-walsh[k-1])}
}

// plannedDetector describes a deciding stage that would have n units as noisy as
// the units of e.
func (r rule) plannedDetector(e Estimate, n int, margin float64) detector {
	if signedrank.SmallestP(n) > r.level() {
		return noDetector
	}
	err := e.standardError() * math.Sqrt(float64(e.Units)/float64(n))
	return detector{err, max(math.Log1p(margin), -signedrank.NormalQuantile(r.level())*err)}
}

// suspectDetector describes the first of two stages, which only has to raise a
// suspicion.
func suspectDetector(e Estimate, margin float64) detector {
	err := e.standardError()
	need := max(math.Log1p(margin*suspectShare), -signedrank.NormalQuantile(suspectP)*err)
	return detector{err, need}
}

// pairsNeeded returns about how many pairs give an interval that reaches half the
// margin to either side, so that a row which does not differ is likely to be
// UNCHANGED. It returns 0 if that is unknown. The width of an interval shrinks
// with the root of the number of pairs.
func (e Estimate) pairsNeeded(wanted float64) int {
	if e.Confidence == 0 {
		return 0
	}
	times := math.Log(e.Hi/e.Lo) / math.Log1p(wanted)
	return int(math.Ceil(float64(e.Pairs) * times * times))
}
