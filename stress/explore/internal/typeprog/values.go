package typeprog

import (
	"context"
	"errors"
	"fmt"
	"math"
	"reflect"
	"strconv"
	"strings"
)

// A Value makes an argument of a call. It is made anew for each call, so that two calls share no
// memory by their arguments, unless the user gives one value for all.
type Value struct {
	typ    reflect.Type
	make   func() reflect.Value
	text   string // as in Go source, where it has a form there
	spread string // of a slice: its elements, as variadic arguments
}

// Given returns a value that the user gives.
// A nil without a type has no reflect.Value, and becomes the zero value of the parameter.
func Given(v reflect.Value, t reflect.Type) Value {
	if !v.IsValid() {
		v = reflect.Zero(t)
	}
	return Value{typ: t, make: func() reflect.Value { return v }, text: literal(v)}
}

// Made returns the n'th value that the user makes by a function for each call.
func Made(f func() reflect.Value, t reflect.Type, n int) Value {
	return Value{typ: t, make: f, text: fmt.Sprintf("%s #%d", t, n)}
}

// as converts a value to the type of a parameter. Untyped constants in an argument list have the
// types int, float64 and string, and the parameter may have another one; a number must not change.
func (a Value) as(t reflect.Type) (Value, error) {
	if a.typ == nil { // a nil
		switch t.Kind() {
		case reflect.Pointer, reflect.Interface, reflect.Slice, reflect.Map, reflect.Func, reflect.Chan:
			return Given(reflect.Zero(t), t), nil
		}
		return a, fmt.Errorf("nil is no %v", t)
	}
	switch {
	case a.typ.AssignableTo(t):
		return a, nil
	case a.typ.ConvertibleTo(t) && a.typ.PkgPath() == "" && sameClass(a.typ.Kind(), t.Kind()):
		v := a.make().Convert(t)
		if v.Convert(a.typ).Interface() == a.make().Interface() {
			return Given(v, t), nil
		}
	}
	return a, fmt.Errorf("%s is a %v and not a %v", a.text, a.typ, t)
}

// sameClass reports whether a constant of one kind may stand for the other.
// A conversion of an integer to a string compiles in Go, and makes a character of it. In an argument
// list it would be a mistake.
func sameClass(a, b reflect.Kind) bool {
	number := func(k reflect.Kind) bool { return k >= reflect.Int && k <= reflect.Float64 }
	return a == b || number(a) && number(b)
}

// mostDepth bounds types that contain themselves.
const mostDepth = 4

// valuesOf returns the values of a type: the user's values, if there are any. A zero comes last: as a
// result, a zero mostly says that a call found nothing.
// Two or three values are enough. Two calls meet on one key or on two; a third key adds programs and no new
// kind of meeting. The values are small and legal: a negative size or a nil function breaks the contract of
// many types, and their panic would be no finding.
func (s *Spec) valuesOf(t reflect.Type, depth int) ([]Value, error) {
	if given := s.options.Values[t]; given != nil {
		return given, nil
	}
	if depth > mostDepth {
		return nil, undrawable(t, "contains itself")
	}
	switch t.Kind() {
	case reflect.Bool:
		return plain(t, true, false), nil
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64, reflect.Uint, reflect.Uint8,
		reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr, reflect.Float32, reflect.Float64:
		return plain(t, 1, 2, 0), nil
	case reflect.Complex64, reflect.Complex128:
		return plain(t, complex(1, 0), complex(2, 0)), nil
	case reflect.String:
		return plain(t, "a", "b"), nil
	case reflect.Interface:
		return interfaceValues(t)
	case reflect.Slice:
		elements, err := s.valuesOf(t.Elem(), depth+1)
		if err != nil {
			return nil, err
		}
		return []Value{sliceOf(t, elements[:1]), sliceOf(t, elements[:min(2, len(elements))])}, nil
	case reflect.Struct, reflect.Array:
		return s.compositeValues(t, depth)
	case reflect.Pointer:
		return s.pointerValues(t, depth)
	case reflect.Map:
		return s.mapValues(t, depth)
	}
	return nil, undrawable(t, "has no values of its own")
}

// undrawable returns an error with what to declare.
// The error becomes the reason in the result why a method is left out, so it ends with the remedy.
func undrawable(t reflect.Type, why string) error {
	return fmt.Errorf("%v %s. Declare explore.Values[%v](…) or explore.Make[%v](…)", t, why, t, t)
}

// plain returns values of a basic type, or of a type with such an underlying type.
// A named type keeps its name: a value of type Level is not one of int to a parameter of type Level.
func plain(t reflect.Type, of ...any) (values []Value) {
	for _, v := range of {
		values = append(values, Given(reflect.ValueOf(v).Convert(t), t))
	}
	return values
}

// interfaceValues returns values of the interfaces that nearly every package uses. A context is
// alive or done. Any other interface may have a contract that no drawn value keeps.
func interfaceValues(t reflect.Type) ([]Value, error) {
	fixed := func(text string, v any) Value {
		return Value{typ: t, make: func() reflect.Value { return reflect.ValueOf(v) }, text: text}
	}
	switch {
	case t.NumMethod() == 0:
		return []Value{fixed("1", 1), fixed("2", 2)}, nil
	case t == reflect.TypeFor[error]():
		return []Value{fixed(`errors.New("a")`, errors.New("a")), Given(reflect.Zero(t), t)}, nil
	case t == reflect.TypeFor[context.Context]():
		done, cancel := context.WithCancel(context.Background())
		cancel()
		return []Value{fixed("context.Background()", context.Background()), fixed("cancelledContext", done)}, nil
	}
	return nil, undrawable(t, "is an interface, whose contract is not known")
}

// sliceOf returns a slice with these elements, which is new in each call: a method may keep its argument,
// and two calls that share one array would race by the fault of the program.
func sliceOf(t reflect.Type, elements []Value) Value {
	var texts []string
	for _, e := range elements {
		texts = append(texts, e.text)
	}
	list := strings.Join(texts, ", ")
	return Value{typ: t, text: t.String() + "{" + list + "}", spread: list, make: func() reflect.Value {
		v := reflect.MakeSlice(t, 0, len(elements))
		for _, e := range elements {
			v = reflect.Append(v, e.of(t.Elem()))
		}
		return v
	}}
}

// of returns a new value as one of type t, which a variable of an interface type may have.
// A variable of the type is made first, because reflect refuses to pass an int where a parameter is an
// interface.
func (a Value) of(t reflect.Type) reflect.Value {
	p := reflect.New(t).Elem()
	if v := a.make(); v.IsValid() {
		p.Set(v)
	}
	return p
}

// compositeValues returns structs and arrays whose k'th value has the k'th value in each part: parts
// that vary each for itself would be too many. Unexported fields of a struct stay zero; a struct that
// has no other fields is not drawn, since its zero value may be no legal one.
func (s *Spec) compositeValues(t reflect.Type, depth int) ([]Value, error) {
	n, at := t.Len, func(int) reflect.Type { return t.Elem() }
	hidden := 0
	if t.Kind() == reflect.Struct {
		n, at = t.NumField, func(i int) reflect.Type { return t.Field(i).Type }
	}
	parts, names := make([][]Value, n()), make([]string, n())
	most := 1
	for i := range parts {
		if t.Kind() == reflect.Struct {
			if !t.Field(i).IsExported() {
				hidden++
				continue
			}
			names[i] = t.Field(i).Name + ": "
		}
		values, err := s.valuesOf(at(i), depth+1)
		if err != nil {
			return nil, fmt.Errorf("%v: %w", t, err)
		}
		parts[i], most = values, max(most, min(3, len(values)))
	}
	if hidden > 0 && hidden == n() {
		return nil, undrawable(t, "has unexported fields only")
	}
	var all []Value
	for k := range most {
		all = append(all, composite(t, parts, names, k))
	}
	return all, nil
}

// composite returns the value with the k'th value of each part.
func composite(t reflect.Type, parts [][]Value, names []string, k int) Value {
	var texts []string
	for i, values := range parts {
		if len(values) > 0 {
			texts = append(texts, names[i]+values[k%len(values)].text)
		}
	}
	return Value{typ: t, text: t.String() + "{" + strings.Join(texts, ", ") + "}", make: func() reflect.Value {
		v := reflect.New(t).Elem()
		for i, values := range parts {
			switch {
			case len(values) == 0:
			case t.Kind() == reflect.Array:
				v.Index(i).Set(values[k%len(values)].of(t.Elem()))
			default:
				v.Field(i).Set(values[k%len(values)].of(t.Field(i).Type))
			}
		}
		return v
	}}
}

// pointerValues returns pointers to new values.
// Two calls get two pointers. A method that keeps its argument would otherwise share
// memory with the next call, by the fault of the program.
func (s *Spec) pointerValues(t reflect.Type, depth int) (all []Value, err error) {
	elements, err := s.valuesOf(t.Elem(), depth+1)
	if err != nil {
		return nil, err
	}
	for _, e := range elements {
		all = append(all, Value{typ: t, text: "&" + e.text, make: func() reflect.Value {
			return e.of(t.Elem()).Addr()
		}})
	}
	return all, nil
}

// mapValues returns maps with one entry.
// The map is new in each call, for the same reason as a pointer.
func (s *Spec) mapValues(t reflect.Type, depth int) (all []Value, err error) {
	keys, err := s.valuesOf(t.Key(), depth+1)
	if err != nil {
		return nil, err
	}
	values, err := s.valuesOf(t.Elem(), depth+1)
	if err != nil {
		return nil, err
	}
	for k := range min(2, len(keys)) {
		key, value := keys[k], values[k%len(values)]
		text := fmt.Sprintf("%v{%s: %s}", t, key.text, value.text)
		all = append(all, Value{typ: t, text: text, make: func() reflect.Value {
			m := reflect.MakeMap(t)
			m.SetMapIndex(key.of(t.Key()), value.of(t.Elem()))
			return m
		}})
	}
	return all, nil
}

// literal returns a value as Go source has it, or the nearest to it. It has no quote that a shell
// takes for an end: programs are arguments of a replay command.
func literal(v reflect.Value) string {
	switch v.Kind() {
	case reflect.String:
		return strings.ReplaceAll(strconv.Quote(v.String()), "'", `\x27`)
	case reflect.Float32, reflect.Float64:
		if f := v.Float(); f == math.Trunc(f) && math.Abs(f) < 1e15 {
			return strconv.FormatFloat(f, 'f', -1, 64)
		}
	case reflect.Func, reflect.Chan, reflect.Pointer, reflect.UnsafePointer:
		if v.IsNil() {
			return "nil"
		}
		return v.Type().String() // an address differs from process to process
	case reflect.Interface:
		if v.IsNil() {
			return "nil"
		}
		return literal(v.Elem())
	}
	text := snapshot(v, nil)
	return strings.ReplaceAll(text, "'", `\x27`)
}
