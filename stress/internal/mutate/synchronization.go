package mutate

import (
	"fmt"
	"go/ast"
	"go/types"
	"strings"
)

// The operators of this file change the synchronization of a package and nothing else, so that
// users can measure their tests of concurrent code. Some are narrower forms of the operators for
// detectors: a loop counts only if it waits, a deferred call only if it synchronizes.
//
// They are apart from walk, because the names of its mutants are keys of recorded results.

// SynchronizationOperators returns the names of the operators of Synchronization, each with what it
// changes.
func SynchronizationOperators() map[string]string {
	all := map[string]string{
		"once":     "the function of a Once called each time",
		"group":    "all Add and Done calls of a WaitGroup left out, or its Go made a go statement",
		"capacity": "an unbuffered channel given a buffer, or a buffer left out",
		"twice":    "a channel closed twice",
		"cancel":   "a call of a cancel function left out",
		"wake":     "Signal in the place of Broadcast, or Broadcast in the place of Signal",
		"rlock":    "the write locks of a function made read locks",
		"drop":     "an operation on a lock, channel, Cond or WaitGroup left out",
	}
	every := Operators()
	for _, name := range []string{"lock-scope", "lock", "wait-loop", "plain", "torn", "select", "defer", "go"} {
		all[name] = every[name]
	}
	all["wait-loop"] = "the loop around a wait or a compare-and-swap run once"
	all["select"] = "a case of a select left out"
	return all
}

// walkSynchronization applies the operators of SynchronizationOperators. The first operator that
// makes a text names it, see compiler.mutants, so silence comes last.
func (w *walker) walkSynchronization() {
	lists := statementLists(w.file)
	w.sectionEnds(lists)
	w.locks()
	w.retries()
	w.wakes()
	w.atomics()
	each(w.file, w.tornFunction)
	each(w.file, w.tornMap)
	each(w.file, func(s *ast.SelectStmt) { w.dropEach(s.Body.List) })
	w.syncDefers()
	w.starts()
	w.groups()
	w.channels()
	w.closes()
	w.silence(lists)
}

// sectionEnds shortens the time for which a lock is held, as lockScopes does. A Lock moves over deferred
// calls as well: behind the defer of its own Unlock it does what it did before.
func (w *walker) sectionEnds(lists [][]ast.Stmt) {
	skip := func(list []ast.Stmt, i, step int) int {
		for i >= 0 && i < len(list) {
			if _, isDefer := list[i].(*ast.DeferStmt); !isDefer && !w.isLocal(list[i]) {
				break
			}
			i += step
		}
		return i
	}
	for _, list := range lists {
		for i, s := range list {
			recv, name, _ := w.method(s)
			if isLocker(recv, name, unlocks) {
				if j := skip(list, i-1, -1); j >= 0 && !isJump(list[j]) {
					w.emit("lock-scope", s, w.cut(s), edit{w.offset(list[j].Pos()), w.offset(list[j].Pos()), w.source(s) + "; "})
				}
			}
			if isLocker(recv, name, locks) {
				if j := skip(list, i+1, +1); j < len(list) && !isJump(list[j]) {
					w.emit("lock-scope", s, w.cut(s), edit{w.offset(list[j].End()), w.offset(list[j].End()), "; " + w.source(s)})
				}
			}
		}
	}
}

// waiters are the receivers whose calls order goroutines, by the methods that do. The semaphore and
// the group of x/sync are here, because they are to their users what Mutex and WaitGroup are. The
// Lock of a mutex is not: without its Unlock the program ends at once, and every test notices.
var waiters = map[string]string{
	"sync.Mutex":                           " Unlock ",
	"sync.RWMutex":                         " Unlock RUnlock ",
	"sync.Locker":                          " Unlock ",
	"sync.Cond":                            " Signal Broadcast Wait ",
	"sync.WaitGroup":                       " Add Done Wait ",
	"golang.org/x/sync/semaphore.Weighted": " Acquire Release ",
	"golang.org/x/sync/errgroup.Group":     " Wait ",
	"golang.org/x/sync/singleflight.Group": " Forget ",
}

// orders returns the operator for a call that orders goroutines, or "" for another call.
func (w *walker) orders(call *ast.CallExpr) string {
	recv, name, _ := w.method(call)
	switch {
	case strings.Contains(waiters[recv], " "+name+" "):
		return "drop"
	case w.isBuiltin(call, "close"):
		return "drop"
	case w.isCancel(call):
		return "cancel"
	}
	return ""
}

func (w *walker) isBuiltin(call *ast.CallExpr, name string) bool {
	id, ok := ast.Unparen(call.Fun).(*ast.Ident)
	if !ok {
		return false
	}
	b, ok := w.info.Uses[id].(*types.Builtin)
	return ok && b.Name() == name
}

// isCancel reports whether a call is of a cancel function. The type decides, not the name: a cancel
// function may be kept in a field of any name.
func (w *walker) isCancel(call *ast.CallExpr) bool {
	switch types.Unalias(w.typeOf(call.Fun)).String() {
	case "context.CancelFunc", "context.CancelCauseFunc":
		return true
	}
	return false
}

// holds reports whether a node has a call or operation that the function is accepts. It does not look
// into the functions inside, nor into loops unless loops is set: these are places of their own.
func holds(root ast.Node, loops bool, is func(ast.Node) bool) bool {
	found := false
	ast.Inspect(root, func(n ast.Node) bool {
		switch n.(type) {
		case *ast.ForStmt, *ast.RangeStmt:
			if n != root && !loops {
				return false
			}
		case *ast.FuncLit:
			if n != root {
				return false
			}
		}
		found = found || n != nil && is(n)
		return !found
	})
	return found
}

// retries makes each loop that waits for a condition, or tries a compare-and-swap again, run once.
// Loops over work or over elements are left alone: their rounds are no synchronization.
func (w *walker) retries() {
	waits := func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok {
			return false
		}
		recv, name, _ := w.method(call)
		return recv == "sync.Cond" && name == "Wait" ||
			strings.HasPrefix(recv, "sync/atomic.") && name == "CompareAndSwap" ||
			strings.HasPrefix(w.atomicFunction(call), "CompareAndSwap")
	}
	each(w.file, func(f *ast.ForStmt) {
		switch {
		case !holds(f, false, waits):
		case f.Cond != nil && f.Init == nil && f.Post == nil:
			w.emit("wait-loop", f, edit{w.offset(f.For), w.offset(f.For) + len("for"), "if"})
		default:
			end := w.offset(f.Body.Rbrace)
			w.emit("wait-loop", f, edit{end, end, "; break; "})
		}
	})
}

// wakes exchanges Signal and Broadcast, and makes write locks read locks. It is the part of siblings
// that concerns goroutines, with the type in the place of the name.
func (w *walker) wakes() {
	each(w.file, func(call *ast.CallExpr) {
		recv, name, _ := w.method(call)
		if recv == "sync.Cond" && name != "Wait" {
			w.emit("wake", call, w.replace(call.Fun.(*ast.SelectorExpr).Sel, siblings[name]))
		}
	})
	each(w.file, func(f *ast.FuncDecl) {
		from := len(w.changes)
		w.readLock(f)
		for i := range w.changes[from:] {
			w.changes[from+i].operator = "rlock"
		}
	})
}

// atomicFunction returns the name of the function of package sync/atomic that is called, or "".
func (w *walker) atomicFunction(call *ast.CallExpr) string {
	sel, ok := call.Fun.(*ast.SelectorExpr)
	if !ok {
		return ""
	}
	f, ok := w.info.Uses[sel.Sel].(*types.Func)
	if !ok || f.Pkg() == nil || f.Pkg().Path() != "sync/atomic" || f.Signature().Recv() != nil {
		return ""
	}
	return f.Name()
}

// tornFunction splits a call of a function of package sync/atomic, as torn does for the methods, and
// makes it plain. Arguments are evaluated once and before the variable is read, as parameters of a
// function literal, so nothing but the atomicity is lost.
func (w *walker) tornFunction(call *ast.CallExpr) {
	name := w.atomicFunction(call)
	if name == "" || len(call.Args) == 0 {
		return
	}
	p, ok := w.typeOf(call.Args[0]).Underlying().(*types.Pointer)
	if !ok {
		return
	}
	of := types.TypeString(p.Elem(), w.qualifier())
	pkg := w.source(call.Fun.(*ast.SelectorExpr).X)
	args := w.text[w.offset(call.Lparen)+1 : w.offset(call.Rparen)]
	emit := func(operator, kind, parameters, result, body string) {
		suffix := strings.TrimPrefix(name, kind)
		body = strings.NewReplacer("LOAD", pkg+".Load"+suffix, "STORE", pkg+".Store"+suffix).Replace(body)
		w.emit(operator, call, w.replace(call, fmt.Sprintf("func(p *%s%s)%s { %s }(%s)",
			of, strings.ReplaceAll(parameters, "T", of), strings.ReplaceAll(result, "T", of), body, args)))
	}
	switch {
	case strings.HasPrefix(name, "CompareAndSwap"):
		emit("torn", "CompareAndSwap", ", old, v T", " bool", "if LOAD(p) != old { return false }; STORE(p, v); return true")
	case strings.HasPrefix(name, "Swap"):
		emit("torn", "Swap", ", v T", " T", "old := LOAD(p); STORE(p, v); return old")
	case strings.HasPrefix(name, "Add"):
		emit("torn", "Add", ", d T", " T", "v := LOAD(p) + d; STORE(p, v); return v")
		emit("plain", "Add", ", d T", " T", "*p += d; return *p")
	case strings.HasPrefix(name, "Load"):
		emit("plain", "Load", "", " T", "return *p")
	case strings.HasPrefix(name, "Store"):
		emit("plain", "Store", ", v T", "", "*p = v")
	}
}

// tornMap splits an operation of a sync.Map that tests and acts in one: the commonest misuse of the
// type is to write the two halves oneself.
func (w *walker) tornMap(x *ast.CallExpr) {
	recv, name, call := w.method(x)
	if recv != "sync.Map" {
		return
	}
	on := w.source(call.Fun.(*ast.SelectorExpr).X)
	args := w.text[w.offset(call.Lparen)+1 : w.offset(call.Rparen)]
	body := map[string]string{
		"LoadOrStore":    "func(k, v any) (any, bool) { if old, ok := M.Load(k); ok { return old, true }; M.Store(k, v); return v, false }",
		"LoadAndDelete":  "func(k any) (any, bool) { v, ok := M.Load(k); M.Delete(k); return v, ok }",
		"Swap":           "func(k, v any) (any, bool) { old, ok := M.Load(k); M.Store(k, v); return old, ok }",
		"CompareAndSwap": "func(k, old, v any) bool { if now, ok := M.Load(k); !ok || now != old { return false }; M.Store(k, v); return true }",
	}[name]
	if body != "" {
		w.emit("torn", x, w.replace(x, strings.ReplaceAll(body, "M.", on+".")+"("+args+")"))
	}
}

// qualifier writes a type as the file does. "mutated" is the path under which compiler.check checks
// the package itself.
func (w *walker) qualifier() types.Qualifier {
	return func(p *types.Package) string {
		if p.Path() == "mutated" {
			return ""
		}
		return p.Name()
	}
}

// syncDefers leaves out each deferred call that orders goroutines, or makes it at once. A deferred
// function literal counts if it has such a call or a channel operation in it.
func (w *walker) syncDefers() {
	orders := func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.CallExpr:
			return w.orders(n) != ""
		case *ast.SendStmt:
			return true
		}
		return isReceive(n)
	}
	each(w.file, func(s *ast.DeferStmt) {
		literal, isLiteral := s.Call.Fun.(*ast.FuncLit)
		if !isLiteral && !orders(s.Call) || isLiteral && !holds(literal, true, orders) {
			return
		}
		w.emit("defer", s, w.cut(s))
		w.emit("defer", s, w.replace(s, w.source(s.Call)))
	})
}

func isReceive(n ast.Node) bool {
	u, ok := n.(*ast.UnaryExpr)
	return ok && u.Op.String() == "<-"
}

// starts makes a go statement a plain call, and calls the function of a Once each time.
func (w *walker) starts() {
	each(w.file, func(s *ast.GoStmt) { w.emit("go", s, w.replace(s, w.source(s.Call))) })
	each(w.file, func(x *ast.CallExpr) {
		if recv, name, call := w.method(x); recv == "sync.Once" && name == "Do" {
			w.emit("once", x, w.replace(x, "("+w.source(call.Args[0])+")()"))
		}
	})
}

// groups leaves out all Add and Done calls of a WaitGroup in the file, so that its Wait waits for
// nothing. Left out alone, an Add panics and a Done hangs; together they stand for the goroutine that
// its author forgot to wait for. The calls belong together by the variable or field and not by their
// text, since Add and Done often stand in two functions.
func (w *walker) groups() {
	var order []types.Object
	edits, first := map[types.Object][]edit{}, map[types.Object]ast.Node{}
	each(w.file, func(x *ast.CallExpr) {
		recv, name, call := w.method(x)
		if recv != "sync.WaitGroup" || name == "Wait" {
			return
		}
		sel := call.Fun.(*ast.SelectorExpr)
		if name == "Go" {
			// An argument that is a name or a literal is a call with two brackets behind it.
			w.emit("group", x, w.replace(x, "go ("+w.source(call.Args[0])+")()"))
			return
		}
		var object types.Object
		switch on := ast.Unparen(sel.X).(type) {
		case *ast.Ident:
			object = w.info.Uses[on]
		case *ast.SelectorExpr:
			object = w.info.Uses[on.Sel]
		}
		if object == nil {
			return
		}
		if first[object] == nil {
			first[object], order = x, append(order, object)
		}
		// A function that does nothing takes the place of the call: the statement may be a defer.
		edits[object] = append(edits[object], w.replace(x, "func() {}()"))
	})
	for _, object := range order {
		if len(edits[object]) > 1 {
			w.emit("group", first[object], edits[object]...)
		}
	}
}

// channels gives an unbuffered channel a buffer of one, and takes the buffer of another. A send into
// a buffer no longer waits for its receiver. A send without one waits for a receiver that may never
// come.
func (w *walker) channels() {
	each(w.file, func(x *ast.CallExpr) {
		if !w.isBuiltin(x, "make") {
			return
		}
		if _, ok := w.typeOf(x).Underlying().(*types.Chan); !ok {
			return
		}
		switch {
		case len(x.Args) == 1:
			w.emit("capacity", x, w.replace(x, "make("+w.source(x.Args[0])+", 1)"))
		case w.info.Types[x.Args[1]].Value == nil || w.info.Types[x.Args[1]].Value.String() != "0":
			w.emit("capacity", x, w.replace(x, "make("+w.source(x.Args[0])+")"))
		}
	})
}

// closes closes a channel once more. Where the close is the function of a Once, starts makes the
// mutant in which two calls close it.
func (w *walker) closes() {
	twice := func(s ast.Stmt, call *ast.CallExpr) {
		if w.isBuiltin(call, "close") {
			w.emit("twice", s, edit{w.offset(s.End()), w.offset(s.End()), "; " + w.source(s)})
		}
	}
	each(w.file, func(s *ast.ExprStmt) {
		if call, ok := s.X.(*ast.CallExpr); ok {
			twice(s, call)
		}
	})
	each(w.file, func(s *ast.DeferStmt) { twice(s, s.Call) })
}

// silence leaves out each statement that is nothing but an operation between goroutines: a wake-up,
// an Unlock on one path, a close, a send, a receive that only waits.
func (w *walker) silence(lists [][]ast.Stmt) {
	for _, list := range lists {
		for _, s := range list {
			switch s := s.(type) {
			case *ast.SendStmt:
				w.emit("drop", s, w.cut(s))
			case *ast.ExprStmt:
				call, ok := s.X.(*ast.CallExpr)
				switch {
				case ok && w.orders(call) != "":
					w.emit(w.orders(call), s, w.cut(s))
				case isReceive(s.X):
					w.emit("drop", s, w.cut(s))
				}
			}
		}
	}
}
