package stress_test

import (
	"flag"
	"strconv"
	"strings"
	"sync"
	"testing"

	"golang.org/x/sync/semaphore"

	"github.com/semabench/semabench/impls"
	"github.com/semabench/semabench/internal/longtest"
	"github.com/semabench/semabench/stress"
)

// Every implementation of this repository keeps the contract that it declares.
func TestImplementations(t *testing.T) {
	limitOps(t, longtest.Or(t, "operations of random programs", 100_000, 4_000)) // CI plays a million: scripts/million.sh
	for _, impl := range impls.All() {
		t.Run(impl.Name, func(t *testing.T) {
			if impl.Waits == impls.Spinning {
				stress.LimitSettling(t, longtest.Or(t, "yields before a look at spinning waiters",
					stress.SettleYields(), stress.FewYields))
			}
			stress.Run(t, impl)
		})
	}
}

// A correct semaphore also passes if it declares less: with the defaults of impls.Of, and when it
// is watched from outside of a bubble.
func TestDeclaringLessNeverFails(t *testing.T) {
	longtest.NeedCI(t, "TestImplementations and TestUnitLimiters")
	limitOps(t, longtest.Or(t, "operations of random programs", 100_000, 4_000))
	watched := 0 // implementations that were watched from outside; one is enough by default
	orders := map[impls.Order]bool{}
	for _, impl := range impls.All() {
		t.Run("unspecified/"+impl.Name, func(t *testing.T) {
			if impl.Waits != impls.Parked {
				longtest.Need(t, "the implementations whose waiters park") // spinning takes ten times as long
			}
			if impl.Order == impls.Unspecified {
				t.Skip("TestImplementations judges it as it is")
			}
			if orders[impl.Order] {
				longtest.Need(t, "the first implementation of each order")
			}
			orders[impl.Order] = true
			impl.Order = impls.Unspecified
			mustNotFail(t, impl)
		})
		if impl.Waits != impls.Parked {
			continue
		}
		watched++
		t.Run("outside/"+impl.Name, func(t *testing.T) {
			if watched > 1 {
				longtest.Need(t, "the first implementation")
			}
			impl.Waits = impls.Elsewhere
			stress.LimitSettling(t, longtest.Or(t, "yields before a look at waiters", stress.SettleYields(), stress.FewYields))
			mustNotFail(t, impl)
		})
	}
}

// opsGiven reports whether the command line gives -stress.ops. The answer is kept, because a flag
// that a test sets counts as given from then on.
var opsGiven = sync.OnceValue(func() (given bool) {
	flag.Visit(func(f *flag.Flag) { given = given || f.Name == "stress.ops" })
	return given
})

// limitOps sets -stress.ops for the rest of the test, unless the command line gives it.
func limitOps(t *testing.T, ops int) {
	t.Helper()
	if opsGiven() {
		return
	}
	before := flag.Lookup("stress.ops").Value.String()
	t.Cleanup(func() { mustSet(t, "stress.ops", before) })
	mustSet(t, "stress.ops", strconv.Itoa(ops))
}

func mustSet(t *testing.T, name, value string) {
	t.Helper()
	if err := flag.Set(name, value); err != nil {
		t.Fatal(err)
	}
}

func mustNotFail(t *testing.T, impl impls.Impl) {
	t.Helper()
	if err := stress.Check(impl); err != nil {
		t.Error(err)
	}
}

// golang.org/x/sync v0.24.0 subtracts before it panics. If it does not declare that, C11 fails and
// no other clause does.
func TestWeightedIsCorruptedByOverRelease(t *testing.T) {
	limitOps(t, longtest.Or(t, "operations of random programs", 100_000, 4_000))
	undeclared := impls.Of("weighted", semaphore.NewWeighted)
	for _, v := range stress.Judge(undeclared) {
		if got, want := v.Outcome == stress.Fail, v.ID == "C11"; got != want {
			t.Errorf("failed = %v, want %v: %v", got, want, v)
		}
		if v.ID == "C11" && !strings.Contains(v.Detail, "permits were granted, want") {
			t.Errorf("%v does not say what was granted", v)
		}
	}
}
