package semaphore

import (
	"encoding/binary"
	"fmt"
	"slices"
	"strings"

	"github.com/semabench/semabench/impls"
	"github.com/semabench/semabench/stress/explore/schedrt"
	"github.com/semabench/semabench/stress/internal/model"
)

// An oracle compares the executions of one scenario with the contract. It remembers its verdict on
// each history: there are far fewer histories than schedules. It is not safe for concurrent use.
// The memory grows with the number of different histories of one scenario, which is bounded by its
// few calls. The verdict depends on the history and on impl only, so a map serves; see appendKey.
type oracle struct {
	impl     impls.Impl
	verdicts map[string]string // by the key of a history
	key      []byte
}

func newOracle(impl impls.Impl) *oracle {
	return &oracle{impl: impl, verdicts: map[string]string{}}
}

// judge returns in one line how an execution breaks the contract, or "". The most specific clause
// is asked first: a wrong result also makes a history that has no legal order. Order matters in a
// second way: the checks before illegalOrder look at one call each and are cheap, while
// illegalOrder searches.
func (o *oracle) judge(x *execution, out *schedrt.Outcome) string {
	for _, e := range x.entries(callEntry) {
		if e.wrong != "" {
			return e.wrong
		}
		if e.doneBefore && e.Result == model.Succeeded && o.impl.DoneContext == impls.DoneLoses {
			return fmt.Sprintf("C8: Acquire(%d) = nil though its ctx was done before the call", e.N)
		}
	}
	switch out.Kind {
	// Wrong results were asked for first: a panic may be their consequence.
	case schedrt.Panicked:
		return "C32: " + firstLine(out.Message)
	case schedrt.Failed:
		return firstLine(out.Message)
	case schedrt.Pruned, schedrt.Endless:
		return "" // the schedule was cut: nothing is known about its end
	}
	// No call was made, so there is no clause to name. The usual reason is a New that waits for
	// time to pass.
	if x.constructing && stuck(out.Kind) {
		return fmt.Sprintf("New(%d) is slow or never returns (%v): the clock of a schedule moves "+
			"only while nothing else can, so a loop until time has passed does not end",
			x.scenario.Size, out.Kind)
	}
	if wrong := o.ignoredCancellation(x, out.Kind); wrong != "" {
		return wrong
	}
	if wrong := o.leftGoroutine(x); wrong != "" {
		return wrong
	}
	if wrong := o.illegalOrder(x, out.Kind); wrong != "" {
		if x.locksItself(out) {
			return reentered
		}
		return wrong
	}
	switch {
	case out.Kind == schedrt.Leak && o.leftByNew(x, out):
		out.Kind, out.Waiting = schedrt.Passed, nil // or the explorer reports the leak itself
		return ""
	case out.Kind == schedrt.Leak:
		return "C31: a goroutine is left when all calls have returned"
	case out.Kind != schedrt.Passed:
		return out.Kind.String()
	case x.callbacks > 0:
		return "C31: Acquire has returned and its callback is still registered with ctx"
	}
	return ""
}

func firstLine(text string) string {
	line, _, _ := strings.Cut(text, "\n")
	return line
}

// ignoredCancellation looks for a call that waits though its ctx is done, when nothing can move.
// The model knows nothing of contexts, so it cannot see this. Only an instant at which nothing can
// move counts. Before it, the call may just not have had its turn. An implementation whose waiters
// are outside of the scheduler's control has no such instant.
func (o *oracle) ignoredCancellation(x *execution, ending schedrt.Ending) string {
	if o.impl.Waits == impls.Elsewhere {
		return ""
	}
	for k, e := range x.entries(callEntry) {
		cancelled := x.cancelledAt(k)
		if e.ctx == withDeadline {
			// The clock moves while a timer is set, so nothing rests before the deadline has passed.
			cancelled = min(cancelled, e.Begin)
		}
		// notOwn: nothing ends such a ctx, or it is done before the call, and then C8 is the
		// clause.
		if e.Method != model.MethodAcquire || e.ctx == notOwn || cancelled == model.Never {
			continue
		}
		if stuck(ending) && e.End == model.Never {
			return fmt.Sprintf("C22: Acquire(%d) still waits though its ctx is done (%v)", e.N, ending)
		}
		for _, rest := range x.entries(restEntry) {
			if e.pendingAt(rest.Begin) && cancelled < rest.Begin {
				return fmt.Sprintf("C22: Acquire(%d) still waits though its ctx is done", e.N)
			}
		}
	}
	return ""
}

// locksItself reports whether a goroutine waits for a lock that it holds, while an Acquire is pending
// with a ctx whose methods use the semaphore. To the history this is a lost wake-up like any other, and
// a report of a lost wake-up would send the user after a missing signal. The true cause is a method of
// the ctx that was called under the lock. Without such a ctx the lock is taken twice by the code itself, and the lines of
// the trace say so.
func (x *execution) locksItself(out *schedrt.Outcome) bool {
	pending := false
	for _, e := range x.entries(callEntry) {
		pending = pending || e.ctx == ownUsing && e.End == model.Never
	}
	itself := func(w schedrt.Waiting) bool { return w.Holder == w.G }
	return pending && stuck(out.Kind) && slices.ContainsFunc(out.Waiting, itself)
}

// leftGoroutine looks for a goroutine of the implementation that lives when nothing can move and no
// Acquire is pending which could need it. The instants are rests only. In the middle of a schedule
// such a goroutine may just not have had its turn.
func (o *oracle) leftGoroutine(x *execution) string {
	if o.impl.Waits == impls.Elsewhere {
		return ""
	}
	for _, rest := range x.entries(restEntry) {
		if rest.goroutines > 0 && !x.acquiringAt(rest.Begin) {
			return "C31: a goroutine is left when Acquire has returned"
		}
	}
	return ""
}

// leftByNew reports whether nothing but goroutines that New started can be left, where the
// implementation declares by its Waits that it may leave these. The count cannot tell the
// goroutines apart, so it can excuse a goroutine of an Acquire, and blames none of New.
func (o *oracle) leftByNew(x *execution, out *schedrt.Outcome) bool {
	return o.impl.Waits == impls.Elsewhere && len(out.Waiting) <= x.ownedByNew
}

// pendingAt reports whether the call had begun and not returned at an instant. A call that never
// returned has the End Never, which is above every stamp.
func (e *entry) pendingAt(stamp int64) bool { return e.Begin < stamp && e.End > stamp }

// cancelledAt returns when the ctx of worker k was cancelled, or Never. The end of the cancellation
// counts, and not its begin: in between the ctx may not be done yet.
func (x *execution) cancelledAt(k int) int64 {
	for _, e := range x.entries(cancelEntry) {
		if e.N == int64(k) && e.End != model.Never {
			return e.End
		}
	}
	return model.Never
}

// acquiringAt reports whether an Acquire was pending at an instant.
func (x *execution) acquiringAt(stamp int64) bool {
	for _, e := range x.entries(callEntry) {
		if e.Method == model.MethodAcquire && e.pendingAt(stamp) {
			return true
		}
	}
	return false
}

// illegalOrder asks whether the calls could have taken effect one after the other. If they could,
// but for the instants at which nothing could move, then a waiter was not woken. The second search
// leaves out the quiet instants. If that succeeds, every result is legal, and only the rule that a
// quiet semaphore owes nothing is broken.
//
// A lost wake-up is so told from a wrong result without a rule of its own: both break the order,
// and only the first one becomes legal if nothing is owed. A search may take time that is
// exponential in the number of spans, which mostSpans bounds.
func (o *oracle) illegalOrder(x *execution, ending schedrt.Ending) string {
	h, _ := x.history(ending)
	m, spans := h.Spans()
	o.key = appendKey(o.key[:0], m, spans)
	if wrong, ok := o.verdicts[string(o.key)]; ok {
		return wrong
	}
	wrong := ""
	if !m.Linearizable(spans) {
		wrong = noOrder
		isQuiet := func(s model.Span) bool { return s.Kind == model.Quiet }
		calls := slices.DeleteFunc(slices.Clone(spans), isQuiet)
		if len(calls) < len(spans) && m.Linearizable(calls) {
			wrong = lostWakeup
		}
	}
	o.verdicts[string(o.key)] = wrong
	return wrong
}

const (
	noOrder    = "C34: there is no order in which these calls could have taken effect"
	lostWakeup = "C17: lost wake-up: " +
		"nothing can move any more, and a request waits that could be granted"
	reentered = "C25: Acquire calls a method of its ctx under a lock; " +
		"the method uses the semaphore, and waits for that lock"
)

// appendKey appends everything that the verdict depends on: the events, the phases of the requests,
// and the order of the bounds of the spans. The stamps themselves differ from schedule to schedule,
// and do not matter. Only the order of the bounds matters to the search, so ranks make equal what
// differs by unrelated steps. That takes the number of searches from one for each schedule to one
// for each history. The index of a request is below model.MaxSearch and there are few phases, so a
// byte holds each.
func appendKey(key []byte, m model.Model, spans []model.Span) []byte {
	var bounds []int64
	for _, s := range spans {
		bounds = append(bounds, s.From, s.Till)
	}
	slices.Sort(bounds)
	bounds = slices.Compact(bounds)
	rank := func(bound int64) byte { // below 2*model.MaxSearch
		i, _ := slices.BinarySearch(bounds, bound)
		return byte(i)
	}
	for _, s := range spans {
		ok := byte(0)
		if s.OK {
			ok = 1
		}
		key = append(key, byte(s.Kind), byte(s.Request), ok, rank(s.From), rank(s.Till))
		key = binary.AppendVarint(key, s.N)
	}
	for _, r := range m.Requests {
		key = append(key, byte(r.Phase))
	}
	return key
}
