package stress

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"

	"github.com/semabench/semabench/impls"
	"github.com/semabench/semabench/stress/internal/mutant"
)

const (
	childVar  = "STRESS_TEST_MUTANT" // names the mutant that a child is to judge
	childMark = "caught "
)

// A catch is that a detector refuted a mutant: by which clause or oracle, after how many operations
// and how much time. Its last one, by “end”, says that a child has tried everything.
type catch struct {
	By   string
	Ops  int64
	Took time.Duration
}

func (c catch) print() {
	text, err := json.Marshal(c)
	if err != nil {
		panic(err) // it is a string and two numbers
	}
	fmt.Printf("\n%s%s\n", childMark, text)
}

// TestMutantChild is what TestMutants runs. By itself it has nothing to judge.
func TestMutantChild(t *testing.T) {
	name := os.Getenv(childVar)
	if name == "" {
		return
	}
	patience = time.Second // what hangs here hangs for ever; what is only slow is no mutant's defect
	impl := mutant.Reference
	for _, m := range mutant.All() {
		if m.Name == name {
			impl = m.Impl
		}
	}
	if raceEnabled {
		judgeClauses(impl, "C29", "C30")
	} else {
		judgeClauses(impl, directed()...)
		judgePrograms(impl)
		judgeHistories(impl)
	}
	catch{By: "end"}.print()
}

// directed returns the clauses but those that random programs or the race detector judge.
func directed() (ids []string) {
	for _, c := range clauses {
		switch c.ID {
		case "C29", "C30", "C34", "R1":
		default:
			ids = append(ids, c.ID)
		}
	}
	return ids
}

func judgeClauses(impl impls.Impl, ids ...string) {
	j := newJudge(impl)
	var ops atomic.Int64
	if !raceEnabled { // counting would order what the implementation has to order itself
		j.impl = countedImpl(impl, func() { ops.Add(1) })
	}
	for _, id := range ids {
		ops.Store(0)
		began := time.Now()
		if v := j.judge(clauseNamed(id)); v.Outcome == Fail {
			catch{id, ops.Load(), time.Since(began)}.print()
		}
	}
}

func clauseNamed(id string) clause {
	for _, c := range clauses {
		if c.ID == id {
			return c
		}
	}
	panic("no clause " + id)
}

// judgePrograms plays random programs until both oracles of R1 have spoken, or the budget is spent. A
// program that is stuck leaves goroutines behind, so there is a budget of failures too.
func judgePrograms(impl impls.Impl) {
	failures := 40
	if impl.Waits != impls.Parked {
		failures = 3 // each takes patience
	}
	began := time.Now()
	caught := map[string]bool{}
	for ops, seed := int64(0), newSeed(); ops < 40_000 && len(caught) < 2 && failures > 0; seed++ {
		p := []shape{wide, narrow}[seed%2].generate(seed)
		ops += p.ops()
		_, err := performOnce(impl, patience, p)
		if err == nil {
			continue
		}
		failures--
		by := "I"
		if foundByWatchdog(err) {
			by = "W"
		}
		if !caught[by] {
			caught[by] = true
			catch{by, ops, time.Since(began)}.print()
		}
	}
}

// judgeHistories asks the check for linearizability alone: whatever other oracles say, a history
// that is complete is checked.
func judgeHistories(impl impls.Impl) {
	failures := 300
	if impl.Waits != impls.Parked {
		failures = 3
	}
	began := time.Now()
	for ops, seed := int64(0), newSeed(); ops < 10_000 && failures > 0; seed++ {
		p := narrow.generate(seed)
		ops += p.ops()
		h, err := performOnce(impl, patience, p)
		if foundByWatchdog(err) {
			failures--
		}
		if h.complete() && h.linearize(impl).check() == porcupine.Illegal {
			catch{"C34", ops, time.Since(began)}.print()
			return
		}
	}
}

type counted struct {
	impls.Semaphore
	count func()
}

func (c counted) Acquire(ctx context.Context, n int64) error {
	c.count()
	return c.Semaphore.Acquire(ctx, n)
}

func (c counted) TryAcquire(n int64) bool {
	c.count()
	return c.Semaphore.TryAcquire(n)
}

func (c counted) Release(n int64) {
	c.count()
	c.Semaphore.Release(n)
}

func (c counted) Close() error { return impls.Close(c.Semaphore) }

// foundByWatchdog tells the oracles of a random program apart.
func foundByWatchdog(err error) bool {
	return err != nil && (errors.As(err, new(hung)) || strings.Contains(err.Error(), "C17 no-lost-wakeup"))
}

// complete reports whether every call has returned.
func (h *history) complete() bool {
	return !slices.ContainsFunc(h.logs, func(l *callLog) bool { return l.open() != nil })
}
