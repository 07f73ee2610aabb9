// Package mutant holds semaphores that are broken on purpose. Each is complete but for one defect,
// and names the clauses of package stress that must find it.
//
//	for _, m := range mutant.All() {
//		stress.Judge(m.Impl) // must fail m.KilledBy
//	}
//
// A detector that has never found a planted defect proves nothing. The 41 mutants with an M have
// defects that were published. The 15 with an S were planted for clauses that no M breaks alone. The
// 92 with a K, which [Kinds] returns, each stand for a kind of input that no clause tried before.
//
// # Why one package of more than twenty files
//
// A file holds the mutants whose defect is in one part of a semaphore, such as cancel.go, grant.go or
// line.go. The files table_*.go list all mutants with their sources and clauses. The mutants share the
// parts that are right, such as a queue. Several packages would export those parts, and a reader would
// look for a mutant in several lists.
//
// Only tests may import this package. Changes to the operations of a mutant change the counts in
// stress/explore/kills.md.
//
// # What this does not show
//
// The list is a floor and no measure: detectors that find all of these may miss other defects.
package mutant

import (
	"runtime"
	"slices"

	"github.com/semabench/semabench/impls"
)

// A Mutant is a semaphore with one defect.
type Mutant struct {
	impls.Impl
	ID        string // M1 to M41, S1 to S15, or K1 to K92
	Defect    string // in a line
	Reference string // the publication of the defect, or the clause that it was planted for

	// KilledBy has the IDs of the clauses that must all fail; but see OnlyRaces. Instead of R1 it
	// names the oracles of R1 that must report: I for capacity, conservation and results, W for
	// waiters that are stuck.
	KilledBy []string

	// Narrow says that the window of the defect is a few instructions wide and contains a call of
	// Preempt.
	Narrow bool
}

// Preempt stands for a preemption in a narrow window. The Go scheduler seldom preempts there on a
// machine with few processors.
//
// Tests replace it to measure how many defects are found without it. They do so before they start
// goroutines: it is read without synchronization.
var Preempt = runtime.Gosched

// OnlyRaces reports whether only the race detector sees the defect. The detector reports each race
// once, to the clause that happens to run. So for such a mutant one clause of KilledBy is enough.
func (m Mutant) OnlyRaces() bool {
	return !slices.ContainsFunc(m.KilledBy, func(id string) bool { return id != "C29" && id != "C30" })
}
