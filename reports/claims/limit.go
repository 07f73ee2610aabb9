package claims

import (
	"fmt"
	"slices"
	"strings"
)

// limiting is about the counting semaphore. It is decided by counting, not by an interval: one
// too many in a single sample refutes it.
func limiting(m *measured) *Claim {
	c := &Claim{
		ID:   "semaphore",
		Text: "A counting semaphore lets no more than N of ten workers at a resource at once",
		Rule: "It holds if in no sample more workers were inside than there are permits, in every mode as many were " +
			"inside in some sample, and without a limit more were seen. One worker too many in one sample refutes it.",
	}
	seen, limited := m.inside()
	if limited == nil {
		c.settle(Unmeasurable, "no resource was measured.")
		return c
	}
	permits, workers := int(limited[0].number("permits")), limited[0].params["workers"]
	for _, r := range limited {
		n, most := seen.add(r, permits)
		at := float64(most)
		c.Figures = append(c.Figures, Figure{What: "most inside, " + r.mode,
			Value:    fmt.Sprintf("%d of %s, %d allowed", most, workers, permits),
			Estimate: Estimate{At: at, Lo: at, Hi: at, Rounds: n}})
	}
	slices.Sort(seen.held)
	seen.settle(c, permits, workers)
	c.beside("The same clock of the machine times all workers, within Acquire and Release, in one process (%s) and in several (%s).",
		strings.Join(only(seen.held, oneCore, goroutines), ", "), strings.Join(only(seen.held, processes, processPerTask), ", "))
	return c
}

// A count is what was seen at the resource.
type count struct {
	samples           int
	over, never, held []string // modes: with too many inside, with too few to tell, and all
	control           int      // most inside without a limit
}

// inside counts what was seen without a limit, and returns the rows that have one.
func (m *measured) inside() (seen count, limited []*row) {
	for _, r := range m.rows {
		switch {
		case r.work != "limit":
		case r.number("permits") < r.number("workers"):
			limited = append(limited, r)
		default:
			_, most := insideOf(r)
			seen.control = max(seen.control, most)
		}
	}
	return seen, limited
}

func (s *count) add(r *row, permits int) (samples, most int) {
	samples, most = insideOf(r)
	switch {
	case most > permits:
		s.over = append(s.over, fmt.Sprintf("%d in %s", most, r.mode))
	case most < permits:
		s.never = append(s.never, r.mode)
	}
	s.held = append(s.held, r.mode)
	s.samples += samples
	return samples, most
}

func (s *count) settle(c *Claim, permits int, workers string) {
	switch {
	case s.over != nil:
		c.settle(Fails, "because there were %s inside at once with %d permits: the semaphore is broken.", list(s.over), permits)
	case s.never != nil:
		c.settle(Undecided, "never more than %d were inside, but in %s not so many either: it was not put to the test.",
			permits, list(s.never))
	case s.control <= permits:
		c.settle(Undecided, "never more than %d were inside, but without a limit no more were seen either.", permits)
	default:
		c.settle(Holds, "in %d samples of %d modes, of %s workers never more than %d were inside at once, and never fewer at "+
			"the most; without a limit, %d were.", s.samples, len(s.held), workers, permits, s.control)
	}
}

// insideOf returns how many samples say who was inside, and the most that any saw, disturbed or not.
func insideOf(r *row) (samples, most int) {
	for _, s := range r.samples {
		if v, ok := s.values[inside]; ok {
			samples, most = samples+1, max(most, int(v))
		}
	}
	return samples, most
}

func only(have []string, wanted ...string) (all []string) {
	for _, w := range wanted {
		if slices.Contains(have, w) {
			all = append(all, w)
		}
	}
	return all
}
