package semaphore

import (
	"fmt"
	"math"
	"sync"

	"github.com/semabench/semabench/impls"
	"github.com/semabench/semabench/stress/internal/model"
)

// A scenario is a small program on one semaphore, written as its size and what each worker does:
//
//	2: a2 w2 r | w1 c1 r | w2 x1
//
// model.ScenarioNotation has the letters:
//
//	aN  acquire with context.Background
//	cN  acquire with the ctx of the worker
//	dN  acquire with a ctx that is done
//	yN  acquire with the ctx of the worker, in a type whose methods use the semaphore
//	tN  try
//	rN  release N permits, or everything that is held if N is missing; r0 releases none
//	wN  rest until nothing can move for the N'th time
//	xK  cancel the ctx of worker K, counted from 0
//	eN  acquire with the ctx of the worker and a deadline of an hour
//	pN  release N permits, which is more than is held and must panic; p releases one
//	n   use negative weights, which must panic
//
// In the end every worker releases what it holds.
type scenario struct {
	model.Program
	text string
}

// scenarios are what explore.Semaphore plays. Each has a call with a ctx that is done or may be
// cancelled, because most defects of semaphores are there. Schedule words in recorded replay lines
// name no scenario by its place, so new ones may be added anywhere. They are small on purpose: the
// number of schedules grows exponentially with the steps, and all schedules of a small program say
// more than some of a large one. The groups go from defects that any schedule shows to defects that
// need an order of three or four events.
//
// They are parsed when they are first needed: every program that imports package explore would
// otherwise parse them when it starts, semabench version among them.
var scenarios = sync.OnceValue(func() []scenario { return parseAll(chosenScenarios...) })

// chosenScenarios are the texts of scenarios.
var chosenScenarios = []string{
	// Calls one after the other: the defects that need no particular schedule.
	"1: d1 t1 r a1 r d1",
	"2: p c1 r x0 d1",
	"2: d1 p",
	"2: n d1",
	"2: y1 r y2 r d1",
	"9223372036854775807: t9223372036854775807 t1 r d1 a9223372036854775806 t1 t1",
	"2: t4294967297 c1 x0 a1 r",
	"1: c1 w2 r | w1 x0 w2 t1 r",

	// Races of two calls, and of a call with a cancellation.
	"1: t1 r | t1 r | d1",
	"1: a1 r | a1 r | d1",
	"1: a1 r | c1 r | x1",
	"2: a2 r | a2 r | d1",
	"1: a1 r | c1 r | x1 t1",
	"1: a1 w2 r | c1 r | w1 x1",
	"1: a1 w1 r | c1 | x1",
	"1: a1 w2 r | w1 c1 r | d1",
	"1: a1 w2 r | w1 a1 r | w2 c1 r",
	"2: a1 w2 r d1 | w1 t2 r | w1 t1 r", // the try for two must not hold the permit that it found
	"1: a1 r a1 r | e1 r",               // the deadline may pass when the request is granted
	"1: a1 r | c1 w1 r | a0",            // the request for nothing may come to the line just as the line empties

	// Waiters that were observed to wait, in a known order.
	"2: a2 w2 r | w1 a1 w3 r | w1 c1 w3 r x2",
	"2: a2 w2 r1 w3 r1 | w1 c2 r | w4 x1",
	"2: a1 w2 r | a1 w3 r | w1 c2 r | w4 x2",
	"2: a1 w3 r | a1 w4 r | w1 c2 r | w2 a1 r | w5 x2",
	"1: a1 w3 r | w1 a1 r | w2 c1 r | w4 x2",
	"2: a1 w4 r | w1 c2 r | w2 t1 w3 r | w5 x1",
	"2: a1 w3 r | w1 c3 | w2 a1 r | w4 x1",
	"2: a2 w3 r t1 w4 r d1 | w1 a2 r | w2 a1 r",
	"2: a2 w3 x1 r t1 w4 r | w1 c2 r | w2 a1 r", // the try steals from a request that was woken
	"9223372036854775807: a9223372036854775807 w4 r | w1 a9223372036854775807 w5 r | " +
		"w2 a9223372036854775807 w6 r | w3 c9223372036854775807 r | w7 x3",
	"2: a2 w4 r1 w5 r | w1 a2 r | w2 c2 r | w3 a1 r | w6 x2",
	"3: a3 w2 r2 w3 p2 | w1 c3 r | w4 x1", // a request holds nothing while it waits

	// Waiters that are cancelled.
	"2: a1 w4 r | w1 c2 r | w2 a1 r | w3 x1",
	"1: a1 w3 r | w1 c1 r | w2 a1 r | w3 x1",
	"2: a2 w3 r1 w4 r1 | w1 c1 r | w2 a1 r | w3 x1",
	"2: a1 w3 r | w1 c2 | w2 x1",
	"1: a1 w3 r | w1 c1 | w1 c1 | w2 x1 | w2 x2",
	"1: a1 w3 r | w1 a1 r | w2 c1 r | w3 x2",
	"3: a3 w3 r2 w5 r | w1 c3 r | w2 a2 r | w4 x1",
	"3: a2 w4 r | w1 c3 r | w2 a1 r | w3 x1",

	// Waiters whose ctx uses the semaphore, when they are granted and when they are cancelled.
	"1: a1 w2 r | w1 y1 r | d1",
	"1: a1 w3 r | w1 y1 r | w2 x1",
}

// Crowded returns the scenarios with so many calls at once that the schedules are drawn, a few of each. They
// are no part of the chosen scenarios, which share the time that is needed to complete them.
func Crowded(impl impls.Impl) (texts []string) {
	for _, s := range parseAll(
		"1: a1 w4 r | w1 c1 r | w2 c1 r | w3 a1 r | w4 x1 x2",    // a wake-up meets two leavers in a row
		"1: a1 r | e1 r | a1 r",                                  // a wake-up meets a deadline
		"1: a1 w2 r | w1 y1 r | w2 x1",                           // a ctx that uses the semaphore ends when the grant comes
		"1: a1 w2 r w3 a1 w5 r | w1 c1 r | w2 x1 | w4 a1 r",      // a request waits after a leaver met a grant
		"2: a2 w4 r | w1 c2 r | w2 a1 w5 r | w3 a1 w6 r | w4 x1", // a leaver that met a grant admits two
	) {
		if s.suits(impl) {
			texts = append(texts, s.text)
		}
	}
	return texts
}

// extremes returns the scenario of the largest size for an implementation that declares one.
// Otherwise scenarios has one for MaxInt64. The sum of the two requests is beyond the largest size,
// as with MaxInt64.
func extremes(impl impls.Impl) (all []scenario) {
	if most := impl.MaxSize; most > 1 && most < math.MaxInt64 {
		all = parseAll(fmt.Sprintf("%d: t%d t1 r d1 a%d t1 t1", most, most, most-1))
	}
	return all
}

// parseAll panics on a text that is no scenario: all texts are made by this package.
func parseAll(texts ...string) (all []scenario) {
	for _, text := range texts {
		s, err := parseScenario(text)
		if err != nil {
			panic(err)
		}
		all = append(all, s)
	}
	return all
}

func parseScenario(text string) (scenario, error) {
	p, err := model.ScenarioNotation.Parse(text)
	if err != nil {
		return scenario{}, err
	}
	s := scenario{p, text}
	if n := s.mostSpans(); n > model.MaxSearch {
		return scenario{}, fmt.Errorf("scenario %q: too long to be judged: "+
			"its history may have %d events, at most %d are searched", text, n, model.MaxSearch)
	}
	return s, nil
}

// mostSpans returns how many spans a history of the scenario has at most. Three calls check the
// permits in the end, and one quiet instant is added where nothing can move in the end. The bound
// is checked when a scenario is parsed, so that no schedule is played whose history cannot be
// judged.
func (s *scenario) mostSpans() int {
	n := 3 + 1 + len(s.Workers) // every worker releases what it holds
	for _, o := range s.All() {
		switch {
		case o.Kind.IsAcquire():
			n += 3 // the request, the withdrawal, the departure
		case o.Kind != model.Cancel:
			n++
		}
	}
	return n
}

// suits reports whether the scenario is legal for an implementation, by what it declares. An
// operation that the contract leaves open may be the last one: its own effect is then not asked
// for. To play what an implementation declares not to do would refute it for its declaration.
func (s *scenario) suits(impl impls.Impl) bool {
	if impl.MaxSize > 0 && s.Size > impl.MaxSize || impl.UnitWeights && s.Size > mostUnits {
		return false // New may panic, or the permits of the end cannot be counted one by one
	}
	left := s.Ops()
	for _, o := range s.All() {
		left--
		if o.Kind == model.OverRelease && left > 0 && impl.OverRelease == impls.OverReleaseCorrupts {
			return false // nothing is promised about the operations that follow
		}
		if !suitsUnits(o, impl) || breaksDeclared(o, impl) {
			return false
		}
		takesWeight := o.Kind.IsAcquire() || o.Kind == model.Try || o.Kind == model.Release
		if takesWeight && o.N == 0 && impl.ZeroWeight == impls.ZeroPanics {
			return false
		}
	}
	return true
}

// mostUnits is the largest size of a scenario for an implementation that takes one permit at a
// time. The permits in the end are taken one by one, and each is a call of the history.
const mostUnits = 100

// suitsUnits reports whether an operation asks for one permit, if the implementation takes no more at
// once, and is no TryAcquire, if it has none.
func suitsUnits(o model.Op, impl impls.Impl) bool {
	switch {
	case impl.NoTry && (o.Kind == model.Try || o.Kind == model.AcquireCustom):
		return false // the methods of the ctx of AcquireCustom try
	case impl.UnitWeights && (o.Kind.IsAcquire() || o.Kind == model.Try):
		return o.N == 1
	case impl.UnitWeights && o.Kind == model.Release:
		return o.N != 0
	case impl.UnitWeights && o.Kind == model.OverRelease:
		return o.N == model.AllHeld
	}
	return true
}

// breaksDeclared reports whether an operation is misuse that the implementation declares to treat
// otherwise than the contract says.
func breaksDeclared(o model.Op, impl impls.Impl) bool {
	switch o.Kind {
	case model.OverRelease:
		return impl.Defects["C10"] != "" || impl.Defects["C11"] != ""
	case model.Negative:
		return impl.Defects["C12"] != ""
	}
	return false
}

// overReleases reports whether a worker releases more than it holds.
func (s *scenario) overReleases() bool {
	for _, o := range s.All() {
		if o.Kind == model.OverRelease {
			return true
		}
	}
	return false
}
