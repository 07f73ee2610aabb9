package rivals_test

import (
	"flag"
	"os"
	"testing"

	"github.com/semabench/semabench/bench/rivals"
	"github.com/semabench/semabench/impls"
	"github.com/semabench/semabench/stress"
)

// Every rival keeps the clauses that it does not declare as broken.
func TestContract(t *testing.T) {
	limitOps(t)
	for _, impl := range rivals.All() {
		t.Run(impl.Name, func(t *testing.T) { stress.Run(t, impl) })
	}
}

// limitOps makes the random programs short: the rivals are judged, not guarded against a change.
func limitOps(t *testing.T) {
	t.Helper()
	if err := flag.Set("stress.ops", "10000"); err != nil {
		t.Fatal(err)
	}
}

// A declared defect that is not there would excuse whatever a later version breaks. Of the clauses
// that one reason breaks, at least one must fail if it is judged; others need luck to fail.
func TestDeclaredDefectsAreThere(t *testing.T) {
	if os.Getenv("SEMABENCH_LONG") == "" {
		t.Skip("takes minutes, because some defects hang until the patience ends: SEMABENCH_LONG=1")
	}
	limitOps(t)
	for _, impl := range rivals.All() {
		t.Run(impl.Name, func(t *testing.T) {
			t.Parallel()
			declared := impl.Defects
			impl.Defects = nil
			seen := map[string]bool{}
			for _, v := range stress.Judge(impl) {
				seen[declared[v.ID]] = seen[declared[v.ID]] || v.Outcome == stress.Fail
			}
			for id, reason := range declared {
				if !seen[reason] {
					t.Errorf("no clause shows the defect %q, which is declared for %s", reason, id)
				}
			}
		})
	}
}

// The names of the rivals differ from the names in the table of package impls.
func TestNamesAreFree(t *testing.T) {
	seen := map[string]bool{}
	for _, impl := range append(impls.All(), rivals.All()...) {
		if err := impl.Validate(); err != nil {
			t.Error(err)
		}
		if seen[impl.Name] {
			t.Errorf("two implementations are named %s", impl.Name)
		}
		seen[impl.Name] = true
	}
}
