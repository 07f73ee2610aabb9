package bench

import (
	"errors"
	"flag"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/semabench/semabench/impls"
	"github.com/semabench/semabench/internal/spelling"
)

// Params choose workloads and replace their shapes. The zero value changes nothing. A shape is
// measured with every combination of the values given here; a nil list leaves the value of the
// shape.
type Params struct {
	Workload   string          // names, separated by commas, or “all”; "" means a default run
	Permits    []int64         // each from 1
	Goroutines []int           // each from 1 to 1 000 000
	Hold       []int           // steps, each from 1 to 1 000 000
	Latency    []time.Duration // each above 0 and at most 1 s
}

// AddFlags adds a flag for each parameter to f. Its name is the prefix and the key that the
// parameter has in the names of rows. Parsing a flag replaces the values that p had before.
func (p *Params) AddFlags(f *flag.FlagSet, prefix string) {
	f.StringVar(&p.Workload, prefix+"workload", p.Workload,
		"`names` of workloads, separated by commas, or all; "+
			"without it the workloads of a default run")
	addList(f, prefix+"permits", &p.Permits, parsePermits,
		"`sizes` of the semaphore, separated by commas, instead of the sizes in the workloads")
	addList(f, prefix+"goroutines", &p.Goroutines, parseCount,
		"`numbers` of goroutines, separated by commas")
	addList(f, prefix+"hold", &p.Hold, parseCount,
		"`steps` of CPU work under each permit, about 2 ns each, separated by commas; "+
			"workloads that do other work are left out")
	addList(f, prefix+"latency", &p.Latency, parseLatency,
		"`durations` that an external resource takes to answer under a permit, "+
			"separated by commas; workloads without such a resource are left out")
}

// addList adds a flag whose value is a list. Package flag puts the name of the flag into errors.
func addList[T any](f *flag.FlagSet, name string, to *[]T, parse func(string) (T, error),
	usage string) {
	f.Func(name, usage, func(s string) error {
		*to = nil // a repeated flag replaces, as flags of other types do
		for field := range strings.SplitSeq(s, ",") {
			v, err := parse(strings.TrimSpace(field))
			if err != nil {
				return err
			}
			*to = append(*to, v)
		}
		return nil
	})
}

func parsePermits(s string) (int64, error) {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n < 1 {
		return 0, fmt.Errorf("%q: want whole numbers from 1", s)
	}
	return n, nil
}

// maxCount bounds the goroutines, each of which takes memory, and the steps, each of which takes
// time: a mistyped number should be an error and not a machine that stops answering.
const maxCount = 1_000_000

func parseCount(s string) (int, error) {
	n, err := strconv.Atoi(s)
	if err != nil || n < 1 || n > maxCount {
		return 0, fmt.Errorf("%q: want whole numbers from 1 to %d", s, maxCount)
	}
	return n, nil
}

func parseLatency(s string) (time.Duration, error) {
	d, err := time.ParseDuration(s)
	if err != nil || d <= 0 || d > maxLatency {
		return 0, fmt.Errorf("%q: want durations such as 500us or 10ms, of at most %v", s,
			maxLatency)
	}
	return d, nil
}

// maxLatency keeps the counting pass of a sample below one minute. The command semabench run
// considers a sample stuck after a minute. With one permit all counted operations wait one after
// the other, so a long latency would reach that.
const maxLatency = time.Second

// Cases returns the cases that the parameters select. With full it includes the shapes of a full
// run, and without a named workload it selects all workloads instead of Default. Workload floor,
// which measures no semaphore, is selected as well.
//
// A named workload that does not have a given parameter is an error. A workload that was selected
// by default or by “all” is left out instead.
func (p *Params) Cases(full bool) ([]Case, error) {
	byDefault := Default()
	if full {
		byDefault = Workloads()
	}
	return p.cases(append(byDefault, floor), append(Workloads(), floor), full)
}

// cases selects the workloads of all that are named, or byDefault if none is named.
func (p *Params) cases(byDefault, all []Workload, full bool) ([]Case, error) {
	chosen := byDefault
	if p.Workload != "" {
		var err error
		if chosen, err = selectNamed(p.Workload, all); err != nil {
			return nil, err
		}
	}
	var measurable []Workload
	for _, w := range chosen {
		changed, err := p.applyTo(w)
		switch {
		case err == nil:
			measurable = append(measurable, changed)
		case p.Workload != "" && p.Workload != allWorkloads:
			return nil, err // the user named this workload
		}
	}
	if len(measurable) == 0 {
		return nil, errors.New("no workload can be measured with these parameters")
	}
	return Cases(measurable, full), nil
}

const allWorkloads = "all"

// selectNamed returns the workloads that a list names, in the order of all.
func selectNamed(names string, all []Workload) ([]Workload, error) {
	if names == allWorkloads {
		return all, nil
	}
	var known, chosen = []string{}, []Workload{}
	wanted := strings.Split(strings.ReplaceAll(names, " ", ""), ",")
	for _, w := range all {
		known = append(known, w.Name)
		if slices.Contains(wanted, w.Name) {
			chosen = append(chosen, w)
		}
	}
	for _, name := range wanted {
		if !slices.Contains(known, name) {
			return nil, fmt.Errorf("unknown workload %q%s; known are %s, or %s alone",
				name, spelling.Suggest(name, known, ""), strings.Join(known, ", "), allWorkloads)
		}
	}
	return chosen, nil
}

// applyTo returns the workload with the shapes that the parameters give it. It fails if the
// workload does not have one of the parameters.
func (p *Params) applyTo(w Workload) (Workload, error) {
	before := w
	w.Shapes, w.More = p.combine(w.Shapes), p.combine(w.More)
	for _, s := range slices.Concat(w.Shapes, w.More) {
		if w.Fixed && !slices.Contains(slices.Concat(before.Shapes, before.More), s) {
			return w, fmt.Errorf("workload %s has the shapes %+v and no others", w.Name,
				before.Shapes)
		}
	}
	for _, s := range before.Shapes {
		if p.Hold != nil && s.Hold == 0 {
			return w, fmt.Errorf("workload %s does no CPU work that could be set", w.Name)
		}
		if p.Latency != nil && s.Latency == 0 {
			return w, fmt.Errorf("workload %s asks for nothing that could take a set time",
				w.Name)
		}
	}
	return w, nil
}

// combine replaces the given parameters in each shape, with every combination of their values. The
// loops assign to fields of the same variable, and append copies it.
func (p *Params) combine(shapes []Shape) (all []Shape) {
	for _, s := range shapes {
		for _, s.Permits = range valuesOr(p.Permits, s.Permits) {
			for _, s.Goroutines = range valuesOr(p.Goroutines, s.Goroutines) {
				for _, s.Hold = range valuesOr(p.Hold, s.Hold) {
					for _, s.Latency = range valuesOr(p.Latency, s.Latency) {
						all = append(all, s)
					}
				}
			}
		}
	}
	return distinct(all)
}

// valuesOr returns the given values, or the value that the shape has if none are given.
func valuesOr[T any](given []T, own T) []T {
	if given == nil {
		return []T{own}
	}
	return given
}

// String returns the command line flags, without prefix, that give these parameters.
func (p *Params) String() string {
	var flags []string
	add := func(name string, values ...string) {
		if joined := strings.Join(values, ","); joined != "" {
			flags = append(flags, "-"+name+" "+joined)
		}
	}
	add("workload", strings.ReplaceAll(p.Workload, " ", ""))
	add("permits", formatAll(p.Permits)...)
	add("goroutines", formatAll(p.Goroutines)...)
	add("hold", formatAll(p.Hold)...)
	add("latency", formatAll(p.Latency)...)
	return strings.Join(flags, " ")
}

func formatAll[T any](values []T) (all []string) {
	for _, v := range values {
		all = append(all, ascii(v))
	}
	return all
}

// ParseRow is the inverse of [Case.Name]: it returns the case and the name of the implementation. A
// process that takes a sample gets its row in this form. The error says which part of the name is
// unknown or missing; only workloads of this package are known.
func ParseRow(name string) (c Case, impl string, err error) {
	for _, c := range Cases([]Workload{floor}, true) { // no flag chooses a step
		if c.Name(Floor()) == name {
			return c, Floor().Name, nil
		}
	}
	// The keys of a name are the flags of Params and impl. Parsing them as flags checks the values,
	// and comparing the name of the result finds missing and reordered keys.
	var p Params
	f := flag.NewFlagSet("row", flag.ContinueOnError)
	p.AddFlags(f, "")
	f.StringVar(&impl, "impl", "", "")
	for field := range strings.SplitSeq(name, "/") {
		key, value, _ := strings.Cut(field, "=")
		if err := f.Set(key, value); err != nil {
			return c, "", fmt.Errorf("unknown row %q: %w", name, err)
		}
	}
	cases, err := p.Cases(false)
	if err != nil {
		return c, "", fmt.Errorf("unknown row %q: %w", name, err)
	}
	if c = cases[0]; c.Name(impls.Impl{Name: impl}) != name {
		return c, "", fmt.Errorf("unknown row %q: want all of a name such as %q", name,
			c.Name(impls.Impl{Name: impl}))
	}
	return c, impl, nil
}

// Default returns the workloads of a default run, in the order in which tables show them.
func Default() []Workload {
	return []Workload{uncontended, contended(), crowd, hashing, httpRequests, mixed, readWrite,
		cancellation, handoff, bursts}
}

// Workloads returns all workloads of this package. The workloads of Default come first.
func Workloads() []Workload {
	return append(Default(), compression, fileReads, sleeps, connectionPool, timeouts, tryOnly)
}
