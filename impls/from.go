package impls

import (
	"context"
	"fmt"
	"math"
	"reflect"
	"strings"
)

// From makes an Impl of a constructor whose type only the caller's user knows, as commands need it:
//
//	impl, err := impls.From("mine", mine.New)
//
// The constructor has one whole number as its parameter, of any integer type, and perhaps options
// behind it, as func(size int, options ...Option). It returns a [Semaphore] or a [Limiter], and
// perhaps an error. From treats a Limiter as [Unit] does. An error of the constructor becomes a
// panic of Impl.New, since a size that New refuses is misuse.
//
// The error of From says what is missing, method by method. In code that knows the type, use [Of]
// or [Unit]: there the compiler says it.
func From(name string, construct any) (Impl, error) {
	f := reflect.ValueOf(construct)
	if f.Kind() != reflect.Func {
		return Impl{}, fmt.Errorf("want a function, and it is %v", reflect.TypeOf(construct))
	}
	t := f.Type()
	if err := checkParameters(t); err != nil {
		return Impl{}, err
	}
	if n := t.NumOut(); n == 0 || n > 2 || n == 2 && t.Out(1) != errorType {
		return Impl{}, fmt.Errorf("want one result, or one and an error, and it is %v", t)
	}
	made := t.Out(0)
	construction := func(size int64) any { return call(f, size) }
	var impl Impl
	switch {
	case made.Implements(semaphoreType):
		impl = Impl{Name: name, New: func(size int64) Semaphore {
			sem, _ := construction(size).(Semaphore) // nil for a nil interface; Make complains
			return sem
		}}
	case made.Implements(limiterType):
		impl = Unit(name, func(size int64) Limiter {
			limiter, ok := construction(size).(Limiter)
			if !ok {
				panic("returned nil")
			}
			return limiter
		})
		// Unit sees the interface only. The type of the constructor's result says whether every
		// limiter tries.
		impl.NoTry = !made.Implements(trierType)
	default:
		return Impl{}, missing(made)
	}
	impl.MaxSize = largest(t.In(0))
	return impl, nil
}

var (
	errorType     = reflect.TypeFor[error]()
	semaphoreType = reflect.TypeFor[Semaphore]()
	limiterType   = reflect.TypeFor[Limiter]()
	trierType     = reflect.TypeFor[trier]()
)

// checkParameters accepts one whole number, and optional parameters behind it. Any other parameter
// would need a value that From cannot know.
func checkParameters(t reflect.Type) error {
	n := t.NumIn()
	if t.IsVariadic() {
		n--
	}
	if n != 1 || !(isSigned(t.In(0)) || isUnsigned(t.In(0))) {
		return fmt.Errorf("want one whole number as the parameter, the size, and it is %v", t)
	}
	return nil
}

func isSigned(t reflect.Type) bool { return t.Kind() >= reflect.Int && t.Kind() <= reflect.Int64 }
func isUnsigned(t reflect.Type) bool {
	return t.Kind() >= reflect.Uint && t.Kind() <= reflect.Uintptr
}

// largest returns the largest size that the type of the parameter holds, or 0 if that is any int64.
// A larger size would wrap around, and the semaphore would be judged at a size that it never got.
func largest(t reflect.Type) int64 {
	bits := t.Bits()
	switch {
	case bits == 64:
		return 0
	case isSigned(t):
		return math.MaxInt64 >> (64 - bits)
	}
	return 1<<bits - 1
}

// call calls a constructor. An unsigned parameter cannot express a negative size, so the refusal
// comes from here.
func call(f reflect.Value, size int64) any {
	t := f.Type().In(0)
	if isUnsigned(t) {
		mustNotBeNegative("size", size)
	}
	results := f.Call([]reflect.Value{reflect.ValueOf(size).Convert(t)})
	if len(results) == 2 && !results[1].IsNil() {
		panic(results[1].Interface())
	}
	return results[0].Interface()
}

// A method that a semaphore or limiter needs, with its type as users write it.
type method struct {
	name, form string
	of         reflect.Type
}

var (
	weightedMethods = []method{
		{"Acquire", "(context.Context, int64) error", reflect.TypeFor[func(context.Context, int64) error]()},
		{"TryAcquire", "(int64) bool", reflect.TypeFor[func(int64) bool]()},
		{"Release", "(int64)", reflect.TypeFor[func(int64)]()},
	}
	unitMethods = []method{
		{"Acquire", "(context.Context) error", reflect.TypeFor[func(context.Context) error]()},
		{"Release", "()", reflect.TypeFor[func()]()},
	}
)

// missing says which methods a type lacks. The Acquire of the type decides which of the two forms it
// is compared with: an Acquire without a weight takes one permit at a time.
func missing(t reflect.Type) error {
	form := weightedMethods
	if m := methodType(t, "Acquire"); m != nil && (m == unitMethods[0].of || m.NumIn() == 0) {
		form = unitMethods
	}
	var lacks, exact []string
	onPointer := t.Kind() != reflect.Pointer && t.Kind() != reflect.Interface
	for _, want := range form {
		got := methodType(t, want.name)
		onPointer = onPointer && methodType(reflect.PointerTo(t), want.name) == want.of
		exact = append(exact, want.name+want.form)
		switch {
		case got == want.of:
		case got == nil:
			lacks = append(lacks, "has no "+want.name+want.form)
		default:
			lacks = append(lacks, fmt.Sprintf("has %s%s, want %s%s", want.name,
				strings.TrimPrefix(got.String(), "func"), want.name, want.form))
		}
	}
	if onPointer {
		return fmt.Errorf("%v has not all of %s, and *%v has: return a pointer", t,
			strings.Join(exact, ", "), t)
	}
	return fmt.Errorf("%v %s", t, strings.Join(lacks, "; it "))
}

// methodType returns the type of a method without its receiver, or nil if t has no such method.
func methodType(t reflect.Type, name string) reflect.Type {
	m, ok := t.MethodByName(name)
	if !ok {
		return nil
	}
	if t.Kind() == reflect.Interface {
		return m.Type // has no receiver
	}
	var in, out []reflect.Type
	for i := 1; i < m.Type.NumIn(); i++ {
		in = append(in, m.Type.In(i))
	}
	for o := range m.Type.Outs() {
		out = append(out, o)
	}
	return reflect.FuncOf(in, out, m.Type.IsVariadic())
}
