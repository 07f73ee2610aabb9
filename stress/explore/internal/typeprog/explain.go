package typeprog

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/semabench/semabench/internal/plural"
	"github.com/semabench/semabench/stress/explore/internal/failure"
	"github.com/semabench/semabench/stress/explore/schedrt"
)

// explain returns the calls of a run, and the sequential order that is closest to it: of the orders
// that keep what was seen in real time, the one in which most calls have the same results.
// The explanation is made once, for the schedule that is reported, and not for each schedule that fails.
// So it may look at every sequence again.
func (j *judge) explain(r *run, out *schedrt.Outcome, trace *schedrt.Trace) *failure.History {
	h := &failure.History{}
	events := r.events()
	// The program numbers its columns, and the scheduler its goroutines: a value that starts goroutines in
	// newValue takes numbers before the columns do. The report has the numbers of the scheduler.
	number := map[*event]int{} // of the goroutine, as the columns of the report have it
	for _, e := range events {
		number[e] = e.goroutine
		if e.began == 0 {
			continue
		}
		c := failure.Call{G: e.goroutine, Text: e.call.text, From: e.began, Till: e.end}
		if n := e.began - 1; n < len(trace.Steps) {
			c.G = int(trace.Steps[n].G)
		}
		number[e] = c.G
		if e.end > 0 {
			c.Result = " " + e.text()
		}
		h.Calls = append(h.Calls, c)
	}
	best, agree := j.closest(r)
	// A leak has results that agree, and is explained as well: the reader sees that the order ends without
	// the goroutine that is left here.
	if best == nil || agree == len(events) && out.Kind != schedrt.Leak {
		return h // a race, or a failure that is not about the results
	}
	h.Reason = fmt.Sprintf("none of the %s fits. The closest one, call after call on a fresh value:",
		plural.Of(len(j.sequences), "sequential order"))
	// The events of a sequence stand in the order of the plan. A reader needs the order in which they took
	// effect, which the turns give. Sorting is stable, so calls that never began keep the order of the plan.
	order := slices.Clone(best.events)
	slices.SortStableFunc(order, func(a, b *event) int { return cmp.Compare(a.began, b.began) })
	for _, e := range order {
		if e.began > 0 {
			seen := events[slices.Index(best.events, e)]
			h.Order = append(h.Order, fmt.Sprintf("goroutine %d: %s", number[seen], j.line(e, seen)))
		}
	}
	return h
}

// closest returns the sequence that is closest to a run, and how many calls agree. A sequence that
// breaks the real-time order is never the closest, however many results agree: a reader would have to
// find out by hand why it does not count. Some sequence always keeps the order, because the order of the
// begins of the history is one.
func (j *judge) closest(r *run) (best *sequence, most int) {
	most = -1
	for _, q := range j.sequences {
		agree := 0
		for i, e := range r.events() {
			if j.equal(e, q.events[i]) {
				agree++
			}
		}
		if agree > most && j.keepsOrder(r, q) {
			best, most = q, agree
		}
	}
	return best, most
}

// line writes a call of a sequence, and how the same call of the run differs. A call that agrees is
// written once, so that the eye finds the others.
func (j *judge) line(e, seen *event) string {
	text := e.call.text + " " + ending(e)
	if !j.equal(e, seen) {
		text += ", but here: " + ending(seen)
	}
	return text
}

// ending says how a call came to its end, in words that also fit behind “but here:”. The first two have no
// results, and must not look like a call that returned nothing.
func ending(e *event) string {
	switch {
	case e.began == 0:
		return "does not begin"
	case e.end == 0:
		return "never returns"
	}
	return e.text()
}
