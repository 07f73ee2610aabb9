package trial

import (
	"context"
	"flag"
	"strings"
	"testing"
	"time"

	"github.com/semabench/semabench/impls"
	"github.com/semabench/semabench/impls/cluster"
	"github.com/semabench/semabench/internal/longtest"
	"github.com/semabench/semabench/stress"
)

// Contract holds an engine to the contract of package impls, through cluster.AsSemaphore. It must be called
// by TestContract, which LeaveOut names.
//
// Each semaphore gets a name of its own, because the permits of a trial that was given up come back only
// with its session. The TTL is a minute: the contract knows no expiry, so no session may end while a
// busy machine stops the test. New has no error to return, so a session that cannot be opened panics,
// and package stress reports the panic with the clause.
//
// C27 and C28 stay unknown: package stress sees the order of
// waiters only if they wait on channels of their own. OrderAndWeights and the scenarios judge the order.
func Contract(t *testing.T, name string, e cluster.Engine, maxSize int64) {
	longtest.Need(t, ContractCovered)
	if ops := flag.Lookup("stress.ops"); ops.Value.String() == ops.DefValue {
		Must(t, ops.Value.Set("300")) // an operation takes a thousand times as long as in one process
	}
	stress.Run(t, impls.Impl{
		Name: name,
		Doc:  "package impls/cluster/" + name,
		New: func(size int64) impls.Semaphore {
			s, err := cluster.Open(context.Background(), e, NewName(t), size, cluster.Options{TTL: time.Minute})
			if err != nil {
				panic(err)
			}
			return cluster.AsSemaphore(s)
		},
		MaxSize:    maxSize,
		Order:      impls.FIFO,
		ZeroWeight: impls.ZeroPanics,
		Waits:      impls.Elsewhere,
	})
	for clause, reason := range leftOut {
		t.Run(clause+"-left-out", func(t *testing.T) { t.Skip(reason) })
	}
}

// ContractCovered says what tests the promises without the contract, for longtest.
const ContractCovered = "the other tests of this package, which take each promise of the contract that " +
	"has a case of its own in a network"

// leftOut has the clauses that take too long through a network, with what judges the property instead.
var leftOut = map[string]string{
	"C33-bounded-storage": "up to 15 000 waits take many minutes through a network; C31 counts the objects " +
		"that are left after a hundred waits of each kind",
	"C36-any-number": "2^17 waits and as many calls that need not wait take longer than half an hour; " +
		"no counter here has 16 bits, and ManyWaiters has a thousand waiters",
}

// LeaveOut sets the flag -test.skip, because stress.Run starts the subtests itself. It must be set
// before the tests start.
func LeaveOut() error {
	if skip := flag.Lookup("test.skip"); skip.Value.String() != "" {
		return nil // a person asked for something else
	}
	var patterns []string
	for clause := range leftOut {
		patterns = append(patterns, "^TestContract$/^"+clause+"$")
	}
	return flag.Set("test.skip", strings.Join(patterns, "|"))
}
