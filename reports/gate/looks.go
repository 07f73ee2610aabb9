package gate

import "math"

// A stage does not have to measure all of its pairs. It looks at the row now and then, and stops when the
// row is settled. Looking more often gives chance more opportunities. So a stage declares the numbers
// of pairs at which it looks before its first pair, in [Row].Looks and SecondLooks. All looks together spend
// the chance of error that a single look would have.
//
// When a share t of the pairs is there, a share t³ of the error is spent. Kim and
// DeMets call this the power family; with the exponent 3 it is close to the boundary of O'Brien and
// Fleming: little is spent early, and seven eighths are left for a last look at twice the pairs. The
// function of O'Brien and Fleming itself gives a look at a quarter of the pairs a level of about 1e-10.
// Two dozen signs cannot have such a p, so that look could never stop.
//
// A look spends what is new at it. The chance that any look errs is at most the sum of the chances, so
// it is at most the whole, whatever the dependence between looks. The boundaries of group-sequential
// tests that use the joint distribution are a little wider, but they need increments that are normal
// and independent. The sum needs nothing but the exact test of each look.

// spent returns the share of an error that is spent at a share of the pairs.
func spent(share float64) float64 { return share * share * share }

// leastLook is the least number of pairs to look at. With fewer no early look can settle anything.
const leastLook = 12

// Looks returns the numbers of pairs at which a stage of at most n pairs looks: at the half of n, and at
// its quarter if most is 3. The last one is always n.
func Looks(n, most int) []int {
	looks := []int{n}
	for len(looks) < most && looks[0]/2 >= leastLook {
		looks = append([]int{looks[0] / 2}, looks...)
	}
	return looks
}

// A look is the pairs of a stage up to one look, and the share of the error that it may spend.
type look struct {
	pairs []Pair
	share float64
}

// looksAt returns the looks that were reached. A stage that was declared to look once, or of a run that
// declares nothing, has one look with the whole error. A stage that the clock cut short between two
// looks has a last look there, which spends what is left: the clock does not know the result.
func looksAt(pairs []Pair, declared []int) (looks []look) {
	if len(pairs) == 0 {
		return nil
	}
	for i, n := range declared { // of a damaged file
		if n < 1 || i > 0 && n <= declared[i-1] {
			declared = nil
			break
		}
	}
	before, seen := 0., 0
	for _, n := range declared {
		if n > len(pairs) {
			break
		}
		now := spent(float64(n) / float64(declared[len(declared)-1]))
		looks, before, seen = append(looks, look{pairs[:n], now - before}), now, n
	}
	if seen < len(pairs) {
		looks = append(looks, look{pairs, 1 - before})
	}
	return looks
}

// lastLook returns the last look of the first stage that was reached.
func lastLook(pairs []Pair, declared []int) look {
	looks := looksAt(pairs, declared)
	if len(looks) == 0 {
		return look{nil, 1}
	}
	return looks[len(looks)-1]
}

// estimate computes the Estimate of pairs. All their values must be positive:
// unusable checks that.
func estimate(pairs []Pair) Estimate { return estimateAt(look{pairs, 1}) }

// estimateAt computes the Estimate of a look. Its interval errs no more often than the share of
// the look allows; so the intervals of all looks together hold the truth with the usual confidence.
func estimateAt(l look) Estimate {
	e := estimateLogs(unitLogs(l.pairs), (1-confidence)/2*l.share)
	e.Pairs = len(l.pairs)
	return e
}

// finalShare returns the share of the error that the last of the declared looks may spend.
func finalShare(declared []int) float64 {
	if len(declared) < 2 {
		return 1
	}
	last := len(declared) - 1
	return 1 - spent(float64(declared[last-1])/float64(declared[last]))
}

// plannedSecond returns how many units the second stage of a row would have at most, and the share of its
// last look. A run that declares nothing has one look, at [SecondPairs].
func (r *Row) plannedSecond(units int) (most int, share float64) {
	if len(r.SecondLooks) == 0 || len(r.Pairs) == 0 {
		return SecondPairs(units), 1
	}
	most = r.SecondLooks[len(r.SecondLooks)-1]
	return int(math.Ceil(float64(units) * float64(most) / float64(len(r.Pairs)))), finalShare(r.SecondLooks)
}

// more reports whether a stage has looks that were not reached.
func more(pairs []Pair, declared []int) bool {
	return len(declared) > 0 && len(pairs) < declared[len(declared)-1]
}
