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
	var limited []*row
	control := 0
	for _, r := range m.rows {
		switch {
		case r.work != "limit":
		case r.number("permits") < r.number("workers"):
			limited = append(limited, r)
		default:
			_, most := insideOf(r)
			control = max(control, most)
		}
	}
	if limited == nil {
		c.settle(Unmeasurable, "no resource was measured.")
		return c
	}
	permits, workers := int(limited[0].number("permits")), limited[0].params["workers"]
	var over, never, held []string
	samples := 0
	for _, r := range limited {
		n, most := insideOf(r)
		samples += n
		switch {
		case most > permits:
			over = append(over, fmt.Sprintf("%d in %s", most, r.mode))
		case most < permits:
			never = append(never, r.mode)
		}
		held = append(held, r.mode)
		c.Figures = append(c.Figures, Figure{What: "most inside, " + r.mode, Value: fmt.Sprintf("%d of %s, %d allowed",
			most, workers, permits), Estimate: Estimate{At: float64(most), Lo: float64(most), Hi: float64(most), Rounds: n}})
	}
	slices.Sort(held)
	switch {
	case over != nil:
		c.settle(Fails, "because there were %s inside at once with %d permits: the semaphore is broken.", list(over), permits)
	case never != nil:
		c.settle(Undecided, "never more than %d were inside, but in %s not so many either: it was not put to the test.",
			permits, list(never))
	case control <= permits:
		c.settle(Undecided, "never more than %d were inside, but without a limit no more were seen either.", permits)
	default:
		c.settle(Holds, "in %d samples of %d modes, of %s workers never more than %d were inside at once, and never fewer at "+
			"the most; without a limit, %d were.", samples, len(held), workers, permits, control)
	}
	c.beside("The same clock of the machine times all workers, within Acquire and Release, in one process (%s) and in several (%s).",
		strings.Join(only(held, oneCore, goroutines), ", "), strings.Join(only(held, processes, processPerTask), ", "))
	return c
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
