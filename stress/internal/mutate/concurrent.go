package mutate

import (
	"fmt"
	"go/ast"
	"go/types"
	"slices"
	"strings"
)

// The operators of this file break what only concurrent code has.

// The operators here stand for bugs that people write and tests miss: a critical section that ends
// one statement early, a signal to one waiter that is not the right one, a check and an act in two
// steps. Most of these mutants return the right results as long as no two calls overlap. They tell
// a detector that plays schedules from a detector that only calls the methods in turn.
var (
	locks   = []string{"Lock", "RLock"}
	unlocks = []string{"Unlock", "RUnlock"}
)

// isLocker reports whether a method is one of the given methods of a mutex. The type comes from the
// checker and not from the name of the method, so a type with a Lock method of its own is no mutex.
// A mutex that is embedded counts: its methods keep the receiver that declares them.
func isLocker(recv, name string, names []string) bool {
	return (recv == "sync.Mutex" || recv == "sync.RWMutex" || recv == "sync.Locker") &&
		slices.Contains(names, name)
}

// lockScopes shortens the time for which a lock is held, at either end. Statements that touch only
// local variables are the same inside and outside, so the lock moves over them and one more.
//
// It stands for the update that is published too late, and for the check that is made too early:
// state is tested or changed next to the lock and not under it. The call moves inside one list of
// statements, so the names in it mean the same, and the mutant compiles.
//
// A neighbour that jumps is left out: a Lock behind a return never runs, and drop makes that
// mutant.
func (w *walker) lockScopes(lists [][]ast.Stmt) {
	for _, list := range lists {
		for i, s := range list {
			recv, name, _ := w.method(s)
			if isLocker(recv, name, unlocks) {
				if j := w.skipLocal(list, i-1, -1); j >= 0 && !isJump(list[j]) {
					w.emit("lock-scope", s, w.cut(s), w.before(list[j], w.source(s)))
				}
			}
			if isLocker(recv, name, locks) {
				if j := w.skipLocal(list, i+1, +1); j < len(list) && !isJump(list[j]) {
					w.emit("lock-scope", s, w.cut(s), w.after(list[j], w.source(s)))
				}
			}
		}
	}
}

// skipLocal returns the first index from i, in steps, of a statement that touches more than local
// variables. A variable that a closure shares with another goroutine counts as local, too. The call
// then moves by more than one step at once, which is a larger bug and still a mutant.
func (w *walker) skipLocal(list []ast.Stmt, i, step int) int {
	for i >= 0 && i < len(list) && w.isLocal(list[i]) {
		i += step
	}
	return i
}

// locks leaves out all Lock and Unlock calls on one mutex in one function. To leave out one of them
// alone is a change of drop, and hangs or panics at the first contact.
//
// It stands for a method whose author forgot the lock, or held it to be needless for a read. The
// calls go in pairs, deferred ones included, and by the text of the mutex's expression, so another
// mutex of the same function stays locked. A function that only locks, for its caller to unlock,
// loses half of a pair: that mutant hangs or panics, and every detector refutes it.
func (w *walker) locks() {
	each(w.file, func(f *ast.FuncDecl) {
		if f.Body == nil {
			return
		}
		// The changes come in the order of the text, not in the order of a map: a mutant gets its
		// number among equal ones by this order, and recorded results are found by it.
		var order []string
		edits := map[string][]edit{}
		ast.Inspect(f.Body, func(n ast.Node) bool {
			target := n
			if d, ok := n.(*ast.DeferStmt); ok {
				n = d.Call
			} else if _, ok := n.(*ast.ExprStmt); !ok {
				return true
			}
			recv, name, call := w.method(n)
			if call == nil || !isLocker(recv, name, locks) && !isLocker(recv, name, unlocks) {
				return true
			}
			mutex := w.source(call.Fun.(*ast.SelectorExpr).X)
			if edits[mutex] == nil {
				order = append(order, mutex)
			}
			edits[mutex] = append(edits[mutex], w.cut(target))
			return false
		})
		for _, mutex := range order {
			w.emit("lock", f, edits[mutex]...)
		}
	})
}

// waitLoops makes a loop that looks again after a wait look once.
//
// It stands for the wait without a loop. A wake-up says that the condition was true, and not that
// it still is: another goroutine may have run first. sync.Cond demands the loop for this reason,
// and a retry around a compare-and-swap needs it as well.
//
// A condition alone makes the for an if. With an Init or a Post statement that would not parse, and
// without a condition nothing would be tested, so these loops get a break at their end. A body that
// breaks or continues does not compile as an if, and the mutant is left out.
func (w *walker) waitLoops() {
	each(w.file, func(f *ast.ForStmt) {
		if f.Cond != nil && f.Init == nil && f.Post == nil {
			w.emit("wait-loop", f, edit{w.offset(f.For), w.offset(f.For) + len("for"), "if"})
			return
		}
		end := w.offset(f.Body.Rbrace)
		w.emit("wait-loop", f, edit{end, end, "break\n"})
	})
	each(w.file, func(f *ast.RangeStmt) {
		end := w.offset(f.Body.Rbrace)
		w.emit("wait-loop", f, edit{end, end, "break\n"})
	})
}

// siblings are methods and functions that take and return the same, so one compiles in the place of
// the other.
//
// The pairs are easy to confuse and differ under contention only. Signal for Broadcast loses a
// wake-up as soon as the woken waiter cannot use it; Front for Back serves the wrong end of the
// line, which the results show only to a test of the order.
var siblings = map[string]string{
	"Signal": "Broadcast", "Broadcast": "Signal",
	"PushBack": "PushFront", "PushFront": "PushBack", "Front": "Back", "Back": "Front",
	"MoveToBack": "MoveToFront", "MoveToFront": "MoveToBack", "Next": "Prev", "Prev": "Next",
	"Lock": "RLock", "Unlock": "RUnlock",
	"WithoutCancel": "WithCancel", "Or": "And", "And": "Or",
}

// siblings puts the other method of a pair in the place of one. The name alone decides, not the
// type: a pair that this type lacks does not compile, and is left out.
func (w *walker) siblings() {
	each(w.file, func(sel *ast.SelectorExpr) {
		other, ok := siblings[sel.Sel.Name]
		f, isFunc := w.info.Uses[sel.Sel].(*types.Func)
		if !ok || !isFunc || f.Pkg() == nil || strings.HasSuffix(sel.Sel.Name, "ock") {
			return // an RLock without its RUnlock only panics; the pair is changed below
		}
		w.emit("sibling", sel, w.replace(sel.Sel, other))
	})
	each(w.file, func(f *ast.FuncDecl) { w.readLock(f) })
	each(w.file, func(x *ast.CallExpr) {
		id, ok := x.Fun.(*ast.Ident)
		if !ok {
			return
		}
		if _, builtin := w.info.Uses[id].(*types.Builtin); !builtin {
			return
		}
		if other := map[string]string{"min": "max", "max": "min"}[id.Name]; other != "" {
			w.emit("sibling", x, w.replace(id, other))
		}
	})
}

// readLock makes the write lock of an RWMutex in a function a read lock. It stands for an
// optimization that went too far. Readers exclude no readers, so two calls may change the state at
// once; the race detector sees it, and a test sees the lost update. All write locks of the function
// change together, because an Unlock of a read lock ends the program at once.
func (w *walker) readLock(f *ast.FuncDecl) {
	var edits []edit
	each(f, func(x *ast.CallExpr) {
		recv, name, call := w.method(x)
		if recv == "sync.RWMutex" && (name == "Lock" || name == "Unlock") {
			edits = append(edits, w.replace(call.Fun.(*ast.SelectorExpr).Sel, siblings[name]))
		}
	})
	if len(edits) > 0 {
		w.emit("sibling", f, edits...)
	}
}

// plainTypes has a stand-in for each atomic type, with the same methods and without atomicity.
//
// A mutant names the stand-in in the place of the atomic type and needs no other change, because
// the methods have the same signatures. A type with a method that the stand-in lacks, as And and
// Or, does not compile and gives no mutant. The stand-in is declared at the end of the changed
// file. A mutant has one change, so it is declared once.
const plainScalar = `
type mutated%[1]s struct{ v %[2]s }

func (x *mutated%[1]s) Load() %[2]s         { return x.v }
func (x *mutated%[1]s) Store(v %[2]s)       { x.v = v }
func (x *mutated%[1]s) Swap(v %[2]s) %[2]s { old := x.v; x.v = v; return old }
func (x *mutated%[1]s) CompareAndSwap(old, v %[2]s) bool {
	if x.v != old {
		return false
	}
	x.v = v
	return true
}
`

const plainAdd = `
func (x *mutated%[1]s) Add(d %[2]s) %[2]s { x.v += d; return x.v }
`

const plainPointer = `
type mutatedPointer[T any] struct{ v *T }

func (x *mutatedPointer[T]) Load() *T      { return x.v }
func (x *mutatedPointer[T]) Store(v *T)    { x.v = v }
func (x *mutatedPointer[T]) Swap(v *T) *T { old := x.v; x.v = v; return old }
func (x *mutatedPointer[T]) CompareAndSwap(old, v *T) bool {
	if x.v != old {
		return false
	}
	x.v = v
	return true
}
`

// scalars are the atomic types with a value of a basic type.
var scalars = map[string]string{
	"Bool": "bool", "Int32": "int32", "Int64": "int64",
	"Uint32": "uint32", "Uint64": "uint64", "Uintptr": "uintptr",
}

// atomics makes atomic variables plain, and single atomic operations double.
//
// A plain variable stands for a counter that was thought to be protected. It loses the memory order
// together with the atomicity, so the race detector refutes it in any schedule in which nothing
// else orders two accesses. The explorer without it has to find the interleaving in which an update
// is lost.
func (w *walker) atomics() {
	each(w.file, func(sel *ast.SelectorExpr) {
		named, ok := w.info.Uses[sel.Sel].(*types.TypeName)
		if !ok || named.Pkg() == nil || named.Pkg().Path() != "sync/atomic" {
			return
		}
		name := named.Name()
		basic, scalar := scalars[name]
		var stand string
		switch {
		case name == "Pointer":
			stand = plainPointer
		case name == "Bool":
			stand = fmt.Sprintf(plainScalar, name, basic)
		case scalar:
			stand = fmt.Sprintf(plainScalar+plainAdd, name, basic)
		default:
			return
		}
		w.emit("plain", sel, w.replace(sel, "mutated"+name), w.append(stand))
	})
	each(w.file, w.torn)
}

// torn splits an atomic operation. Its value is evaluated before the variable is read again, so
// that nothing but the atomicity is lost.
//
// It stands for the load, test and store that should have been one operation. Unlike a plain
// variable, a torn one has no data race: each half is atomic. The race detector is blind for it,
// and only an interleaving between the halves shows the bug.
//
// A function literal that is called at once takes the place of the call, because the call may stand
// anywhere in an expression. Its result has the type of the operation, with the package name that
// the file imports; "mutated" is the path under which compiler.check checks the package itself.
func (w *walker) torn(x *ast.CallExpr) {
	recv, name, call := w.method(x)
	if call == nil || !strings.HasPrefix(recv, "sync/atomic.") {
		return
	}
	on := w.source(call.Fun.(*ast.SelectorExpr).X)
	var args []string
	for _, a := range call.Args {
		args = append(args, w.source(a))
	}
	result := types.TypeString(w.typeOf(call), func(p *types.Package) string {
		if p.Path() == "mutated" {
			return ""
		}
		return p.Name()
	})
	switch {
	case name == "CompareAndSwap":
		// The first stores whatever the variable holds. The second compares first, and is right as
		// long as no other goroutine comes between.
		w.emit("torn", x, w.replace(x, fmt.Sprintf("func() bool { %s.Store(%s); return true }()", on, args[1])))
		w.emit("torn", x, w.replace(x, fmt.Sprintf(
			"func() bool { if %[1]s.Load() != %[2]s { return false }; %[1]s.Store(%[3]s); return true }()",
			on, args[0], args[1])))
	case name == "Add":
		w.emit("torn", x, w.replace(x, fmt.Sprintf(
			"func() %[1]s { v := %[2]s.Load() + (%[3]s); %[2]s.Store(v); return v }()", result, on, args[0])))
	case name == "Swap":
		w.emit("torn", x, w.replace(x, fmt.Sprintf(
			"func() %[1]s { v := %[2]s.Load(); %[2]s.Store(%[3]s); return v }()", result, on, args[0])))
	}
}

// cases leaves out each case of a select or switch.
//
// In a select it stands for the event that its author forgot: a wait that ignores the cancellation,
// or a poll that lost its default and blocks. A case whose removal leaves a function without a
// return does not compile.
func (w *walker) cases() {
	each(w.file, func(s *ast.SelectStmt) { w.dropEach(s.Body.List) })
	each(w.file, func(s *ast.SwitchStmt) { w.dropEach(s.Body.List) })
	each(w.file, func(s *ast.TypeSwitchStmt) { w.dropEach(s.Body.List) })
}

func (w *walker) dropEach(list []ast.Stmt) {
	for _, s := range list {
		w.emit("select", s, w.cut(s))
	}
}

// defers leaves out deferred calls, or makes them at once: the lock that a panic leaves held, or
// that is released before the work. A go statement becomes a call, so the caller waits for work
// that was meant to go on beside it.
func (w *walker) defers() {
	each(w.file, func(s *ast.DeferStmt) {
		w.emit("defer", s, w.cut(s))
		w.emit("defer", s, w.replace(s, w.source(s.Call)))
	})
	each(w.file, func(s *ast.GoStmt) {
		w.emit("go", s, w.replace(s, w.source(s.Call)))
	})
}
