package semaphore

import (
	"math"
	"slices"

	"github.com/semabench/semabench/impls"
	"github.com/semabench/semabench/stress/internal/model"
)

// Enumerated programs are not chosen by a person, so they find defects that no person thought of. A
// program is a list of steps. The calls of a step begin together, when nothing that began before
// can move; in the end everything is released or cancelled. Each call has a goroutine of its own,
// except that a call which holds permits releases them itself.
//
// With steps, a few calls reach what takes many in a program without them: the single calls of the
// first steps build a line of waiters in a known order, and the calls of a later step meet there.
//
// Of alike programs one is played. Programs are alike if one becomes the other by renaming
// goroutines: the calls of a step have no order, and of two equal calls of one step it does not
// matter which of them is released or cancelled.

// A call is one call of an enumerated program. Its kinds are the kinds of a scenario. It is
// comparable, because alike calls are found by ==.
type call struct {
	kind model.OpKind
	n    int64 // permits
	of   int   // for Release and Cancel: the earlier call that is meant; -1 for other kinds
	pass bool  // of an Acquire: the permits are released at once
}

// A program is the calls of one enumerated program in their order. starts[i] says that call i
// begins a step; otherwise it begins together with the call before it. Steps are marks between the
// calls and no lists, so a program grows and shrinks at one end.
type program struct {
	size   int64
	calls  []call
	starts []bool
}

// An alphabet lists the calls that a program of one size may make, other than Release and Cancel.
// Core calls may stand anywhere. Of the rare calls a program has at most one: two rare calls meet in
// so many programs that nothing else would be played. A defect that needs two kinds of misuse in one
// program is rarer than a defect that needs one more waiter.
type alphabet struct{ core, rare []call }

// alphabetOf returns the calls for a size, by what an implementation declares. Weights above the
// size are alike, so size+1 stands for all of them. For a size above 3 the weights are those at the
// ends of the range: the weights between them differ in nothing that the contract names. Calls that
// impl does not promise to treat by the contract are taken out: a program with one of them would be
// judged by a rule that the implementation has not given.
func alphabetOf(size int64, impl impls.Impl) (a alphabet) {
	for _, n := range weightsUpTo(size) {
		a.core = append(a.core,
			call{kind: model.AcquireBackground, n: n, of: -1},
			call{kind: model.AcquireBackground, n: n, of: -1, pass: true},
			call{kind: model.AcquireCancelled, n: n, of: -1},
			call{kind: model.Try, n: n, of: -1})
		a.rare = append(a.rare,
			call{kind: model.AcquireDone, n: n, of: -1},
			call{kind: model.AcquireDeadline, n: n, of: -1})
	}
	if size < math.MaxInt64 {
		a.rare = append(a.rare,
			call{kind: model.AcquireCancelled, n: size + 1, of: -1},
			call{kind: model.AcquireDone, n: size + 1, of: -1},
			call{kind: model.Try, n: size + 1, of: -1})
	}
	if impl.ZeroWeight == impls.ZeroGranted {
		a.rare = append(a.rare,
			call{kind: model.AcquireBackground, of: -1},
			call{kind: model.AcquireCancelled, of: -1},
			call{kind: model.AcquireDone, of: -1},
			call{kind: model.Try, of: -1},
			call{kind: model.Release, of: -1})
	}
	if size < math.MaxInt64 && impl.OverRelease == impls.OverReleaseUnchanged {
		a.rare = append(a.rare, call{kind: model.OverRelease, n: size + 1, of: -1})
	}
	a.rare = append(a.rare, call{kind: model.Negative, of: -1})
	unsuited := func(c call) bool {
		o := model.Op{Kind: c.kind, N: c.n}
		return !suitsUnits(o, impl) || breaksDeclared(o, impl)
	}
	return alphabet{slices.DeleteFunc(a.core, unsuited), slices.DeleteFunc(a.rare, unsuited)}
}

// weightsUpTo returns the weights above zero that a size admits, or the ends of their range.
func weightsUpTo(size int64) (all []int64) {
	switch {
	case size == 0:
		return nil
	case size > 3:
		return []int64{1, size - 1, size}
	}
	for n := int64(1); n <= size; n++ {
		all = append(all, n)
	}
	return all
}

// An enumeration is a walk over the programs of a level, call by call. Its program is the beginning
// of the next program.
type enumeration struct {
	program
	length, racing int // of the level
	alphabet       alphabet
	yield          func(program) bool
	stopped        bool
}

// extend adds each call that may come next, and yields the programs of the right length. A
// beginning that cannot come next is left at once, so alike programs are never built and then
// dropped.
func (e *enumeration) extend(rare bool) {
	if len(e.calls) == e.length {
		if e.worthwhile(rare) && !e.yield(e.clone()) {
			e.stopped = true
		}
		return
	}
	for _, starts := range []bool{true, false} {
		if !starts && (len(e.calls) == 0 || e.inStep() == e.racing) {
			continue
		}
		for _, c := range e.alphabet.core {
			e.try(c, starts, rare)
		}
		for of := range e.calls {
			e.try(call{kind: model.Release, of: of}, starts, rare)
			e.try(call{kind: model.Cancel, of: of}, starts, rare)
		}
		if rare {
			continue
		}
		for _, c := range e.alphabet.rare {
			e.try(c, starts, true)
		}
	}
}

// try extends the program by one call if the result is not alike to another program. The slices are
// shared by all programs of the walk, and only a program that is yielded is copied.
func (e *enumeration) try(c call, starts, rare bool) {
	if e.stopped || !e.possible(c, starts) {
		return
	}
	e.calls, e.starts = append(e.calls, c), append(e.starts, starts)
	e.extend(rare)
	last := len(e.calls) - 1
	e.calls, e.starts = e.calls[:last], e.starts[:last]
}

// inStep returns the number of calls in the last step.
func (e *enumeration) inStep() int { return len(e.calls) - e.stepOf(len(e.calls)-1) }

// stepOf returns the first call of the step to which call i belongs.
func (p *program) stepOf(i int) int {
	for !p.starts[i] {
		i--
	}
	return i
}

// possible reports whether a call may come next.
func (e *enumeration) possible(c call, starts bool) bool {
	n := len(e.calls)
	if !starts && less(c, e.calls[n-1]) {
		return false // the calls of a step have no order, so they come in one order only
	}
	switch {
	case c.of < 0:
		return true
	case c.kind == model.Release:
		return e.mayRelease(c.of, starts) && e.firstOfAlike(c)
	}
	return e.calls[c.of].kind.Cancellable() && !e.meant(c.kind, c.of) && e.firstOfAlike(c)
}

// mayRelease reports whether call i may hold permits when the next call begins. A release in the
// step of its own Acquire is the call that passes. A release by a call that surely waits would be
// a passing call as well, because the release waits for the grant. The order of service is open, so
// any call that fits beside the calls that surely hold may have been granted.
func (e *enumeration) mayRelease(i int, starts bool) bool {
	c := e.calls[i]
	takes := c.kind.MayWait() && !c.pass || c.kind == model.Try || c.kind == model.AcquireDeadline
	if !takes || c.n == 0 || c.n > e.size || e.meant(model.Release, i) {
		return false
	}
	if !starts && e.stepOf(len(e.calls)-1) <= i {
		return false
	}
	return c.n <= e.size-e.surelyHeld(i)
}

// surelyHeld returns the permits that calls before i hold for good when call i is made: the first
// calls, as long as they come alone and fit together.
func (e *enumeration) surelyHeld(i int) (held int64) {
	for k, c := range e.calls[:i] {
		alone := e.starts[k] && (k+1 == len(e.starts) || e.starts[k+1])
		if !alone || c.kind != model.AcquireBackground || c.n > e.size-held {
			break
		}
		if !c.pass && !e.meant(model.Release, k) {
			held += c.n
		}
	}
	return held
}

// meant reports whether an earlier call is a Release or a Cancel of call i. A call is released and
// cancelled at most once each, since the second time has no effect.
func (e *enumeration) meant(kind model.OpKind, i int) bool {
	return slices.ContainsFunc(e.calls, func(c call) bool { return c.kind == kind && c.of == i })
}

// firstOfAlike reports whether no call that is alike to c.of, and not yet meant, comes before it.
// To release the second of two alike calls gives the same program with two goroutines renamed.
func (e *enumeration) firstOfAlike(c call) bool {
	for i := e.stepOf(c.of); i < c.of; i++ {
		if e.calls[i] == e.calls[c.of] && !e.meant(c.kind, i) &&
			e.meant(model.Release, i) == e.meant(model.Release, c.of) &&
			e.meant(model.Cancel, i) == e.meant(model.Cancel, c.of) {
			return false
		}
	}
	return true
}

// less is the order of the calls of one step.
// A Cancel comes after the kinds that it may mean.
func less(a, b call) bool {
	if a.kind != b.kind {
		return a.kind == model.AcquireDeadline || b.kind != model.AcquireDeadline && a.kind < b.kind
	}
	if a.n != b.n {
		return a.n < b.n
	}
	if a.of != b.of {
		return a.of < b.of
	}
	return !a.pass && b.pass
}

// worthwhile leaves out programs that can show nothing that other programs do not.
//
// An Acquire with a ctx that nothing cancels is alike to one with context.Background, unless its
// weight is above the size: then it waits until the end. If all requests fit at once and no call is
// rare, no call ever waits or is refused; such a program is a part of the programs of one and two
// calls put side by side.
func (e *enumeration) worthwhile(rare bool) bool {
	if e.widest() != e.racing {
		return false // it belongs to the level of fewer racing calls
	}
	requested := int64(0)
	for i, c := range e.calls {
		if c.kind == model.AcquireCancelled && c.n <= e.size && !e.meant(model.Cancel, i) {
			return false
		}
		if c.of < 0 && c.n > 0 {
			// The sum stops at the largest int64, as weights go up to it.
			requested += min(c.n, math.MaxInt64-requested)
		}
	}
	return rare || len(e.calls) <= 2 || requested > e.size
}

// widest returns the most calls of one step.
func (p *program) widest() (most int) {
	for i := range p.calls {
		most = max(most, i-p.stepOf(i)+1)
	}
	return most
}

func (p *program) clone() program {
	return program{p.size, slices.Clone(p.calls), slices.Clone(p.starts)}
}

// scenario writes the program with the operations of a scenario. Steps are rests: the calls of step
// k wait until nothing can move for the k'th time. In the end the calls that hold permits release
// them one after the other, each when nothing else can move, so that each release shows which
// waiters it admits. The requests above the size, which nothing grants, are then cancelled.
func (p *program) scenario() scenario {
	steps := 0
	for _, starts := range p.starts {
		if starts {
			steps++
		}
	}
	workers := make([][]model.Op, 0, len(p.calls))
	workerOf := make([]int, len(p.calls))
	step, ends := -1, int64(steps)
	rest := func(phase int64) model.Op { return model.Op{Kind: model.Rest, N: phase} }
	for i, c := range p.calls {
		if p.starts[i] {
			step++
		}
		if c.kind == model.Release && c.of >= 0 {
			own := &workers[workerOf[c.of]]
			*own = append(*own, rest(int64(step)), model.Op{Kind: model.Release, N: model.AllHeld})
			continue
		}
		var ops []model.Op
		if step > 0 {
			ops = append(ops, rest(int64(step)))
		}
		workerOf[i] = len(workers)
		workers = append(workers, append(ops, c.op(workerOf)))
		if c.pass {
			last := &workers[len(workers)-1]
			*last = append(*last, model.Op{Kind: model.Release, N: model.AllHeld})
		}
	}
	var doomed []model.Op
	for i, c := range p.calls {
		switch {
		case c.kind == model.AcquireCancelled && c.n > p.size && !p.cancels(i):
			doomed = append(doomed, model.Op{Kind: model.Cancel, N: int64(workerOf[i])})
		case c.holds() && !p.releases(i):
			own := &workers[workerOf[i]]
			*own = append(*own, rest(ends))
			ends++
		}
	}
	if len(doomed) > 0 {
		workers = append(workers, append([]model.Op{rest(ends)}, doomed...))
	}
	q := model.Program{Size: p.size, Workers: workers}
	return scenario{q, model.ScenarioNotation.Format(q)}
}

// op returns the operation of the worker that makes the call.
func (c call) op(workerOf []int) model.Op {
	o := model.Op{Kind: c.kind, N: c.n}
	if c.kind == model.Cancel {
		o.N = int64(workerOf[c.of])
	}
	return o
}

// holds reports whether the call may hold permits until the end. A request with a ctx that is done
// holds nothing, whatever is free.
func (c call) holds() bool {
	return c.of < 0 && !c.pass && (c.kind.IsAcquire() && c.kind != model.AcquireDone || c.kind == model.Try)
}

func (p *program) cancels(i int) bool {
	return slices.ContainsFunc(p.calls, func(c call) bool { return c.kind == model.Cancel && c.of == i })
}

func (p *program) releases(i int) bool {
	return slices.ContainsFunc(p.calls, func(c call) bool { return c.kind == model.Release && c.of == i })
}
