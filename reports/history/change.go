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

	ranks, shuffled, sums []float64 // reused
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
		list[i] = from + at
		i++
	}
	return list
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
	if len(values) < 2*leastPart {
		return 0, false
	}
	f.ranks = ranksOf(f.ranks[:0], values)
	at, observed := farthest(f.ranks)
	return at, f.isRare(observed, f.level, func(ranks []float64) float64 {
		_, far := farthest(ranks)
		return far
	})
}

// block returns the block of runs whose ranks differ most from the ranks of all other runs, and whether
// shuffled values rarely have such a block. A slowdown that was reverted is a block. No single split
// shows it well: whichever of its two ends is chosen, the longer part has slow runs and fast ones.
// The search is a circular binary segmentation (Olshen and others 2004), on ranks.
func (f *finder) block(values []float64) (from, to int, ok bool) {
	if len(values) < 2*leastPart+leastBlock {
		return 0, 0, false
	}
	f.ranks = ranksOf(f.ranks[:0], values)
	from, to, observed := f.outlying(f.ranks, 0)
	return from, to, f.isRare(observed, blockShare*f.level, func(ranks []float64) float64 {
		_, _, far := f.outlying(ranks, observed)
		return far
	})
}

// isRare reports whether the share of the orders of f.ranks in which a statistic is at least as large
// as observed is at most level.
//
// Shuffling stops as soon as the answer is certain. Most rows do not change, and theirs is certain
// after some twenty orders.
func (f *finder) isRare(observed, level float64, statistic func(ranks []float64) float64) bool {
	if observed == 0 {
		return false // all values are equal
	}
	// Four times as many orders as the level needs: with fewer, the smallest p would be the level
	// itself, and a single unlucky order would hide a certain change.
	orders := max(999, int(math.Ceil(4/level)))
	allowed := int(level*float64(orders+1)) - 1 // the observed order is one of them
	f.shuffled = append(f.shuffled[:0], f.ranks...)
	for range orders {
		f.rng.Shuffle(len(f.shuffled), func(i, j int) {
			f.shuffled[i], f.shuffled[j] = f.shuffled[j], f.shuffled[i]
		})
		if statistic(f.shuffled) >= observed-1e-9 {
			if allowed--; allowed < 0 {
				return false
			}
		}
	}
	return true
}

// outlying returns the block whose mean rank is farthest from the mean rank of all other runs, in the
// unit of farthest. A block that begins or ends with the history is a step, which farthest finds.
// Blocks that cannot be as far away as least are left out.
//
// There are as many blocks as pairs of runs. From some hundred runs on, only some places may be ends
// of a block; points then moves each end to its own place. The sum of a block is at most the range of
// the sums, so a long block that lies far away is rare: next to a certain change, shuffled values leave
// only short blocks to look at. That takes a tenth of the time, or less.
func (f *finder) outlying(ranks []float64, least float64) (from, to int, most float64) {
	f.sums = append(f.sums[:0], 0)
	for i, r := range ranks {
		f.sums = append(f.sums, f.sums[i]+r)
	}
	reach := slices.Max(f.sums) - slices.Min(f.sums)
	stride := 1 + len(ranks)/mostEnds
	n, last := len(ranks), len(ranks)-leastPart
	for size := leastBlock; leastPart+size <= last; size += stride {
		unit := math.Sqrt(float64(size) * float64(n-size))
		if reach/unit < least-1e-6 {
			continue
		}
		at, widest := 0, 0.0
		for begin := leastPart; begin+size <= last; begin += stride {
			if sum := math.Abs(f.sums[begin+size] - f.sums[begin]); sum > widest {
				at, widest = begin, sum
			}
		}
		if far := widest / unit; far > most {
			from, to, most = at, at+size, far
		}
	}
	return from, to, most
}

// farthest returns the split at which the mean ranks of the two parts differ most, in units of the
// spread that the difference has in shuffled ranks. All ranks are centred: their sum is 0.
//
// Without the weight, splits near the ends would never win, and a recent change is near an end.
func farthest(ranks []float64) (at int, most float64) {
	n, sum := float64(len(ranks)), 0.0
	for i, r := range ranks {
		if k := float64(i); i >= leastPart && i <= len(ranks)-leastPart {
			if far := math.Abs(sum) / math.Sqrt(k*(n-k)); far > most {
				at, most = i, far
			}
		}
		sum += r
	}
	return at, most
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
