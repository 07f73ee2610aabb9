package schedrt

import "runtime"

// An Ending is how an execution ended.
type Ending uint8

// The endings.
const (
	Passed   Ending = iota
	Deadlock        // the program cannot return: all goroutines wait for each other or for nothing
	Leak            // the program returned, and a goroutine is left that can never go on
	Livelock        // the goroutines that can move spin
	Endless         // Limits.Steps was reached
	Panicked        // a goroutine panicked
	Failed          // Fail was called
	Pruned          // the strategy gave the execution up, as it would be like an earlier one
	Refused         // the program came to something that cannot be controlled
)

// String returns the word that reports have for an ending.
func (k Ending) String() string {
	return [...]string{
		"passed", "deadlock", "leak", "livelock", "endless", "panic", "failed", "pruned", "refused",
	}[k]
}

// An Outcome is how an execution ended.
type Outcome struct {
	Kind      Ending
	Message   string
	Goroutine int       // that panicked, failed or was refused
	Stack     string    // of a panic, as runtime/debug prints it
	PCs       []uintptr // of a goroutine that was refused
	Waiting   []Waiting // goroutines that had not ended, by ID; empty if Kind is Passed
}

// firstLine returns what an outcome says, in one line.
func (o *Outcome) firstLine() string {
	if o.Message == "" {
		return o.Kind.String()
	}
	for i := range len(o.Message) {
		if o.Message[i] == '\n' {
			return o.Message[:i]
		}
	}
	return o.Message
}

// Waiting is a goroutine that had not ended.
type Waiting struct {
	G      int
	Op     Kind
	Object int32
	PCs    []uintptr // if Limits.Positions is set
	Holder int       // the goroutine that has the lock it waits for, or -1
	Missed bool      // it waits on a Cond that was signalled while no goroutine waited
	Timed  bool      // a timer would wake it
}

// Fail ends the execution as failed. If it has another outcome already, the message is dropped.
//
// The first outcome stands, because a failure in a deferred call is a consequence of the one
// before.
func Fail(message string) {
	if e := current(); e != nil && e.Outcome.Kind == Passed && !e.ending {
		e.Outcome = Outcome{Kind: Failed, Message: message, Goroutine: e.cur.ID}
	}
}

// FinishPassed ends the execution as passed, even if goroutines are left, as the end of a test in
// go test does. It returns how many are left.
func FinishPassed() (left int) {
	e := active
	if e == nil || e.ending || e.Outcome.Kind != Passed {
		return 0
	}
	for _, g := range e.gs {
		if g.state != dead && g != e.clock.g && g != e.cur {
			left++
		}
	}
	e.over = true
	return left
}

// Refuse ends the execution as refused, because the program is about to do something that cannot be
// controlled. Outside of control it does nothing; under control it does not return.
//
// A refused schedule is neither passed nor failed. The verdict names the call, so that a user
// knows what to replace.
func Refuse(what string) {
	e := current()
	if e == nil || e.ending {
		return
	}
	if e.Outcome.Kind == Passed {
		pcs := make([]uintptr, 16)
		pcs = pcs[:runtime.Callers(2, pcs)]
		e.Outcome = Outcome{Kind: Refused, Message: what, Goroutine: e.cur.ID, PCs: pcs}
	}
	e.point(e.begin(OpYield)) // the execution ends here, so point never returns
}

// RefuseCall returns f outside of control. Under control it refuses the call of f, by its name: f
// waits for something outside the program, such as a file, the network or another process.
// The initialization of packages may call it: what is ready at the start of the process is ready in
// every schedule. Rewritten code has it in the place of f, so f's arguments are evaluated afterwards
// and only if it is called. Remedy says what the program can do instead; it may be empty.
func RefuseCall[F any](f F, name, remedy string) F {
	if e := current(); e != nil && !e.initializing {
		if remedy != "" {
			remedy = ": " + remedy
		}
		Refuse(name + " is not under control" + remedy)
	}
	return f
}

// RefuseAgain is RefuseCall for a function that registers something in the process, such as a flag.
// It refuses calls of the initialization, too. If the registry is restored before each execution, it
// refuses those only: the registry has what the initialization at the start of the process registered.
func RefuseAgain[F any](f F, name string, restored bool) F {
	if e := current(); e != nil && (!restored || e.initializing) {
		Refuse(name + " changes the process for good, and is not under control")
	}
	return f
}

// Doubt says that the program has read something that the engine cannot give it as under go test, such
// as the number of allocations, or waits for it, such as a finalizer. The program goes on with a value
// that is the same in every schedule. If the schedule then fails, the value may be the reason, and the
// program is refused, by this name. If it does not fail, nothing was lost: most tests only log the value.
//
// Without waits, only assertions and panics count as a consequence; a deadlock is told as ever.
func Doubt(name string, waits bool) {
	e := active
	if e.doubt.name != "" && (e.doubt.waits || !waits) {
		return
	}
	pcs := make([]uintptr, 16)
	e.doubt = doubt{name: name, waits: waits, pcs: pcs[:runtime.Callers(2, pcs)], goroutine: e.cur.ID}
}

// A doubt is the argument of Doubt, with the place of the call.
type doubt struct {
	name      string
	waits     bool
	pcs       []uintptr
	goroutine int
}

// apply turns an outcome that the doubt may have brought about into a refusal.
//
// A schedule that passes needs no doubt: it passed with a value that the program must accept.
func (d *doubt) apply(o *Outcome) {
	switch {
	case d.name == "":
		return
	case o.Kind == Failed, o.Kind == Panicked:
	case d.waits && (o.Kind == Deadlock || o.Kind == Leak || o.Kind == Livelock):
	default:
		return
	}
	*o = Outcome{
		Kind: Refused, Goroutine: d.goroutine, PCs: d.pcs,
		Message: d.name + " is not under control: it may be why the schedule fails: " + o.firstLine(),
	}
}

// NoteFinalizer says that the program has set a finalizer or made a weak pointer in this execution.
func NoteFinalizer() { active.finalizers = true }

// HasFinalizers reports whether it did.
func HasFinalizers() bool { return active.finalizers }

// fatal ends the execution like a fatal error of the Go runtime, which no recover in the program
// sees.
//
// Goexit and not panic, because the program may recover from a panic and must not from this.
func (e *Exec) fatal(message string) {
	if e.Outcome.Kind == Passed {
		e.Outcome = Outcome{
			Kind: Panicked, Message: "fatal error: " + message, Goroutine: e.cur.ID, Stack: stack(),
		}
	}
	runtime.Goexit()
}
