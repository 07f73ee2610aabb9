package gate

import "slices"

// Where several goroutines run, most slices may be those in which they hardly meet, and the others
// those in which they wait for each other. What is typical then says nothing of waiting. The mean of
// all slices does, though it varies more: so it is tested too, as one test more of the family, and
// all that it can do is to make a row REGRESSED that otherwise would not be.

// ofMeans returns pairs whose values are the means of the slices; nil unless all of them have means.
func ofMeans(pairs []Pair) []Pair {
	means := slices.Clone(pairs)
	for i, p := range means {
		if !(p.OldMean > 0 && p.NewMean > 0) {
			return nil
		}
		means[i].Old, means[i].New = p.OldMean, p.NewMean
	}
	return means
}

// means returns the row with means for values; nil if it has none.
func (r *Row) means() *Row {
	m := *r
	m.Pairs, m.Second, m.SelfPairs = ofMeans(r.Pairs), ofMeans(r.Second), ofMeans(r.SelfPairs)
	if len(m.Pairs) == 0 || len(m.Second) != len(r.Second) || len(m.SelfPairs) != len(r.SelfPairs) {
		return nil
	}
	return &m
}

// leastOfMean is the least slowdown of a mean that counts. Locks have moods, of which a process may keep one
// as long as it lives, and a layout may favour one: the mean of x/sync's Weighted for two goroutines was
// 17 % off, twice, in one of ten comparisons of a commit that had only changed a comment.
const leastOfMean = 0.25

// meanTiming is the judgement on the means of a row; nil if it has none.
func (r rule) meanTiming(row *Row, noise map[bool]float64) *Timing {
	means := row.means()
	if means == nil {
		return nil
	}
	r.wanted = max(r.wanted, leastOfMean)
	return r.timing(means, noise)
}

// takeMean makes the mean what j is judged by, if that alone regressed.
func (j *Judged) takeMean() {
	if j.mean == nil || j.mean.Verdict != Regressed || j.Time.Verdict == Regressed {
		return
	}
	typical := j.Time.summary()
	j.Time, j.OfMean = j.mean, true
	j.Time.Why = "the mean of all slices: " + j.Time.Why + "; typical slices: " + typical +
		". So what became slower is waiting, or there is more of it"
}
