// Package reflect stands for the functions of the standard package reflect that use channels, in
// rewritten code.
//
//	i, v, ok := reflect.Select(cases) // a select, whose ready case the schedule chooses
//
// Rewritten code has explore__reflect.On(v).Recv() for v.Recv().
//
// Only channels need it: the other functions of the package wait for nothing and share no state, so
// rewritten code calls them as they are. A channel of a select may be one of several hundred, as
// reflect.Select takes a slice, so the cases are a slice here as well.
//
// The panics for misuse are left to the real functions, which have the right texts.
package reflect

import (
	"reflect"

	"github.com/semabench/semabench/stress/explore/schedrt"
)

// A Value has the methods of a reflect.Value for channels.
type Value struct{ v reflect.Value }

// On returns the methods of v.
func On(v reflect.Value) Value { return Value{v} }

// controlled reports whether a method is on a channel that is under control. The real method panics
// for a value of another kind, and for a channel of the other direction. So misuse falls through to
// the method that panics.
func (v Value) controlled(dir reflect.ChanDir) bool {
	return schedrt.Controlled() && v.v.Kind() == reflect.Chan && v.v.Type().ChanDir()&dir == dir
}

// Send is Value.Send.
func (v Value) Send(x reflect.Value) {
	if !v.controlled(reflect.SendDir) {
		v.v.Send(x)
		return
	}
	schedrt.Select(false, schedrt.ToValue(v.v, x))
}

// TrySend is Value.TrySend.
func (v Value) TrySend(x reflect.Value) bool {
	if !v.controlled(reflect.SendDir) {
		return v.v.TrySend(x)
	}
	return schedrt.Select(true, schedrt.ToValue(v.v, x)) == 0
}

// Recv is Value.Recv.
func (v Value) Recv() (reflect.Value, bool) {
	if !v.controlled(reflect.RecvDir) {
		return v.v.Recv()
	}
	c := schedrt.FromValue(v.v)
	schedrt.Select(false, c)
	return c.Received()
}

// TryRecv is Value.TryRecv.
func (v Value) TryRecv() (reflect.Value, bool) {
	if !v.controlled(reflect.RecvDir) {
		return v.v.TryRecv()
	}
	c := schedrt.FromValue(v.v)
	if schedrt.Select(true, c) < 0 {
		return reflect.Value{}, false
	}
	return c.Received()
}

// Close is Value.Close. Close is two things: a step, which orders it among the operations of the
// channel, and the real close, which runs while no other goroutine of the schedule can move.
func (v Value) Close() {
	if v.controlled(reflect.SendDir) {
		schedrt.BeforeClose(v.v)
	}
	v.v.Close()
}

// Len is Value.Len, a step for a channel. Direction 0 asks for none, because a Len is legal in
// each.
func (v Value) Len() int {
	if !v.controlled(0) {
		return v.v.Len()
	}
	return schedrt.LenOfValue(v.v)
}

// Select is reflect.Select. A case with a zero Chan is never ready, and is left out of the list;
// index keeps the numbers that the caller knows. A second default panics with the text of the real
// function, since that is not called.
func Select(cases []reflect.SelectCase) (chosen int, recv reflect.Value, ok bool) {
	if !schedrt.Controlled() {
		return reflect.Select(cases)
	}
	defaultCase := -1
	var list []schedrt.Case
	var index []int // of the cases in list
	for i, c := range cases {
		switch {
		case c.Dir == reflect.SelectDefault:
			if defaultCase >= 0 {
				panic("reflect.Select: multiple default cases")
			}
			defaultCase = i
		case !c.Chan.IsValid():
		case c.Dir == reflect.SelectSend:
			list, index = append(list, schedrt.ToValue(c.Chan, c.Send)), append(index, i)
		default:
			list, index = append(list, schedrt.FromValue(c.Chan)), append(index, i)
		}
	}
	i := schedrt.Select(defaultCase >= 0, list...)
	if i < 0 {
		return defaultCase, reflect.Value{}, false
	}
	if cases[index[i]].Dir == reflect.SelectRecv {
		recv, ok = list[i].(*schedrt.ValueCase).Received()
	}
	return index[i], recv, ok
}
