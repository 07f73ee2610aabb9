package bench

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/semabench/semabench/impls"
)

// A Workload is one way in which programs use a semaphore. The workloads of this package are
// ordinary values; see [RunWorkloads] for measuring with your own.
type Workload struct {
	Name   string  // short; becomes workload=Name in the names of rows
	Doc    string  // one line: the situation in a real program that it stands for
	Shapes []Shape // the shapes in which every run measures it
	More   []Shape // the shapes that a full run adds
	Fixed  bool    // Run works in no other shapes than these, so Params must not change them

	// Run performs t.N operations in one call of t.Parallel, on semaphores that are free, and
	// returns the first error of any operation. When it returns nil, all permits are released.
	Run func(t *Trial) error

	// Floor says that no semaphore takes part. The workload is measured once, and its rows have the
	// implementation Floor.
	Floor bool

	// Weighted says that some requests ask for more than one permit. An implementation with
	// Impl.UnitWeights is not measured at such a workload.
	Weighted bool

	// Refuses says that requests may end without permits, because they time out or do not wait.
	// The share of granted requests is then reported as grants/try: a semaphore that refuses every
	// request would look fast otherwise.
	Refuses bool

	// Counted is the number of operations over which allocations are counted; 0 means 1000. It is
	// the same for all implementations and never derived from a time. A deterministic
	// implementation therefore has the same count in every run.
	Counted int
}

// A Case is a workload in one shape: a row of a benchmark for each implementation.
type Case struct {
	Workload
	Shape
}

// Cases returns a case for each shape in Shapes of the workloads, in their order. If full is set,
// the shapes in More are added. A shape that occurs twice in a workload gives one case.
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

// distinct returns the shapes without repetitions, each at its first place.
func distinct(shapes []Shape) (all []Shape) {
	for _, s := range shapes {
		if !slices.Contains(all, s) {
			all = append(all, s)
		}
	}
	return all
}

// Name returns the name of the row of this case for an implementation, without the name of the
// benchmark before it. Rows with different parameters have different names.
func (c Case) Name(impl impls.Impl) string {
	name := fmt.Sprintf("workload=%s/impl=%s/permits=%d/goroutines=%d",
		c.Workload.Name, impl.Name, c.Permits, c.Goroutines)
	if c.Hold > 0 {
		name += fmt.Sprintf("/hold=%d", c.Hold)
	}
	if c.Latency > 0 {
		name += "/latency=" + ascii(c.Latency)
	}
	if c.Step != "" {
		name += "/step=" + c.Step
	}
	return name
}

// ascii formats a value for names, which users type into filters: 500us, not 500µs.
func ascii(v any) string { return strings.ReplaceAll(fmt.Sprint(v), "µ", "u") }

// validName is the same alphabet as in the names of implementations. It excludes “/” and “=”, which
// separate the fields of a row name, and spaces, which separate the columns of benchmark text.
var validName = regexp.MustCompile(`^[\pL\pN._+-]+$`)

// validate returns an error if the workloads cannot be measured together. Users write workloads
// too, and a mistake should not become a row that is missing or ambiguous.
func validate(workloads []Workload) error {
	if len(workloads) == 0 {
		return errors.New("bench: no workload to measure: Workloads() has some")
	}
	seen := map[string]bool{}
	for _, w := range workloads {
		if seen[w.Name] {
			return fmt.Errorf("bench: two workloads are named %q: "+
				"their rows could not be told apart", w.Name)
		}
		seen[w.Name] = true
		if len(w.Shapes) == 0 {
			return fmt.Errorf("bench: workload %q would not be measured: set Workload.Shapes",
				w.Name)
		}
		for _, c := range Cases([]Workload{w}, true) {
			if err := c.validate(); err != nil {
				return err
			}
		}
	}
	return nil
}

// validate returns an error if the case cannot be measured.
func (c Case) validate() error {
	switch {
	case !validName.MatchString(c.Workload.Name):
		return fmt.Errorf("bench: workload name %q: use letters, digits, '.', '_', '+' and '-'",
			c.Workload.Name)
	case c.Workload.Run == nil:
		return errors.New("bench: workload " + c.Workload.Name + " does nothing: set Workload.Run")
	case c.Permits < 1 || c.Goroutines < 1:
		return fmt.Errorf("bench: workload %s has the shape %+v: "+
			"want positive permits and goroutines", c.Workload.Name, c.Shape)
	case c.Hold < 0 || c.Latency < 0 || c.Counted < 0:
		return fmt.Errorf("bench: workload %s counts %d operations in the shape %+v: "+
			"want nothing negative", c.Workload.Name, c.Counted, c.Shape)
	case c.Fixed && !slices.Contains(slices.Concat(c.Shapes, c.More), c.Shape):
		return fmt.Errorf("bench: workload %s cannot have the shape %+v: it is Fixed",
			c.Workload.Name, c.Shape)
	}
	return nil
}
