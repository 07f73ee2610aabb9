package duel

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// errSkipped says that a benchmark was run but did not get as far as an iteration that counts.
var errSkipped = errors.New("it was skipped")

// errTimeless is of a benchmark that calls ReportMetric(0, "ns/op"), which go test takes to mean that no
// time is to be printed.
var errTimeless = errors.New("it reports a time of 0 ns/op")

// function returns the name of the function that a benchmark is in.
func function(name string) string {
	name, _, _ = strings.Cut(name, "/")
	return name
}

// pattern returns the value of -bench that runs this benchmark. The slashes in the names of
// sub-benchmarks are those that package testing splits at, whoever wrote them.
func pattern(name string) string {
	parts := strings.Split(name, "/")
	for i, part := range parts {
		parts[i] = "^" + regexp.QuoteMeta(part) + "$"
	}
	return strings.Join(parts, "/")
}

// names returns the functions of the binary.
func (p *process) names() ([]string, error) {
	p.tell("names")
	_, rest, err := p.answer()
	return strings.Fields(rest), err
}

// each calls visit with every benchmark of a function that a pattern selects, in the moment when it
// is ready to be run.
func (p *process) each(function, pattern string, visit func(name string) error) error {
	p.tell("row %s %s", function, pattern)
	for {
		word, rest, err := p.answer()
		if err != nil {
			return err
		}
		switch word {
		case "end":
			return nil
		case "at":
			name, err := strconv.Unquote(rest)
			if err != nil {
				return fmt.Errorf("%s: reading the name %s: %w", p.label, rest, err)
			}
			if err := visit(name); err != nil {
				return err
			}
			p.tell("next")
		}
	}
}

// enter goes to a benchmark and stays there until leave.
func (p *process) enter(name string) error {
	p.tell("row %s %s", function(name), pattern(name))
	for {
		word, rest, err := p.answer()
		if err != nil {
			return err
		}
		switch {
		case word == "at" && rest == strconv.Quote(name):
			return nil
		case word == "at": // a child of what is no leaf here
			p.tell("next")
		case word == "end":
			p.close() // to know all that it said
			if cause := p.said.complaint(); cause != "" {
				return fmt.Errorf("%s: %s", p.label, cause)
			}
			return fmt.Errorf("%s: %w", p.label, errSkipped)
		}
	}
}

func (p *process) leave() error {
	p.tell("next")
	for {
		if word, _, err := p.answer(); err != nil || word == "end" {
			return err
		}
	}
}

// run runs the benchmark that the process is at.
func (p *process) run(n int) (s slice, err error) {
	begin := time.Now()
	p.tell("run %d", n)
	rest, err := p.expect("ran")
	if err != nil {
		return s, err
	}
	s.wall = time.Since(begin)
	_, err = fmt.Sscan(rest, &s.ns, &s.allocs, &s.bytes, &s.busy, &s.goroutines)
	switch {
	case err == nil && s.ns == 0:
		err = fmt.Errorf("%s: %w", p.label, errTimeless)
	case err == nil && !(s.ns > 0): // NaN too
		err = fmt.Errorf("%s: it took %v ns for an iteration of %d: nothing can be said of such a benchmark",
			p.label, s.ns/float64(n), n)
	}
	return s, err
}

// count counts n iterations, several times, and returns the totals. The way is "count", or "alone" for one
// processor.
func (p *process) count(how string, n, times int) (ops int64, allocs, bytes []int64, err error) {
	p.tell("%s %d %d", how, n, times)
	rest, err := p.expect("counted")
	if err != nil {
		return 0, nil, nil, err
	}
	var totals []int64
	for _, field := range strings.Fields(rest) {
		total, err := strconv.ParseInt(field, 10, 64)
		if err != nil {
			return 0, nil, nil, fmt.Errorf("%s: reading totals: %w", p.label, err)
		}
		totals = append(totals, total)
	}
	if len(totals) != 1+2*times {
		return 0, nil, nil, fmt.Errorf("%s: %d totals, want %d", p.label, len(totals), 1+2*times)
	}
	for i := range times {
		allocs, bytes = append(allocs, totals[1+2*i]), append(bytes, totals[2+2*i])
	}
	return totals[0], allocs, bytes, nil
}

func (p *process) expect(want string) (rest string, err error) {
	word, rest, err := p.answer()
	switch {
	case err != nil:
		return "", err
	case word == want:
		return rest, nil
	case word == "failed":
		message, _ := strconv.Unquote(rest)
		return "", fmt.Errorf("%s: it failed: %s", p.label, strings.Join(strings.Fields(message), " "))
	}
	if word == "end" {
		return "", fmt.Errorf("%s: it ended within its iterations: runtime.Goexit does that", p.label)
	}
	return "", fmt.Errorf("%s: answered %q, want %q", p.label, word, want)
}
