package semaphore

import (
	"slices"

	"github.com/semabench/semabench/impls"
	"github.com/semabench/semabench/stress/internal/model"
)

// A crowd is an enumerated program whose calls all begin together, or all but the first, which then
// holds every permit. Three or four calls meet inside Acquire and Release at once. A defect that
// needs three of them, such as two waiters that count themselves as one and are woken as one, is out
// of reach of the levels: they complete their sets in the order of size, and the time is over before
// three calls race.
//
// A crowd has thousands of schedules, so they are drawn. That proves nothing, and finds much: of a
// crowd with such a defect one schedule in some hundreds fails.

// crowds are the levels of which the crowds are a part. Four calls at once on two permits would be
// some hundreds of programs more, and their schedules are drawn from so many that few would fail.
var crowds = []Level{{1, 3, 3}, {1, 4, 3}, {1, 4, 4}, {1, 5, 4}, {2, 3, 3}, {2, 4, 3}}

// Crowds returns the crowds that are legal for impl, as scenarios.
func Crowds(impl impls.Impl) (texts []string) {
	for _, l := range crowds {
		if !slices.Contains(sizesOf(impl), l.Size) {
			continue
		}
		e := enumeration{
			program: program{size: l.Size}, length: l.Calls, racing: l.Racing,
			alphabet: crowdAlphabet(l.Size, impl),
		}
		e.yield = func(p program) bool {
			if s := p.scenario(); p.isCrowd() && s.suits(impl) {
				texts = append(texts, s.text)
			}
			return true
		}
		e.extend(false)
	}
	return texts
}

// crowdAlphabet returns the calls that may wait for permits. Calls that return at once leave the line
// of waiters as it is, and the levels with two calls at once have them. A deadline is rare here as well:
// a call with one differs from a call that is cancelled in the moment only.
func crowdAlphabet(size int64, impl impls.Impl) alphabet {
	all := alphabetOf(size, impl)
	returnsAtOnce := func(c call) bool {
		waits := c.kind.MayWait() || c.kind == model.AcquireDeadline
		return !waits || c.n < 1 || c.n > size
	}
	return alphabet{slices.DeleteFunc(all.core, returnsAtOnce), slices.DeleteFunc(all.rare, returnsAtOnce)}
}

// isCrowd reports whether all calls begin in the first step, or all but the first call, which holds
// every permit. Two calls at least may wait.
func (p *program) isCrowd() bool {
	steps, waiting := 0, 0
	for i, c := range p.calls {
		if p.starts[i] {
			steps++
		}
		if c.of < 0 {
			waiting++
		}
	}
	if steps == 1 {
		return waiting > 1
	}
	first := p.calls[0]
	holds := first.kind == model.AcquireBackground && !first.pass && first.n == p.size
	return steps == 2 && p.starts[1] && holds && waiting > 2
}
