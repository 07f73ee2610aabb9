package rewrite

import (
	"go/ast"
	"go/token"
	"go/types"
	"slices"
)

// A state has the uses of package variables in all packages of a build. The analysis errs to one
// side only. A variable that is taken for changing costs time in each schedule. A variable taken
// for constant and changes makes the second schedule start from a different state from the first, and a
// replay may then differ. So each case that is not understood counts as a change. The keys are
// names, because an object of go/types is another one in each package that was checked against
// export data.
type state struct {
	changes map[string]bool // variables that can change by a use, by path and name
	kept    map[string]bool // variables that the standard library refers to, for example a flag
	fields  map[string]bool // see assignsField
}

// findState goes through all packages. It looks at uses and not at the flow of data: whether a use
// is reached does not matter. One pass over all trees, whose cost is a small part of their type
// check. Uses in all packages are needed before the first package is written: an exported variable
// may be changed by a package that imports it.
func findState(all []*checked) *state {
	s := &state{changes: map[string]bool{}, kept: map[string]bool{}, fields: map[string]bool{}}
	for _, c := range all {
		for _, file := range c.files {
			var parents []ast.Node
			ast.Inspect(file, func(n ast.Node) bool {
				if n == nil {
					parents = parents[:len(parents)-1]
					return true
				}
				s.visit(c, n, parents)
				parents = append(parents, n)
				return true
			})
		}
	}
	return s
}

// visit notes what the use of a package variable does to it. A definition is no use: the
// initializer is looked at by hasState, and runs before anything else.
func (s *state) visit(c *checked, n ast.Node, parents []ast.Node) {
	if call, ok := n.(*ast.CallExpr); ok {
		if name := c.onceOnly(call); name != "" && (!restored[name] || ofInit(parents)) {
			s.keep(c, call, parents)
		}
	}
	id, ok := n.(*ast.Ident)
	if !ok {
		return
	}
	if key := variableName(c.info.Uses[id]); key != "" && c.mayChange(id, parents) {
		s.changes[key] = true
		s.fields[key] = s.fields[key] || c.assignsField(id, parents)
	}
}

// assignsField reports whether a use of a package variable is the assignment to a field of the
// struct that the variable points to. Keep saves the value of a variable. For a pointer that is the
// address alone, so the struct behind it has to be kept as well.
func (c *checked) assignsField(id *ast.Ident, parents []ast.Node) bool {
	o := c.info.Uses[id]
	if variableName(o) == "" || !c.isStandard(o.Pkg().Path()) {
		return false
	}
	var e ast.Node = id
	inside := false // e is a part of the struct, and not the variable
	for _, p := range slices.Backward(parents) {
		switch p := p.(type) {
		case *ast.SelectorExpr:
			inside, e = inside || p.Sel != e, p
			continue
		case *ast.ParenExpr, *ast.StarExpr:
			e = p
			continue
		case *ast.AssignStmt:
			_, pointer := o.Type().Underlying().(*types.Pointer)
			return pointer && inside && slices.ContainsFunc(p.Lhs, func(l ast.Expr) bool { return l == e })
		}
		return false
	}
	return false
}

// keep notes the variables in the arguments of a call, and the variables that get its result. A
// flag variable, for example, was registered in the process under its address. An initialization
// would create it anew, and the flag set would still write to the old one. All variables of the
// arguments are kept, although the function may store one of them only. Which one depends on the
// function. A variable that is kept costs little: it is not initialized again before each schedule.
func (s *state) keep(c *checked, call *ast.CallExpr, parents []ast.Node) {
	names := []ast.Node{call}
	if a, ok := parents[len(parents)-1].(*ast.AssignStmt); ok {
		for _, e := range a.Lhs {
			names = append(names, e)
		}
	}
	for _, n := range names {
		ast.Inspect(n, func(n ast.Node) bool {
			if id, ok := n.(*ast.Ident); ok {
				if key := variableName(c.info.Uses[id]); key != "" {
					s.kept[key] = true
				}
			}
			return true
		})
	}
}

// mayChange reports whether a use of a variable can change it or what it contains. It goes outward
// from the name through fields and elements. At each step e is the part of the expression that is
// known to be the variable or a part of it, and the parent decides. A read ends the walk with
// false, a write with true. Where e is copied, isShared tells whether the copy still leads to the
// same memory.
func (c *checked) mayChange(id *ast.Ident, parents []ast.Node) bool {
	var e ast.Node = id
	for i := len(parents) - 1; i >= 0; i-- {
		switch p := parents[i].(type) {
		case *ast.ParenExpr:
		case *ast.SelectorExpr:
			if p.Sel != e { // otherwise e is the name in pkg.name
				if sel := c.info.Selections[p]; sel != nil && sel.Kind() != types.FieldVal {
					// A method of a map or slice type changes the elements without a pointer.
					return hasPointerReceiver(sel) || c.isShared(e)
				}
			}
		// As an index the value is read and, being comparable, copied; what it shares decides.
		case *ast.IndexExpr:
			if p.X != e {
				return c.isShared(e)
			}
		case *ast.UnaryExpr:
			// An address may be kept and written through at any later time.
			return p.Op == token.AND
		case *ast.IncDecStmt:
			return true
		case *ast.AssignStmt:
			return slices.ContainsFunc(p.Lhs, func(l ast.Expr) bool { return l == e }) || c.isShared(e)
		case *ast.RangeStmt:
			return p.Key == e || p.Value == e || c.sharesElements(e)
		case *ast.CallExpr:
			if fun, ok := ast.Unparen(p.Fun).(*ast.Ident); ok {
				if b, ok := c.info.Uses[fun].(*types.Builtin); ok && (b.Name() == "len" || b.Name() == "cap") {
					return false
				}
			}
			// A function value that is called does not change, though what it does may; hasState
			// looks at that.
			return p.Fun != e && c.isShared(e)
		case *ast.SliceExpr:
			// A slice of an array or slice shares its elements, even if the result is only read
			// here.
			return p.X == e && !isString(c.info.Types[p.X].Type)
		// A dereferenced pointer leads to a different object from the variable. hasState has counted
		// the pointer itself.
		case *ast.BinaryExpr, *ast.StarExpr:
			return false
		default:
			return c.isShared(e)
		}
		e = parents[i]
	}
	return true
}

// hasPointerReceiver reports whether a method of a variable gets its address. A method with a
// pointer receiver may write to its variable whatever its name promises.
func hasPointerReceiver(s *types.Selection) bool {
	if _, ok := s.Recv().Underlying().(*types.Pointer); ok {
		return false
	}
	f, ok := s.Obj().(*types.Func)
	if !ok || f.Signature().Recv() == nil {
		return false
	}
	_, pointer := f.Signature().Recv().Type().(*types.Pointer)
	return pointer
}

// The bytes of a string cannot be written, so a part of it shares nothing that can change.
func isString(t types.Type) bool {
	b, ok := core(t).(*types.Basic)
	return ok && b.Info()&types.IsString != 0
}

// isShared reports whether a copy of a value has memory in common with it that can change.
func (c *checked) isShared(n ast.Node) bool {
	e, ok := n.(ast.Expr)
	return ok && shares(c.info.TypeOf(e))
}

// sharesElements is isShared for the elements that a range loop copies. Iterating reads the
// elements. It changes nothing by itself, and a copy of an int cannot be used to change the map.
func (c *checked) sharesElements(n ast.Node) bool {
	e, ok := n.(ast.Expr)
	if !ok {
		return true
	}
	switch t := core(c.info.TypeOf(e)).(type) {
	case *types.Map:
		return shares(t.Key()) || shares(t.Elem())
	case *types.Slice:
		return shares(t.Elem())
	case *types.Array:
		return shares(t.Elem())
	case *types.Basic:
		return false
	}
	return true
}

// shares reports whether a type has maps or slices in it. The values behind pointers and in
// interfaces are judged by what makes them, see hasState. The recursion ends, since a struct
// contains itself only behind a pointer, a map or a slice, and each of these gives an answer. A
// channel is none of the listed kinds, so it is shared: what is in it is state.
func shares(t types.Type) bool {
	switch u := core(t).(type) {
	case *types.Basic, *types.Pointer, *types.Interface, *types.Signature:
		return false
	case *types.Array:
		return shares(u.Elem())
	case *types.Struct:
		for f := range u.Fields() {
			if shares(f.Type()) {
				return true
			}
		}
		return false
	}
	return true
}

// pure are functions of the standard library whose results never change. The list is short on
// purpose. A missing function costs a second initialization. A function whose results do change
// would cost a wrong replay.
var pure = map[string]bool{
	"errors.New": true, "fmt.Errorf": true, "regexp.MustCompile": true, "reflect.TypeOf": true,
	"reflect.TypeFor": true, "regexp.MustCompilePOSIX": true,
}

// hasState reports whether the value of an initializer may have a state of its own: something in it
// was made by a function, or is a pointer. A use of such a variable may be read-only in syntax and
// change the value all the same: v.Method() on a pointer, or f() on a closure that counts its
// calls. So the initializer decides and not the uses.
func (c *checked) hasState(e ast.Expr) bool {
	if tv := c.info.Types[e]; tv.Value != nil || tv.IsNil() || tv.IsType() {
		return false
	}
	switch x := ast.Unparen(e).(type) {
	case *ast.FuncLit: // of a package variable: it has no variables around it
		return false
	// The parts decide. A literal behind & is a UnaryExpr, and has a state like every pointer.
	case *ast.CompositeLit:
		for _, elt := range x.Elts {
			if kv, ok := elt.(*ast.KeyValueExpr); ok {
				if _, isMap := core(c.info.TypeOf(x)).(*types.Map); isMap && c.hasState(kv.Key) {
					return true // a pointer, whose target can change
				}
				elt = kv.Value
			}
			if lit, ok := elt.(*ast.CompositeLit); ok && lit.Type == nil {
				if _, pointer := core(c.info.TypeOf(lit)).(*types.Pointer); pointer {
					return true
				}
			}
			if c.hasState(elt) {
				return true
			}
		}
		return false
	case *ast.CallExpr:
		if f := c.callee(x); f != nil && pure[fullName(f)] || immutable(c.info.TypeOf(x)) {
			return false
		}
		if c.info.Types[x.Fun].IsType() && len(x.Args) == 1 {
			return c.hasState(x.Args[0])
		}
		return true
	case *ast.Ident, *ast.SelectorExpr:
		var o types.Object
		if id, ok := x.(*ast.Ident); ok {
			o = c.info.Uses[id]
		} else {
			o = c.info.Uses[x.(*ast.SelectorExpr).Sel]
		}
		if f, ok := o.(*types.Func); ok && f.Signature().Recv() == nil {
			return false
		}
	}
	return !immutable(c.info.TypeOf(e))
}

// immutable reports whether a value of a type can only change by an assignment to it. Strings count
// as immutable, since their bytes cannot be written. A reflect.Type is an interface, whose
// implementations are never written. Functions are not immutable, because a closure may have
// variables; hasState has excepted literals of package variables before it asks.
func immutable(t types.Type) bool {
	switch u := t.Underlying().(type) {
	case *types.Basic:
		return u.Kind() != types.UnsafePointer
	case *types.Array:
		return immutable(u.Elem())
	case *types.Struct:
		for f := range u.Fields() {
			if !immutable(f.Type()) {
				return false
			}
		}
		return true
	}
	if n, ok := types.Unalias(t).(*types.Named); ok && n.Obj().Pkg() != nil {
		return n.Obj().Pkg().Path() == "reflect" && n.Obj().Name() == "Type"
	}
	return false
}

// calls reports whether an initializer calls something that may change other variables: a function
// that is rewritten, or a value. Such an initializer runs again even if its own variable is
// constant: the function it calls may have filled another variable, which was reset.
func (c *checked) calls(e ast.Expr) (found bool) {
	ast.Inspect(e, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok || c.info.Types[call.Fun].IsType() || c.info.Types[call.Fun].IsBuiltin() {
			// The body of a literal does not run when the literal is made.
			_, lit := n.(*ast.FuncLit)
			return !lit
		}
		f := c.callee(call)
		found = found || f == nil || f.Pkg() != nil && !c.isStandard(f.Pkg().Path())
		return true
	})
	return found
}
