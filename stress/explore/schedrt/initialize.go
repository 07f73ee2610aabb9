package schedrt

import (
	"reflect"
	"strings"
	"unsafe"
)

// Each execution begins with the initialization of the rewritten packages, in goroutine 0, so that
// a package variable has the same value at the beginning of every schedule. Goroutines that the
// initialization starts are under control, and no leaks when they stay. Package rewrite writes the
// functions that initialize a package again.

// initializers are the registered functions, in the order in which Go initialized the packages.
var initializers struct {
	all   []func()
	state bool // a package has a variable that can change
}

// OnReset registers the function that initializes a package again. With state it has variables that
// can change. Functions are only called if one package has such variables, or has started a
// goroutine. The pointers are to the variables that the function sets.
//
// The registration happens in the init function of each rewritten package. Go runs those in the
// order of dependencies, so the list has that order too.
func OnReset(state bool, initialize func(), pointers ...any) {
	addVariables(pointers)
	initializers.all = append(initializers.all, initialize)
	initializers.state = initializers.state || state
}

// atBegin are functions that restore what look-alikes keep outside of package variables.
var atBegin []func()

// AtBegin has f called before each execution, outside of control.
func AtBegin(f func()) { atBegin = append(atBegin, f) }

// Keep has *v restored before each execution, to the value that it had before the first one. It is
// for variables of the standard library, which are not initialized again. The copy is shallow. A nil
// v is allowed.
//
// The first call saves and the later ones restore. Saving at the first execution and not at
// registration lets TestMain set the variable.
func Keep[T any](v *T) {
	var saved *T
	AtBegin(func() {
		switch {
		case v == nil:
		case saved == nil:
			saved = new(T)
			copyHidden(saved, v)
		default:
			copyHidden(v, saved)
		}
	})
}

// KeepAll has the variable that v points to restored before each execution, with the memory that it
// leads to. It is for a variable that the standard library refers to, such as a driver that an init
// function has registered: the variable cannot be made anew, so what is behind it has to become
// what it was. Everything is restored in place, as both sides have its address. It is also for a
// variable of an instrumented package that leads to more memory of the package, such as the default
// http.ServeMux.
func KeepAll(v any) {
	var saved *snapshot
	AtBegin(func() {
		if saved == nil {
			saved = &snapshot{own: reflect.TypeOf(v).Elem().PkgPath(), seen: map[place]bool{}}
			saved.add(reflect.ValueOf(v).Elem())
			return
		}
		saved.restore()
	})
}

// A snapshot is copies of variables in memory, each with the variable.
//
// at and was are two lists of one length. Values are copied shallowly, and what they lead to has
// entries of its own.
type snapshot struct {
	own     string // package of the first variable, which may be of the standard library
	seen    map[place]bool
	at, was []reflect.Value
	maps    []reflect.Value // the maps among the variables, by reference
	entries []reflect.Value // copies of these
}

// A place is a variable: a struct has the address of its first field.
type place struct {
	at unsafe.Pointer
	of reflect.Type
}

// snapshotLimit bounds a snapshot, which is restored before each schedule. A variable that leads to more
// memory than this keeps the rest from schedule to schedule. The check for determinism then names
// the difference, if there is one.
const snapshotLimit = 10_000

// add saves an addressable variable and what it leads to.
func (s *snapshot) add(v reflect.Value) {
	at := place{v.Addr().UnsafePointer(), v.Type()}
	if len(s.at) >= snapshotLimit || s.seen[at] {
		return
	}
	s.seen[at] = true
	s.at, s.was = append(s.at, v), append(s.was, copyOf(v))
	s.follow(v)
}

// follow saves what a value leads to. It stops at channels and functions, which are no memory that a
// copy could restore, and at types of the standard library: goroutines of it may use them now. Goroutines
// that use the types of an instrumented package are under control, and have ended.
//
// A pointer is followed once per place and type, so rings end.
func (s *snapshot) follow(v reflect.Value) {
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			s.follow(readable(v.Field(i)))
		}
	case reflect.Array:
		for i := range v.Len() {
			s.follow(readable(v.Index(i)))
		}
	case reflect.Slice:
		for i := range v.Len() {
			s.add(readable(v.Index(i)))
		}
	case reflect.Pointer:
		if e := v.Type().Elem(); !v.IsNil() && (e.PkgPath() == s.own || !isStandard(e)) {
			s.add(v.Elem())
		}
	case reflect.Interface:
		s.follow(v.Elem())
	case reflect.Map:
		s.addMap(v)
	}
}

func (s *snapshot) addMap(m reflect.Value) {
	at := place{m.UnsafePointer(), m.Type()}
	if m.IsNil() || s.seen[at] || len(s.at) >= snapshotLimit {
		return
	}
	s.seen[at] = true
	s.maps, s.entries = append(s.maps, m), append(s.entries, contentOf(m).value)
	for r := m.MapRange(); r.Next(); {
		s.follow(r.Value())
	}
}

// restore gives all variables and maps back what they had.
func (s *snapshot) restore() {
	for i, v := range s.at {
		v.Set(s.was[i])
	}
	for i, m := range s.maps {
		m.Clear()
		for r := s.entries[i].MapRange(); r.Next(); {
			m.SetMapIndex(r.Key(), r.Value())
		}
	}
}

// readable lets the value of a field be read and set that is not exported.
func readable(v reflect.Value) reflect.Value {
	if !v.CanAddr() {
		return v
	}
	return reflect.NewAt(v.Type(), v.Addr().UnsafePointer()).Elem()
}

// isStandard reports whether a named type is of the standard library: the paths of its packages have no
// dot in their first element.
func isStandard(t reflect.Type) bool {
	first, _, _ := strings.Cut(t.PkgPath(), "/")
	return first != "" && !strings.Contains(first, ".")
}

// copyHidden is *to = *from, hidden from the race detector: goroutines of the engine and of go test
// may read the variable, such as time.Local.
//
//go:norace
func copyHidden[T any](to, from *T) { *to = *from }

// Zero sets a variable to the zero value of its type.
func Zero[T any](v *T) { *v = *new(T) }

// FirstInit reports whether the initialization that runs is the one at the start of the process.
// Outside of initializations it is true.
func FirstInit() bool {
	e := current()
	return e == nil || !e.initializing
}

// initialized returns program with the initialization before it, if that can make a difference.
//
// The initialization is a part of the execution and of its trace: a package variable may start a
// goroutine, whose steps the schedule decides.
func (e *Exec) initialized(program func()) func() {
	if !initializers.state && !goroutineInInit.Load() {
		return program
	}
	findProvided()
	return func() {
		e.initializing = true
		for _, initialize := range initializers.all {
			initialize()
		}
		provide()
		e.initializing = false
		program()
	}
}

// A test may set package variables before its first schedule: in TestMain, or before it calls package
// explore. Initializing the packages again would undo that, and the test would fail for a reason that
// go test does not have. So the engine compares each variable after the initialization at the start of the
// process and before the first execution. If the two values differ, the variable gets the second value again after
// each initialization. The copies go as deep as a map and the struct behind a pointer. A variable
// that a goroutine of an init function changed cannot be told apart, so with such a goroutine nothing
// is given back.

// A variable is a package variable that initializers change.
//
// initial is taken once all packages are initialized, and provided before the first execution.
// Only what differs between the two was done by the test.
type variable struct {
	at       reflect.Value // the variable
	initial  content       // when all packages were initialized
	provided *content      // before the first execution, nil if that is the initial content
}

// A content is a copy of a variable.
type content struct {
	value   reflect.Value // of the variable; a map is cloned
	pointee reflect.Value // of the struct behind it; the zero Value if there is none
}

// variables are the variables of all packages, and whether all packages were initialized.
var variables struct {
	all   []*variable
	known bool // the initial contents are known
	asked bool // findProvided was called
}

// InitDone says that the packages whose tests are explored have been initialized, and all packages
// before them.
func InitDone() {
	for _, v := range variables.all {
		v.initial = contentOf(v.at)
	}
	variables.known = true
}

func addVariables(pointers []any) {
	for _, p := range pointers {
		variables.all = append(variables.all, &variable{at: reflect.ValueOf(p).Elem()})
	}
}

// contentOf copies a variable.
//
// Channels and functions are copied as they are. They cannot be cloned, and go test shares them
// too.
func contentOf(at reflect.Value) content {
	c := content{value: copyOf(at)}
	switch {
	case at.Kind() == reflect.Map && !at.IsNil():
		c.value = reflect.MakeMapWithSize(at.Type(), at.Len())
		for r := at.MapRange(); r.Next(); {
			c.value.SetMapIndex(r.Key(), r.Value())
		}
	case at.Kind() == reflect.Pointer && !at.IsNil() && at.Elem().Kind() == reflect.Struct:
		c.pointee = copyOf(at.Elem())
	}
	return c
}

// copyOf returns a new variable with the value of v.
func copyOf(v reflect.Value) reflect.Value {
	c := reflect.New(v.Type()).Elem()
	c.Set(v)
	return c
}

// equals reports whether a variable still has a content. Of maps, which have no order in memory, it
// compares the lengths.
func (c content) equals(at reflect.Value) bool {
	switch {
	case at.Kind() == reflect.Map:
		return at.Len() == c.value.Len() && at.IsNil() == c.value.IsNil()
	case !sameBytes(at, c.value):
		return false
	}
	return !c.pointee.IsValid() || sameBytes(at.Elem(), c.pointee)
}

// sameBytes compares two variables of one type in memory: most types have no ==.
//
// Padding is compared as well. A difference there only means a restore that was not needed.
func sameBytes(a, b reflect.Value) bool {
	size := a.Type().Size()
	if size == 0 {
		return true
	}
	bytes := func(v reflect.Value) string {
		return unsafe.String((*byte)(v.Addr().UnsafePointer()), size)
	}
	return bytes(a) == bytes(b)
}

// restore sets a variable to a content.
func (c content) restore(at reflect.Value) {
	if at.Kind() == reflect.Map {
		at.Set(contentOf(c.value).value)
		return
	}
	at.Set(c.value)
	if c.pointee.IsValid() {
		at.Elem().Set(c.pointee)
	}
}

// findProvided notes, before the first execution, the variables that the test has set.
func findProvided() {
	if variables.asked || !variables.known || goroutineInInit.Load() {
		return
	}
	variables.asked = true
	for _, v := range variables.all {
		if !v.initial.equals(v.at) {
			c := contentOf(v.at)
			v.provided = &c
		}
	}
}

// provide gives the variables back what the test has set.
func provide() {
	for _, v := range variables.all {
		if v.provided != nil {
			v.provided.restore(v.at)
		}
	}
}
