package typeprog

import (
	"reflect"
	"slices"
	"strings"
	"sync/atomic"
	"time"
	"unsafe"

	"github.com/semabench/semabench/stress/explore/schedrt"
	shim "github.com/semabench/semabench/stress/explore/shim/sync"
)

// A run is one execution of a plan, by goroutines at once or in a sequential order. The scheduler
// lets one goroutine move at a time, so its fields need no lock.
type run struct {
	spec      *Spec
	plan      plan
	value     reflect.Value
	functions functions
	made      bool     // newValue has returned
	before    []*event // by the columns of the plan; after holds the calls of the observers
	columns   [][]*event
	after     []*event

	// In a sequential order, turns counts the calls that have begun. Otherwise stamps are steps of the
	// schedule.
	sequential bool
	turns      int
	times      []time.Duration // of the clock at which each turn begins at the earliest; nil: at once
	board      *board          // nil while goroutine 0 makes calls alone
}

// An event is a call of a run. Its stamps are 0 until it begins, and until it ends.
type event struct {
	call       *call
	goroutine  int // 0 for the calls before and after
	began, end int
	from, to   time.Duration // of the virtual clock, at the begin and at the end
	texts      []string      // of its results, or of its panic
	values     []reflect.Value
	panicked   bool
	noted      atomic.Bool // in a sequential order: the conductor may go on
}

// Events are made anew for each schedule: the results of one schedule must not
// be found in the next.
func newRun(s *Spec, p plan) *run {
	r := &run{spec: s, plan: p}
	events := func(calls []*call, g int) (all []*event) {
		for _, c := range calls {
			all = append(all, &event{call: c, goroutine: g})
		}
		return all
	}
	r.before, r.after = events(p.before, 0), events(s.observers(), 0)
	for i, c := range p.columns {
		r.columns = append(r.columns, events(c, i+1))
	}
	return r
}

// events returns all calls. Their order is the same in each run of a plan.
// The index of a call is how a history and a sequence are compared, so both must list the calls alike.
func (r *run) events() []*event {
	return slices.Concat(r.before, slices.Concat(r.columns...), r.after)
}

// concurrently is the program that the explorer plays. Goroutine 0 makes the calls before and after, so
// that they are ordered with all others for the race detector, too: a race that it reports is one of the
// columns.
func (r *run) concurrently() {
	if !r.begin() {
		return
	}
	for _, e := range r.before {
		r.do(e)
	}
	var all shim.WaitGroup
	all.Add(len(r.columns))
	for _, column := range r.columns {
		schedrt.Go(func() {
			// The steps of this package are marked, so that reports and the counts of steps leave them out.
			schedrt.MarkHarness()
			defer all.Done()
			for _, e := range column {
				r.do(e)
			}
		})
	}
	all.Wait()
	r.finish()
}

// begin makes the value.
// A value that is nil has methods that mostly panic, each with a message that blames
// the method. So nil fails here, by its own name.
func (r *run) begin() bool {
	r.value = r.spec.fresh()
	if isNil(r.value) {
		schedrt.Fail(nilText)
		return false
	}
	r.functions = functionsOf(r.value)
	schedrt.MarkHarness()
	r.made = true
	return true
}

const nilText = "newValue returns nil"

// isNil reports whether there is no value to call methods of. A map or a slice that is nil is a value: some
// types document their zero value as ready to use.
func isNil(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		return v.IsNil()
	}
	return !v.IsValid()
}

// finish makes the calls of the observers, and gives the value back to the user.
// Cleanup comes last and is not judged: it is the user's way to end goroutines, and may call anything.
func (r *run) finish() {
	for _, e := range r.after {
		r.do(e)
	}
	if r.spec.options.Cleanup != nil {
		r.spec.options.Cleanup(r.value)
	}
}

// do makes one call. The arguments are made before the call begins, and the results are written down
// before it ends. No step of the schedule is in between, so both belong to the call.
// In a sequential order the stamps are turns, and the board orders the begin and the end of each call for
// the race detector. In the program itself only the scheduler orders them, so a race of the type stays
// visible.
func (r *run) do(e *event) {
	m := e.call.method
	in := []reflect.Value{r.value}
	for i, a := range e.call.args {
		in = append(in, a.of(m.in[i]))
	}
	if r.sequential {
		r.board.acquire()
		r.turns++
		e.began = r.turns
		r.board.release()
	} else {
		e.began = schedrt.MarkCall(e.call.text)
		e.from = schedrt.Elapsed()
	}
	values := r.call(e, in)
	if !r.sequential {
		e.values = values
		r.write(e)
		e.to = schedrt.Elapsed()
		e.end = schedrt.MarkReturn(" " + e.text())
		return
	}
	r.board.acquire()
	e.values = values
	r.write(e)
	e.end = r.turns
	r.board.release()
}

// call calls the method. A panic of the method is a result. The end of the schedule is no panic: the
// scheduler ends goroutines by runtime.Goexit, which recover does not stop.
// Methods are called by package reflect, whose frames a report leaves out. A result of a method is a copy, but
// what it points to may be a part of the value.
func (r *run) call(e *event, in []reflect.Value) (results []reflect.Value) {
	f := r.functions[e.call.method.name]
	defer func() {
		if p := recover(); p != nil {
			e.panicked = true
			e.texts = []string{"panics: " + panicText(p)}
		}
	}()
	if e.call.method.variadic {
		results = f.CallSlice(in)
	} else {
		results = f.Call(in)
	}
	return results[:len(e.call.method.out)] // without the struct{} of callable
}

// panicText returns the text by which two panics are compared. It must not have an address in it, so a value
// that is neither an error nor a string is written by its content.
func panicText(p any) string {
	if err, ok := p.(error); ok {
		return textOf(err)
	}
	if text, ok := p.(string); ok {
		return text
	}
	return snapshot(reflect.ValueOf(p), nil)
}

// firstLine returns the first line of a panic; the others are its stack.
func firstLine(text string) string {
	line, _, _ := strings.Cut(text, "\n")
	return line
}

// write writes the results down. They are read again only where the user compares them.
func (r *run) write(e *event) {
	var self unsafe.Pointer
	if r.value.Kind() == reflect.Pointer {
		self = r.value.UnsafePointer()
	}
	for _, v := range e.values {
		e.texts = append(e.texts, snapshot(v, self))
	}
}

// text returns the results as a report shows them.
func (e *event) text() string {
	switch {
	case e.panicked:
		return e.texts[0]
	case len(e.texts) == 0:
		return "done"
	}
	return "= " + strings.Join(e.texts, ", ")
}

// A board is the shared state of a sequential order: the conductor, which is goroutine 0, tells the
// goroutines of the columns whose turn it is. Its fields are atomic because the scheduler asks for them
// in any goroutine, and the race detector watches this package.
type board struct {
	object schedrt.Object
	turn   atomic.Pointer[event] // may begin
	rested atomic.Bool           // nothing could move since the turn began
	over   atomic.Bool
}

// acquire and release order the turns for the race detector: a sequential order is one in which every
// call happens after the one before it. The begin and the end of a call are each between the two.
// A nil board has one goroutine.
func (b *board) acquire() {
	if b != nil {
		schedrt.AcquireEdge(unsafe.Pointer(b))
	}
}

func (b *board) release() {
	if b != nil {
		schedrt.ReleaseEdge(unsafe.Pointer(b))
	}
}
