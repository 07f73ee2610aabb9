package gate

import (
	"math"
	"slices"

	"github.com/semabench/semabench/internal/stats"
	"github.com/semabench/semabench/reports/gate/internal/signedrank"
)

// A rule says what a row needs to be REGRESSED. It is the same for all rows of a
// run.
//
// With one stage, Holm's correction at FalseAlarm keeps the promise on false
// alarms.
//
// With two stages, a row becomes a suspect at p <= 0.2. Fresh pairs alone decide
// on a suspect. The stages are independent. Rows that are no suspects may have a second
// stage too, because time cannot tell them or because they are MORE WORK; these need
// a stricter level. With m tests the levels are 4 FalseAlarm/m for suspects and
// FalseAlarm/4m for the others. So a row that is not slower regresses with a chance of at
// most (0.2 * 4 + 0.8 / 4) FalseAlarm/m, and any of m such rows with at most FalseAlarm.
// The bounds are exact because the test is exact, and the margin makes the chance
// smaller still. Two stages find more than one because the second test may be four
// times weaker. A second stage may look several times, and its looks share its level; see
// looks.go.
type rule struct {
	family     int     // tests made together
	stages     int     // 1 or 2
	falseAlarm float64 // Options.FalseAlarm with its default
	wanted     float64 // Options.MinEffect with its default

	// unsuspected rows had a first stage that raised no suspicion, and a second one all the same.
	unsuspected bool
}

const (
	suspectP     = 0.2     // a suspect has at most this p in the first stage, uncorrected
	suspectShare = 2. / 3. // a suspect has a ratio over this share of the margin
	suspectSpend = 0.8     // the share of FalseAlarm that suspects may spend; the rest is for other rows
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
	// Whether goroutines run in a row of another shard is unknown here, so all of those are taken to have means: a row
	// that a shard stops early is settled in the larger family, too.
	return rule{family: max(timed, run.Planned-same) + means + run.Elsewhere, stages: stages, falseAlarm: o.falseAlarm(),
		wanted: o.minEffect()}
}

// level returns the p that one row alone has to reach in the stage that decides.
func (r rule) level() float64 { return r.familyLevel() / float64(max(1, r.family)) }

// familyLevel returns the level that a p corrected for the family has to reach.
func (r rule) familyLevel() float64 {
	switch {
	case r.stages == 1:
		return r.falseAlarm
	case r.unsuspected:
		return r.falseAlarm * (1 - suspectSpend) / (1 - suspectP)
	}
	return r.falseAlarm * suspectSpend / suspectP
}

// SecondPairs returns how many pairs the second stage of a row has if its first
// stage had n pairs and nothing is declared about its looks. The same factor holds for
// layouts. Suspects are few, so twice as many of both cost little, and they find slowdowns
// that are 1.4 times smaller.
func SecondPairs(n int) int { return 2 * n }

// MostPairs returns how many pairs the second stage of a row has at most, if its first stage had n and there is
// time. A slowdown near the margin shows in narrow intervals only, and so does its absence. The stage stops at the
// look that settles the row. The factor comes from simulated families, of rows as noisy as on a machine at a load
// of 10. Twice the pairs left 13 % of the rows of one goroutine open. Four times the pairs left 3 %, and took a
// third more time.
func MostPairs(n int) int { return 4 * n }

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
func mde(detectors ...detector) float64 { return effectFoundWith(power, detectors...) }

// effectFoundWith returns the slowdown that every one of the detectors finds with a given chance.
func effectFoundWith(wanted float64, detectors ...detector) float64 {
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
		if middle := (low + high) / 2; chance(middle) < wanted {
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
func (r rule) measuredDetector(pairs []Pair, e Estimate, margin, share float64) detector {
	logs := unitLogs(pairs)
	k, _ := signedrank.Critical(len(logs), r.level()*share)
	if k == 0 {
		return noDetector
	}
	walsh := signedrank.WalshAverages(logs)
	return detector{e.standardError(), max(math.Log1p(margin), math.Log(e.Ratio)-walsh[k-1])}
}

// plannedDetector describes a deciding stage that would have n units as noisy as
// the units of e.
func (r rule) plannedDetector(e Estimate, n int, margin, share float64) detector {
	level := r.level() * share
	if signedrank.SmallestP(n) > level {
		return noDetector
	}
	err := e.standardError() * math.Sqrt(float64(e.Units)/float64(n))
	return detector{err, max(math.Log1p(margin), -signedrank.NormalQuantile(level)*err)}
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

// confidence is the level that every interval has at least. For small samples the
// exact level is a little higher, because the signed rank sum takes whole values
// only. It is higher too where a stage looks more than once.
const confidence = 0.95

// An Estimate says how many times as long the new side takes as the old side:
// 1.05 is 5 % slower.
//
// It is computed from the logarithms of the quotients new/old, one value for each
// unit (see [Units]). Ratio is the estimate of Hodges and Lehmann: the median of
// the n(n+1)/2 averages of two values (Walsh averages, each value with itself
// included), put back into a quotient.
//
// Lo and Hi are the k'th smallest and the k'th largest Walsh average, where k is
// the largest number with P(T <= k-1) <= 0.025 for the signed rank sum T of n
// units. Confidence is 1 - 2 P(T <= k-1). The interval holds the ratios that two
// one-sided signed rank tests would not reject.
//
// Sources: Hodges and Lehmann 1963; Tukey 1949; Hollander and Wolfe,
// Nonparametric Statistical Methods, sections 3.2 and 3.3.
type Estimate struct {
	Pairs      int
	Units      int     // values that the test counts: groups of pairs with the same two layouts
	Ratio      float64 // 0 without pairs
	Lo, Hi     float64 // 0 and +Inf with fewer than 6 units: no interval has such a level then
	Confidence float64 // 0 without an interval
	Slower     float64 // one-sided p-value of “not slower”
	Faster     float64 // one-sided p-value of “not faster”
}

// Units groups pairs that have both code layouts in common, in the order of the
// first pair of each group. The average of a group is one independent value of
// the test.
//
// A code layout favours its side in every pair that uses it. Of the differences
// between pairs of identical sides, the layouts explained 43 % for
// strconv.AppendInt, 20 % for fmt.Sprintf, and none where goroutines contend.
// With four pairs of each layout taken for independent values, the p of a
// difference of 3 % came out a thousand times too small.
//
// A layout of 0 is unknown, so a pair with such a layout is a group of its own.
func Units(pairs []Pair) (units [][]Pair) {
	type layouts struct{ old, new uint64 }
	group := make(map[layouts]int) // index in units
	for _, p := range pairs {
		l := layouts{p.OldLayout, p.NewLayout}
		i, known := group[l]
		if !known || l.old == 0 || l.new == 0 {
			i = len(units)
			group[l] = i
			units = append(units, nil)
		}
		units[i] = append(units[i], p)
	}
	return units
}

// unitLogs returns the logarithm of new/old for each unit, averaged over the
// pairs of the unit.
func unitLogs(pairs []Pair) []float64 {
	var logs []float64
	for _, unit := range Units(pairs) {
		sum := 0.0
		for _, p := range unit {
			sum += math.Log(p.New / p.Old)
		}
		logs = append(logs, sum/float64(len(unit)))
	}
	return logs
}

// estimateLogs computes the Estimate of independent log ratios. One distribution
// serves both p-values: the test for “faster” is the test of the negated values. The interval leaves
// out at most tail at each end.
func estimateLogs(logs []float64, tail float64) Estimate {
	e := Estimate{Pairs: len(logs), Units: len(logs), Hi: math.Inf(1), Slower: 1, Faster: 1}
	if len(logs) == 0 {
		return e
	}
	walsh := signedrank.WalshAverages(logs)
	e.Ratio = math.Exp(stats.Sorted(walsh).Median())
	if k, p := signedrank.Critical(len(logs), tail); k > 0 {
		e.Lo, e.Hi = math.Exp(walsh[k-1]), math.Exp(walsh[len(walsh)-k])
		e.Confidence = 1 - 2*p
	}
	e.Slower = signedrank.P(logs)
	negated := make([]float64, len(logs))
	for i, v := range logs {
		negated[i] = -v
	}
	e.Faster = signedrank.P(negated)
	return e
}

// standardError returns the standard error of the logarithm of Ratio, or +Inf
// without an interval. It is read from the interval: half its width over the
// normal quantile of its level. The usual root of the sample variance would not
// do, because a few wild pairs inflate it and leave the estimate alone.
func (e Estimate) standardError() float64 {
	if e.Confidence == 0 {
		return math.Inf(1)
	}
	return math.Log(e.Hi/e.Lo) / 2 / signedrank.NormalQuantile((1+e.Confidence)/2)
}

// Where several goroutines run, they may hardly meet in most slices and wait for
// each other in the rest. The typical slice then says nothing about waiting. The
// mean of all slices does, though it varies more. So the mean is tested too, as
// one more test of the family. A mean can only make a row REGRESSED that
// otherwise would not be.

// leastMeanEffect is the least slowdown of a mean that counts. A lock has states
// that a process may keep as long as it lives, and a code layout may favour one
// of them. The mean of x/sync's Weighted with two goroutines was 17 % off, twice,
// in one of ten comparisons of a commit that changed only a comment.
const leastMeanEffect = 0.25

// meansOf returns pairs whose values are the means of their slices. It returns
// nil unless every pair has means.
func meansOf(pairs []Pair) []Pair {
	means := slices.Clone(pairs)
	for i, p := range means {
		if !(p.OldMean > 0 && p.NewMean > 0) {
			return nil
		}
		means[i].Old, means[i].New = p.OldMean, p.NewMean
	}
	return means
}

// withMeans returns a copy of the row whose values are means. It returns nil if
// any pair of any stage has no means.
func (r *Row) withMeans() *Row {
	m := *r
	m.Pairs, m.Second = meansOf(r.Pairs), meansOf(r.Second)
	m.SelfPairs = meansOf(r.SelfPairs)
	complete := len(m.Second) == len(r.Second) && len(m.SelfPairs) == len(r.SelfPairs)
	if len(m.Pairs) == 0 || !complete {
		return nil
	}
	return &m
}

// forMeans returns the rule for means: the same, with a larger minimum effect.
func (r rule) forMeans() rule {
	r.wanted = max(r.wanted, leastMeanEffect)
	return r
}

// logBinomial returns the logarithm of n over k. The number itself may be too
// large for a float64.
func logBinomial(n, k int) float64 {
	a, _ := math.Lgamma(float64(n + 1))
	b, _ := math.Lgamma(float64(k + 1))
	c, _ := math.Lgamma(float64(n - k + 1))
	return a - b - c
}

// valuesNeeded returns how many values of each side have a p as small as the level: one of all choices of n out of 2n.
//
// No U test of n values against n has a smaller p: the clearest result is that all values of one side lie
// above all values of the other, which is one of these choices. With fewer values no difference,
// however large, could regress.
func valuesNeeded(level float64) int {
	n := 2
	for math.Exp(-logBinomial(2*n, n)) > level {
		n++
	}
	return n
}
