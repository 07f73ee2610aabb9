package explore

import (
	"reflect"

	"github.com/semabench/semabench/stress/explore/internal/typeprog"
)

// A TypeOption declares something about a type for [Type].
type TypeOption struct{ apply func(o *typeprog.Options) }

// Without leaves methods out.
func Without(methods ...string) TypeOption {
	return TypeOption{func(o *typeprog.Options) { o.Without = append(o.Without, methods...) }}
}

// Only leaves all other methods out. A method that cannot be called is then an error.
func Only(methods ...string) TypeOption {
	return TypeOption{func(o *typeprog.Options) { o.Only = append(o.Only, methods...) }}
}

// Values gives the values of all parameters of type V, in place of the values that Type draws. All calls
// share them; see [Make].
func Values[V any](values ...V) TypeOption {
	return TypeOption{func(o *typeprog.Options) {
		for i := range values {
			addValue[V](o, typeprog.Given(reflect.ValueOf(&values[i]).Elem(), reflect.TypeFor[V]()))
		}
	}}
}

// Make gives functions that make the values of all parameters of type V, anew for each call: for
// channels, for functions with a state, and for pointers to what the type changes.
func Make[V any](makers ...func() V) TypeOption {
	return TypeOption{func(o *typeprog.Options) {
		for i, make := range makers {
			addValue[V](o, typeprog.Made(func() reflect.Value {
				v := make()
				return reflect.ValueOf(&v).Elem()
			}, reflect.TypeFor[V](), i+1))
		}
	}}
}

func addValue[V any](o *typeprog.Options, v typeprog.Value) {
	if o.Values == nil {
		o.Values = map[reflect.Type][]typeprog.Value{}
	}
	t := reflect.TypeFor[V]()
	o.Values[t] = append(o.Values[t], v)
}

// Arguments gives the arguments of one call of a method. The method is then called with these
// arguments only; several Arguments are several calls.
func Arguments(method string, arguments ...any) TypeOption {
	return TypeOption{func(o *typeprog.Options) {
		if o.Arguments == nil {
			o.Arguments = map[string][][]typeprog.Value{}
		}
		list := []typeprog.Value{}
		for _, a := range arguments {
			v := reflect.ValueOf(a)
			if a == nil {
				list = append(list, typeprog.Value{})
				continue
			}
			list = append(list, typeprog.Given(v, v.Type()))
		}
		o.Arguments[method] = append(o.Arguments[method], list)
	}}
}

// Equal declares which results of type V are equal. V is the type that the method declares, such as
// error. The functions may not change the values.
func Equal[V any](equal func(a, b V) bool) TypeOption {
	return TypeOption{func(o *typeprog.Options) {
		if o.Equal == nil {
			o.Equal = map[reflect.Type]func(a, b reflect.Value) bool{}
		}
		o.Equal[reflect.TypeFor[V]()] = func(a, b reflect.Value) bool {
			x, _ := a.Interface().(V) // a nil interface is the zero value
			y, _ := b.Interface().(V)
			return equal(x, y)
		}
	}}
}

// Cleanup is called with the value at the end of each program in which all calls return. It ends what
// the value has started; goroutines that are left are a leak, unless every sequential order of the calls
// leaves them, too.
func Cleanup[T any](end func(value T)) TypeOption {
	return TypeOption{func(o *typeprog.Options) {
		o.Cleanup = func(v reflect.Value) {
			if v.Type() != reflect.TypeFor[T]() && v.Kind() == reflect.Pointer && v.Type().Elem() == reflect.TypeFor[T]() {
				v = v.Elem()
			}
			if value, ok := v.Interface().(T); ok {
				end(value)
			}
		}
	}}
}

// Programs bounds the number of programs of each shape.
func Programs(n int) TypeOption {
	return TypeOption{func(o *typeprog.Options) { o.Programs = n }}
}
