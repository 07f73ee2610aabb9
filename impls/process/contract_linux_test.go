package process_test

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/semabench/semabench/impls"
	"github.com/semabench/semabench/impls/process"
	"github.com/semabench/semabench/internal/longtest"
	"github.com/semabench/semabench/stress"
)

// Every mechanism keeps the contract within one process: all clauses, and random programs. Each
// wait goes through the kernel, so there are fewer operations than for semaphores of one process,
// unless -stress.ops gives a number.
func TestContract(t *testing.T) {
	limitOps(t, longtest.Or(t, "operations of random programs", 10_000, 1000))
	for _, impl := range process.All() {
		t.Run(impl.Name, func(t *testing.T) {
			if impl.Name == "slots" { // C15 takes and frees all permits, a word each
				impl.MaxSize = int64(longtest.Or(t, "permits of the largest semaphore", process.MaxSlots, 4096))
			}
			stress.Run(t, impl)
			for clause, covered := range longClauses[impl.Name] {
				t.Run(clause+"-long", func(t *testing.T) { longtest.Need(t, covered) })
			}
		})
	}
}

// A client of a jobserver keeps the contract too: one of its permits is in no pipe.
func TestContractOfJobserverClient(t *testing.T) {
	longtest.Need(t, "TestContract/jobserver for the server, and TestLinearizable for a client")
	limitOps(t, 10_000)
	client := impls.Impl{
		Name:    "jobserver-client",
		New:     func(size int64) impls.Semaphore { return newClient(t, size) },
		Waits:   impls.Elsewhere,
		MaxSize: process.MaxTokens,
	}
	stress.Run(t, client)
}

// longClauses are the clauses of TestContract that run only in make test-long, by mechanism, with
// the reason why make test leaves them out. They make 1000 semaphores. The broker takes as long for
// these two clauses as for all others together, because each semaphore is a broker with its
// connections; slots and sysv take a third of their time for C17.
var longClauses = map[string]map[string]string{
	"broker": {
		"C17-no-lost-wakeup":  "R1, which checks the same property on random programs",
		"C33-bounded-storage": "C31, which checks that a cancelled wait leaves nothing behind",
	},
	"slots": {"C17-no-lost-wakeup": "R1, which checks the same property on random programs"},
	"sysv":  {"C17-no-lost-wakeup": "R1, which checks the same property on random programs"},
}

// skipLongClauses sets the flag -test.skip, because stress.Run starts the subtests itself.
// TestContract adds a subtest that gives the reason. The flag must be set before the tests start.
func skipLongClauses() {
	if longtest.Asked() || flagsGiven["test.skip"] {
		return
	}
	var patterns []string
	for mechanism, clauses := range longClauses {
		for clause := range clauses {
			patterns = append(patterns, "^TestContract$/^"+mechanism+"$/^"+clause+"$")
		}
	}
	if err := flag.Set("test.skip", strings.Join(patterns, "|")); err != nil {
		panic(err)
	}
}

// limitOps ends random programs after a number of operations, unless a flag gives another.
func limitOps(t *testing.T, ops int) {
	if flagsGiven["stress.ops"] {
		return
	}
	f := flag.Lookup("stress.ops")
	before := f.Value.String()
	must(t, f.Value.Set(strconv.Itoa(ops)))
	t.Cleanup(func() { must(t, f.Value.Set(before)) })
}

// newClient returns a client of a jobserver of its own. One of its permits is the implicit one, so
// the server has one token less than size.
func newClient(t *testing.T, size int64) impls.Semaphore {
	if size < 1 {
		return must2(process.NewJobserver(size)) // a client always has the implicit permit
	}
	path := filepath.Join(t.TempDir(), "fifo")
	server := must2(process.ServeJobserver(path, size-1))
	sem := must2(process.JoinJobserver(fmt.Sprintf(" -j%d --jobserver-auth=fifo:%s", size, path)))
	return withServer{sem, server}
}

// withServer closes its server after itself.
type withServer struct {
	process.Semaphore
	server io.Closer
}

func (s withServer) Close() error { return errors.Join(s.Semaphore.Close(), s.server.Close()) }
