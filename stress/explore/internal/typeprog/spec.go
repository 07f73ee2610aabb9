package typeprog

import (
	"cmp"
	"reflect"
	"slices"
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

// Name returns the name of the type.
func (s *Spec) Name() string { return s.typ.String() }

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

// A Probe has the result of each call alone on a fresh value. A player makes it, because only there a call
// that waits for ever is seen, and the parent draws programs with it.
type Probe struct {
	Problem string   // what keeps the type from being explored, and what to declare; "" if nothing does
	Waits   []string // calls that wait for ever
	Panics  []string // calls that panic
	Busy    []string // calls with many schedules alone
	Fatal   []string // calls that end the program, as an unlock of an unlocked mutex does
	Long    []string // calls with many steps alone
	Text    []string // what to tell the user
}

// drawn returns the calls that programs are drawn from. A call that is left out here can still be in
// a program that the user writes.
func (s *Spec) drawn() (calls []*call) {
	for _, c := range s.calls {
		if p := s.probed; p == nil || !slices.Contains(p.Busy, c.text) && !slices.Contains(p.Fatal, c.text) {
			calls = append(calls, c)
		}
	}
	return calls
}

// quiet returns the calls that return on a fresh value.
func (s *Spec) quiet() (calls []*call) {
	p := s.probed
	for _, c := range s.drawn() {
		if !slices.Contains(p.Waits, c.text) && !slices.Contains(p.Panics, c.text) {
			calls = append(calls, c)
		}
	}
	return calls
}

// mostObservers bounds the calls at the end of a program. They have no other call beside them, so
// they cost steps, and no schedules.
const mostObservers = 6

// observers returns the calls that end every program, because they have results that show what the
// calls before have left. The calls with the fewest arguments come first: they say most about the
// whole value.
// They are chosen once and kept, because every run of every program asks for them. A call that waits,
// panics, or has many steps alone is none: it would do so at the end of each program.
func (s *Spec) observers() (calls []*call) {
	if s.seers != nil || s.probed == nil {
		return s.seers
	}
	for _, c := range s.quiet() {
		if len(c.method.out) > 0 && !slices.Contains(s.probed.Long, c.text) {
			calls = append(calls, c)
		}
	}
	slices.SortStableFunc(calls, func(a, b *call) int { return cmp.Compare(len(a.args), len(b.args)) })
	s.seers = calls[:min(len(calls), mostObservers)]
	return s.seers
}

// byType keeps the functions of each dynamic type. The lock is for tests that run in parallel; in a
// player only one goroutine runs at a time.
// The dynamic type is the key and not the static one: newValue may return an interface, and another type in
// each schedule.
var byType struct {
	sync.Mutex
	all map[reflect.Type]functions
}

// functions are the methods of one dynamic type as functions, by name.
type functions map[string]reflect.Value

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
// Under the race detector the pool orders the end of one call before the beginning of the next. Two goroutines
// that write the same variable in such calls would not be reported. A result of no size
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
