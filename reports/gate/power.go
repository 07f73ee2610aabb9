package gate

import "math"

// A rule is what a row needs to be REGRESSED, the same for all rows of a run.
//
// With one stage, Holm's correction at FalseAlarm keeps the promise on false alarms. With two, a row
// becomes a suspect at p <= 0.2, and a suspect is decided by fresh pairs alone at
// FalseAlarm/0.2/m, for m rows whether suspect or not. The stages are independent, so a row
// that is not slower regresses with a chance of at most 0.2 * FalseAlarm/0.2/m, and any of m
// rows with at most FalseAlarm. Both bounds are exact because the test is; what the margin adds
// makes them smaller. The weaker second test is why two stages find more than one.
type rule struct {
	family     int
	stages     int
	falseAlarm float64
	wanted     float64 // minimum effect
}

const (
	suspectP     = 0.2     // for p of a suspect, uncorrected
	suspectShare = 2. / 3. // of the margin that the ratio of a suspect has to exceed
	power        = 0.8     // that MDE stands for
)

// level is what the p of one row, alone, has to reach in the stage that decides.
func (r rule) level() float64 { return r.familyLevel() / float64(max(1, r.family)) }

// familyLevel is what the corrected p has to reach.
func (r rule) familyLevel() float64 {
	if r.stages == 2 {
		return r.falseAlarm / suspectP
	}
	return r.falseAlarm
}

// SecondPairs is how many pairs the second stage of a row with n pairs is to have. Suspects are few, so
// twice the pairs cost little, and find 1.4 times smaller slowdowns.
func SecondPairs(n int) int { return 2 * n }

// mde returns the slowdown that the rule finds in 4 of 5 cases, from the standard errors of both
// stages: the estimate is taken to be normal around the truth on the scale of logarithms. A stage
// finds it if the estimate exceeds both the margin and as many standard errors as its level asks
// for; two stages are independent. +Inf if no p can be as small as the level.
func (r rule) mde(s1, s2, smallest, margin float64) float64 {
	if r.stages < 2 {
		s2 = s1
	}
	if math.IsInf(s1, 1) || math.IsInf(s2, 1) || smallest > r.level() {
		return math.Inf(1)
	}
	s1, s2 = max(s1, 1e-9), max(s2, 1e-9) // values that are all the same
	from2 := max(math.Log1p(margin), -normalQuantile(r.level())*s2)
	from1 := max(math.Log1p(margin*suspectShare), -normalQuantile(suspectP)*s1)
	found := func(effect float64) float64 {
		p := upperTail((from2 - effect) / s2)
		if r.stages == 2 {
			p *= upperTail((from1 - effect) / s1)
		}
		return p
	}
	low, high := 0., from2+from1+5*(s1+s2)
	for range 60 {
		if middle := (low + high) / 2; found(middle) < power {
			low = middle
		} else {
			high = middle
		}
	}
	return math.Expm1(high)
}

// pairsNeeded is about how many pairs give an interval that reaches half the margin to either side, so
// that a row which does not differ is likely to be UNCHANGED. It shrinks with the root of the pairs.
func (e Estimate) pairsNeeded(wanted float64) int {
	if e.Confidence == 0 {
		return 0
	}
	times := math.Log(e.Hi/e.Lo) / math.Log1p(wanted)
	return int(math.Ceil(float64(e.Pairs) * times * times))
}
