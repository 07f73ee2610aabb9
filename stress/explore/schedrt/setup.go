package schedrt

import (
	"reflect"
	"unsafe"
)

// A test may set package variables before its first schedule: in TestMain, or before it calls package
// explore. Initializing the packages again would undo that, and the test would fail for a reason that
// go test does not have. So a variable whose value changed between the initialization at the start of
// the process and the first execution gets the value back that it had before the first execution,
// after each initialization. The copies go as deep as a map and the struct behind a pointer. A variable
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
