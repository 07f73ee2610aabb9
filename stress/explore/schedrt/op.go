package schedrt

import "runtime"

// Kind names an operation in a report.
type Kind uint8

// The operations.
const (
	OpNone Kind = iota
	OpLock
	OpTryLock
	OpUnlock
	OpRLock
	OpTryRLock
	OpRUnlock
	OpAnnounce
	OpWait
	OpSignal
	OpBroadcast
	OpAdd
	OpWaitGroup
	OpLoad
	OpStore
	OpSwap
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
	OpFire
	OpCall
	OpReturn
	OpAwaitRest
	OpRestOver
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
)

var kindNames = [...]string{
	"nothing", "Lock", "TryLock", "Unlock", "RLock", "TryRLock", "RUnlock", "Lock, as a writer",
	"Cond.Wait", "Cond.Signal", "Cond.Broadcast", "WaitGroup.Add", "WaitGroup.Wait",
	"atomic load", "atomic store", "atomic add or swap", "compare-and-swap",
	"send", "receive", "close", "select", "len", "Gosched", "Sleep", "timer", "time.Now", "clock",
	"call", "return", "settle", "go on", "ctx.Err", "cancel", "context callback", "stop of a callback",
	"Map.Load", "Map.Store", "Map.Swap", "Map.LoadOrStore", "Map.Delete", "Map.CompareAndSwap", "Map.Clear", "Map.Range",
	"Pool.Get", "Pool.Put",
}

func (k Kind) String() string { return kindNames[k] }

// An Op is an operation on objects.
type Op struct {
	Kind   Kind
	Access []Access
	Note   string  // of Call and Return
	guard  guard   // nil if it is always possible
	object *Object // the one a report names
	cond   *Cond   // that it sleeps on
	pcs    [12]uintptr
	npcs   int
}

// A guard knows whether an operation is possible.
type guard interface {
	open(g *G) bool
}

func (o *Op) clear() {
	o.Kind, o.Access, o.guard, o.object, o.cond = OpNone, o.Access[:0], nil, nil, nil
	o.Note, o.npcs = "", 0
}

// begin starts the announcement of an operation of the running goroutine.
func (e *Exec) begin(kind Kind) *G {
	if e.ending {
		runtime.Goexit()
	}
	g := e.cur
	g.Op.clear()
	g.Op.Kind = kind
	e.here(g)
	return g
}

// here notes where the program is, if positions are wanted.
func (e *Exec) here(g *G) {
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

// point is where the running goroutine may be preempted; it returns when the operation is to be
// performed.
func (e *Exec) point(g *G) {
	g.state = ready
	e.resume(g)
}

// changed says that a step of g changed the state of an object.
func (e *Exec) changed(g *G, o *Object) {
	o.version++
	e.advance(g)
	g.spin.reset()
}

// advance says that g made progress, unless that may be a part of its spinning.
func (e *Exec) advance(g *G) {
	if !g.spin.yielding {
		e.progress = len(e.Trace.Steps)
	}
}
