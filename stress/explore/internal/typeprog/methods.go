package typeprog

import (
	"cmp"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
)

// The bounds on the calls of one method. The number of programs grows fast with the number of
// calls. Two values of a parameter suffice for calls that use the same key and for calls that use
// different keys. A third value shows behaviour at a bound, such as a full cache. Arguments that
// the user gives are bounded less, because the user chose them.
const (
	callsOfMethod = 3
	callsOfUser   = 9
)

// addMethods adds the calls of each method, in the order of the names.
// Package reflect lists exported methods only, sorted by name. So the numbers of calls are the same in the
// parent and in every player, which are different binaries of the same source.
func (s *Spec) addMethods(receiver reflect.Type) error {
	known := map[string]bool{}
	for i := range receiver.NumMethod() {
		m := receiver.Method(i)
		known[m.Name] = true
		switch {
		case slices.Contains(s.options.Without, m.Name):
		case len(s.options.Only) > 0 && !slices.Contains(s.options.Only, m.Name):
		case len(s.options.Only) == 0 && ofEmbeddedLock(receiver, m.Name):
			s.leftOut = append(s.leftOut, fmt.Sprintf("%s is left out: it is the method of an embedded lock, "+
				"which callers hold around other calls. explore.Only asks for it", m.Name))
		default:
			if err := s.addMethod(methodOf(m, receiver)); err != nil {
				return err
			}
		}
	}
	return s.checkNames(known)
}

// ofEmbeddedLock reports whether a method is promoted from an embedded sync.Mutex or sync.RWMutex.
// Lock and Unlock of an embedded mutex are calls around other calls. Drawn alone, Lock waits for ever in
// most programs, and Unlock ends the process by a fatal error that no order explains.
func ofEmbeddedLock(receiver reflect.Type, name string) bool {
	if receiver.Kind() != reflect.Pointer || receiver.Elem().Kind() != reflect.Struct {
		return false
	}
	for i := range receiver.Elem().NumField() {
		f := receiver.Elem().Field(i)
		if !f.Anonymous || !ofSync(f.Type) || f.Type.Name() != "Mutex" && f.Type.Name() != "RWMutex" {
			continue
		}
		if _, ok := reflect.PointerTo(f.Type).MethodByName(name); ok {
			return true
		}
	}
	return false
}

// methodOf returns a method without its receiver. Methods of an interface have no receiver
// parameter. Methods come from the static type in every process: the parent needs them to draw
// programs, and must not call newValue, which may start goroutines that nothing controls there.
func methodOf(m reflect.Method, receiver reflect.Type) *method {
	r := &method{name: m.Name, variadic: m.Type.IsVariadic()}
	for i := range m.Type.NumIn() {
		if i > 0 || receiver.Kind() == reflect.Interface {
			r.in = append(r.in, m.Type.In(i))
		}
	}
	for i := range m.Type.NumOut() {
		r.out = append(r.out, m.Type.Out(i))
	}
	return r
}

// checkNames returns an error for an option that names no method. With a misspelt name, Without
// would leave nothing out, and Only would leave out everything.
func (s *Spec) checkNames(known map[string]bool) error {
	of := func(option string, names []string) error {
		for _, name := range names {
			if !known[name] {
				return fmt.Errorf("%s(%q): %v has no exported method of this name; it has %s",
					option, name, s.typ, strings.Join(slices.Sorted(maps.Keys(known)), ", "))
			}
		}
		return nil
	}
	return cmp.Or(of("Without", s.options.Without), of("Only", s.options.Only),
		of("Arguments", slices.Sorted(maps.Keys(s.options.Arguments))))
}

// addMethod adds the calls of one method. A method whose arguments cannot be drawn is left out, by
// name, unless the user asked for it. One method with a callback is no reason to explore none of
// twenty. But if Only names a method, leaving it out silently would mislead the user.
// A result that cannot be compared is no reason to leave its method out: the call still meets the others.
func (s *Spec) addMethod(m *method) error {
	tuples, err := s.argumentsOf(m)
	if err != nil && (slices.Contains(s.options.Only, m.name) || s.options.Arguments[m.name] != nil) {
		return fmt.Errorf("%s: %w", m.name, err)
	}
	if err != nil {
		s.leftOut = append(s.leftOut, fmt.Sprintf("%s is left out: %v", m.name, err))
		return nil
	}
	for _, t := range m.out {
		if s.options.Equal[t] == nil && opaque(t) {
			s.leftOut = append(s.leftOut, fmt.Sprintf("%s: of a result of type %v only whether it is nil is "+
				"compared. explore.Equal[%v](…) declares more", m.name, t, t))
		}
	}
	texts := map[string]int{}
	for _, args := range tuples {
		c := &call{method: m, args: args, text: callText(m, args)}
		if texts[c.text]++; texts[c.text] > 1 {
			// Both calls stay: values with the same text may still differ.
			c.text = strings.TrimSuffix(c.text, ")") + fmt.Sprintf(" #%d)", texts[c.text])
		}
		s.calls = append(s.calls, c)
	}
	return nil
}

// callText returns a call as Go source. The text is also the name of the call in a replay command, so it
// must not depend on addresses. An empty variadic argument has no text: f() and not f(nil...).
func callText(m *method, args []Value) string {
	var texts []string
	for i, a := range args {
		text := a.text
		if m.variadic && i == len(args)-1 {
			if text = a.spread; text == "" {
				continue
			}
		}
		texts = append(texts, text)
	}
	return m.name + "(" + strings.Join(texts, ", ") + ")"
}

// argumentsOf returns the arguments of each call of a method.
// Arguments of the user replace all others. Otherwise the values of each parameter are combined, and the
// number of combinations is bounded.
func (s *Spec) argumentsOf(m *method) (tuples [][]Value, err error) {
	if given := s.options.Arguments[m.name]; given != nil {
		for _, args := range given {
			if args, err = fitting(m, args); err != nil {
				return nil, err
			}
			tuples = append(tuples, args)
		}
		return tuples, nil
	}
	most := callsOfMethod
	choices := make([][]Value, len(m.in))
	for i, t := range m.in {
		if choices[i], err = s.valuesOf(t, 0); err != nil {
			return nil, err
		}
		if s.options.Values[t] != nil {
			most = callsOfUser
		}
	}
	return diagonal(choices, most), nil
}

// fitting converts the arguments that the user gives for a method to its parameters.
// A mistake is an error, and not a method that is left out: the user has asked for these arguments.
func fitting(m *method, given []Value) (args []Value, err error) {
	fixed := len(m.in)
	if m.variadic {
		fixed--
	}
	if len(given) < fixed || len(given) > fixed && !m.variadic {
		return nil, fmt.Errorf("it has %d parameters, and Arguments gives %d", len(m.in), len(given))
	}
	for i, a := range given[:fixed] {
		if a, err = a.as(m.in[i]); err != nil {
			return nil, fmt.Errorf("parameter %d: %w", i+1, err)
		}
		args = append(args, a)
	}
	if m.variadic {
		slice := m.in[fixed]
		for i, a := range given[fixed:] {
			if given[fixed+i], err = a.as(slice.Elem()); err != nil {
				return nil, fmt.Errorf("parameter %d: %w", fixed+i+1, err)
			}
		}
		args = append(args, sliceOf(slice, given[fixed:]))
	}
	return args, nil
}

// diagonal returns the first combinations of the choices, by the sum of their indexes. Among equal
// sums the last parameter varies first. For Put of a map this gives one key with two values, and
// then another key.
func diagonal(choices [][]Value, most int) (tuples [][]Value) {
	deepest := 0
	for _, c := range choices {
		deepest += len(c) - 1
	}
	var extend func(args []Value, sum int)
	extend = func(args []Value, sum int) {
		if len(tuples) == most {
			return
		}
		i := len(args)
		if i == len(choices) {
			if sum == 0 {
				tuples = append(tuples, slices.Clone(args))
			}
			return
		}
		for k := 0; k < len(choices[i]) && k <= sum; k++ {
			// Clipped, as two branches would otherwise write to one array.
			extend(append(slices.Clip(args), choices[i][k]), sum-k)
		}
	}
	for sum := 0; sum <= deepest && len(tuples) < most; sum++ {
		extend(nil, sum)
	}
	return tuples
}
