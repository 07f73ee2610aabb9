package gate

import "slices"

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

// meanTiming judges the means of a row. It returns nil if the row has none.
func (r rule) meanTiming(row *Row, noise map[bool]float64) *Timing {
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
