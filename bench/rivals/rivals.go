package rivals

import (
	"maps"

	"github.com/semabench/semabench/impls"
)

// All returns the rivals, in the order in which tables show them.
func All() []impls.Impl {
	group := unit(impls.Unit("errgroup", newGroup), impls.Unspecified,
		"the limit of golang.org/x/sync/errgroup; a goroutine for each permit", groupDefects())
	group.Waits = impls.Elsewhere // its goroutines outlive Acquire
	return []impls.Impl{
		unit(impls.Unit("tokens", newTokens), impls.FIFO,
			"a channel of tokens, as everyone writes it; weights of 1", tokenDefects),
		{
			Name:       "marusama",
			Doc:        "github.com/marusama/semaphore/v2; each Release wakes every waiter",
			New:        newResizable,
			MaxSize:    maxResizable,
			ZeroWeight: impls.ZeroPanics,
			Order:      impls.Barging,
		},
		{
			Name:    "crlib-fifo",
			Doc:     "github.com/cockroachdb/crlib/fifo; a queue under a mutex, with pooled waiters",
			New:     newCockroach,
			Order:   impls.FIFO,
			Waits:   impls.Elsewhere, // all semaphores share their channels through a pool
			Defects: cockroachDefects,
		},
		unit(impls.Unit("bulkhead", newBulkhead), impls.FIFO,
			"failsafe-go's bulkhead, a channel of tokens; weights of 1", tokenDefects),
		group,
	}
}

// unit completes the declarations of a limiter. All of these choose at random between a permit and a
// ctx that is done, or know no ctx.
func unit(impl impls.Impl, order impls.Order, doc string, defects map[string]string) impls.Impl {
	impl.Doc, impl.Order, impl.Defects = doc, order, defects
	impl.DoneContext = impls.DoneMayWin
	return impl
}

// What the rivals do instead of the contract. The same cause often breaks several clauses.
const (
	blocks    = "Release of more than is held blocks for ever, instead of a panic"
	late      = "a permit comes back after Release has returned"
	noContext = "Acquire has no context, and cannot be cancelled"
	refuses0  = "a size of 0 is refused"
	doneWins  = "Acquire with a done context succeeds if permits are free"
	tooMuch   = "more permits than the size are granted at once, if none is held"
)

// tokenDefects are the defects of a channel of tokens.
var tokenDefects = map[string]string{"C10": blocks, "C11": blocks}

var cockroachDefects = map[string]string{
	"C1": tooMuch, "C2": refuses0, "C4": refuses0, "C5": doneWins, "C8": doneWins, "C9": doneWins,
	"C11": "an over-release that was recovered makes permits", "C12": "negative weights are taken",
	"C13": refuses0, "C14": refuses0, "C15": refuses0, "C25": doneWins, "C34": doneWins, "R1": tooMuch,
}

// groupDefects are the defects of an errgroup, which is a channel of tokens without contexts. Nearly
// every clause ends a wait by a context or looks at permits right after a Release, so few are left.
func groupDefects() map[string]string {
	all := maps.Clone(tokenDefects)
	for _, id := range []string{"C1", "C2", "C3", "C4", "C6", "C16", "C17", "C18", "C24", "C28", "C29", "C30"} {
		all[id] = late
	}
	for _, id := range []string{"C5", "C7", "C8", "C9", "C14", "C15", "C20", "C22", "C23", "C25", "C31", "C32",
		"C33", "C34", "C36", "C37", "C38", "R1"} {
		all[id] = noContext
	}
	return all
}
