package exploration

import (
	"fmt"
	"io"
	"time"

	"github.com/semabench/semabench/internal/plural"
	"github.com/semabench/semabench/internal/progress"
	"github.com/semabench/semabench/internal/terminal"
	"github.com/semabench/semabench/stress/explore"
)

// A progressLine shows the last event on a terminal. A log gets nothing: the results say enough.
// Events arrive ten times a second; each replaces the one before, so nothing is lost if some are
// skipped.
type progressLine struct {
	line    *progress.Line
	changes bool // the user wants a line that changes
	limit   time.Duration
	last    explore.Event
}

// newProgressLine returns a line on w. limit is the -time of each exploration, for the text.
func newProgressLine(w io.Writer, limit time.Duration) *progressLine {
	return &progressLine{line: progress.New(w), changes: !terminal.Plain(), limit: limit}
}

// update shows an event until the next one replaces it.
func (p *progressLine) update(e explore.Event) {
	p.last = e
	if p.changes {
		p.line.ShowNow(p.text())
	}
}

// text returns the line for the last event. Without workers there is nothing to count: the tests
// are being built, or one schedule is replayed.
// The rate is over the whole exploration. A rate of the last second would jump between
// strategies.
func (p *progressLine) text() string {
	e := p.last
	if e.Workers == 0 {
		return fmt.Sprintf("%s: %s", nameOf(e), e.Doing)
	}
	return fmt.Sprintf("%s: %s: %d schedules (%.0f/s), %d ordered pairs of dependent operations, "+
		"%.0f s of %v, %s", nameOf(e), e.Doing, e.Schedules, float64(e.Schedules)/max(e.Seconds, 0.1), e.Pairs,
		e.Seconds, p.limit, plural.With(e.Workers, "process", "processes"))
}

// patience returns how long the tests may take to end after an interrupt. A build gets longer than
// schedules, because a killed build leaves its temporary files.
//
// After that the group is killed: a schedule that spins outside the control of the explorer does
// not end by itself.
func (p *progressLine) patience() time.Duration {
	if p.last.Doing == "building" {
		return time.Minute
	}
	return 10 * time.Second
}

// nameOf returns the name of the test, with a number from the second exploration of a test on.
//
// A test may call explore several times. Numbering begins with the second, so that the usual
// case has the plain name.
func nameOf(d explore.Event) string {
	if d.Call > 1 {
		return fmt.Sprintf("%s #%d", d.Test, d.Call)
	}
	return d.Test
}
