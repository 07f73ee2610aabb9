package stress

import (
	"cmp"
	"errors"
	"fmt"
	"hash/maphash"
	"math"
	"slices"
	"strings"

	"github.com/anishathalye/porcupine"

	"github.com/semabench/semabench/impls"
	"github.com/semabench/semabench/stress/internal/model"
)

// maxSteps bounds the search for a linearization of one history. It counts steps of the model and
// not time, so that whether a history is decided does not depend on the machine. Most histories
// take some tens of steps; one in thousands takes ten thousand. Only tests change it.
var maxSteps = 300_000

// A linearization is the question whether a history is linearizable, in the terms of porcupine.
// Porcupine knows operations with one effect. The model therefore splits an Acquire into events, of
// which each has an interval of its own, and package model argues why that is sound.
type linearization struct {
	model  model.Model
	events []porcupine.Operation
	steps  int

	numbers []string // the worker of each row of the picture, as the text names it
}

// A namedEvent is an event and the name of the goroutine that made the call.
type namedEvent struct {
	model.Event
	name string
}

// linearization prepares the search for an order of the calls.
func (h *history) linearization(impl impls.Impl) *linearization {
	o, logOf := h.observed(impl)
	return newLinearization(o, logOf, h.name)
}

// newLinearization takes a history, and for each call the goroutine that made it. Each goroutine
// gets up to two rows of the picture, because the events of one Acquire overlap. The picture wants
// client IDs without gaps, so rows are numbered as they are used.
//
// Stamps go to porcupine as they are. It compares them only, so any clock does.
func newLinearization(
	h *model.History, goroutineOf []int, name func(goroutine int) string,
) *linearization {
	m, spans := h.Spans()
	l := &linearization{model: m}
	rows := map[int]int{} // two numbers for each goroutine, counted as they are used
	rowOf := func(s model.Span) int {
		row := -1
		if s.Call != model.NoCall {
			row = 2 * goroutineOf[s.Call]
		}
		if s.Kind == model.Requested || s.Kind == model.Left {
			row++
		}
		if _, ok := rows[row]; !ok {
			rows[row] = len(rows)
			number := ""
			if s.Call != model.NoCall {
				number = strings.TrimPrefix(name(goroutineOf[s.Call]), "worker ")
			}
			l.numbers = append(l.numbers, number)
		}
		return rows[row]
	}
	for _, s := range spans {
		e := namedEvent{Event: s.Event}
		if s.Call != model.NoCall {
			e.name = name(goroutineOf[s.Call])
		}
		l.events = append(l.events, porcupine.Operation{
			ClientId: rowOf(s), Input: e, Call: s.From, Return: s.Till,
		})
	}
	return l
}

// check searches for an order in which the calls could have taken effect. Unknown means that the
// search was given up after maxSteps.
//
// A history that is found linearizable within the bound is Ok even if another order would have
// exceeded it.
func (l *linearization) check() porcupine.CheckResult {
	l.steps = 0
	// Not CheckOperationsTimeout: a limit in seconds makes the verdict depend on the load of the
	// machine.
	linearizable := porcupine.CheckOperations(l.spec(), l.events)
	switch {
	case linearizable:
		return porcupine.Ok
	case l.steps > maxSteps:
		return porcupine.Unknown
	}
	return porcupine.Illegal
}

// hashSeed is one for the process: porcupine compares the hashes of states that it meets in one
// search.
var hashSeed = maphash.MakeSeed()

// State is comparable and small, so hashing it replaces most comparisons; porcupine compares
// states of equal hashes once more.
func (l *linearization) spec() porcupine.Model {
	return porcupine.Model{
		Init: func() any { return l.model.Init() },
		Step: func(state, input, _ any) (bool, any) {
			if l.steps++; l.steps > maxSteps {
				return false, state // every order is refused from here on, which ends the search
			}
			next, may := l.model.Step(state.(model.State), input.(namedEvent).Event)
			return may, next
		},
		Hash: func(state any) uint64 {
			return maphash.Comparable(hashSeed, state.(model.State))
		},
		DescribeOperation: func(input, _ any) string { return describe(input.(namedEvent)) },
		DescribeState: func(state any) string {
			s := state.(model.State)
			return fmt.Sprintf("free %d, %d waiting", s.Free, s.Waiting.Len())
		},
	}
}

func describe(e namedEvent) string {
	what := ""
	switch e.Kind {
	case model.Quiet:
		return "nothing can move any more"
	case model.Requested:
		what = fmt.Sprintf("Acquire(%d) begins", e.N)
	case model.Granted:
		what = fmt.Sprintf("Acquire(%d) granted", e.N)
	case model.Withdrawn:
		what = fmt.Sprintf("Acquire(%d) gives up", e.N)
	case model.Left:
		what = fmt.Sprintf("Acquire(%d) = error", e.N)
	case model.Tried:
		what = fmt.Sprintf("TryAcquire(%d) = %v", e.N, e.OK)
	case model.Released:
		what = fmt.Sprintf("Release(%d)", e.N)
	}
	return e.name + ": " + what
}

// onlyByOrder says whether a history would be linearizable under a weaker declaration of
// Impl.Order. Then the failure is about the declared order and about nothing else. It helps a user
// whose declaration is wrong rather than the code.
//
// The search runs again under the weaker model, which accepts all that the stronger one accepts.
// So an Ok here means that nothing but the order is wrong.
func onlyByOrder(impl impls.Impl, h *history) error {
	declared := impl.Order
	impl.Order = impls.Unspecified
	if declared == impls.Unspecified || h.linearization(impl).check() != porcupine.Ok {
		return nil
	}
	if declared == impls.FIFO {
		return errors.New("(there would be one if Impl.Order were not FIFO: " +
			"a request was granted before a request that was observed to wait earlier)")
	}
	return errors.New("(there would be one if Impl.Order were not Barging: " +
		"a request was refused or left waiting though the permits were free)")
}

// A Call is one call of a history that the caller recorded, for example from several processes that
// share a semaphore and a clock. Calls of one goroutine must not overlap; the search does not check
// that.
type Call struct {
	Goroutine int // a number for each goroutine of all processes
	Method    Method
	N         int64
	OK        bool // Acquire returned nil, or TryAcquire true; ignored for Release
	// Begin and End are on a clock that all goroutines share. End is math.MaxInt64 if no return was
	// observed.
	Begin, End int64
}

// A Method is a method of a semaphore.
type Method int

const (
	Acquire Method = iota
	TryAcquire
	Release
)

func (m Method) String() string { return [...]string{"Acquire", "TryAcquire", "Release"}[m] }

// recordedLinearization translates recorded calls. It marks no quiet instants, since the caller
// cannot observe any. A refused Acquire counts like a cancelled Acquire.
func recordedLinearization(impl impls.Impl, size int64, calls []Call) *linearization {
	h := &model.History{Size: size, Order: impl.Order, TryBarges: impl.TryBarges}
	var goroutineOf []int
	methods := [...]model.Method{model.MethodAcquire, model.MethodTryAcquire, model.MethodRelease}
	origin := origin(calls)
	for _, c := range calls {
		end := c.End
		if end != math.MaxInt64 {
			end -= origin
		}
		h.Calls = append(h.Calls, model.Call{
			Method: methods[c.Method], N: c.N, Result: model.ResultOf(c.OK),
			Begin: c.Begin - origin, End: end,
		})
		goroutineOf = append(goroutineOf, c.Goroutine)
	}
	name := func(goroutine int) string { return fmt.Sprint(goroutine) }
	return newLinearization(h, goroutineOf, name)
}

// origin returns the earliest begin. Stamps are counted from it: the model doubles them, and
// nanoseconds since 1970 doubled are near the end of an int64.
func origin(calls []Call) int64 {
	if len(calls) == 0 {
		return 0
	}
	return slices.MinFunc(calls, func(a, b Call) int { return cmp.Compare(a.Begin, b.Begin) }).Begin
}

// callList lists calls in the order in which they began.
func callList(calls []Call) string {
	calls = slices.Clone(calls)
	slices.SortFunc(calls, func(a, b Call) int { return cmp.Compare(a.Begin, b.Begin) })
	var list strings.Builder
	for _, c := range calls {
		end := fmt.Sprint(c.End - calls[0].Begin)
		if c.End == math.MaxInt64 {
			end = "?"
		}
		fmt.Fprintf(&list, "%8d to %8s  %d: %v(%d) = %v\n",
			c.Begin-calls[0].Begin, end, c.Goroutine, c.Method, c.N, c.OK)
	}
	return list.String()
}
