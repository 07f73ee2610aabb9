package vet

import (
	"go/ast"
	"go/token"
	"go/types"
	"slices"
)

// checkErrors reports each Acquire whose error is thrown away.
//
// With a context that is never done, Acquire returns no error, and ignoring the result is correct.
// So the check needs a context that some other code may cancel. A type of the user's own may have
// an Acquire that never fails, so an explicit “_ =” is accepted there; it is reported for the
// published semaphores alone. TryAcquire has no error, and a result of it that is thrown away is
// not judged.
func (p *checker) checkErrors(f *function) {
	for _, c := range f.calls {
		if c.op != acquire || !thrownAway(c) || endsGoroutine(c) || p.never(f, c.ctx) || p.asksLater(c) {
			continue
		}
		p.Reportf(c.expr.Pos(), "the error of Acquire is ignored: if the context is done, the code goes on without the permits")
	}
}

// thrownAway reports whether no code can see the error of c. A deferred Acquire has no place for
// its result at all.
func thrownAway(c *call) bool {
	switch n := c.up(1).(type) {
	case *ast.ExprStmt, *ast.DeferStmt:
		return true
	case *ast.AssignStmt:
		i := slices.Index(n.Rhs, ast.Expr(c.expr))
		return i >= 0 && len(n.Lhs) == len(n.Rhs) && isBlank(n.Lhs[i]) &&
			slices.Contains(published, c.method.Pkg().Path())
	}
	return false
}

// endsGoroutine reports whether c is the last statement of a goroutine. No code goes on after it.
// Tests of semaphores start waiters in this way.
func endsGoroutine(c *call) bool {
	lit, ok := c.body().(*ast.FuncLit)
	if !ok || len(lit.Body.List) == 0 || lit.Body.List[len(lit.Body.List)-1] != c.up(1) {
		return false
	}
	for i, n := range c.in {
		if n == ast.Node(lit) && i >= 2 {
			started, ok := c.in[i-2].(*ast.GoStmt)
			return ok && started.Call.Fun == ast.Expr(lit)
		}
	}
	return false
}

// isBlank reports whether e is the blank variable. Go gives it no object, so only the name tells.
func isBlank(e ast.Expr) bool {
	id := identOf(e)
	return id != nil && id.Name == "_"
}

// never reports whether ctx is certainly never done: context.Background, context.TODO, a result of
// context.WithoutCancel, or values added to one of these. An argument, a field and a call of
// another function may all be cancellable, so they count as such.
func (p *checker) never(f *function, ctx ast.Expr) bool {
	ctx = ast.Unparen(ctx)
	if v, ok := p.TypesInfo.ObjectOf(identOf(ctx)).(*types.Var); ok {
		value := f.onlyValue(v)
		return value != nil && p.never(f, value)
	}
	e, ok := ctx.(*ast.CallExpr)
	if !ok {
		return false
	}
	switch fn := p.function(e); {
	case fn == nil || fn.Pkg() == nil || fn.Pkg().Path() != "context":
		return false
	// A context with a value is done when its parent is, and never by itself.
	case fn.Name() == "WithValue":
		return p.never(f, e.Args[0])
	default:
		return fn.Name() == "Background" || fn.Name() == "TODO" || fn.Name() == "WithoutCancel"
	}
}

// function returns the declared function that e calls, or nil.
func (p *checker) function(e *ast.CallExpr) *types.Func {
	switch fun := ast.Unparen(e.Fun).(type) {
	case *ast.Ident:
		fn, _ := p.TypesInfo.Uses[fun].(*types.Func)
		return fn
	case *ast.SelectorExpr:
		fn, _ := p.TypesInfo.Uses[fun.Sel].(*types.Func)
		return fn
	}
	return nil
}

// asksLater reports whether the same body looks at the context after the call, by ctx.Err or
// ctx.Done. A context that is not done then was not done in Acquire either, so the permits were
// taken. The author may count on this. The text of the expression is compared, which is enough
// within one body: a shadowed ctx can only make the check miss a mistake.
func (p *checker) asksLater(c *call) (yes bool) {
	ctx := types.ExprString(c.ctx)
	ast.Inspect(c.body(), func(n ast.Node) bool {
		if sel, ok := n.(*ast.SelectorExpr); ok && sel.Pos() > c.expr.End() &&
			(sel.Sel.Name == "Err" || sel.Sel.Name == "Done") && types.ExprString(sel.X) == ctx {
			yes = true
		}
		return !yes
	})
	return yes
}

// checkHandlers reports each Acquire of an HTTP handler that still waits when the client has gone.
//
// Only the body of the handler itself is judged. A goroutine that it starts may rightly outlive
// the request, and a deferred call runs after the answer.
func (p *checker) checkHandlers(f *function) {
	for _, c := range f.calls {
		if c.op != acquire || !p.isHandler(c.body()) || !p.never(f, c.ctx) {
			continue
		}
		if _, deferred := c.up(1).(*ast.DeferStmt); deferred {
			continue
		}
		// A goroutine that waits for the permits may outlive the request on purpose.
		if _, apart := c.up(1).(*ast.GoStmt); apart {
			continue
		}
		p.Reportf(c.ctx.Pos(), "Acquire waits on after the client has gone: use the Context of the *http.Request")
	}
}

// isHandler reports whether fn has the parameters of an http.HandlerFunc, among others. Types are
// compared by their names, so the check needs no package net/http to be loaded. Frameworks have
// handlers of other forms, which are left alone.
func (p *checker) isHandler(fn ast.Node) bool {
	var t *ast.FuncType
	switch fn := fn.(type) {
	case *ast.FuncLit:
		t = fn.Type
	case *ast.FuncDecl:
		t = fn.Type
	}
	var writer, request bool
	for _, field := range t.Params.List {
		switch types.TypeString(p.TypesInfo.TypeOf(field.Type), nil) {
		case "net/http.ResponseWriter":
			writer = true
		case "*net/http.Request":
			request = true
		}
	}
	return writer && request
}

// checkCopies reports copies of semaphores by value. The rules for a fresh value are the rules of
// the check copylocks of go vet: a composite literal and the result of a call may be copied. A copy
// to the blank variable is allowed, as nothing can use it.
func (p *checker) checkCopies(file *ast.File) {
	value := func(e ast.Expr, what string) {
		if e == nil {
			return
		}
		switch e := ast.Unparen(e).(type) {
		case *ast.CompositeLit, *ast.CallExpr:
			return
		case *ast.StarExpr:
			if _, fresh := ast.Unparen(e.X).(*ast.CallExpr); fresh {
				return
			}
		}
		if tv := p.TypesInfo.Types[e]; tv.IsValue() && holdsSemaphore(tv.Type) {
			p.Reportf(e.Pos(), "%s copies a semaphore by value: the copy has its own permits and no waiters; use a pointer", what)
		}
	}
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.AssignStmt:
			for i, e := range n.Rhs {
				if len(n.Lhs) != len(n.Rhs) || !isBlank(n.Lhs[i]) {
					value(e, "this assignment")
				}
			}
		case *ast.ValueSpec:
			for _, e := range n.Values {
				value(e, "this declaration")
			}
		case *ast.CompositeLit:
			for _, e := range n.Elts {
				if pair, ok := e.(*ast.KeyValueExpr); ok {
					e = pair.Value
				}
				value(e, "this literal")
			}
		case *ast.CallExpr:
			// The arguments of len and new are no values that anything gets. Their operands are still visited.
			if p.reads(n) {
				return true
			}
			for _, e := range n.Args {
				value(e, "this call")
			}
		case *ast.ReturnStmt:
			for _, e := range n.Results {
				value(e, "this return")
			}
		case *ast.RangeStmt:
			if id := identOf(n.Value); id != nil && n.Tok == token.DEFINE && holdsSemaphore(p.TypesInfo.TypeOf(id)) {
				p.Reportf(id.Pos(), "this range copies a semaphore by value: the copy has its own permits and no waiters; use the index")
			}
		case *ast.FuncDecl:
			p.checkReceiver(n)
		}
		return true
	})
}

// checkReceiver reports a method that gets its receiver by value. Parameters by value are reported
// at the calls: a function that nothing calls copies nothing.
func (p *checker) checkReceiver(n *ast.FuncDecl) {
	if n.Recv == nil {
		return
	}
	for _, field := range n.Recv.List {
		if t := p.TypesInfo.TypeOf(field.Type); holdsSemaphore(t) {
			p.Reportf(field.Pos(), "each call of %s copies a semaphore by value: the copy has its own permits and no waiters; use a pointer receiver", n.Name.Name)
		}
	}
}

// reads reports whether e is a built-in function that copies nothing, such as len and new, or a
// conversion, whose result is judged where it goes.
func (p *checker) reads(e *ast.CallExpr) bool {
	tv := p.TypesInfo.Types[e.Fun]
	if tv.IsBuiltin() {
		id := identOf(e.Fun)
		return id == nil || id.Name != "append"
	}
	return tv.IsType()
}

// holdsSemaphore reports whether a value of type t contains a semaphore itself, and not only a
// pointer to one. A type parameter may be instantiated by a pointer, so nothing is said about it. A
// map, slice, channel or pointer in a struct is a reference, and copying it copies no semaphore.
func holdsSemaphore(t types.Type) bool {
	if t == nil {
		return false
	}
	if _, ok := types.Unalias(t).(*types.TypeParam); ok {
		return false
	}
	switch u := t.Underlying().(type) {
	case *types.Array:
		return holdsSemaphore(u.Elem())
	case *types.Struct:
		// A semaphore that its author made of pointers alone may be copied: both values use one state. So the
		// type has to have a lock in itself, and its methods have to want a pointer.
		if named, ok := types.Unalias(t).(*types.Named); ok && isSemaphore(t) && pointerMethods(named) && holdsLock(t, 0) {
			return true
		}
		for v := range u.Fields() {
			if holdsSemaphore(v.Type()) {
				return true
			}
		}
	}
	return false
}

// pointerMethods reports whether only a pointer to t has Acquire. If the value has it, the author
// made t to be copied. The method set of the value has only methods with value receivers.
func pointerMethods(t *types.Named) bool {
	o, _, _ := types.LookupFieldOrMethod(t, false, nil, "Acquire")
	_, ok := o.(*types.Func)
	return !ok || types.NewMethodSet(t).Lookup(o.Pkg(), "Acquire") == nil
}

// holdsLock reports whether a value of type t contains a lock or an atomic itself, and not only a
// pointer to one. A struct with pointers alone may be copied: both copies use the same state. The
// search stops at a depth of five structs.
func holdsLock(t types.Type, depth int) bool {
	u, ok := t.Underlying().(*types.Struct)
	if !ok || depth > 4 {
		return false
	}
	for v := range u.Fields() {
		if named, ok := types.Unalias(v.Type()).(*types.Named); ok {
			if _, isStruct := named.Underlying().(*types.Struct); !isStruct {
				continue
			}
			if pkg := named.Obj().Pkg(); pkg != nil && (pkg.Path() == "sync" || pkg.Path() == "sync/atomic") {
				return true
			}
		}
		if holdsLock(v.Type(), depth+1) {
			return true
		}
	}
	return false
}
