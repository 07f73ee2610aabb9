package schedrt

import (
	"fmt"
	"maps"
	"runtime"
	"slices"
	"strings"
	"sync"
)

// Refuse ends the execution: the program is about to do what cannot be put under control.
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
	e.point(e.begin(OpYield)) // from which nobody returns
}

// RefuseCall is f, of a package that waits for something outside of the program: a file, the network,
// another process. Under control it is refused by its name.
func RefuseCall[F any](f F, name string) F {
	if current() != nil {
		Refuse(name + " is not under control")
	}
	return f
}

// strangers are goroutines that run although they were started before a program was under control: by
// the init functions of a package, or by a test that is over. They are counted by where that was.
var strangers struct {
	sync.Mutex
	from map[string]int
}

// goOutside starts a goroutine when nothing is under control.
func goOutside(fn func()) {
	_, file, line, _ := runtime.Caller(2)
	where := fmt.Sprintf("%s:%d", file, line)
	countStranger(where, 1)
	go func() {
		defer countStranger(where, -1)
		fn()
	}()
}

func countStranger(where string, by int) {
	strangers.Lock()
	defer strangers.Unlock()
	if strangers.from == nil {
		strangers.from = map[string]int{}
	}
	if strangers.from[where] += by; strangers.from[where] == 0 {
		delete(strangers.from, where)
	}
}

// UncontrolledGoroutines says that goroutines run that will never be under control, "" if there are none. What
// they do to channels and locks would be taken for the work of whoever is under control.
func UncontrolledGoroutines() string {
	strangers.Lock()
	defer strangers.Unlock()
	if len(strangers.from) == 0 {
		return ""
	}
	return "goroutines run since before the program was under control: a package starts them when it is " +
		"initialized, at " + strings.Join(slices.Sorted(maps.Keys(strangers.from)), ", ")
}

// FinishPassed ends the execution as passed, whoever is left, as the end of a test does. It returns
// how many goroutines are left.
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

// LiveGoroutines counts the goroutines that have not come to their end.
func LiveGoroutines() (n int) {
	for _, g := range active.gs {
		if g.state != dead && g != active.clock.g {
			n++
		}
	}
	return n
}

// tardy reports whether g is a clock that moves when nothing else can.
func (g *G) tardy() bool { return g.exec.limits.LazyClock && g == g.exec.clock.g }
