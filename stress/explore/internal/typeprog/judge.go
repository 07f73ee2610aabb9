package typeprog

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/semabench/semabench/internal/plural"
	"github.com/semabench/semabench/stress/explore/schedrt"
)

// A judge compares the histories of one plan with its sequences. It plays the sequences once, at the
// first history, and remembers its verdict on each history: there are far fewer histories than
// schedules.
type judge struct {
	spec      *Spec
	plan      plan
	sequences []*sequence
	cut       string // the method, or the type, of which not all sequences were played; "" if all were
	verdicts  map[string]string
	timed     map[string][]*sequence // the sequences at which time passes between calls, by order and times
}

// Words of verdicts. The reports of all schedules with one of them are of one failure.
const (
	noOrder   = "no sequential order of these calls has these results"
	leftAlone = "leak: a goroutine is left, and every sequential order with these results leaves none"
)

// judge returns in one line what is wrong with a run, or "". A deadlock or a leak that a sequential
// order of the calls has as well is no failure; it then sets out to passed.
// The order of the cases matters. A panic or a call of t.Error ends the schedule in the middle, so there is
// no complete history to compare. A schedule without an end is no history either, and is never wrong: the
// explorer counts it as not complete.
func (j *judge) judge(r *run, out *schedrt.Outcome) string {
	switch out.Kind {
	case schedrt.Panicked:
		// A panic in newValue has no order of calls that could excuse it.
		if r.made && j.panicsAlike(firstLine(out.Message)) {
			out.Kind, out.Waiting = schedrt.Passed, nil
			return ""
		}
		return firstLine(out.Message)
	case schedrt.Failed:
		return firstLine(out.Message)
	case schedrt.Pruned, schedrt.Endless, schedrt.Refused:
		return "" // nothing is known about its end
	}
	if !r.made {
		return fmt.Sprintf("%v in newValue", out.Kind)
	}
	j.play()
	// A comparison by the user is not remembered: values with one text may differ for it.
	key := historyKey(r, out)
	wrong, known := j.verdicts[key]
	if !known || len(j.spec.options.Equal) > 0 {
		wrong = j.verdict(r, out)
		j.verdicts[key] = wrong
	}
	// Only a wait that a sequential order has as well comes here with the kind Deadlock or Leak.
	if wrong == "" {
		out.Kind, out.Waiting = schedrt.Passed, nil // or the explorer reports the deadlock itself
	}
	return wrong
}

// panicsAlike reports whether a sequential order ends with the same panic in a goroutine of the type,
// or with the same fatal error. Neither is a result of a call.
// A fatal error, as the unlock of an unlocked mutex, ends the process of a user, too. If the same calls in
// turn end it in the same words, the calls are a misuse and the schedule is not to blame.
func (j *judge) panicsAlike(message string) bool {
	j.play()
	return slices.ContainsFunc(j.sequences, func(q *sequence) bool { return q.fatal == message })
}

// play plays the plan in every order, once.
// Most programs of a right type are judged on a handful of histories, and many programs are never judged
// at all, as the time is over before. So the orders are played when the first history is there. The map of
// verdicts doubles as the mark: it is nil until then.
func (j *judge) play() {
	if j.verdicts != nil {
		return
	}
	j.verdicts = map[string]string{}
	for _, order := range j.plan.orders() {
		found, all := j.spec.sequences(j.plan, order, nil)
		j.sequences = append(j.sequences, found...)
		// The first order that was cut names the reason. Later ones have the same method in them, as a rule.
		if !all && j.cut == "" {
			j.cut = j.spec.varying(found)
		}
	}
}

// varying returns the name of a method whose results differ among sequences of one order, or of the
// type: the schedules that were not played may have other results even if the played ones agree.
// The name goes into a refusal, which tells the user what to leave out. The first call that differs is the
// best guess: the calls behind it may differ because it did.
func (s *Spec) varying(found []*sequence) string {
	if len(found) == 0 {
		return s.Name()
	}
	for i := range found[0].events {
		for _, q := range found {
			if !slices.Equal(q.events[i].texts, found[0].events[i].texts) {
				return found[0].events[i].call.method.name
			}
		}
	}
	return s.Name()
}

// verdict looks for a sequence that has the history of r.
// A leak needs a sequence that agrees and leaks. If sequences agree and none of them leaks, the leak is the
// failure. A sequence with a fatal end has no results of calls, and excuses nothing here; panicsAlike
// looks at those. If not all schedules of an order were played, no answer is certain, and the type is
// refused rather than blamed.
func (j *judge) verdict(r *run, out *schedrt.Outcome) string {
	left := out.Kind == schedrt.Leak
	wrong := ""
	for _, q := range j.sequences {
		if !j.explains(r, q) {
			continue
		}
		if !left || q.leaks {
			return ""
		}
		wrong = leftAlone
	}
	switch {
	case wrong != "":
	case j.cut != "":
		return "refused: " + j.cut + " has more than " + plural.Of(mostSchedules, "schedule") +
			" in one sequential order, because of goroutines or timers of its own. If timers are the reason, " +
			"explore with -explore.lazyclock; if one method is, leave it out with explore.Without, or declare " +
			"with explore.Equal which results are equal"
	case j.fitsInTime(r, left):
	default:
		wrong = j.describe(r, out)
	}
	return wrong
}

// explains reports whether a sequence has the history of r, up to goroutines that are left.
func (j *judge) explains(r *run, q *sequence) bool {
	return q.fatal == "" && j.keepsOrder(r, q) && j.agrees(r, q)
}

// keepsOrder reports whether the calls of a sequence took effect in an order that the history allows:
// a call that returned before another one began has also returned before it in the sequence.
//
// Stamps of the history are steps, and stamps of the sequence are turns. A call that waited in the
// sequence ended in the turn of the call that let it go on, so it has not returned before that call
// began. The comparison is therefore strict. Two calls of one goroutine need no rule of their own: the
// first returned before the second began.
// The cost is the square of the number of calls, which is at most six and the observers. The loop ends at
// the first pair that is out of order.
func (j *judge) keepsOrder(r *run, q *sequence) bool {
	events := r.events()
	for a, first := range events {
		for b, second := range events {
			if first.end == 0 || second.began == 0 || first.end > second.began {
				continue
			}
			if x, y := q.events[a], q.events[b]; x.end == 0 || y.began == 0 || x.end >= y.began {
				return false
			}
		}
	}
	return true
}

// agrees reports whether all calls have the same results, and the same calls never return.
// The observers at the end are among the calls. So two histories with equal results of the columns still
// differ if they leave different states behind.
func (j *judge) agrees(r *run, q *sequence) bool {
	for i, e := range r.events() {
		if !j.equal(e, q.events[i]) {
			return false
		}
	}
	return true
}

// equal reports whether a call of the history has the results that it has in a sequence. Two calls
// agree if both never return, or if both never began, because the call before them never returned.
// In other checkers a pending call may also be left out, or have taken effect. Here the execution is over: nothing can
// move, so pending is a result.
// A panic is compared by its text. Its value may be a pointer, which differs from run to run.
func (j *judge) equal(a, b *event) bool {
	if a.began == 0 || b.began == 0 || a.end == 0 || b.end == 0 {
		return (a.began == 0) == (b.began == 0) && (a.end == 0) == (b.end == 0)
	}
	if a.panicked || b.panicked {
		return a.panicked == b.panicked && slices.Equal(a.texts, b.texts)
	}
	for i, t := range a.call.method.out {
		same := a.texts[i] == b.texts[i]
		if declared := j.spec.options.Equal[t]; declared != nil {
			same = declared(a.values[i], b.values[i])
		}
		if !same {
			return false
		}
	}
	return true
}

// describe returns what no sequence has, in the words that say most: a panic, a call that never
// returns, or only the results. The words are the same for all schedules with one failure, because
// minimising keeps a schedule only if it fails in the same words: so they name calls, and neither
// goroutines nor steps.
func (j *judge) describe(r *run, out *schedrt.Outcome) string {
	var stuck []string
	for i, e := range r.events() {
		// A call whose result occurs in some sequence is not the one to name: the combination is wrong, and not
		// this call.
		same := func(q *sequence) bool { return j.equal(e, q.events[i]) }
		if slices.ContainsFunc(j.sequences, same) {
			continue
		}
		switch {
		case e.panicked:
			return fmt.Sprintf("%s %s; no sequential order of the calls panics like this", e.call.text, e.texts[0])
		case e.began > 0 && e.end == 0:
			stuck = append(stuck, e.call.text)
		}
	}
	switch {
	case len(stuck) > 0:
		return fmt.Sprintf("%v: %s never returns; in every sequential order of the calls it does",
			out.Kind, strings.Join(stuck, " and "))
	case out.Kind == schedrt.Deadlock || out.Kind == schedrt.Livelock:
		return out.Kind.String() + ": no sequential order of these calls has these results and leaves these calls waiting"
	}
	return noOrder
}

// fitsInTime reports whether a sequential order has the history of r if time passes between its calls as it passed in
// the history. A call that sleeps moves the clock, and a call of another goroutine then finds an element that is
// expired, or a permit that a limiter has again, although no call has returned in between.
//
// A call may have read the clock at any of the times that the history has between its begin and its end. These orders
// are played only for a history that no order at once explains: most types have no clock, and most histories of the
// others are explained by then.
func (j *judge) fitsInTime(r *run, left bool) bool {
	var clock []time.Duration
	for _, e := range r.events() {
		clock = append(clock, e.from, e.to)
	}
	slices.Sort(clock)
	clock = slices.CompactFunc(clock, func(a, b time.Duration) bool { return (a - b).Abs() < time.Microsecond })
	if len(clock) < 2 {
		return false
	}
	fits := func(q *sequence) bool { return j.explains(r, q) && (!left || q.leaks) }
	plays := 0
	return slices.ContainsFunc(j.plan.orders(), func(order []int) bool {
		return r.timings(order, clock, func(times []time.Duration) bool {
			key := fmt.Sprint(order, times)
			found, known := j.timed[key]
			if !known {
				if plays++; plays > mostTimed {
					return false
				}
				found, _ = j.spec.sequences(j.plan, order, times)
				if j.timed == nil {
					j.timed = map[string][]*sequence{}
				}
				j.timed[key] = found
			}
			return slices.ContainsFunc(found, fits)
		})
	})
}

// mostTimed bounds the sequences that are played for one history. Two goroutines with two calls each have six orders,
// and some ten timings each.
const mostTimed = 500

// timings calls try with the times at which the calls of an order may have read the clock, until it returns true. The
// times do not decrease, and each is between the begin and the end of its call.
func (r *run) timings(order []int, clock []time.Duration, try func([]time.Duration) bool) bool {
	next := make([]int, len(r.columns))
	var calls []*event
	for _, i := range order {
		calls = append(calls, r.columns[i][next[i]])
		next[i]++
	}
	times := make([]time.Duration, len(calls))
	var set func(k int, from time.Duration) bool
	set = func(k int, from time.Duration) bool {
		if k == len(calls) {
			return try(slices.Clone(times))
		}
		e := calls[k]
		last := e.to
		if e.end == 0 {
			last = clock[len(clock)-1]
		}
		from = max(from, e.from)
		for _, at := range slices.Concat([]time.Duration{from}, clock) {
			if at == from || at > from && at <= last {
				times[k] = at
				if set(k+1, at) {
					return true
				}
			}
		}
		return false
	}
	return set(0, 0)
}

// historyKey is everything that a verdict depends on: the results and the order of the begins and
// ends, and the clock. The stamps are numbers of steps, which differ from schedule to schedule.
// The real-time order depends on the ranks of the stamps only, so two schedules whose calls
// overlap in the same way have one key. The kind of the end is a part of the key: the same results are
// right if all goroutines ended, and may be wrong if one is left.
func historyKey(r *run, out *schedrt.Outcome) string {
	events := r.events()
	var stamps []int
	for _, e := range events {
		stamps = append(stamps, e.began, e.end)
	}
	slices.Sort(stamps)
	stamps = slices.Compact(stamps)
	var b strings.Builder
	for _, e := range events {
		began, _ := slices.BinarySearch(stamps, e.began)
		end, _ := slices.BinarySearch(stamps, e.end)
		fmt.Fprintf(&b, "%t %d %t %d %d %d %q\n", e.began > 0, began, e.end > 0, end, e.from, e.to, e.texts)
	}
	fmt.Fprint(&b, out.Kind)
	return b.String()
}
