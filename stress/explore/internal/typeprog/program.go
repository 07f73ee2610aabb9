package typeprog

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync/atomic"
	"unsafe"

	"github.com/semabench/semabench/stress/explore/internal/failure"
	"github.com/semabench/semabench/stress/explore/schedrt"
	shim "github.com/semabench/semabench/stress/explore/shim/sync"
)

// A plan is the calls of a program: some before, then columns of calls at once, a goroutine for each
// column. It is written as
//
//	Put("a", 1) then Get("a") | Put("a", 2); Len()
//
// After the columns every program makes the calls of Spec.observers, which show the state that the
// others have left.
type plan struct {
	before  []*call
	columns [][]*call
}

// The separators of the notation. No text of a call ends in front of one by accident, because parse
// reads whole calls.
const (
	thenText  = " then "
	goText    = " | "
	afterText = "; "
)

func (p plan) String() string {
	var columns []string
	for _, c := range p.columns {
		columns = append(columns, list(c))
	}
	text := strings.Join(columns, goText)
	if len(p.before) > 0 {
		text = list(p.before) + thenText + text
	}
	return text
}

func list(calls []*call) string {
	var texts []string
	for _, c := range calls {
		texts = append(texts, c.text)
	}
	return strings.Join(texts, afterText)
}

// parse reads the notation. The longest call that fits is taken, as one text may begin another.
// Replay commands have the notation, and users edit it. An error therefore names the rest at which it
// stopped, and what could stand there.
func (s *Spec) parse(text string) (p plan, err error) {
	rest, column := text, []*call(nil)
	for {
		var next *call
		for _, c := range s.calls {
			if strings.HasPrefix(rest, c.text) && (next == nil || len(c.text) > len(next.text)) {
				next = c
			}
		}
		if next == nil {
			return p, fmt.Errorf("-explore.scenario=%q: at %q: want one of the calls %s", text, rest, list(s.calls))
		}
		column, rest = append(column, next), rest[len(next.text):]
		switch {
		case rest == "":
			p.columns = append(p.columns, column)
			return p, nil
		case strings.HasPrefix(rest, afterText):
			rest = rest[len(afterText):]
		case strings.HasPrefix(rest, goText):
			p.columns, column, rest = append(p.columns, column), nil, rest[len(goText):]
		case strings.HasPrefix(rest, thenText) && p.before == nil && p.columns == nil:
			p.before, column, rest = column, nil, rest[len(thenText):]
		default:
			return p, fmt.Errorf("-explore.scenario=%q: at %q: want “; ”, “ | ” or the end", text, rest)
		}
	}
}

// A Program is a plan on fresh values. It is not safe for concurrent use.
type Program struct {
	spec  *Spec
	plan  plan
	run   *run // of the current schedule; Ready replaces it
	judge *judge
}

// Program returns the program of a text in the notation of Level.Programs.
func (s *Spec) Program(text string) (*Program, error) {
	p, err := s.parse(text)
	if err != nil {
		return nil, err
	}
	return &Program{spec: s, plan: p, judge: &judge{spec: s, plan: p}}, nil
}

// Text returns the program as -explore.scenario takes it.
func (p *Program) Text() string { return p.plan.String() }

// Ready prepares the next schedule.
// The probe is made here at the latest, under the control of the scheduler: a replay of one program comes
// to no enumeration that would have made it.
func (p *Program) Ready() {
	p.spec.probe()
	p.run = newRun(p.spec, p.plan)
}

// Play runs the program on the calling goroutine, which must be under the control of package
// schedrt.
func (p *Program) Play() { p.run.concurrently() }

// Judge returns in one line what is wrong with the schedule that was just played, or "".
// The source of the program is added to the message of a failure only: other schedules show no message.
func (p *Program) Judge(out *schedrt.Outcome) string {
	wrong := p.judge.judge(p.run, out)
	if wrong != "" {
		out.Message = strings.TrimSpace(out.Message + "\n" + p.plan.source(p.spec))
	}
	return wrong
}

// History returns the calls of the schedule that was just played. If wrong says that no order of
// them fits, it adds the order that fits best.
func (p *Program) History(x *schedrt.Exec, wrong string) *failure.History {
	return p.judge.explain(p.run, &x.Outcome, &x.Trace)
}

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
	board      *board // nil while goroutine 0 makes calls alone
}

// An event is a call of a run. Its stamps are 0 until it begins, and until it ends.
type event struct {
	call       *call
	goroutine  int // 0 for the calls before and after
	began, end int
	texts      []string // of its results, or of its panic
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
	}
	values := r.call(e, in)
	if !r.sequential {
		e.values = values
		r.write(e)
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

// source returns the plan as Go code, for a report. The Go code shows which calls meet, also to a
// reader to whom the notation of the replay is new.
func (p plan) source(s *Spec) string {
	var b strings.Builder
	b.WriteString("v := newValue()\n")
	for _, c := range p.before {
		fmt.Fprintf(&b, "v.%s\n", c.text)
	}
	for _, column := range p.columns {
		var calls []string
		for _, c := range column {
			calls = append(calls, "v."+c.text)
		}
		fmt.Fprintf(&b, "go func() { %s }()\n", strings.Join(calls, "; "))
	}
	if observers := s.observers(); len(observers) > 0 {
		b.WriteString("when they have returned:\n")
		for _, c := range observers {
			fmt.Fprintf(&b, "v.%s\n", c.text)
		}
	}
	return b.String()
}
