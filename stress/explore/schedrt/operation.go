package schedrt

import (
	"runtime"
	"unsafe"
)

// Kind names an operation, for reports and for strategies.
type Kind uint8

// The kinds of operations.
const (
	OpNone Kind = iota
	OpLock
	OpTryLock
	OpUnlock
	OpRLock
	OpTryRLock
	OpRUnlock
	OpAnnounce // of a writer at an RWMutex
	OpWait     // of a Cond
	OpSignal
	OpBroadcast
	OpAdd
	OpWaitGroup // WaitGroup.Wait
	OpLoad
	OpStore
	OpSwap // any atomic operation that always writes
	OpCAS
	OpSend
	OpReceive
	OpClose
	OpSelect
	OpLen
	OpYield
	OpSleep
	OpTimer
	OpNow
	OpFire // of the clock: the next timer fires
	OpCall
	OpReturn
	OpAwaitRest
	OpRestOver // of a goroutine whose AwaitRest returned false
	OpIsClosed
	OpCancel
	OpRegister
	OpStop
	OpMapLoad
	OpMapStore
	OpMapSwap
	OpMapLoadOrStore
	OpMapDelete
	OpMapCAS
	OpMapClear
	OpMapRange
	OpGet
	OpPut
	OpGetenv
	OpSetenv // of anything that changes the environment
	OpReadFile
	OpWriteFile  // anything that changes a file, or the offset of an open one
	OpBubble     // waits for the end of a bubble
	OpBubbleWait // waits until all others in the bubble wait
	OpOutside    // a call of the standard library, see Outside
	OpRead       // from a pipe or connection
	OpWrite      // to a pipe or connection
	OpCloseStream
	OpListen
	OpDial
	OpAccept
)

var kindNames = [...]string{
	"nothing", "Lock", "TryLock", "Unlock", "RLock", "TryRLock", "RUnlock", "Lock, as a writer",
	"Cond.Wait", "Cond.Signal", "Cond.Broadcast", "WaitGroup.Add", "WaitGroup.Wait",
	"atomic load", "atomic store", "atomic add or swap", "compare-and-swap",
	"send", "receive", "close", "select", "len", "Gosched", "Sleep", "timer", "time.Now", "clock",
	"call", "return", "settle", "go on", "ctx.Err", "cancel", "context callback",
	"stop of a callback", "Map.Load", "Map.Store", "Map.Swap", "Map.LoadOrStore", "Map.Delete",
	"Map.CompareAndSwap", "Map.Clear", "Map.Range", "Pool.Get", "Pool.Put",
	"use of the environment", "change of the environment", "use of a file", "change of a file",
	"synctest.Test", "synctest.Wait",
	"call of the standard library",
	"read", "write", "close of a pipe", "listen", "dial", "accept",
}

func (k Kind) String() string { return kindNames[k] }

// An Op is an operation that a goroutine is about to perform, or waits in.
//
// The pcs are an array and not a slice, so an announcement allocates nothing.
type Op struct {
	Kind   Kind
	Access []Access // the objects, as far as they are known before the step
	Note   string   // of MarkCall and MarkReturn, and of Outside the method
	guard  guard    // nil if the operation is always possible
	object *Object  // the object that a report names: the first one
	cond   *Cond    // that the goroutine sleeps on
	pcs    [12]uintptr
	npcs   int
}

// A guard tells whether an operation is possible now. It is asked before each step, so it only
// reads.
//
// A guard is asked in every pick while its goroutine waits. It must depend on objects of the
// announced accesses only, or a reduction would miss the step that opens it.
type guard interface {
	open(g *G) bool
}

// clear empties o and keeps the memory of its accesses: an announcement allocates nothing.
func (o *Op) clear() {
	o.Kind, o.Access, o.guard, o.object, o.cond = OpNone, o.Access[:0], nil, nil, nil
	o.Note, o.npcs = "", 0
}

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

// advance says that g made progress. A spinner's steps between two looks may be a part of its loop,
// such as taking a lock and giving it back, so they are none.
func (e *Exec) advance(g *G) {
	if !g.spin.yielding {
		e.progress = e.taken
	}
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
// The accesses must name everything that f touches, or f calls TouchInStep. What is missing is
// an order that no exploration tries.
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

// An Object is something that operations are on: a mutex, a channel, a word of memory. It gets its
// number when the first operation on it is announced, so two executions give the same numbers as
// long as they take the same steps. The zero value is an object without a number.
type Object struct {
	run     uint64 // the execution that numbered it
	id      int32  // from 1
	version uint32 // counts the changes of its state
	ticks   bool   // it is the channel of a timer
}

// changes counts the changes of all objects, in all executions. It only tells whether there were any in
// between, see spin.idle. It begins with 1, so that a spin which has compared nothing differs from it.
var changes uint64 = 1

// bump makes the version of o another one.
func (o *Object) bump() { o.version++; changes++ }

// number gives o a number in this execution if it has none, and reports whether it had none. Its
// model then drops the state that an earlier execution left.
//
// Comparing runs replaces a list of objects to reset: an execution costs what it uses and not
// what earlier ones used.
func (e *Exec) number(o *Object) (fresh bool) {
	if o.run == e.run {
		return false
	}
	e.objects++
	o.run, o.id, o.version, o.ticks = e.run, e.objects, 0, false
	return true
}

// A Mode says how an operation uses an object. Strategies read from it which operations commute.
//
// Finer modes mean fewer schedules. Each pair that is said to commute must commute in every
// state, or a schedule is lost.
type Mode uint8

// The modes. A lock has modes of its own, as some of its operations cannot change places: Acquire
// is only possible after Free, so trying them in the other order is of no use.
const (
	Read    Mode = iota
	Write        // anything that no other mode describes
	Add          // to a counter, whose sum is the same in any order
	Done         // an Add of a negative number
	Wait         // for a counter to be zero
	Acquire      // of a lock
	Free         // of a lock
	Share        // of a lock, by a reader
	Unshare      // of a lock, by a reader
	Claim        // of a lock, by a writer that may still have to wait for readers
	Enter        // of a lock, by that writer when the last reader has left
	Call         // the beginning of a call in a history; two beginnings commute
	Return       // the end of a call in a history; two ends commute, a begin and an end do not
	Alone        // no other goroutine could move
	modes
)

// Access is an object and how an operation uses it.
type Access struct {
	Object int32
	Mode   Mode
}

// conflicts and reversible are the tables behind Conflict and Reversible.
var conflicts, reversible = modeTables()

// modeTables computes both tables. Conflict is the default: a pair that is forgotten here costs
// schedules, and hides none. The tests of package strategy compare the classes that a reduction
// finds with brute force.
func modeTables() (conflict, reverse [modes][modes]bool) {
	for a := range modes {
		for b := range modes {
			conflict[a][b], reverse[a][b] = true, true
		}
	}
	for _, pair := range [...][2]Mode{ // these commute, in either order
		{Read, Read}, {Add, Add}, {Add, Done}, {Done, Done}, {Wait, Wait}, {Read, Wait},
		{Share, Share}, {Share, Unshare}, {Unshare, Unshare}, {Call, Call}, {Return, Return},
	} {
		conflict[pair[0]][pair[1]], conflict[pair[1]][pair[0]] = false, false
	}
	for _, pair := range [...][2]Mode{ // only the first makes the second possible
		{Done, Wait}, {Free, Acquire}, {Acquire, Free}, {Free, Share}, {Free, Claim},
	} {
		reverse[pair[0]][pair[1]] = false
	}
	for m := range modes {
		reverse[m][Alone], reverse[Alone][m] = false, false
		reverse[m][Enter], reverse[Enter][m] = false, false
	}
	return conflict, reverse
}

// Conflict reports whether the order of two operations with these modes on one object matters. It
// is symmetric.
func Conflict(a, b Mode) bool { return conflicts[a][b] }

// Reversible reports whether two conflicting operations, which were performed in this order, could
// have been performed in the other one.
func Reversible(first, second Mode) bool { return reversible[first][second] }
