package vet

import (
	"go/ast"
	"go/token"
	"go/types"
	"slices"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/analysis/passes/ctrlflow"
)

// A function is a declared function with the function literals in it. The literals belong to it,
// because a permit is often given back in a closure of the function that took it.
type function struct {
	decl  *ast.FuncDecl
	calls []*call
	// values has every assignment to a local variable; nil stands for an assignment whose value has
	// no expression of its own, as in x, err := f() and x++.
	values map[*types.Var][]ast.Expr
	// others has the variables and fields that the function also uses for something else than a call of a
	// semaphore: an argument, an alias, a comparison.
	others map[*types.Var]bool
}

// uses says what a package does with its fields and variables that are semaphores.
type uses struct {
	// releasedAlone: a function releases it and never acquires it, so permits go from function to function
	releasedAlone map[*types.Var]bool
	takenAlone    map[*types.Var]bool // a function acquires it and never releases it
	aliased       map[*types.Var]bool // some function uses it for something else than a call
}

// collect fills p.functions and p.uses. uses needs all functions of the package before the first
// rule runs. Generated files are read for it, as they may release, and are not judged.
func (p *checker) collect() {
	p.uses = uses{map[*types.Var]bool{}, map[*types.Var]bool{}, map[*types.Var]bool{}}
	for _, file := range p.Files {
		for _, d := range file.Decls {
			decl, ok := d.(*ast.FuncDecl)
			if !ok || decl.Body == nil {
				continue
			}
			f := &function{decl: decl, values: map[*types.Var][]ast.Expr{}, others: map[*types.Var]bool{}}
			p.read(f)
			if len(f.calls) > 0 {
				p.all = append(p.all, f)
				if !ast.IsGenerated(file) {
					p.functions = append(p.functions, f)
				}
			}
			// One function with both calls may still give back less than it takes, and the rules judge that. The
			// facts below are about functions that have one of the two alone, and so need another function.
			took, gave := map[*types.Var]bool{}, map[*types.Var]bool{}
			for _, c := range f.calls {
				took[c.on.last] = took[c.on.last] || c.op != release
				gave[c.on.last] = gave[c.on.last] || c.op == release
			}
			for _, c := range f.calls {
				if !took[c.on.last] {
					p.uses.releasedAlone[c.on.last] = true
				}
				if !gave[c.on.last] {
					p.uses.takenAlone[c.on.last] = true
				}
			}
			for v := range f.others {
				p.uses.aliased[v] = true
			}
		}
	}
}

// read fills calls, values and others of f. The stack is copied for each call, as PreorderStack
// uses its storage again.
func (p *checker) read(f *function) {
	var stack []ast.Node
	receivers := map[ast.Node]bool{} // the expressions before the dot of a call of a semaphore
	values := methodValues(p.TypesInfo, f.decl)
	for _, sel := range values {
		markReceiver(receivers, sel.X)
	}
	ast.PreorderStack(f.decl, nil, func(n ast.Node, above []ast.Node) bool {
		stack = append(above, n)
		switch n := n.(type) {
		case *ast.CallExpr:
			if c := semaphoreCall(p.TypesInfo, n, values); c != nil {
				c.in = slices.Clone(stack)
				f.calls = append(f.calls, c)
				if sel, ok := ast.Unparen(n.Fun).(*ast.SelectorExpr); ok {
					markReceiver(receivers, sel.X)
				}
			}
		case *ast.AssignStmt:
			f.assigned(p.TypesInfo, n)
		case *ast.ValueSpec:
			for i, name := range n.Names {
				f.set(p.TypesInfo, name, at(n.Values, i, len(n.Names)))
			}
		case *ast.IncDecStmt:
			f.set(p.TypesInfo, n.X, nil)
		case *ast.RangeStmt:
			f.set(p.TypesInfo, n.Key, nil)
			f.set(p.TypesInfo, n.Value, nil)
		case *ast.UnaryExpr:
			if n.Op == token.AND && !receivers[n] { // its address may be assigned through
				// Twice, so that the variable has more than the one value that onlyValue and steady allow.
				f.set(p.TypesInfo, n.X, nil)
				f.set(p.TypesInfo, n.X, nil)
			}
		case *ast.Ident:
			p.other(f, receivers, n, above)
		}
		return true
	})
}

// markReceiver marks on and what it selects from.
func markReceiver(receivers map[ast.Node]bool, on ast.Expr) {
	for {
		receivers[on] = true
		switch e := on.(type) {
		case *ast.ParenExpr:
			on = e.X
		case *ast.StarExpr:
			on = e.X
		case *ast.UnaryExpr:
			on = e.X
		case *ast.SelectorExpr:
			receivers[e.Sel] = true
			on = e.X
		default:
			return
		}
	}
}

// other records that id is used for something else than a call of a semaphore. Uses that cannot
// hand the semaphore on are left out: the left side of an assignment, the key of a composite
// literal, and the selection of a field or a method's other than the semaphore's. What is left
// after these counts as handing on, also a comparison with nil: the rule must not depend on a list
// of harmless uses being complete.
func (p *checker) other(f *function, receivers map[ast.Node]bool, id *ast.Ident, above []ast.Node) {
	v, ok := p.TypesInfo.Uses[id].(*types.Var)
	if !ok || receivers[id] || !isSemaphore(v.Type()) {
		return
	}
	var e ast.Expr = id
	i := len(above) - 1
	if sel, ok := above[i].(*ast.SelectorExpr); ok && sel.Sel == id {
		e, i = sel, i-1
	}
	switch n := above[i].(type) {
	case *ast.AssignStmt:
		if slices.Contains(n.Lhs, e) {
			return
		}
	case *ast.KeyValueExpr:
		if n.Key == e {
			return
		}
	case *ast.SelectorExpr:
		if _, field := p.TypesInfo.Uses[n.Sel].(*types.Var); field {
			return
		}
	}
	f.others[v.Origin()] = true
}

// An operation such as += keeps a part of the old value, so the right side is not the value.
func (f *function) assigned(info *types.Info, n *ast.AssignStmt) {
	for i, left := range n.Lhs {
		value := at(n.Rhs, i, len(n.Lhs))
		if n.Tok != token.ASSIGN && n.Tok != token.DEFINE {
			value = nil
		}
		f.set(info, left, value)
	}
}

// at returns the i-th of n values, and nil if one call has all of them.
func at(values []ast.Expr, i, n int) ast.Expr {
	if len(values) != n {
		return nil
	}
	return values[i]
}

// set records a value that left gets. Fields are recorded by their last object, so p.a and q.a count as one: a
// place whose field is assigned anywhere in f is not steady, whichever owner it has.
func (f *function) set(info *types.Info, left, value ast.Expr) {
	if left == nil {
		return
	}
	if p := placeOf(info, left); p.known() {
		f.values[p.last] = append(f.values[p.last], value)
	}
}

// onlyValue returns the value of a local variable that is assigned once, else nil. A parameter has
// no value of its own, so the first assignment to it would hide the argument. Only then the value
// is known wherever the variable is read, whatever path led there.
func (f *function) onlyValue(v *types.Var) ast.Expr {
	values := f.values[v]
	if len(values) != 1 || isGlobal(v) || v.IsField() || v.Kind() != types.LocalVar {
		return nil
	}
	return values[0]
}

// steady reports whether on names one semaphore through all of f: nothing on the way to it is
// assigned, except by its declaration. One assignment to the root may be its declaration. A field
// has no declaration in f, so none is allowed.
func (f *function) steady(on place) bool {
	if !on.known() || len(f.values[on.root]) > 1 {
		return false
	}
	return on.root == on.last || len(f.values[on.last]) == 0
}

// balanced reports whether every permit of on is certainly released by a function that also
// acquires it. Else a permit may belong to a value that another function closes, and a return
// that keeps it is no mistake.
func (p *checker) balanced(on place) bool {
	if !on.shared() || p.uses.releasedAlone[on.last] || p.uses.aliased[on.last] {
		return false
	}
	// Other packages may use an exported name.
	return on.last.Pkg() == p.Pkg && (!on.last.Exported() || p.Pkg.Name() == "main")
}

// ownPermits reports whether a function gives back to the semaphore at on only permits that the same
// function took. Otherwise a release may give back what a function took for its caller, such as the slow way
// behind a TryAcquire that failed.
func (p *checker) ownPermits(on place) bool {
	return !on.shared() || p.balanced(on) && !p.uses.takenAlone[on.last]
}

// places returns each known place of f's calls once.
func (f *function) places() (all []place) {
	for _, c := range f.calls {
		if c.on.known() && !slices.Contains(all, c.on) {
			all = append(all, c.on)
		}
	}
	return all
}

// on returns the calls of f on one place.
func (f *function) on(at place) (calls []*call) {
	for _, c := range f.calls {
		if c.on == at {
			calls = append(calls, c)
		}
	}
	return calls
}

// body returns the innermost function literal or declaration around the call. A call of a literal's
// body runs when the literal is called, so each body has a flow of its own.
func (c *call) body() ast.Node {
	for _, n := range slices.Backward(c.in) {
		switch n.(type) {
		case *ast.FuncLit, *ast.FuncDecl:
			return n
		}
	}
	return nil
}

// loop returns the innermost loop around the call, also around the literal that has the call.
func (c *call) loop() ast.Node {
	for _, n := range slices.Backward(c.in) {
		switch n.(type) {
		case *ast.ForStmt, *ast.RangeStmt:
			return n
		}
	}
	return nil
}

// up returns the i-th node above the call.
func (c *call) up(i int) ast.Node {
	if i = len(c.in) - 1 - i; i < 0 {
		return nil
	}
	return c.in[i]
}

// A checker is the check of one package. It lives for one package, since a fact about another
// package would have to travel with its export data.
type checker struct {
	*analysis.Pass
	graphs    *ctrlflow.CFGs
	all       []*function // all functions that call a semaphore
	functions []*function // all of these that are not generated
	uses      uses
}
