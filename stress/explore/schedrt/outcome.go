package schedrt

import (
	"fmt"
	"runtime"
	"runtime/debug"
)

// An Ending is how one execution ended.
type Ending uint8

const (
	Passed   Ending = iota
	Deadlock        // the program waits for what cannot come
	Leak            // the program returned, and goroutines of it wait for what cannot come
	Livelock        // all that can move spins
	Endless         // the bound on steps was reached
	Panicked
	Failed  // the program said so
	Pruned  // the strategy gave it up: it would be like an earlier one
	Refused // the program did what cannot be put under control
)

func (k Ending) String() string {
	return [...]string{"passed", "deadlock", "leak", "livelock", "endless", "panic", "failed", "pruned", "refused"}[k]
}

// An Outcome is how an execution ended and who was left.
type Outcome struct {
	Kind      Ending
	Message   string
	Goroutine int // that panicked or failed
	Stack     string
	PCs       []uintptr // of who was refused
	Waiting   []Waiting
}

// Waiting is a goroutine that did not come to its end.
type Waiting struct {
	G      int
	Op     Kind
	Object int32
	PCs    []uintptr // if positions are recorded
	Holder int       // who has the lock that it waits for, or -1
	Missed bool      // waits on a Cond that was signalled when nobody waited
}

// Fail ends the execution, or is the verdict on it if there is no other.
func Fail(message string) {
	if e := current(); e != nil && e.Outcome.Kind == Passed && !e.ending {
		e.Outcome = Outcome{Kind: Failed, Message: message, Goroutine: e.cur.ID}
	}
}

// describe says what everybody waits for.
func (o *Outcome) describe(e *Exec) {
	for _, g := range e.gs {
		if g.state == dead || g == e.clock.g {
			continue
		}
		w := Waiting{G: g.ID, Op: g.Op.Kind, Holder: -1}
		if g.Op.object != nil {
			w.Object = g.Op.object.id
		}
		for i := range g.Op.npcs {
			w.PCs = push(w.PCs, g.Op.pcs[i])
		}
		switch guard := g.Op.guard.(type) {
		case *Mutex:
			w.Holder = guard.holder
		case *RWMutex:
			w.Holder = guard.holder
		}
		if c := g.Op.cond; c != nil {
			w.Missed = c.missed
		}
		o.Waiting = push(o.Waiting, w)
	}
}

// fatal ends the execution like an error of the Go runtime that no recover sees.
func (e *Exec) fatal(message string) {
	if e.Outcome.Kind == Passed {
		e.Outcome = Outcome{Kind: Panicked, Message: "fatal error: " + message, Goroutine: e.cur.ID, Stack: stack()}
	}
	runtime.Goexit()
}

func panicText(r any) string {
	if err, ok := r.(error); ok {
		return "panic: " + err.Error()
	}
	return fmt.Sprintf("panic: %v", r)
}

func stack() string { return string(debug.Stack()) }
