package bench

import (
	"errors"
	"fmt"
	"regexp"
	"slices"

	"github.com/semabench/semabench/impls"
)

// A Workload is one way in which programs use a semaphore. Those of this package are values like
// any other: see RunWorkloads for measuring with your own.
type Workload struct {
	Name   string  // short; becomes workload=Name in benchmark names
	Doc    string  // one line: what it stands for
	Shapes []Shape // how it is measured by default
	More   []Shape // what a full run measures in addition
	Extra  bool    // not in a default run: only in a full one, and where it is asked for by name

	// Run performs t.N operations in one call of t.Parallel, on semaphores that are free, and
	// returns the first error of any operation. All permits are back when it returns nil.
	Run func(t *Trial) error

	// Refuses says that requests may end without permits, because they time out or do not wait.
	// How many got theirs is then reported as grants/try: what refuses everybody is fast.
	Refuses bool

	// Counted is the number of operations over which allocations are counted; 0 means 1000. It is
	// the same for all implementations and never derived from a time.
	Counted int
}

// A Shape is the size of a workload.
type Shape struct {
	Permits    int64
	Goroutines int
}

// A Case is one row of a benchmark: a workload in a shape.
type Case struct {
	Workload
	Shape
}

// Workloads returns all workloads in the order in which tables show them, Extra ones last.
func Workloads() []Workload {
	all := []Workload{uncontended, contended(), cpu, io_}
	all = append(all, oversubscribed()...)
	return append(all, compress, files, naps, mixed, readWrite, cancellation, timeouts, tries,
		bursts, handOff, pool)
}

// Cases returns the rows of some workloads, those of a full run if full is set. A run that is not
// full leaves out the Extra ones of the whole list, but none of a list that somebody chose.
func Cases(workloads []Workload, full bool) []Case {
	whole := len(workloads) == len(Workloads())
	var all []Case
	for _, w := range workloads {
		if w.Extra && whole && !full {
			continue
		}
		shapes := w.Shapes
		if full {
			shapes = slices.Concat(shapes, w.More)
		}
		for _, s := range shapes {
			all = append(all, Case{w, s})
		}
	}
	return all
}

// Name returns the name of the row for an implementation, as it follows the name of the benchmark.
func (c Case) Name(impl impls.Impl) string {
	return fmt.Sprintf("workload=%s/impl=%s/permits=%d/goroutines=%d",
		c.Workload.Name, impl.Name, c.Permits, c.Goroutines)
}

var validName = regexp.MustCompile(`^[\pL\pN._+-]+$`) // as that of an implementation

// validate says what keeps a case from being measured; users write workloads too.
func (c Case) validate() error {
	switch {
	case !validName.MatchString(c.Workload.Name):
		return fmt.Errorf("bench: workload name %q: use letters, digits, '.', '_', '+' and '-'",
			c.Workload.Name)
	case c.Workload.Run == nil:
		return errors.New("bench: workload " + c.Workload.Name + " does nothing: set Workload.Run")
	case c.Permits < 1 || c.Goroutines < 1:
		return fmt.Errorf("bench: workload %s has the shape %+v: want positive numbers",
			c.Workload.Name, c.Shape)
	}
	return nil
}
