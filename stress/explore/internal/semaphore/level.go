package semaphore

import (
	"cmp"
	"fmt"
	"iter"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/semabench/semabench/impls"
	"github.com/semabench/semabench/internal/plural"
)

// A Level is the set of all enumerated programs of one size with a number of calls, of which a
// number race: that many calls begin together in one step at least, and no step has more.
type Level struct {
	Size          int64
	Calls, Racing int
}

// mostRacing bounds the calls of one step. Schedules multiply with it: a step of one call has a few,
// a step of two has some tens, and a step of three has thousands.
const mostRacing = 3

// cost orders the levels by their numbers of schedules, roughly: each step of the cost multiplies
// them by about five. So does one more call, and the next larger size. A second call that races
// counts for two, because it has more orders with the first than a further step would have.
func (l Level) cost() int {
	cost := l.Calls + 2*(l.Racing-1)
	switch {
	case l.Size > 2:
		cost += 2
	case l.Size == 2:
		cost++
	}
	return cost
}

// Levels returns the levels that cost at most as much as the given number of calls, one at a time,
// on a semaphore of size 1. The cheap levels come first, and among equals the ones in which calls race:
// they have fewer programs, and find defects that no order of whole calls shows.
func Levels(impl impls.Impl, calls int) (all []Level) {
	most := Level{1, calls, 1}.cost()
	for _, size := range sizesOf(impl) {
		for calls := 1; calls <= most; calls++ {
			for racing := 1; racing <= min(calls, mostRacing); racing++ {
				if l := (Level{size, calls, racing}); l.cost() <= most {
					all = append(all, l)
				}
			}
		}
	}
	slices.SortStableFunc(all, func(a, b Level) int {
		return cmp.Or(cmp.Compare(a.cost(), b.cost()), cmp.Compare(b.Racing, a.Racing))
	})
	return all
}

// sizesOf returns the sizes of enumerated programs. The implementation declares the
// largest size. MaxInt64 is among them because sums of weights overflow near it.
func sizesOf(impl impls.Impl) []int64 {
	sizes := []int64{0, 1, 2, 3, math.MaxInt64}
	if most := impl.MaxSize; most > 0 {
		sizes = slices.DeleteFunc(sizes, func(size int64) bool { return size >= most })
		sizes = append(sizes, most)
	}
	return slices.DeleteFunc(sizes, func(size int64) bool {
		// C15 is where an implementation declares that it refuses a size of 0.
		return impl.UnitWeights && size > mostUnits || size == 0 && impl.Defects["C15"] != ""
	})
}

// Batches yields the programs of the level that are legal for impl, as scenarios, n at a time; the last
// batch may have less. The texts and not the programs: players are other processes, and a text names a
// scenario there. A level of many calls has millions of programs, so they are made while others are played:
// a bound on time holds, whatever the level is.
func (l Level) Batches(impl impls.Impl, n int) iter.Seq[[]string] {
	return func(yield func([]string) bool) {
		var batch []string
		for p := range l.programs(impl) {
			if s := p.scenario(); s.suits(impl) {
				batch = append(batch, s.text)
			}
			if len(batch) == n {
				if !yield(batch) {
					return
				}
				batch = nil
			}
		}
		if len(batch) > 0 {
			yield(batch)
		}
	}
}

// programs yields the programs of a level until yield returns false. The order is the order of the
// alphabet, so it is the same in every process.
func (l Level) programs(impl impls.Impl) func(yield func(program) bool) {
	return func(yield func(program) bool) {
		e := enumeration{
			program: program{size: l.Size}, length: l.Calls, racing: l.Racing,
			alphabet: alphabetOf(l.Size, impl), yield: yield,
		}
		e.extend(false)
	}
}

// Completed names the sets of programs that the levels make up, size by size. The levels must be in
// the order of Levels, so that a later level of a size and a number of racing calls is a larger
// one. The largest number of calls says all: a level with fewer calls costs less and stands before
// it.
func Completed(levels []Level) string {
	largest := map[int64]*[mostRacing + 1]int{} // the calls of the largest level, by racing calls
	for _, l := range levels {
		if largest[l.Size] == nil {
			largest[l.Size] = new([mostRacing + 1]int)
		}
		largest[l.Size][l.Racing] = l.Calls
	}
	if len(largest) == 0 {
		return "no set of programs is complete"
	}
	var sizes []string
	for _, size := range slices.Sorted(maps.Keys(largest)) {
		var sets []string
		for racing, calls := range largest[size] {
			if calls > 0 {
				sets = append(sets, Level{size, calls, racing}.calls())
			}
		}
		sizes = append(sizes, fmt.Sprintf("size %d, %s", size, strings.Join(sets, ", ")))
	}
	return "complete: all programs of " + strings.Join(sizes, "; ")
}

// String names the level as a set of programs.
func (l Level) String() string { return fmt.Sprintf("size %d, %s", l.Size, l.calls()) }

// calls names the numbers of the level.
func (l Level) calls() string {
	if l.Racing == 1 {
		return fmt.Sprintf("up to %s one at a time", plural.Of(l.Calls, "call"))
	}
	return fmt.Sprintf("up to %d calls with %d at once", l.Calls, l.Racing)
}
