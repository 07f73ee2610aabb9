package rivals

import (
	"maps"

	"github.com/semabench/semabench/impls"
)

// All returns the rivals, in the order in which tables show them.
func All() []impls.Impl {
	return []impls.Impl{
		{
			Name:        "tokens",
			Doc:         "a channel of tokens, as everyone writes it; weights of 1",
			New:         newTokens,
			Order:       impls.FIFO,
			UnitWeights: true,
			Defects:     unitDefects,
		},
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
		{
			Name:        "bulkhead",
			Doc:         "failsafe-go's bulkhead, a channel of tokens; weights of 1",
			New:         newBulkhead,
			Order:       impls.FIFO,
			UnitWeights: true,
			Defects:     unitDefects,
		},
		{
			Name:        "errgroup",
			Doc:         "the limit of golang.org/x/sync/errgroup; a goroutine for each permit",
			New:         newGroup,
			Waits:       impls.Elsewhere, // its goroutines outlive Acquire
			UnitWeights: true,
			Defects:     groupDefects(),
		},
	}
}

// What the rivals do instead of the contract. The same cause often breaks several clauses.
const (
	coin      = "a done context and a free permit are a coin: select chooses between ready channels"
	blocks    = "Release of more than is held blocks for ever, instead of a panic"
	oneByOne  = "permits are taken one by one, so calls wait with a part of their permits"
	ignores   = "a negative weight is ignored"
	late      = "a permit comes back after Release has returned"
	noContext = "Acquire has no context, and cannot be cancelled"
	refuses0  = "a size of 0 is refused"
	doneWins  = "Acquire with a done context succeeds if permits are free"
	tooMuch   = "more permits than the size are granted at once, if none is held"
)

// unitDefects are the defects of a channel of tokens.
var unitDefects = map[string]string{
	"C8": coin, "C9": coin, "C25": coin,
	"C10": blocks, "C11": blocks, "C30": blocks,
	"C12": ignores,
	"C13": coin, "C14": oneByOne, "C15": oneByOne, "C17": oneByOne, "C18": oneByOne,
	"C19": oneByOne, "C21": oneByOne, "C27": oneByOne, "C29": oneByOne, "C34": coin,
	"C35": oneByOne, "R1": coin,
}

var cockroachDefects = map[string]string{
	"C1": tooMuch, "C2": refuses0, "C4": refuses0, "C5": doneWins, "C8": doneWins, "C9": doneWins,
	"C11": "an over-release that was recovered makes permits", "C12": "negative weights are taken",
	"C13": refuses0, "C14": refuses0, "C15": refuses0, "C25": doneWins, "C34": doneWins, "R1": tooMuch,
}

// groupDefects are the defects of an errgroup, which is a channel of tokens without contexts. Nearly
// every clause ends a wait by a context or looks at permits right after a Release, so few are left.
func groupDefects() map[string]string {
	all := maps.Clone(unitDefects)
	all["C1"] = oneByOne
	for _, id := range []string{"C2", "C3", "C4", "C6", "C16", "C24", "C28"} {
		all[id] = late
	}
	for _, id := range []string{"C5", "C7", "C8", "C9", "C20", "C22", "C23", "C25", "C31", "C32",
		"C33", "C34", "C36", "C37", "R1"} {
		all[id] = noContext
	}
	return all
}
