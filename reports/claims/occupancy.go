package claims

import (
	"fmt"
	"slices"
	"strings"
)

// countingSemaphore decides whether the semaphore limits the number of workers. It counts instead
// of estimating: a single worker too many in a single sample refutes the claim. The counts come
// from the clock of the machine and not from the semaphore, which could not refute itself.
//
// There is no interval, because nothing is estimated. A count that exceeds the limit is a proof,
// and a count that does not is none for other schedules; the answer names the number of samples.
func countingSemaphore(m *dataset) *Claim {
	c := &Claim{
		ID:   "semaphore",
		Text: "A counting semaphore lets no more than N of ten workers at a resource at once",
		Rule: "It holds if no sample had more workers inside than permits, every mode had as " +
			"many inside in some " +
			"sample, and without a limit more were inside. One worker too many in one sample " +
			"refutes it.",
	}
	seen, limited := m.inside()
	if limited == nil {
		c.conclude(Unmeasurable, "no resource was measured.")
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
	slices.Sort(seen.modes)
	seen.conclude(c, permits, workers)
	c.addRemark(
		"The same clock of the machine times all workers, within Acquire and Release, in one "+
			"process (%s) and in several (%s).",
		strings.Join(
			intersection(seen.modes, oneCore, goroutines),
			", ",
		), strings.Join(intersection(seen.modes, processes, processPerTask), ", "),
	)
	return c
}

// An occupancy is how many workers were at the resource at once, over all samples.
type occupancy struct {
	samples int
	// modes with too many inside, modes that never had as many as allowed, and all modes
	exceeded, unreached, modes []string
	control                    int // the most inside without a limit
}

// inside counts the samples without a limit, and returns the rows that have one. A row has no
// limit if it has a permit for each worker.
//
// The rows without a limit are the control of the experiment. If even they never had more
// workers inside than permits, the resource was never crowded, and the limit was not tested.
func (m *dataset) inside() (seen occupancy, limited []*row) {
	for _, r := range m.rows {
		switch {
		case r.work != "limit":
		case r.number("permits") < r.number("workers"):
			limited = append(limited, r)
		default:
			_, most := samplesInside(r)
			seen.control = max(seen.control, most)
		}
	}
	return seen, limited
}

// add counts the samples of one row with a limit, and notes whether the row broke or reached it.
//
// The three cases exclude each other: more than allowed, fewer than allowed, and exactly as
// many, as under a correct semaphore with load.
func (s *occupancy) add(r *row, permits int) (samples, most int) {
	samples, most = samplesInside(r)
	switch {
	case most > permits:
		s.exceeded = append(s.exceeded, fmt.Sprintf("%d in %s", most, r.mode))
	case most < permits:
		s.unreached = append(s.unreached, r.mode)
	}
	s.modes = append(s.modes, r.mode)
	s.samples += samples
	return samples, most
}

// conclude decides the claim. A mode that never had as many workers inside as allowed did not test
// the limit, and neither did a resource that is never crowded without one. A broken limit comes
// first: it is a fact, whatever else was not tested.
func (s *occupancy) conclude(c *Claim, permits int, workers string) {
	switch {
	case s.exceeded != nil:
		c.conclude(
			Fails, "because there were %s inside at once with %d permits: the semaphore is broken.",
			joined(s.exceeded), permits,
		)
	case s.unreached != nil:
		c.conclude(
			Undecided,
			"never more than %d were inside, but %s never had that many: the limit was not put "+
				"to the test.",
			permits, joined(s.unreached),
		)
	case s.control <= permits:
		c.conclude(
			Undecided,
			"never more than %d were inside, but without a limit there were no more either.",
			permits,
		)
	default:
		c.conclude(
			Holds,
			"in %d samples of %d modes, at most %d of %s workers were inside at once, and "+
				"every mode reached "+
				"that number; without a limit %d were inside.",
			s.samples, len(s.modes), permits, workers, s.control,
		)
	}
}

// samplesInside returns how many samples of r counted the workers inside, and the most that any
// counted. Disturbed samples count too: a disturbance delays workers and admits none.
//
// Retaken samples count too, for the same reason.
func samplesInside(r *row) (samples, most int) {
	for _, s := range r.samples {
		if v, ok := s.values[inside]; ok {
			samples, most = samples+1, max(most, int(v))
		}
	}
	return samples, most
}

// intersection returns the elements of wanted that have contains.
func intersection(have []string, wanted ...string) (all []string) {
	for _, w := range wanted {
		if slices.Contains(have, w) {
			all = append(all, w)
		}
	}
	return all
}
