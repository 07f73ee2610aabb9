package impls

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// A Need is a property that a user may require of a semaphore, and whether an implementation
// declares it.
type Need struct {
	Name string // as users require it: no-burn, fifo and so on
	Met  bool
	But  string // what the implementation does instead: the end of a sentence; "" if Met

	// Service says that every service has this need: waiting goroutines sleep, every wait is
	// bounded, and the contract is kept. An implementation that lacks it may be the fastest, and
	// a report does not recommend it unless a user says otherwise.
	Service bool
}

// Needs returns every need with what the implementation declares. The fields of Impl are the only
// source, and package stress checks them: C37 the need no-burn, C26 starvation-free, C27 fifo, and
// all clauses together no-defect.
func (i Impl) Needs() []Need {
	broken := i.brokenClauses()
	needs := []Need{
		{Name: "no-burn", Service: true, Met: i.Waits != Spinning,
			But: "burns a core for each waiter"},
		{Name: "starvation-free", Service: true, Met: i.Order == FIFO || i.StarvationFree,
			But: "may let a waiter starve"},
		{Name: "no-defect", Service: true, Met: broken == "", But: "breaks " + broken},
		{Name: "fifo", Met: i.Order == FIFO, But: "does not serve waiters in their order"},
		{Name: "weights", Met: !i.UnitWeights, But: "takes weights of 1 only"},
		{Name: "production", Met: !i.Teaching, But: "is an example to read"},
	}
	for k := range needs {
		if needs[k].Met {
			needs[k].But = ""
		}
	}
	return needs
}

// brokenClauses names the clauses that the implementation declares to break, or counts them if they
// are many. It returns "" if there are none.
func (i Impl) brokenClauses() string {
	ids := slices.Collect(maps.Keys(i.Defects))
	if i.OverRelease == OverReleaseCorrupts && i.Defects["C11"] == "" {
		ids = append(ids, "C11")
	}
	if len(ids) > 3 {
		return fmt.Sprintf("%d clauses of the contract", len(ids))
	}
	slices.Sort(ids)
	return strings.Join(ids, " ")
}
