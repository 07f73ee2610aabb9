// Package mutant holds semaphores that are broken on purpose: each is complete but for one defect
// that has happened in the wild, and names the clauses of package stress that have to catch it.
// A detector that has never caught a planted bug proves nothing.
package mutant

import (
	"cmp"
	"runtime"
	"slices"

	"github.com/semabench/semabench/impls"
)

// A Mutant is a semaphore with one defect.
type Mutant struct {
	impls.Impl
	ID        string // M1 …
	Defect    string // what is wrong
	Reference string // where it happened

	// KilledBy has the IDs of the clauses that must all fail; but see OnlyRaces. Instead of R1 it
	// names those of its oracles that must speak: I for capacity, conservation and results, W for
	// the watchdog.
	KilledBy []string

	// Narrow says that the window of the defect is a few instructions wide and holds a Preempt.
	Narrow bool
}

// Preempt stands for a preemption in a narrow window, which native stress seldom meets on a machine
// with few processors. Tests replace it, to see what is caught without.
var Preempt = runtime.Gosched

// OnlyRaces reports whether nothing but the race detector sees the defect. It reports a race once,
// to the clause that happens to be played, so for such a mutant one of KilledBy is enough.
func (m Mutant) OnlyRaces() bool {
	return !slices.ContainsFunc(m.KilledBy, func(id string) bool { return id != "C29" && id != "C30" })
}

// All returns the mutants in the order of their IDs.
func All() []Mutant {
	return slices.SortedFunc(slices.Values(slices.Concat(ofPermits(), ofWaits())), byID)
}

// byID puts M2 before M10, and those planted for a clause last.
func byID(a, b Mutant) int {
	return cmp.Or(cmp.Compare(a.ID[0], b.ID[0]), cmp.Compare(len(a.ID), len(b.ID)), cmp.Compare(a.ID, b.ID))
}
