package history

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/semabench/semabench/internal/stats"
)

// leastPart is the least number of runs on each side of a change point. A single run is an accident
// as often as a change, and no test can tell the two apart.
const leastPart = 2

// leastBlock is the least number of runs in a block: two runs in a row may share one accident of the
// machine.
const leastBlock = 3

// blockShare is the level of the search for blocks, in levels of the search for steps. Steps are more
// frequent, and the last one is news, so they have most of the 5 % that a history promises.
const blockShare = 0.25

// mostEnds is how many places of a history are tried as ends of a block. 300 ends are 45 000 blocks, some
// tens of microseconds.
const mostEnds = 300

// A finder looks for change points in the values of one row.
type finder struct {
	level float64 // the chance of a step in values without any; blocks add blockShare of it
	rng   *rand.Rand

	scales map[int]*surprises // by the number of runs, shared by all rows

	ranks, shuffled, sums, least []float64 // reused; see setLeast
}

// points returns the places at which values change, ascending: each is the index of the first value
// after the change.
//
// A binary segmentation finds them, and may find too many: a point that was the best split of a long
// part may be none between its final neighbours. So each is tested once more there, as a step.
func (f *finder) points(values []float64) []int {
	list := f.split(values, 0, len(values))
	slices.Sort(list)
	for i := 0; i < len(list); {
		from, to := 0, len(values)
		if i > 0 {
			from = list[i-1]
		}
		if i+1 < len(list) {
			to = list[i+1]
		}
		at, ok := f.best(values[from:to])
		if !ok {
			list = slices.Delete(list, i, i+1)
			i = max(i-1, 0) // its left neighbour has another neighbour now
			continue
		}
		list[i] = from + placeOf(values[from:to], at)
		i++
	}
	return list
}

// mostShift is how far the values may move a place that the ranks found.
const mostShift = 4

// placeOf returns the place of a step near at: the one at which the values lie nearest to the medians of the two
// parts. Ranks say that there is a step, and misplace it easily: if the last run before a slowdown of 20 % is by
// chance the slowest of twenty, it has the rank next to the slow runs, although its value is far from theirs.
func placeOf(values []float64, at int) int {
	best, least := at, math.Inf(1)
	for i := max(leastPart, at-mostShift); i <= min(len(values)-leastPart, at+mostShift); i++ {
		off := 0.0
		for _, part := range [][]float64{values[:i], values[i:]} {
			median := stats.Median(part)
			for _, v := range part {
				off += math.Abs(v - median)
			}
		}
		if off < least {
			best, least = i, off
		}
	}
	return best
}

// split looks for a step first, and for a block if there is none. Either cuts values into parts, which are
// searched in the same way.
func (f *finder) split(values []float64, from, to int) []int {
	part := values[from:to]
	if at, ok := f.best(part); ok {
		at += from
		return append(append(f.split(values, from, at), at), f.split(values, at, to)...)
	}
	if begin, end, ok := f.block(part); ok {
		begin, end = from+begin, from+end
		list := append(append(f.split(values, from, begin), begin), f.split(values, begin, end)...)
		return append(append(list, end), f.split(values, end, to)...)
	}
	return nil
}

// best returns the place at which the ranks of the two parts differ most, and whether shuffled values
// are rarely as far apart.
func (f *finder) best(values []float64) (at int, ok bool) {
	n := len(values)
	if n < 2*leastPart {
		return 0, false
	}
	f.ranks = ranksOf(f.ranks[:0], values)
	s, most, sum := f.surprisesOf(n), 0.0, 0.0
	for i, r := range f.ranks {
		if i >= leastPart && i <= n-leastPart {
			if far := s.surprise(i, sum); far > most {
				at, most = i, far
			}
		}
		sum += r
	}
	if most == 0 {
		return 0, false // all values are equal
	}
	f.setLeast(s, leastPart, n-leastPart, 1, most)
	return at, f.isRare(f.level, f.hasStep)
}

// hasStep reports whether a split of the ranks is as surprising as the values that least was set for.
func (f *finder) hasStep(ranks []float64) bool {
	sum := 0.0
	for i, r := range ranks {
		if i >= leastPart && i <= len(ranks)-leastPart && math.Abs(sum) >= f.least[i]-1e-9 {
			return true
		}
		sum += r
	}
	return false
}

// block returns the block of runs whose ranks differ most from the ranks of all other runs, and whether
// shuffled values rarely have such a block. A slowdown that was reverted is a block. No single split
// shows it well: whichever of its two ends is chosen, the longer part has slow runs and fast ones.
// The search is a circular binary segmentation (Olshen and others 2004), on ranks.
//
// There are as many blocks as pairs of runs. From some hundred runs on, only some places may be ends
// of a block; points then moves each end to its own place. A block that begins or ends with the history
// is a step.
func (f *finder) block(values []float64) (from, to int, ok bool) {
	n := len(values)
	last := n - leastPart
	if n < 2*leastPart+leastBlock {
		return 0, 0, false
	}
	f.ranks = ranksOf(f.ranks[:0], values)
	f.addUp(f.ranks)
	s, most, stride := f.surprisesOf(n), 0.0, 1+n/mostEnds
	for size := leastBlock; leastPart+size <= last; size += stride {
		begin, sum := f.widest(size, stride)
		if far := s.surprise(size, sum); far > most {
			from, to, most = begin, begin+size, far
		}
	}
	if most == 0 {
		return 0, 0, false
	}
	f.setLeast(s, leastBlock, last-leastPart, stride, most)
	return from, to, f.isRare(blockShare*f.level, func(ranks []float64) bool { return f.hasBlock(ranks, stride) })
}

// hasBlock reports whether a block of the ranks is as surprising as the values that least was set for.
//
// The sum of a block is at most the range of the sums, so next to a certain change, shuffled values leave only
// some sizes to look at. That takes a tenth of the time, or less.
func (f *finder) hasBlock(ranks []float64, stride int) bool {
	lowest, highest := f.addUp(ranks)
	for size := leastBlock; leastPart+size <= len(ranks)-leastPart; size += stride {
		if highest-lowest < f.least[size]-1e-9 {
			continue
		}
		if _, sum := f.widest(size, stride); sum >= f.least[size]-1e-9 {
			return true
		}
	}
	return false
}

// addUp sets the sums of the first ranks, and returns the smallest and the greatest.
func (f *finder) addUp(ranks []float64) (lowest, highest float64) {
	f.sums = append(f.sums[:0], 0)
	for i, r := range ranks {
		f.sums = append(f.sums, f.sums[i]+r)
		lowest, highest = min(lowest, f.sums[i+1]), max(highest, f.sums[i+1])
	}
	return lowest, highest
}

// widest returns the block of a size whose sum is farthest from 0.
func (f *finder) widest(size, stride int) (at int, widest float64) {
	for begin := leastPart; begin+size <= len(f.sums)-1-leastPart; begin += stride {
		if sum := math.Abs(f.sums[begin+size] - f.sums[begin]); sum > widest {
			at, widest = begin, sum
		}
	}
	return at, widest
}

// surprisesOf returns the surprises of n runs. Most rows of a history have the same number of runs.
func (f *finder) surprisesOf(n int) *surprises {
	if f.scales[n] == nil {
		f.scales[n] = newSurprises(n)
	}
	return f.scales[n]
}

// setLeast sets the sums from which parts of the sizes are as surprising as asked.
func (f *finder) setLeast(s *surprises, from, to, stride int, surprise float64) {
	f.least = slices.Grow(f.least[:0], s.n+1)[:s.n+1]
	for size := from; size <= to; size += stride {
		f.least[size] = s.least(size, surprise-1e-9)
	}
}

// isRare reports whether the share of the orders of f.ranks that are as far from chance is at most level.
//
// Shuffling stops as soon as the answer is certain. Most rows do not change, and theirs is certain
// after some twenty orders.
func (f *finder) isRare(level float64, isFar func(ranks []float64) bool) bool {
	// Four times as many orders as the level needs: with fewer, the smallest p would be the level
	// itself, and a single unlucky order would hide a certain change.
	orders := max(999, int(math.Ceil(4/level)))
	allowed := int(level*float64(orders+1)) - 1 // the observed order is one of them
	f.shuffled = append(f.shuffled[:0], f.ranks...)
	for range orders {
		f.rng.Shuffle(len(f.shuffled), func(i, j int) {
			f.shuffled[i], f.shuffled[j] = f.shuffled[j], f.shuffled[i]
		})
		if isFar(f.shuffled) {
			if allowed--; allowed < 0 {
				return false
			}
		}
	}
	return true
}

// ranksOf returns the centred ranks of values; equal values share the mean of their ranks.
func ranksOf(ranks, values []float64) []float64 {
	order := make([]int, len(values))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Compare(values[a], values[b]) })
	ranks = append(ranks, values...)
	middle := float64(len(values)-1) / 2
	for i := 0; i < len(order); {
		end := i + 1
		for end < len(order) && values[order[end]] == values[order[i]] {
			end++
		}
		for _, place := range order[i:end] {
			ranks[place] = float64(i+end-1)/2 - middle
		}
		i = end
	}
	return ranks
}

// exactPoints returns the changes of values without noise, such as allocations, and whether values
// are of this kind: every value stays for two runs or more, but for the last one.
//
// No test is needed there. Three allocations that become four are a change at the first run that has
// four, and a test of ranks would need seven more runs to say so.
func exactPoints(values []float64) (list []int, ok bool) {
	from := 0
	for i := 1; i < len(values); i++ {
		if values[i] == values[i-1] {
			continue
		}
		if i-from < 2 {
			return nil, false
		}
		list, from = append(list, i), i
	}
	return list, true
}

// A level is a part of a row without a change: the values from index from up to to.
type level struct {
	from, to int
	median   float64
}

// levels returns the parts between the points.
func levels(values []float64, points []int) (list []level) {
	from := 0
	for _, to := range append(slices.Clone(points), len(values)) {
		list = append(list, level{from, to, stats.Median(values[from:to])})
		from = to
	}
	return list
}

// directed splits levels into stretches in which each level is above the one before, or each is
// below. Neighbouring stretches share a level.
func directed(list []level) (stretches [][]level) {
	for i := 0; i+1 < len(list); {
		end := i + 1
		up := list[i+1].median > list[i].median
		for end+1 < len(list) && (list[end+1].median > list[end].median) == up {
			end++
		}
		stretches = append(stretches, list[i:end+1])
		i = end
	}
	return stretches
}

// A slope is a line through logarithms of values.
type slope struct{ rate, start float64 } // in 1/day; the logarithm at day 0

// slopeOf returns the line of Theil and Sen: the median of the rates between all pairs. days are the
// places of the values. It reports false if a value has no logarithm, or all are of one day.
//
// A quarter of the values may be accidents without moving it. The pairs of 1000 runs are half a
// million; from there on, every second run is left out, as often as needed.
func slopeOf(days, values []float64) (slope, bool) {
	step := 1
	for len(values)/step > 1000 {
		step *= 2
	}
	var rates, rest []float64
	for i := 0; i < len(values); i += step {
		if values[i] <= 0 {
			return slope{}, false
		}
		for j := i + step; j < len(values); j += step {
			if d := days[j] - days[i]; d > 0 && values[j] > 0 {
				rates = append(rates, math.Log(values[j]/values[i])/d)
			}
		}
	}
	if len(rates) == 0 {
		return slope{}, false
	}
	s := slope{rate: stats.Median(rates)}
	for i, v := range values {
		rest = append(rest, math.Log(v)-s.rate*days[i])
	}
	s.start = stats.Median(rest)
	return s, true
}

// isSlope reports whether a stretch of levels is rather one line: its absolute error is smaller, with
// a price for each number that a model is free to choose. The line has two; each level has its
// height, and each step its place.
//
// A single step of a clean row has a far smaller error than a line through it, and a row that creeps
// has a far smaller one than steps: the two are close only where no reader could tell them apart.
func isSlope(stretch []level, days, values []float64) (slope, bool) {
	from, to := stretch[0].from, stretch[len(stretch)-1].to
	line, ok := slopeOf(days[from:to], values[from:to])
	if !ok {
		return line, false
	}
	var ofLine, ofSteps float64
	for _, l := range stretch {
		for i := l.from; i < l.to; i++ {
			ofLine += math.Abs(math.Log(values[i]) - line.start - line.rate*days[i])
			ofSteps += math.Abs(math.Log(values[i] / l.median))
		}
	}
	// The least error keeps values without noise from having a logarithm of minus infinity.
	n, least := float64(to-from), 1e-6*float64(to-from)
	score := func(err, free float64) float64 { return n*math.Log(max(err, least)) + free*math.Log(n) }
	return line, score(ofLine, 2) < score(ofSteps, float64(2*len(stretch)-1))
}
