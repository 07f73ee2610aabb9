package bench

import (
	"flag"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/semabench/semabench/impls"
)

// Params choose workloads and replace their shapes. The zero value changes nothing. A shape is
// measured with all combinations of what is given, and with its own of what is not.
type Params struct {
	Workload   string // names, separated by commas; all means all; nothing means those of a default run
	Permits    []int64
	Goroutines []int
	Hold       []int
	Latency    []time.Duration
}

// AddFlags adds a flag for each parameter, named prefix and then as the key in benchmark names.
func (p *Params) AddFlags(f *flag.FlagSet, prefix string) {
	f.StringVar(&p.Workload, prefix+"workload", p.Workload,
		"`names` of workloads, separated by commas, or all; without it those of a default run")
	addList(f, prefix+"permits", &p.Permits, parsePermits,
		"`sizes` of the semaphore, separated by commas, instead of those of the workloads")
	addList(f, prefix+"goroutines", &p.Goroutines, parseCount,
		"`numbers` of goroutines, separated by commas")
	addList(f, prefix+"hold", &p.Hold, parseCount,
		"`steps` of CPU work of about 2 ns under each permit, separated by commas; workloads that do other work are left out")
	addList(f, prefix+"latency", &p.Latency, parseLatency,
		"`durations` of what is asked for under a permit, separated by commas; workloads that ask for nothing are left out")
}

// addList adds a flag that is a list. Package flag names it in the error.
func addList[T any](f *flag.FlagSet, name string, to *[]T, parse func(string) (T, error), usage string) {
	f.Func(name, usage, func(s string) error {
		*to = nil // the last one counts, as of other flags
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

// mostCounted bounds goroutines, each of which takes memory, and steps, each of which takes time.
const mostCounted = 1_000_000

func parseCount(s string) (int, error) {
	n, err := strconv.Atoi(s)
	if err != nil || n < 1 || n > mostCounted {
		return 0, fmt.Errorf("%q: want whole numbers from 1 to %d", s, mostCounted)
	}
	return n, nil
}

func parseLatency(s string) (time.Duration, error) {
	d, err := time.ParseDuration(s)
	if err != nil || d <= 0 || d > longestLatency {
		return 0, fmt.Errorf("%q: want durations such as 500us or 10ms, of at most %v", s, longestLatency)
	}
	return d, nil
}

// longestLatency keeps the counted operations of a sample, which wait for it in turns, within the
// minute after which a sample passes for stuck.
const longestLatency = time.Second

// Cases returns the rows that the parameters ask for, those of a full run if full is set: then
// all workloads are meant where none is named.
func (p *Params) Cases(full bool) ([]Case, error) {
	unnamed := Default()
	if full {
		unnamed = Workloads()
	}
	return p.cases(unnamed, Workloads(), full)
}

// cases returns the rows of the workloads that are named, of all there are, or else of the unnamed.
func (p *Params) cases(unnamed, all []Workload, full bool) ([]Case, error) {
	chosen := unnamed
	if p.Workload != "" {
		var err error
		if chosen, err = named(p.Workload, all); err != nil {
			return nil, err
		}
	}
	var fit []Workload
	for _, w := range chosen {
		changed, err := p.change(w)
		switch {
		case err == nil:
			fit = append(fit, changed)
		case p.Workload != "" && p.Workload != allOfThem:
			return nil, err // it was asked for
		}
	}
	if len(fit) == 0 {
		return nil, fmt.Errorf("no workload can be measured with these parameters")
	}
	return Cases(fit, full), nil
}

const allOfThem = "all"

// named returns the workloads that a list names, in the order of the table.
func named(names string, all []Workload) ([]Workload, error) {
	if names == allOfThem {
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
			return nil, fmt.Errorf("unknown workload %q; known are %s, or %s alone",
				name, strings.Join(known, ", "), allOfThem)
		}
	}
	return chosen, nil
}

// change returns the workload with shapes as the parameters have them.
func (p *Params) change(w Workload) (Workload, error) {
	before := w
	w.Shapes, w.More = p.combine(w.Shapes), p.combine(w.More)
	for _, s := range slices.Concat(w.Shapes, w.More) {
		if w.Fixed && !slices.Contains(slices.Concat(before.Shapes, before.More), s) {
			return w, fmt.Errorf("workload %s has the shapes %+v and no others", w.Name, before.Shapes)
		}
	}
	for _, s := range before.Shapes {
		if p.Hold != nil && s.Hold == 0 {
			return w, fmt.Errorf("workload %s does no CPU work that could be set", w.Name)
		}
		if p.Latency != nil && s.Latency == 0 {
			return w, fmt.Errorf("workload %s asks for nothing that could take a set time", w.Name)
		}
	}
	return w, nil
}

// combine replaces in all shapes what is given, with each value of it.
func (p *Params) combine(shapes []Shape) (all []Shape) {
	for _, s := range shapes {
		for _, s.Permits = range or(p.Permits, s.Permits) {
			for _, s.Goroutines = range or(p.Goroutines, s.Goroutines) {
				for _, s.Hold = range or(p.Hold, s.Hold) {
					for _, s.Latency = range or(p.Latency, s.Latency) {
						all = append(all, s)
					}
				}
			}
		}
	}
	return distinct(all)
}

func or[T any](given []T, own T) []T {
	if given == nil {
		return []T{own}
	}
	return given
}

// String returns the flags that give these parameters.
func (p *Params) String() string {
	var flags []string
	add := func(name string, values ...string) {
		if joined := strings.Join(values, ","); joined != "" {
			flags = append(flags, "-"+name+" "+joined)
		}
	}
	add("workload", strings.ReplaceAll(p.Workload, " ", ""))
	add("permits", each(p.Permits)...)
	add("goroutines", each(p.Goroutines)...)
	add("hold", each(p.Hold)...)
	add("latency", each(p.Latency)...)
	return strings.Join(flags, " ")
}

func each[T any](values []T) (all []string) {
	for _, v := range values {
		all = append(all, ascii(v))
	}
	return all
}

// ParseRow finds the row that a name of Case.Name is of, and the name of the implementation.
func ParseRow(name string) (c Case, impl string, err error) {
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
		return c, "", fmt.Errorf("unknown row %q: want all of a name such as %q", name, c.Name(impls.Impl{Name: impl}))
	}
	return c, impl, nil
}
