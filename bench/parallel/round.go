package parallel

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/semabench/semabench/internal/machine"
)

// A taken is a sample that has been taken, with what disturbed it.
type taken struct {
	row
	found *sampled
	noise []machine.Noise
	why   string // "" if nothing did
}

// The states of samples in the text.
const (
	clean     = "clean"
	retaken   = "retaken"   // disturbed, and taken again
	disturbed = "disturbed" // and not taken again
)

// round takes a sample of each row, and then some again. Who goes first changes from round to round, as
// the first one may find the machine in another state than the others.
func (m *measurement) round(ctx context.Context, round int) error {
	began := time.Now()
	pending, err := m.pass(ctx, turned(m.rows, round))
	budget := len(m.rows) * retakePercent / 100
	for try := 0; try < Retakes && err == nil && len(pending) > 0 && budget > 0; try++ {
		again := pending[:min(len(pending), budget)]
		var rows []row
		for _, t := range again {
			rows = append(rows, t.row)
			err = errors.Join(err, m.write(t, retaken))
		}
		budget, m.retaken, pending = budget-len(again), m.retaken+len(again), pending[len(again):]
		if err == nil {
			var still []taken
			still, err = m.pass(ctx, rows)
			pending = append(still, pending...)
		}
	}
	for _, t := range pending { // also if it was interrupted: it has been measured
		m.marked++
		err = errors.Join(err, m.write(t, disturbed))
	}
	if tell := m.options.Progress; tell != nil && err == nil {
		took, rest := time.Since(began), m.options.Rounds-round-1
		tell(fmt.Sprintf("round %d of %d took %v; so far %d disturbed samples were taken again and %d stay "+
			"disturbed; about %v left", round+1, m.options.Rounds, took.Round(100*time.Millisecond), m.retaken,
			m.marked, (took * time.Duration(rest)).Round(time.Second)))
	}
	return err
}

// pass takes a sample of each row, writes those that nothing disturbed, and returns the others. An error
// is one with which nothing more can be measured.
func (m *measurement) pass(ctx context.Context, rows []row) (pending []taken, err error) {
	for _, r := range rows {
		if m.failed[r.name()] != nil {
			continue
		}
		t, err := m.sample(ctx, r)
		switch {
		case ctx.Err() != nil:
			return pending, context.Cause(ctx)
		case err != nil:
			err = m.fail(r, err)
		case t.why != "":
			pending = append(pending, t)
		default:
			err = m.write(t, clean)
		}
		if err != nil {
			return pending, err
		}
	}
	return pending, nil
}

// turned keeps works where they are and lets their rows begin with another mode each round.
func turned(rows []row, round int) (all []row) {
	for from := 0; from < len(rows); {
		to := from
		for to < len(rows) && rows[to].Work == rows[from].Work && rows[to].Bytes == rows[from].Bytes {
			to++
		}
		first := from + round%(to-from)
		all = append(append(all, rows[first:to]...), rows[from:first]...)
		from = to
	}
	return all
}

// fail gives a row up. The others go on.
func (m *measurement) fail(r row, err error) error {
	m.failed[r.name()] = err
	m.names = append(m.names, r.name())
	_, err = fmt.Fprintf(m.text, "# failed: %s: %s\n", r.name(), firstLines(err.Error(), 1))
	return err
}

// compare notes a checksum that another mode did not get from the same tasks.
func (m *measurement) compare(r row, s *sampled) {
	what := fmt.Sprintf("%s %d %d", r.Work, r.Bytes, r.Tasks)
	if before, known := m.sums[what]; !known {
		m.sums[what] = s.Checksum
	} else if before != s.Checksum && m.failed[r.name()] == nil {
		m.failed[r.name()] = fmt.Errorf("its checksum is %08x, and %08x in other samples of the same tasks",
			s.Checksum, before)
		m.names = append(m.names, r.name())
	}
}

// ErrFailed is in the error of Run if rows failed, and the others were measured.
var ErrFailed = errors.New("not every row could be measured")

func (m *measurement) failures() error {
	if len(m.names) == 0 {
		return nil
	}
	errs := []error{ErrFailed}
	for _, name := range m.names {
		errs = append(errs, fmt.Errorf("%s: %w", name, m.failed[name]))
	}
	return errors.Join(errs...)
}
