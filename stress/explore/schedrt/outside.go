package schedrt

import "reflect"

// A call of the standard library on an object with a lock of its own, such as a http.ServeMux, is a
// step: the order of two such calls can matter, and the lock says that they may come from several
// goroutines. The code of the call is not rewritten, so the call is one piece. That is the truth if
// the method takes its lock once.

// An outside is the state of all objects of a type of the standard library. One object for all of
// them makes some steps dependent that are not, which costs schedules and hides none.
type outside struct {
	name  string
	state Object
}

var outsides []*outside

// outsideOf returns the state of a type.
func outsideOf(name string) *outside {
	for _, o := range outsides {
		if o.name == name {
			return o
		}
	}
	o := &outside{name: name}
	outsides = push(outsides, o)
	return o
}

// Outside returns f outside of control. Under control it returns a function that does what f does,
// in a step on the state of typ. Rewritten code has it in the place of a method f, so the step comes
// after f's arguments were evaluated, and only if f is called.
//
// The test for ending keeps deferred calls of an unwound goroutine from a step that would end
// them.
func Outside[F any](f F, typ, method string) F {
	if e := current(); e == nil || e.ending {
		return f
	}
	return stepBefore(reflect.ValueOf(f), typ, method).Interface().(F)
}

// stepBefore returns a function that takes the step and calls f.
//
// Reflection costs more than a step, but these calls are rare beside operations on locks.
func stepBefore(f reflect.Value, typ, method string) reflect.Value {
	return reflect.MakeFunc(f.Type(), func(args []reflect.Value) []reflect.Value {
		if e := current(); e != nil {
			e.useOutside(outsideOf(typ), method)
		}
		if f.Type().IsVariadic() {
			return f.CallSlice(args)
		}
		return f.Call(args)
	})
}

func (e *Exec) useOutside(o *outside, method string) {
	g := e.begin(OpOutside)
	g.Op.Note = o.name + "." + method
	e.number(&o.state)
	g.on(&o.state, Write)
	e.point(g)
	e.changed(g, &o.state)
}
