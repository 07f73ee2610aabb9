package stress

import (
	"fmt"
	"slices"
	"strings"

	"github.com/semabench/semabench/impls"
	"github.com/semabench/semabench/stress/internal/model"
)

// stuck is called when nothing can move any more. It lists who waits, and why they should not:
// the permits would do, or the wait was cancelled. It is empty if all have a reason to.
func (p *performance) stuck() string {
	waiting := p.waiting()
	m := p.history.model(p.impl, waiting)
	s := model.State{Free: p.size - p.held.Load(), Waiting: joinable(m)}
	owed := m.Owed(s)

	var list strings.Builder
	hung, next := false, 0
	for i, log := range p.logs {
		e := log.open()
		switch {
		case e == nil:
			continue
		case !e.kind.waits():
			hung = true
			fmt.Fprintf(&list, "%s is in %s, which must not wait for anything\n", p.who(i), e.kind.call(e.n))
			continue
		case !e.kind.wayless() && p.errandLog().open() == nil:
			hung = true // nothing is left to be done, so its ctx is done
			fmt.Fprintf(&list, "%s waits in %s though its ctx is done\n", p.who(i), e.kind.call(e.n))
			next++
			continue
		default:
			fmt.Fprintf(&list, "%s waits in %s%s\n", p.who(i), e.kind.call(e.n), couldBeServed(slices.Contains(owed, next)))
		}
		next++
	}
	fmt.Fprintf(&list, "%d of %d permits are free\n", s.Free, p.size)
	switch {
	case !p.someoneRests():
		return list.String() + "nobody rests, so nobody will ever move\n"
	case hung || len(owed) > 0:
		return list.String()
	}
	return ""
}

func couldBeServed(owed bool) string {
	if owed {
		return ": could be served"
	}
	return ""
}

// waiting returns the calls that wait for permits, in the order of the logs.
func (h *history) waiting() (all []*entry) {
	for _, log := range h.logs {
		if e := log.open(); e != nil && e.kind.waits() {
			all = append(all, e)
		}
	}
	return all
}

// model returns the sequential semaphore in which the given calls are the requests.
func (h *history) model(impl impls.Impl, requests []*entry) model.Model {
	m := model.Model{Size: h.size, TryBarges: impl.TryBarges}
	switch impl.Order {
	case impls.FIFO:
		m.Order = model.FIFO
	case impls.Barging:
		m.Order = model.Barging
	}
	for _, e := range requests {
		m.Requests = append(m.Requests, model.Request{N: e.n, Phase: h.phase(e)})
	}
	return m
}

// joinable returns the requests that can be granted at all.
func joinable(m model.Model) model.Set {
	var possible []int
	for i, r := range m.Requests {
		if r.N <= m.Size {
			possible = append(possible, i)
		}
	}
	return model.SetOf(possible...)
}

func (h *history) who(log int) string {
	if log == len(h.workers) {
		return "the errands"
	}
	return fmt.Sprintf("worker %d", log)
}

// call gives an op as the call that it is.
func (k kind) call(n int64) string {
	switch k {
	case acquire, background:
		return fmt.Sprintf("Acquire(%d)", n)
	case cancelled, yielding:
		return fmt.Sprintf("Acquire(%d) with cancel", n)
	case dead:
		return fmt.Sprintf("Acquire(%d) when done", n)
	case try:
		return fmt.Sprintf("TryAcquire(%d)", n)
	}
	return fmt.Sprintf("Release(%d)", n)
}
