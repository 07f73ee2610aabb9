package semaphore

import (
	"fmt"

	"github.com/semabench/semabench/impls"
	"github.com/semabench/semabench/stress/explore/schedrt"
	"github.com/semabench/semabench/stress/internal/model"
)

// A judge holds executions of a scenario to the contract. Histories that were judged before are not
// judged again: there are far fewer of them than schedules.
type judge struct {
	impl    impls.Impl
	verdict map[string]string
	key     []byte
}

func newJudge(impl impls.Impl) *judge { return &judge{impl: impl, verdict: map[string]string{}} }

// judge says in one line what is wrong, or "".
func (j *judge) judge(st *stage, out *schedrt.Outcome) string {
	for _, w := range st.workers {
		for _, e := range w.log {
			if e.wrong != "" {
				return e.wrong
			}
			if e.done && e.ok {
				return fmt.Sprintf("C8: Acquire(%d) = nil though its ctx was done before the call", e.n)
			}
		}
	}
	switch out.Kind {
	case schedrt.Panicked:
		return "C32: " + firstLine(out.Message)
	case schedrt.Failed:
		return firstLine(out.Message)
	case schedrt.Pruned, schedrt.Endless:
		return ""
	}
	if wrong := j.unheard(st, out); wrong != "" {
		return wrong
	}
	if wrong := j.history(st, out); wrong != "" {
		return wrong
	}
	switch {
	case out.Kind == schedrt.Leak:
		return "C31: a goroutine is left when all calls have returned"
	case out.Kind != schedrt.Passed:
		return out.Kind.String()
	case st.kept > 0:
		return "C31: Acquire has returned and its callback is still registered with ctx"
	}
	return ""
}

// unheard looks for a call that waits though its context is done, and for goroutines that nobody
// waits for, when nothing can move any more.
func (j *judge) unheard(st *stage, out *schedrt.Outcome) string {
	if j.impl.Waits == impls.Elsewhere {
		return ""
	}
	rests := st.rests()
	atEnd := out.Kind == schedrt.Deadlock || out.Kind == schedrt.Livelock
	for k, w := range st.workers {
		cancelled := st.cancelled(int64(k))
		for _, e := range w.log {
			if e.kind != 'a' || cancelled == 0 {
				continue
			}
			if atEnd && e.returned == 0 && st.usesOwn(k, e) {
				return fmt.Sprintf("C22: Acquire(%d) still waits though its ctx is done (%v)", e.n, out.Kind)
			}
			for _, r := range rests {
				if e.waitsAt(r.call) && cancelled < r.call && st.usesOwn(k, e) {
					return fmt.Sprintf("C22: Acquire(%d) still waits though its ctx is done", e.n)
				}
			}
		}
	}
	for _, r := range rests {
		if r.extra > 0 && !st.acquiring(r.call) {
			return "C31: a goroutine is left when Acquire has returned"
		}
	}
	return ""
}

func (e entry) waitsAt(at int) bool { return e.call < at && (e.returned == 0 || e.returned > at) }

// usesOwn reports whether a call was given the context of its worker.
func (st *stage) usesOwn(k int, e entry) bool {
	at := 0
	for _, other := range st.workers[k].log {
		if other.kind == 'a' {
			if other.call == e.call {
				break
			}
			at++
		}
	}
	for _, a := range st.scenario.workers[k] {
		switch a.kind {
		case 'a', 'd', 'c', 'y':
			if at == 0 {
				return a.kind == 'c' || a.kind == 'y'
			}
			at--
		}
	}
	return false
}

// rests returns the moments at which nothing could move.
func (st *stage) rests() (rests []entry) {
	for _, w := range st.workers {
		for _, e := range w.log {
			if e.kind == 'w' {
				rests = append(rests, e)
			}
		}
	}
	return rests
}

// cancelled returns when the context of a worker was cancelled, or 0.
func (st *stage) cancelled(k int64) int {
	for _, w := range st.workers {
		for _, e := range w.log {
			if e.kind == 'x' && e.n == k && e.returned > 0 {
				return e.returned
			}
		}
	}
	return 0
}

// acquiring reports whether an Acquire was under way.
func (st *stage) acquiring(at int) bool {
	for _, w := range st.workers {
		for _, e := range w.log {
			if e.kind == 'a' && e.waitsAt(at) {
				return true
			}
		}
	}
	return false
}

// history asks whether the calls could have taken effect one after the other.
func (j *judge) history(st *stage, out *schedrt.Outcome) string {
	l := linearize(j.impl, st, out)
	j.key = l.appendKey(j.key[:0])
	if wrong, ok := j.verdict[string(j.key)]; ok {
		return wrong
	}
	wrong := ""
	if !l.possible() {
		wrong = "C34: there is no order in which these calls could have taken effect"
		if len(l.quiets) > 0 {
			if l.withoutQuiet().possible() {
				wrong = "C17: lost wake-up: nothing can move any more, and somebody waits who could be served"
			}
		}
	}
	j.verdict[string(j.key)] = wrong
	return wrong
}

func orderOf(o impls.Order) model.Order {
	switch o {
	case impls.FIFO:
		return model.FIFO
	case impls.Barging:
		return model.Barging
	}
	return model.Unspecified
}
