package stress

import (
	"context"
	"encoding/json"
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
	"github.com/semabench/semabench/stress/internal/race"
)

const (
	childVar  = "STRESS_TEST_MUTANT" // the name of the mutant that a child process checks
	bareVar   = "STRESS_TEST_BARE"   // if set, the child runs without the planted preemptions
	namedVar  = "STRESS_TEST_NAMED"  // if set, the child runs only the detectors that the mutant names
	childMark = "caught "
)

// A catch says that a detector found the defect of a mutant: which clause or oracle, and after how
// many operations and how much time. The catch by “end” says that the child has run all detectors.
type catch struct {
	By   string
	Ops  int64
	Took time.Duration
}

// print writes a catch to standard output, where the parent process reads it.
func (c catch) print() {
	text, err := json.Marshal(c)
	if err != nil {
		panic(err) // a string and two numbers can be marshalled
	}
	fmt.Printf("\n%s%s\n", childMark, text)
}

// TestMutantChild runs in the child processes of TestMutants. In other processes it does nothing.
func TestMutantChild(t *testing.T) {
	name := os.Getenv(childVar)
	if name == "" {
		return
	}
	began := time.Now()
	m := mutant.Mutant{Impl: mutant.Reference}
	for _, other := range planted() {
		if other.Name == name {
			m = other
			patience = time.Second // no mutant is only slow: a mutant that hangs for a second hangs for ever
		}
	}
	if os.Getenv(bareVar) != "" {
		mutant.Preempt = func() {}
	}
	if os.Getenv(namedVar) != "" {
		runNamed(m)
	} else {
		runAll(m)
	}
	catch{By: "end", Took: time.Since(began)}.print()
}

// runAll runs every detector on the mutant.
func runAll(m mutant.Mutant) {
	if race.Enabled {
		runClauses(m.Impl, 0, "C29", "C30")
		return
	}
	runPrograms(m.Impl)
	checkHistories(m.Impl)
	must, others := directed(m.KilledBy)
	runClauses(m.Impl, len(must), append(must, others...)...)
}

// runNamed runs the detectors that must find the defect.
func runNamed(m mutant.Mutant) {
	names := func(id string) bool { return slices.Contains(m.KilledBy, id) }
	if race.Enabled {
		runClauses(m.Impl, 0, slices.DeleteFunc([]string{"C29", "C30"}, func(id string) bool { return !names(id) })...)
		return
	}
	if names("I") || names("W") {
		runPrograms(m.Impl)
	}
	if names("C34") {
		checkHistories(m.Impl)
	}
	must, _ := directed(m.KilledBy)
	runClauses(m.Impl, len(must), must...)
}

// directed returns the clauses that have their own check, without random programs and race
// detector. The clauses that must find the defect come apart from the others.
func directed(killedBy []string) (must, others []string) {
	for _, c := range clauses {
		switch {
		case slices.Contains([]string{"C29", "C30", "C34", "R1"}, c.ID):
		case slices.Contains(killedBy, c.ID):
			must = append(must, c.ID)
		default:
			others = append(others, c.ID)
		}
	}
	return must, others
}

// runClauses checks clauses one by one. A mutant that hangs in three clauses would hang in most,
// and each takes time, so the remaining clauses are left out then. The first must clauses always
// run.
func runClauses(impl impls.Impl, must int, ids ...string) {
	k := newChecker(impl)
	var ops atomic.Int64
	if !race.Enabled { // an atomic counter would add happens-before edges
		k.impl = countedImpl(impl, func() { ops.Add(1) })
	}
	hangs := 0
	for i, id := range ids {
		ops.Store(0)
		began := time.Now()
		v := k.check(clauseNamed(id))
		took := time.Since(began)
		if v.Outcome == Fail {
			catch{id, ops.Load(), took}.print()
		}
		if took > patience/20 && v.Outcome == Fail {
			hangs++
		}
		if hangs >= 3 && i >= must-1 && i < len(ids)-1 {
			catch{By: "…"}.print()
			return
		}
	}
}

// runPrograms runs random programs until both oracles of R1 have reported, or the budget is spent.
// A program that is stuck leaves goroutines behind, so failures have a budget as well.
func runPrograms(impl impls.Impl) {
	failures := failureBudget(40)
	began := time.Now()
	caught := map[string]bool{}
	for ops, seed := int64(0), NewSeed(); ops < 40_000 && len(caught) < 2 && failures > 0; seed++ {
		p := []shape{wide, narrow}[seed%2].generate(seed)
		ops += p.Ops()
		_, err := runOnce(impl, patience, p)
		if err == nil {
			continue
		}
		failures.spend(impl, err)
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

// A failureBudget limits failures. A failure that is seen at once costs one. A failure that took a
// wait on the real clock costs everything, because it may leave goroutines behind that spin.
type failureBudget int

func (b *failureBudget) spend(impl impls.Impl, err error) {
	switch {
	case err == nil:
	case hangs(err), impl.Waits != impls.Parked:
		*b = 0
	default:
		*b--
	}
}

// checkHistories runs the check for linearizability alone. Every complete history is checked, also
// if another oracle has reported a failure.
func checkHistories(impl impls.Impl) {
	failures := failureBudget(40)
	began := time.Now()
	for ops, seed := int64(0), NewSeed(); ops < 10_000 && failures > 0; seed++ {
		p := narrow.generate(seed)
		ops += p.Ops()
		h, err := runOnce(impl, patience, p)
		failures.spend(impl, err)
		if !h.inCalls() && h.linearization(impl).check() == porcupine.Illegal {
			catch{"C34", ops, time.Since(began)}.print()
			return
		}
	}
}

// countedImpl counts the calls of its semaphores.
func countedImpl(impl impls.Impl, count func()) impls.Impl {
	inner := impl.New
	impl.New = func(size int64) impls.Semaphore { return counted{inner(size), count} }
	return impl
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

// foundByWatchdog reports whether the failure of a random program is that a call is stuck.
func foundByWatchdog(err error) bool {
	return err != nil && (hangs(err) || strings.Contains(err.Error(), "C17 no-lost-wakeup"))
}
