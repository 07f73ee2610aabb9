package bench

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/semabench/semabench/impls"
)

// A Workload is one way in which programs use a semaphore. Those of this package are values like
// any other: see RunWorkloads for measuring with your own.
type Workload struct {
	Name   string  // short; becomes workload=Name in benchmark names
	Doc    string  // one line: what it stands for
	Shapes []Shape // how it is measured
	More   []Shape // what a full run measures in addition
	Fixed  bool    // Run knows no other shapes than these: Params cannot change them

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

// A Shape is the size of a workload. What is 0 has no part in it, and none in its name.
type Shape struct {
	Permits    int64
	Goroutines int
	Hold       int           // steps of CPU work under each permit, of about 2 ns
	Latency    time.Duration // of what is asked for under a permit
}

// A Case is one row of a benchmark: a workload in a shape.
type Case struct {
	Workload
	Shape
}

// Default returns the workloads of a default run, in the order in which tables show them.
func Default() []Workload {
	return []Workload{uncontended, contended(), oversubscribed, cpu, io_, mixed, readWrite,
		cancellation, handOff, bursts}
}

// Workloads returns all workloads of this package, first those of Default.
func Workloads() []Workload {
	return append(Default(), compress, files, naps, pool, timeouts, tries)
}

// Cases returns the rows of some workloads: one of each of their Shapes and, if full is set, of
// what there is in More.
func Cases(workloads []Workload, full bool) []Case {
	var all []Case
	for _, w := range workloads {
		shapes := w.Shapes
		if full {
			shapes = slices.Concat(shapes, w.More)
		}
		for _, s := range distinct(shapes) {
			all = append(all, Case{w, s})
		}
	}
	return all
}

// Name returns the name of the row for an implementation, as it follows the name of the benchmark.
// Two rows of different parameters never have the same.
func (c Case) Name(impl impls.Impl) string {
	name := fmt.Sprintf("workload=%s/impl=%s/permits=%d/goroutines=%d",
		c.Workload.Name, impl.Name, c.Permits, c.Goroutines)
	if c.Hold > 0 {
		name += fmt.Sprintf("/hold=%d", c.Hold)
	}
	if c.Latency > 0 {
		name += "/latency=" + ascii(c.Latency)
	}
	return name
}

// ascii is a value for names, which are typed into filters: 500us, not 500µs.
func ascii(v any) string { return strings.ReplaceAll(fmt.Sprint(v), "µ", "u") }

var validName = regexp.MustCompile(`^[\pL\pN._+-]+$`) // as that of an implementation

// validate says what keeps workloads from being measured together; users write them too.
func validate(workloads []Workload) error {
	if len(workloads) == 0 {
		return errors.New("bench: no workload to measure: Workloads() has some")
	}
	seen := map[string]bool{}
	for _, w := range workloads {
		if seen[w.Name] {
			return fmt.Errorf("bench: two workloads are named %q: their rows could not be told apart", w.Name)
		}
		seen[w.Name] = true
		if len(w.Shapes) == 0 {
			return fmt.Errorf("bench: workload %q would not be measured: set Workload.Shapes", w.Name)
		}
		for _, c := range Cases([]Workload{w}, true) {
			if err := c.validate(); err != nil {
				return err
			}
		}
	}
	return nil
}

// validate says what keeps a case from being measured.
func (c Case) validate() error {
	switch {
	case !validName.MatchString(c.Workload.Name):
		return fmt.Errorf("bench: workload name %q: use letters, digits, '.', '_', '+' and '-'",
			c.Workload.Name)
	case c.Workload.Run == nil:
		return errors.New("bench: workload " + c.Workload.Name + " does nothing: set Workload.Run")
	case c.Permits < 1 || c.Goroutines < 1:
		return fmt.Errorf("bench: workload %s has the shape %+v: want positive permits and goroutines",
			c.Workload.Name, c.Shape)
	case c.Hold < 0 || c.Latency < 0 || c.Counted < 0:
		return fmt.Errorf("bench: workload %s counts %d operations in the shape %+v: want nothing negative",
			c.Workload.Name, c.Counted, c.Shape)
	case c.Fixed && !slices.Contains(slices.Concat(c.Shapes, c.More), c.Shape):
		return fmt.Errorf("bench: workload %s cannot have the shape %+v: it is Fixed",
			c.Workload.Name, c.Shape)
	}
	return nil
}
