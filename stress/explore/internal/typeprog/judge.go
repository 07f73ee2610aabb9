package typeprog

import (
	"fmt"
	"slices"
	"strings"

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
}

// Words of verdicts. The reports of all schedules with one of them are of one failure.
const (
	noOrder   = "no sequential order of these calls has these results"
	leftAlone = "leak: a goroutine is left, and every sequential order with these results leaves none"
)

// judge returns in one line what is wrong with a run, or "". A deadlock or a leak that a sequential
// order of the calls has as well is no failure; it then sets out to passed.
func (j *judge) judge(r *run, out *schedrt.Outcome) string {
	switch out.Kind {
	case schedrt.Panicked:
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
	if wrong == "" {
		out.Kind, out.Waiting = schedrt.Passed, nil // or the explorer reports the deadlock itself
	}
	return wrong
}

// firstLine returns the first line of a panic; the others are its stack.
func firstLine(text string) string {
	line, _, _ := strings.Cut(text, "\n")
	return line
}

// panicsAlike reports whether a sequential order ends with the same panic in a goroutine of the type,
// or with the same fatal error. Neither is a result of a call.
func (j *judge) panicsAlike(message string) bool {
	j.play()
	return slices.ContainsFunc(j.sequences, func(q *sequence) bool { return q.fatal == message })
}

// play plays the plan in every order, once.
func (j *judge) play() {
	if j.verdicts != nil {
		return
	}
	j.verdicts = map[string]string{}
	for _, order := range j.plan.orders() {
		found, all := j.spec.sequences(j.plan, order)
		j.sequences = append(j.sequences, found...)
		if !all && j.cut == "" {
			j.cut = j.spec.varying(found)
		}
	}
}

// varying returns the name of a method whose results differ among sequences of one order, or of the
// type: the schedules that were not played may have other results even if the played ones agree.
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
func (j *judge) verdict(r *run, out *schedrt.Outcome) string {
	left := out.Kind == schedrt.Leak
	wrong := ""
	for _, q := range j.sequences {
		if q.fatal != "" || !j.keepsOrder(r, q) || !j.agrees(r, q) {
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
	default:
		wrong = j.describe(r, out)
	}
	return wrong
}

// keepsOrder reports whether the calls of a sequence took effect in an order that the history allows:
// a call that returned before another one began has also returned before it in the sequence.
//
// Stamps of the history are steps, and stamps of the sequence are turns. A call that waited in the
// sequence ended in the turn of the call that let it go on, so it has not returned before that call
// began. The comparison is therefore strict. Two calls of one goroutine need no rule of their own: the
// first returned before the second began.
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
// In other checkers a pending call may also be left out, or have taken effect. Here the execution is over: nothing can move, so pending is a result.
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

// historyKey is everything that a verdict depends on: the results and the order of the begins and
// ends. The stamps are numbers of steps, which differ from schedule to schedule.
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
		fmt.Fprintf(&b, "%t %d %t %d %q\n", e.began > 0, began, e.end > 0, end, e.texts)
	}
	fmt.Fprint(&b, out.Kind)
	return b.String()
}
