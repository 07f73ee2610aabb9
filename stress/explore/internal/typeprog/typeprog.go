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
// The files go down in this order: program.go plays and judges one program; levels.go and probe.go
// decide which programs there are; explain.go writes down how judge.go compares a history with the
// sequential orders of sequential.go; run.go makes the calls of a plan, which plan.go reads and
// writes. spec.go has the type with its calls, which methods.go finds. values.go and snapshot.go turn
// types into arguments, and results into text.
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

	"github.com/semabench/semabench/stress/explore/schedrt"
)

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
