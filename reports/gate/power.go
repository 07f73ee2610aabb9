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

// SecondPairs is how many pairs the second stage of a row with n pairs is to have, and how many layouts
// if the first had n. Suspects are few, so twice of both costs little, and finds 1.4 times smaller
// slowdowns.
func SecondPairs(n int) int { return 2 * n }

// A stage is what decides whether its pairs find a slowdown: the standard error of the estimate, and
// how far the estimate has to be from no change for its p to reach the level.
type stage struct{ err, need float64 }

// mde returns the slowdown that is found in 4 of 5 cases if all of the stages have to find it. The
// estimate is taken to be normal around the truth on the scale of logarithms, and the stages are
// independent.
func mde(stages ...stage) float64 {
	high := 0.
	for i, s := range stages {
		if math.IsInf(s.err+s.need, 1) {
			return math.Inf(1)
		}
		stages[i].err = max(s.err, 1e-9) // values that are all the same
		high += s.need + 5*s.err + 1e-6
	}
	found := func(effect float64) float64 {
		p := 1.
		for _, s := range stages {
			p *= upperTail((s.need - effect) / s.err)
		}
		return p
	}
	low := 0.
	for range 60 {
		if middle := (low + high) / 2; found(middle) < power {
			low = middle
		} else {
			high = middle
		}
	}
	return math.Expm1(high)
}

// deciding is the stage that has these pairs. What its p needs is read from them: the p of a ratio
// r reaches the level if the k'th smallest Walsh average, moved by r, is above no change, k being
// to the level as it is to an interval in [Estimate]. +Inf if no p of so few pairs is so small.
func (r rule) deciding(pairs []Pair, e Estimate, margin float64) stage {
	logs := units(pairs)
	k, _ := rankBelow(len(logs), r.level())
	if k == 0 {
		return stage{math.Inf(1), math.Inf(1)}
	}
	walsh := walshAverages(logs)
	return stage{e.standardError(), max(math.Log1p(margin), math.Log(e.Ratio)-walsh[k-1])}
}

// planned is a stage that would have n units like those of e.
func (r rule) planned(e Estimate, n int, margin float64) stage {
	if smallestP(n) > r.level() {
		return stage{math.Inf(1), math.Inf(1)}
	}
	err := e.standardError() * math.Sqrt(float64(e.Units)/float64(n))
	return stage{err, max(math.Log1p(margin), -normalQuantile(r.level())*err)}
}

// suspecting is the first of two stages.
func suspecting(e Estimate, margin float64) stage {
	err := e.standardError()
	return stage{err, max(math.Log1p(margin*suspectShare), -normalQuantile(suspectP)*err)}
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
