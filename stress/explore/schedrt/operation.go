package schedrt

import (
	"reflect"
	"runtime"
	"unsafe"
)

// begin starts the announcement of an operation of the running goroutine. While the execution is
// being unwound it ends the goroutine instead.
//
// Goexit runs the deferred calls of the program. Each operation in them comes here and leaves
// again, so unwinding ends.
func (e *Exec) begin(kind Kind) *G {
	if e.ending {
		runtime.Goexit()
	}
	g := e.cur
	g.Op.clear()
	g.Op.Kind = kind
	e.recordPosition(g)
	return g
}

// recordPosition notes where the program is, if positions are wanted. The first frame is the
// function that called begin: package observe reads from it which operation the program called.
func (e *Exec) recordPosition(g *G) {
	if e.limits.Positions {
		g.Op.npcs = runtime.Callers(3, g.Op.pcs[:])
	}
}

// on adds an object to the announcement.
func (g *G) on(o *Object, m Mode) {
	if g.Op.object == nil {
		g.Op.object = o
	}
	g.Op.Access = push(g.Op.Access, Access{o.id, m})
}

// point is where the running goroutine can be preempted. It returns when the goroutine has the turn
// and the operation is possible; the caller then performs it without interruption.
func (e *Exec) point(g *G) {
	g.state = ready
	if g.steps == 0 && e.limits.Twins {
		g.announce()
	}
	if l := e.limits.Livelock; e.taken-e.progress > l-l/watchedPart {
		g.locals.note(e)
	}
	if e.limits.Stacks {
		g.stack, _ = stackState(true)
	}
	g.bubble.release()
	e.resume(g)
}

// stopLate gives the execution up in a go statement of the running goroutine, if it is late. A
// program may start goroutines for seconds without an operation.
func (e *Exec) stopLate() {
	e.work++
	if e.timeHasCome() {
		e.point(e.begin(OpYield)) // the execution ends here, so point never returns
	}
}

// park returns when another goroutine has woken g.
//
// There is no guard: a parked goroutine is not asked in each step, however many wait in queues.
func (e *Exec) park(g *G) {
	g.state = parked
	e.outdated = true
	g.bubble.release()
	e.resume(g)
}

// changed says that the current step, of g, changed the state of an object.
//
// A change makes the version differ, which wakes spinners that have looked at the object.
func (e *Exec) changed(g *G, o *Object) {
	o.bump()
	e.advance(g)
	e.aftermath.note(g, o)
	g.spin.reset()
}

// A Touch is an object of Do and how Do uses it.
type Touch struct {
	Object *Object
	Mode   Mode
}

// Do performs f as one operation on some objects. Look-alikes use it where the real function has
// several operations inside that no program can tell apart, as context.WithCancel has. f must not
// block and must not perform another operation. If it returns false it only read. Call Do under
// control only.
//
// The accesses must name everything that f touches, or f calls TouchInStep. For an access that is missing, no
// exploration tries the other order.
func Do(kind Kind, f func() (changed bool), touches ...Touch) {
	e := active
	g := e.begin(kind)
	for _, t := range touches {
		e.number(t.Object)
		g.on(t.Object, t.Mode)
	}
	e.point(g)
	if !f() {
		e.Trace.weaken()
		return
	}
	for _, t := range touches {
		e.changed(g, t.Object)
	}
}

// Await performs f as one operation that waits until ready reports true. Ready is asked before each
// step, and only reads; only operations that touch the same objects may change its answer. f must
// neither block nor perform another operation. Call Await under control only.
func Await(kind Kind, ready func() bool, f func(), touches ...Touch) {
	e := active
	g := e.begin(kind)
	for _, t := range touches {
		e.number(t.Object)
		g.on(t.Object, t.Mode)
	}
	g.Op.guard = readiness(ready)
	e.point(g)
	f()
	for _, t := range touches {
		e.changed(g, t.Object)
	}
}

// readiness is the guard of Await.
type readiness func() bool

func (r readiness) open(*G) bool { return r() }

// TouchInStep says that the function of a timer or of Do changes an object that is not among those
// of its operation, and that the execution has used before.
func TouchInStep(o *Object) {
	active.Trace.touch(o, Write)
	o.bump()
	active.progress = active.taken
}

// AcquireEdge orders what was before the ReleaseEdges of an address before the rest of the caller. Package
// stream states its edges with it, as no real primitive does.
func AcquireEdge(p unsafe.Pointer) { raceAcquire(p) }

// ReleaseEdge orders what the caller did before the next AcquireEdge of an address.
func ReleaseEdge(p unsafe.Pointer) { raceReleaseMerge(p) }

// Yield is runtime.Gosched. Call it under control only.
//
// A yield touches no object. It only gives other goroutines a chance to run, and its idle rounds
// show a loop that waits by yielding.
func Yield() {
	e := active
	g := e.begin(OpYield)
	g.spin.yields.next(g)
	if g.spin.yields.idle(g) {
		g.spin.flag()
	}
	e.point(g)
}

// A call of the standard library on an object with a lock of its own, such as a http.ServeMux, is a
// step: the order of two such calls can matter, and the lock says that they may come from several
// goroutines. The code of the call is not rewritten, so the call is one piece. That is the truth if
// the method takes its lock once.

// An outside is the state of all objects of a type of the standard library. One object for all of
// them makes some steps dependent that are not, which costs schedules and hides none.
type outside struct {
	name  string
	state Object
}

var outsides []*outside

// outsideOf returns the state of a type.
func outsideOf(name string) *outside {
	for _, o := range outsides {
		if o.name == name {
			return o
		}
	}
	o := &outside{name: name}
	outsides = push(outsides, o)
	return o
}

// Outside returns f outside of control. Under control it returns a function that does what f does,
// in a step on the state of typ. Rewritten code has it in the place of a method f, so the step comes
// after f's arguments were evaluated, and only if f is called.
//
// The test for ending keeps deferred calls of an unwound goroutine from a step that would end
// them.
func Outside[F any](f F, typ, method string) F {
	if e := current(); e == nil || e.ending {
		return f
	}
	return stepBefore(reflect.ValueOf(f), typ, method).Interface().(F)
}

// stepBefore returns a function that takes the step and calls f.
//
// Reflection costs more than a step, but these calls are rare beside operations on locks.
func stepBefore(f reflect.Value, typ, method string) reflect.Value {
	return reflect.MakeFunc(f.Type(), func(args []reflect.Value) []reflect.Value {
		if e := current(); e != nil {
			e.useOutside(outsideOf(typ), method)
		}
		if f.Type().IsVariadic() {
			return f.CallSlice(args)
		}
		return f.Call(args)
	})
}

func (e *Exec) useOutside(o *outside, method string) {
	g := e.begin(OpOutside)
	g.Op.Note = o.name + "." + method
	e.number(&o.state)
	g.on(&o.state, Write)
	e.point(g)
	e.changed(g, &o.state)
}
