package sched

import (
	"fmt"
	"runtime"
	"sync/atomic"
)

// Refuse ends the execution: the program is about to do what cannot be put under control.
func Refuse(what string) {
	e := active
	if e == nil || e.ending {
		return
	}
	if e.Outcome.Kind == Passed {
		pcs := make([]uintptr, 16)
		pcs = pcs[:runtime.Callers(2, pcs)]
		e.Outcome = Outcome{Kind: Refused, Message: what, Goroutine: e.cur.ID, PCs: pcs}
	}
	e.point(e.begin(OpYield)) // from which nobody returns
}

// Outside is f, of a package that waits for something outside of the program: a file, the network,
// another process. Under control it is refused by its name.
func Outside[F any](f F, name string) F {
	if active != nil {
		Refuse(name + " is not under control")
	}
	return f
}

// strangers counts goroutines that run although they were started before a program was under
// control: by the init functions of a package, or by a test that is over.
var strangers atomic.Int64

// goOutside starts a goroutine when nothing is under control.
func goOutside(fn func()) {
	strangers.Add(1)
	go func() {
		defer strangers.Add(-1)
		fn()
	}()
}

// Strangers says that goroutines run that will never be under control, "" if there are none. What
// they do to channels and locks would be taken for the work of whoever is under control.
func Strangers() string {
	if n := strangers.Load(); n > 0 {
		return fmt.Sprintf("%d goroutine(s) run since before the program was under control: "+
			"a package starts them when it is initialized", n)
	}
	return ""
}

// Finish ends the execution as passed, whoever is left, as the end of a test does. It returns
// how many goroutines are left.
func Finish() (left int) {
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

// Living counts the goroutines that have not come to their end.
func Living() (n int) {
	for _, g := range active.gs {
		if g.state != dead && g != active.clock.g {
			n++
		}
	}
	return n
}

// tardy reports whether g is a clock that moves when nothing else can.
func (g *G) tardy() bool { return g.exec.limits.LazyClock && g == g.exec.clock.g }
