package stress

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/anishathalye/porcupine"

	"github.com/semabench/semabench/impls"
	"github.com/semabench/semabench/stress/internal/model"
)

// A Call is one call of a history that somebody else recorded, as several processes do that share a
// semaphore and a clock.
type Call struct {
	Who        int // a goroutine, of whatever process
	Method     Method
	N          int64
	OK         bool  // Acquire returned nil, or TryAcquire true
	Begin, End int64 // by a clock that all share; an End of math.MaxInt64 says that none is promised
}

// A Method is one of a semaphore.
type Method int

const (
	Acquire Method = iota
	TryAcquire
	Release
)

// Linearizable holds calls to C34: is there an order in which they could have taken effect, each between
// its begin and its end, on a semaphore of that size and those policies with all permits free? That
// includes capacity, failed tries that change nothing, and errors that hold nothing. Who was
// blocked before whom is not known of such calls, so nothing is said about the order in line.
func Linearizable(impl impls.Impl, size int64, calls []Call) Verdict {
	v := Verdict{Impl: impl.Name, Clause: clauseNamed("C34").Clause}
	l := mergedCalls(impl, size, calls)
	switch l.check() {
	case porcupine.Illegal:
		v.Outcome = Fail
		v.Detail = errNotLinearizable.Error() + "\n" + told(calls)
		if page, err := l.page(); err == nil {
			v.Page = page
		}
	case porcupine.Unknown:
		v.Outcome, v.Detail = Unknown, fmt.Sprintf("not decided within %d steps", mostSteps)
	}
	return v
}

func mergedCalls(impl impls.Impl, size int64, calls []Call) *linearization {
	l := &linearization{rows: map[int]int{}}
	h := history{program: program{size: size}}
	l.model = h.model(impl, nil)
	for _, c := range calls {
		who := fmt.Sprint(c.Who)
		if c.Method != Acquire {
			kind := model.Release
			if c.Method == TryAcquire {
				kind = model.Try
			}
			l.add(2*c.Who, happening{model.Event{Kind: kind, N: c.N, OK: c.OK}, who}, c.Begin, c.End)
			continue
		}
		happens := func(k model.Kind) happening {
			return happening{model.Event{Kind: k, Request: len(l.model.Requests), N: c.N}, who}
		}
		l.add(2*c.Who+1, happens(model.Join), c.Begin, c.End)
		if c.OK {
			l.add(2*c.Who, happens(model.Grant), c.Begin, c.End)
		} else {
			l.add(2*c.Who, happens(model.Withdraw), c.Begin, c.End)
			l.add(2*c.Who+1, happens(model.Leave), c.Begin, c.End)
		}
		l.model.Requests = append(l.model.Requests, model.Request{N: c.N})
	}
	return l
}

// told lists calls in the order in which they began.
func told(calls []Call) string {
	calls = slices.Clone(calls) // theirs stay as they are
	slices.SortFunc(calls, func(a, b Call) int { return int(a.Begin - b.Begin) })
	var list strings.Builder
	for _, c := range calls {
		end := fmt.Sprint(c.End - calls[0].Begin)
		if c.End == math.MaxInt64 {
			end = "?"
		}
		fmt.Fprintf(&list, "%8d to %8s  %d: %v(%d) = %v\n", c.Begin-calls[0].Begin, end, c.Who, c.Method, c.N, c.OK)
	}
	return list.String()
}

func (m Method) String() string { return [...]string{"Acquire", "TryAcquire", "Release"}[m] }
