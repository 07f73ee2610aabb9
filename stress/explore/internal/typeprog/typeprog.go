// Package typeprog draws small concurrent programs over the exported methods of a type, plays them,
// and judges their histories by the type itself.
//
//	s, err := typeprog.New(reflect.TypeFor[*Map](), newValue, typeprog.Options{})
//	for _, level := range s.Levels(probe, 0) { … s.Programs(level) … }
//
// The type is its own specification, as in Lincheck (Koval et al., CAV 2023): a history is right if
// the same calls, one after the other on a fresh value, give the same results in some order. The
// order must keep what was seen in real time: a call that returned before another one began comes
// first. Nothing has to be declared, and so nothing can be declared wrongly. In return, a method that
// is wrong in every order is not noticed: that takes an ordinary test.
//
// The files go down in this order: levels.go and probe.go decide which programs there are; program.go
// plays one; judge.go compares its history with the sequential orders of sequential.go; explain.go writes the
// comparison down. methods.go, values.go and snapshot.go turn types into calls, and results into
// text.
//
// Calls that wait. A call of a sequential order may wait: Take of an empty queue does. The next call of
// the order then begins when nothing can move, and may let the first one go on. So a history in which
// a call never returns is right if some order leaves the same calls waiting. It is wrong if every order
// lets them return, because then the calls waited for nothing but each other.
//
// # What this does not show
//
// Channels and functions among the results are compared by whether they are nil. Behind a pointer
// only exported fields are compared.
package typeprog

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"

	"github.com/semabench/semabench/stress/explore/internal/strategy"
	"github.com/semabench/semabench/stress/explore/schedrt"
)

// Options say what is drawn and how results are compared. The zero value draws all exported methods.
type Options struct {
	Without, Only []string // names of methods
	Values        map[reflect.Type][]Value
	Arguments     map[string][][]Value // by method; one list for each call
	Equal         map[reflect.Type]func(a, b reflect.Value) bool
	Cleanup       func(v reflect.Value) // called at the end of each program; may be nil
	Programs      int                   // to play at most; 0 means all of the levels
}

// A Spec is a type with the calls that programs are drawn from. It is not safe for concurrent use.
type Spec struct {
	typ     reflect.Type
	fresh   func() reflect.Value // newValue, and a pointer to its result if methods need one
	options Options
	calls   []*call
	leftOut []string // methods that are not drawn, with the reason and what to declare

	// The fields below are of a player process.
	limits schedrt.Limits
	exec   *schedrt.Exec // plays sequential orders; made by prepare
	probed *Probe
	steps  int     // of the first schedule of the last call of alone
	seers  []*call // see observers; nil until they are known
}

// New returns the calls of a type. The error names what keeps programs from being drawn, and what to
// declare.
// A type without methods to call is an error and no pass. The reasons of the methods that were left out
// stand in it, as one of them is usually the one to declare something for.
func New(typ reflect.Type, newValue func() reflect.Value, o Options) (*Spec, error) {
	s := &Spec{typ: typ, fresh: newValue, options: o, limits: schedrt.Limits{AskAlways: true}}
	receiver := typ
	if k := typ.Kind(); k != reflect.Pointer && k != reflect.Interface {
		// The methods of *T include the ones of T, and a value in an interface is not addressable.
		receiver = reflect.PointerTo(typ)
		s.fresh = func() reflect.Value {
			p := reflect.New(typ)
			p.Elem().Set(newValue())
			return p
		}
	}
	if err := s.addMethods(receiver); err != nil {
		return nil, err
	}
	if len(s.calls) == 0 {
		text := fmt.Sprintf("%v has no exported methods to call", typ)
		if len(s.leftOut) > 0 {
			text += ":\n    " + strings.Join(s.leftOut, "\n    ")
		}
		return nil, errors.New(text)
	}
	return s, nil
}

// Name returns the name of the type.
func (s *Spec) Name() string { return s.typ.String() }

// Methods returns the names of the methods that programs are drawn from.
// The calls stand in the order of their methods, so equal names are neighbours.
func (s *Spec) Methods() (names []string) {
	for _, c := range s.drawn() {
		names = append(names, c.method.name)
	}
	return slices.Compact(names)
}

// Prepare gives the limits for executions of sequential orders. A player calls it before it plays.
// The orders share the limits of the explorer, so that a call without an end is cut off in both in the same
// way.
func (s *Spec) Prepare(limits schedrt.Limits) {
	limits.AskAlways = true // the orders are explored with DPOR
	s.limits = limits
}

// execution returns the execution for sequential orders.
// It is a different execution from the execution that is judged: the judge plays orders while the
// outcome of that program is still needed.
func (s *Spec) execution() *schedrt.Exec {
	if s.exec == nil {
		s.exec = schedrt.New(s.limits)
	}
	return s.exec
}

// everySchedule plays a function under every schedule up to a bound, and calls seen after each. It
// reports whether all were played. A sequential order has one schedule, unless the type has
// goroutines of its own or a call lets others go on.
// A pruned schedule equals another one in its effects, and shows nothing new. It counts towards the
// bound all the same, since it costs time.
func (s *Spec) everySchedule(bound int, play func(), seen func(out *schedrt.Outcome)) (all bool) {
	x := s.execution()
	search := &strategy.DPOR{}
	for range bound {
		search.Begin(x)
		out := x.Play(search, play)
		if out.Kind != schedrt.Pruned {
			seen(out)
		}
		if !search.Done(x) {
			return true
		}
	}
	return false
}

// A method is an exported method of the type.
type method struct {
	name     string
	in, out  []reflect.Type // without the receiver
	variadic bool
}

// A call is a method with arguments. Of two calls with the same text only one is drawn.
type call struct {
	method *method
	args   []Value
	text   string
}

// functions are the methods of one dynamic type as functions, by name.
type functions map[string]reflect.Value

// byType keeps the functions of each dynamic type. The lock is for tests that run in parallel; in a
// player only one goroutine runs at a time.
// The dynamic type is the key and not the static one: newValue may return an interface, and another type in
// each schedule.
var byType struct {
	sync.Mutex
	all map[reflect.Type]functions
}

// functionsOf returns the methods of v. It is called before the goroutines of a program start, because
// package reflect has locks, whose edges would hide races between goroutines that call it.
// Of the methods of a type in an interface some may be missing in the interface. They are harmless: a plan
// has calls of the static type only.
func functionsOf(v reflect.Value) functions {
	byType.Lock()
	defer byType.Unlock()
	t := v.Type()
	if f := byType.all[t]; f != nil {
		return f
	}
	f := functions{}
	for i := range t.NumMethod() {
		f[t.Method(i).Name] = callable(t.Method(i).Func)
	}
	if byType.all == nil {
		byType.all = map[reflect.Type]functions{}
	}
	byType.all[t] = f
	return f
}

// callable returns f, or, if f has no results, the same function with a result of type struct{}.
//
// For a function without results, Value.Call takes the memory of its arguments from a sync.Pool.
// Under the race detector the pool orders the end of one call before the beginning of the next, so two
// goroutines that write the same variable in such calls would not be reported. A result of no size
// takes neither a register nor a word of the stack, so both types have the same calling convention.
func callable(f reflect.Value) reflect.Value {
	t := f.Type()
	if t.NumOut() > 0 {
		return f
	}
	var in []reflect.Type
	for i := range t.NumIn() {
		in = append(in, t.In(i))
	}
	empty := []reflect.Type{reflect.TypeFor[struct{}]()}
	p := reflect.New(t)
	p.Elem().Set(f)
	return reflect.NewAt(reflect.FuncOf(in, empty, t.IsVariadic()), p.UnsafePointer()).Elem()
}
