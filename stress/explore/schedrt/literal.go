package schedrt

import (
	"reflect"
	"unsafe"
)

// A literal has the variables that the value of a function literal captured. Two values of one literal
// do the same if they captured the same.
//
// The program itself has to say what a literal captures, by a call of Lit that package rewrite adds.
// The memory of a closure does not show it: the size of a closure is not known at run time, and the
// memory behind it has what was there before.
type literal struct {
	f    any // keeps the closure from being collected, and its address from being used again
	keys []any
}

// Lit returns a function literal, and notes what it captures: the values of variables that never
// change, and the addresses of all others. A literal in a generic function is not noted, as the code
// is shared by instances of several types.
func Lit[F any](f F, keys ...any) F {
	if e := current(); e != nil && e.limits.Twins && len(keys) <= mostCaptured {
		if e.literals == nil {
			e.literals = map[unsafe.Pointer]literal{}
		}
		e.literals[pointerOf(&f)] = literal{f, keys}
	}
	return f
}

// mostCaptured bounds the number of variables that are compared.
const mostCaptured = 20

// pointerOf returns the address of the closure of a function value.
func pointerOf[F any](f *F) unsafe.Pointer { return *(*unsafe.Pointer)(unsafe.Pointer(f)) }

// nestedFuncs is how deep functions that functions captured are compared. WaitGroup.Go and a go
// statement with arguments take two levels, and errgroup one more.
const nestedFuncs = 4

// sameFunc reports whether two function values have the same code and captured the same. A program
// cannot compare function values, so it cannot tell two closures apart of which this is true.
func (e *Exec) sameFunc(a, b unsafe.Pointer, depth int) bool {
	if a == b {
		return true
	}
	x, known := e.literals[a]
	y, alsoKnown := e.literals[b]
	// A closure begins with the address of its code.
	if !known || !alsoKnown || depth == 0 || *(*uintptr)(a) != *(*uintptr)(b) || len(x.keys) != len(y.keys) {
		return false
	}
	for i := range x.keys {
		if !e.sameKey(&x.keys[i], &y.keys[i], depth) {
			return false
		}
	}
	return true
}

// sameKey reports whether two captured values are the same in every way that a program can see. What
// is not surely the same is different: that costs schedules, and hides none. So structures and
// numbers with a fraction are not looked at, of which some are equal and not the same.
func (e *Exec) sameKey(a, b *any, depth int) bool {
	t := reflect.TypeOf(*a)
	if t != reflect.TypeOf(*b) {
		return false
	}
	if t == nil { // of an interface without a value
		return true
	}
	switch t.Kind() {
	case reflect.Bool, reflect.String, reflect.Chan, reflect.Pointer, reflect.UnsafePointer, reflect.Uintptr,
		reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64,
		reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return *a == *b
	case reflect.Func: // the second word of an interface is the address of the closure
		f, g := (*[2]unsafe.Pointer)(unsafe.Pointer(a))[1], (*[2]unsafe.Pointer)(unsafe.Pointer(b))[1]
		return f == g || f != nil && g != nil && e.sameFunc(f, g, depth-1)
	case reflect.Map:
		return reflect.ValueOf(*a).Pointer() == reflect.ValueOf(*b).Pointer()
	case reflect.Slice:
		x, y := reflect.ValueOf(*a), reflect.ValueOf(*b)
		return x.Pointer() == y.Pointer() && x.Len() == y.Len() && x.Cap() == y.Cap()
	case reflect.Struct: // such as context.Background
		return t.Size() == 0
	}
	return false
}
