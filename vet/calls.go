package vet

import (
	"fmt"
	"go/ast"
	"go/constant"
	"go/token"
	"go/types"
)

// An operation is one of the three methods of a semaphore.
type operation int

// None is the zero value, so that a method that is not in the table of operations is none of them.
const (
	none operation = iota
	acquire
	try
	release
)

var operations = map[string]operation{"Acquire": acquire, "TryAcquire": try, "Release": release}

// A call is one call of a method of a semaphore. ctx and weight are the expressions and not their
// values: most have none at compile time, and two equal expressions are often enough.
type call struct {
	op     operation
	expr   *ast.CallExpr
	on     place
	ctx    ast.Expr // of acquire only
	weight ast.Expr
	method *types.Func
	// in has the nodes around the call, from the function declaration inwards.
	in []ast.Node
}

// semaphoreCall returns e as a call of a semaphore, or nil if it is none.
//
// The signatures are compared whole. A method Acquire(ctx) of a lock is a different contract, and a
// check of it would guess. values has the local variables that stand for a method of a semaphore: a call
// of the variable is a call of the method.
func semaphoreCall(info *types.Info, e *ast.CallExpr, values map[*types.Var]*ast.SelectorExpr) *call {
	sel, ok := ast.Unparen(e.Fun).(*ast.SelectorExpr)
	if v, isVar := info.ObjectOf(identOf(e.Fun)).(*types.Var); isVar {
		sel, ok = values[v], values[v] != nil
	}
	if !ok {
		return nil
	}
	method := methodOfSemaphore(info, sel)
	if method == nil {
		return nil
	}
	c := &call{op: operations[method.Name()], expr: e, on: placeOf(info, sel.X), weight: e.Args[len(e.Args)-1], method: method}
	if c.op == acquire {
		c.ctx = e.Args[0]
	}
	return c
}

// methodOfSemaphore returns the method that sel selects, if it is one of the three of a semaphore.
func methodOfSemaphore(info *types.Info, sel *ast.SelectorExpr) *types.Func {
	method, ok := info.Uses[sel.Sel].(*types.Func)
	if !ok || operations[method.Name()] == none || info.Selections[sel] == nil ||
		info.Selections[sel].Kind() != types.MethodVal || !isSemaphore(info.TypeOf(sel.X)) {
		return nil
	}
	return method
}

// methodValues returns the local variables of decl that stand for a method of a semaphore, as in
// release := s.Release.
//
// Such a variable gets the method where it is declared, and is only called afterwards. Every other use
// leaves it out: a second assignment may change it, and a function that gets it as an argument may call
// it at any time. A variable that is left out counts as another use of the semaphore.
func methodValues(info *types.Info, decl *ast.FuncDecl) map[*types.Var]*ast.SelectorExpr {
	values := map[*types.Var]*ast.SelectorExpr{}
	called := map[*ast.Ident]bool{}
	declare := func(name *ast.Ident, value ast.Expr) {
		v, isVar := info.Defs[name].(*types.Var)
		sel, isSelector := ast.Unparen(value).(*ast.SelectorExpr)
		if isVar && isSelector && methodOfSemaphore(info, sel) != nil {
			values[v] = sel
		}
	}
	ast.Inspect(decl, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.AssignStmt:
			for i, left := range n.Lhs {
				if name := identOf(left); name != nil && len(n.Lhs) == len(n.Rhs) {
					declare(name, n.Rhs[i])
				}
			}
		case *ast.ValueSpec:
			for i, name := range n.Names {
				if len(n.Names) == len(n.Values) {
					declare(name, n.Values[i])
				}
			}
		case *ast.CallExpr:
			if name := identOf(n.Fun); name != nil {
				called[name] = true
			}
		// The walk meets a call before the name in it, so a call has marked its name by now.
		case *ast.Ident:
			if v, ok := info.Uses[n].(*types.Var); ok && !called[n] {
				delete(values, v)
			}
		}
		return true
	})
	return values
}

// published lists the packages whose Acquire certainly fails if the context is done.
var published = []string{"golang.org/x/sync/semaphore", "github.com/semabench/semabench/impls/semaphore"}

// isSemaphore reports whether t, or a pointer to t, has the three methods. A pointer to t is asked
// as well, because the methods of most semaphores have pointer receivers while their fields and
// variables hold the value. An interface has no pointer methods.
func isSemaphore(t types.Type) bool {
	if t == nil {
		return false
	}
	if _, ok := t.Underlying().(*types.Interface); !ok {
		if _, ok := t.Underlying().(*types.Pointer); !ok {
			t = types.NewPointer(t)
		}
	}
	for name, want := range map[string]string{
		"Acquire":    "func(context.Context, int64) error",
		"TryAcquire": "func(int64) bool",
		"Release":    "func(int64)",
	} {
		o, _, _ := types.LookupFieldOrMethod(t, false, nil, name)
		method, ok := o.(*types.Func)
		if !ok || shape(method.Signature()) != want {
			return false
		}
	}
	return true
}

// shape writes a signature without the names of its parameters. The words of the parameters are the
// author's, and the contract does not depend on them.
func shape(s *types.Signature) string {
	without := func(t *types.Tuple) *types.Tuple {
		var vars []*types.Var
		for v := range t.Variables() {
			vars = append(vars, types.NewParam(token.NoPos, nil, "", v.Type()))
		}
		return types.NewTuple(vars...)
	}
	return types.TypeString(types.NewSignatureType(nil, nil, nil, without(s.Params()), without(s.Results()),
		s.Variadic()), nil)
}

// A place is a semaphore as one function writes it: a variable, or fields of a variable. Two equal
// places are the same semaphore while the variable and the fields are not assigned.
//
// The zero place stands for every other expression, such as an element of a slice.
//
// fields holds the addresses of the objects and not their names: two fields of one name in
// different structs are different.
type place struct {
	root   *types.Var // the first variable of the expression
	last   *types.Var // the last field, or root
	fields string
}

// known reports whether p names a semaphore at all. The zero place equals itself, so two elements of a slice would
// look like one semaphore without this question.
func (p place) known() bool { return p.root != nil }

// shared reports whether other functions can name the same semaphore: by a field or by a variable
// of the package.
func (p place) shared() bool { return p.fields != "" || isGlobal(p.root) }

// isGlobal reports whether v is a variable of a package. The universe has no variables, and a field has no parent
// scope.
func isGlobal(v *types.Var) bool { return v.Pkg() != nil && v.Parent() == v.Pkg().Scope() }

// placeOf returns the place that e names. A dereference and an address name the same semaphore as
// the pointer does, so both are seen through.
func placeOf(info *types.Info, e ast.Expr) place {
	switch e := e.(type) {
	case *ast.ParenExpr:
		return placeOf(info, e.X)
	case *ast.StarExpr:
		return placeOf(info, e.X)
	case *ast.UnaryExpr:
		if e.Op == token.AND {
			return placeOf(info, e.X)
		}
	case *ast.Ident:
		if v, ok := info.ObjectOf(e).(*types.Var); ok {
			return place{root: v, last: v}
		}
	case *ast.SelectorExpr:
		v, ok := info.Uses[e.Sel].(*types.Var)
		if !ok {
			break
		}
		if !v.IsField() { // a variable of another package
			return place{root: v, last: v}
		}
		p := placeOf(info, e.X)
		if !p.known() {
			break
		}
		return place{p.root, v.Origin(), fmt.Sprintf("%s.%p", p.fields, v.Origin())}
	}
	return place{}
}

// constantWeight returns the weight if it is known at compile time, or if it is a local variable
// that gets a constant once and is never assigned again. A constant that does not fit an int64
// reports false, and is an error of the compiler anyway.
func (p *checker) constantWeight(f *function, e ast.Expr) (int64, bool) {
	if v, ok := p.TypesInfo.ObjectOf(identOf(e)).(*types.Var); ok {
		if e = f.onlyValue(v); e == nil {
			return 0, false
		}
	}
	value := p.TypesInfo.Types[e].Value
	if value == nil {
		return 0, false
	}
	return constant.Int64Val(constant.ToInt(value))
}

// sameWeight reports whether two expressions certainly have the same value. Equal text counts as
// equal value. A variable that is assigned between the two calls is the exception, and a report is
// then still about two weights that look alike to a reader.
func (p *checker) sameWeight(f *function, a, b ast.Expr) bool {
	x, xok := p.constantWeight(f, a)
	y, yok := p.constantWeight(f, b)
	return xok && yok && x == y || types.ExprString(a) == types.ExprString(b)
}

// identOf returns e as a name, or nil. A nil identifier has no object, so callers need no test of their own.
func identOf(e ast.Expr) *ast.Ident {
	id, _ := ast.Unparen(e).(*ast.Ident)
	return id
}
