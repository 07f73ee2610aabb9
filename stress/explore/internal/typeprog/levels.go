package typeprog

import (
	"cmp"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/semabench/semabench/internal/plural"
)

// A Level is the programs of one shape: the numbers of calls before the goroutines start, and in each
// goroutine.
type Level struct {
	Before  int
	Columns []int
}

// shapes are the levels, the smallest first. Calls before the goroutines start cost no schedules, and
// bring the value into a state in which calls meet: an element in a queue, a cache that is full. A
// second call in a goroutine sees what the first one of the other has done in between. The shapes
// with more than defaultCalls calls are played only if -explore.calls asks for them.
var shapes = []Level{
	{Columns: []int{1, 1}},
	{Columns: []int{1, 1}, Before: 1},
	{Columns: []int{2, 1}},
	{Columns: []int{1, 1, 1}},
	{Columns: []int{1, 1}, Before: 2},
	{Columns: []int{2, 2}},
	{Columns: []int{2, 1}, Before: 1},
	{Columns: []int{2, 1, 1}},
	{Columns: []int{1, 1, 1}, Before: 2},
	{Columns: []int{2, 2}, Before: 1},
	{Columns: []int{2, 2, 2}},
}

// defaultCalls bounds the calls of a program if the user gives no bound.
const defaultCalls = 4

// calls returns the number of calls in a program of the level, without the calls of the observers.
// The user's bound is about the calls that a reader has to follow; observers are read at the end only.
func (l Level) calls() (n int) {
	n = l.Before
	for _, c := range l.Columns {
		n += c
	}
	return n
}

// mostOfLevel bounds one level. A type with many methods has more programs than the time allows
// anyway; the result then says that the level is not complete.
const mostOfLevel = 20_000

// String describes the programs of a level.
func (l Level) String() string {
	text := fmt.Sprintf("%d goroutines x %s", len(l.Columns), plural.Of(l.Columns[0], "call"))
	if l.Columns[0] != l.Columns[len(l.Columns)-1] {
		text = fmt.Sprintf("%d goroutines, one with %d calls", len(l.Columns), l.Columns[0])
	}
	if l.Before > 0 {
		text += fmt.Sprintf(" after %s", plural.Of(l.Before, "call"))
	}
	return text
}

// Levels returns the levels with up to a number of calls, the smallest programs first, for the probe of
// a player. 0 means the default.
// The parent draws with the probe of one player, and names each program by its text. So two players whose
// probes differ, for a type that depends on the time, still play the same programs.
func (s *Spec) Levels(p *Probe, calls int) []Level {
	s.probed = p
	if calls <= 0 {
		calls = defaultCalls
	}
	return slices.DeleteFunc(slices.Clone(shapes), func(l Level) bool { return l.calls() > calls })
}

// Programs returns the programs of a level, and how many programs of its shape there are, which may be
// more. Programs that differ in the names of goroutines are drawn once. They come in an order that a
// hash decides, so that a bound on the time does not cut off the methods at the end of the alphabet. The
// hash is of the text alone: a program has the same place in every process and on every machine.
// A task names a program by its text alone, and each player parses that text. No player draws.
func (s *Spec) Programs(l Level) (texts []string, total int) {
	// Calls before the goroutines start must return on a fresh value: a program whose first call waits shows
	// nothing but that wait, in every schedule.
	before := s.quiet()
	if total = count(l, len(s.drawn()), len(before)); total > mostOfLevel {
		return s.bounded(s.draw(l, before)), total
	}
	s.eachPlan(l, before, func(p plan) { texts = append(texts, p.String()) })
	slices.SortFunc(texts, func(a, b string) int {
		return cmp.Or(cmp.Compare(hashOf(a), hashOf(b)), strings.Compare(a, b))
	})
	return s.bounded(texts), len(texts)
}

// bounded cuts programs off at the bound that the user has given.
func (s *Spec) bounded(texts []string) []string {
	if most := s.options.Programs; most > 0 && len(texts) > most {
		return texts[:most]
	}
	return texts
}

// count returns about how many programs a level has. Equal columns in two orders count once.
// The division is exact only if no two columns are equal, and a little too small otherwise. The count only
// decides whether a level is enumerated or drawn; an enumerated level counts its programs.
func count(l Level, calls, before int) int {
	total, alike := 1, 1
	for i, n := range l.Columns {
		for range n {
			total *= calls
		}
		if i > 0 && n == l.Columns[i-1] {
			alike++
			total /= alike
		}
	}
	for range l.Before {
		total *= before
	}
	return total
}

// draw draws programs of a level that has too many, the same ones in every process.
// The source of random numbers has a fixed seed. A test that is started again must
// get the same programs. Twice as many are drawn as are wanted, because some come twice.
func (s *Spec) draw(l Level, before []*call) (texts []string) {
	r := rand.New(rand.NewPCG(1, uint64(len(s.calls))))
	calls := s.drawn()
	some := func(n int, of []*call) (list []*call) {
		for range n {
			list = append(list, of[r.IntN(len(of))])
		}
		return list
	}
	drawn := map[string]bool{}
	for range 2 * mostOfLevel {
		if len(before) == 0 && l.Before > 0 || len(texts) == mostOfLevel {
			break
		}
		p := plan{before: some(l.Before, before)}
		for _, n := range l.Columns {
			p.columns = append(p.columns, some(n, calls))
		}
		// Longer columns come first in every shape, so sorting keeps the shape.
		slices.SortFunc(p.columns, func(a, b []*call) int {
			return cmp.Or(cmp.Compare(len(b), len(a)), strings.Compare(list(a), list(b)))
		})
		if text := p.String(); !drawn[text] {
			drawn[text] = true
			texts = append(texts, text)
		}
	}
	return texts
}

// hashOf mixes the programs of a level. Sorted by their texts, the first programs would all be of the method
// whose name begins with the first letter.
func hashOf(text string) uint64 {
	h := fnv.New64a()
	h.Write([]byte(text))
	return h.Sum64()
}

// eachPlan calls yield with the plans of a shape. Columns of one length stand in the order of their
// texts, so that each class comes once.
// The order of goroutines has no meaning to the scheduler, which tries every one. So columns are sorted, and
// each program with two goroutines is played once instead of twice, with three up to six times less.
func (s *Spec) eachPlan(l Level, before []*call, yield func(plan)) {
	calls := s.drawn()
	var columns func(p plan)
	columns = func(p plan) {
		i := len(p.columns)
		if i == len(l.Columns) {
			yield(p)
			return
		}
		eachList(l.Columns[i], calls, func(c []*call) {
			if i > 0 && l.Columns[i] == l.Columns[i-1] && list(c) < list(p.columns[i-1]) {
				return
			}
			columns(plan{p.before, append(slices.Clip(p.columns), c)})
		})
	}
	eachList(l.Before, before, func(c []*call) { columns(plan{before: c}) })
}

// eachList calls yield with every list of n of the calls.
// The calls may repeat: the same call twice is how an insert that is not atomic shows itself.
func eachList(n int, of []*call, yield func([]*call)) {
	if n == 0 {
		yield(nil)
		return
	}
	for _, c := range of {
		eachList(n-1, of, func(rest []*call) { yield(append([]*call{c}, rest...)) })
	}
}
