package main

import (
	"fmt"
	"time"

	"github.com/semabench/semabench/internal/progress"
)

// sampleProgress shows how far a run is: on a terminal in one line, in a log in a line for each round.
type sampleProgress struct {
	line     *progress.Line
	began    time.Time
	total    int // samples of the plan
	perRound int
}

// longRun is an estimate from which on the user is told how to measure less.
const longRun = 5 * time.Minute

// newProgress announces the run, and returns its progress.
func (m *measurement) newProgress() *sampleProgress {
	p := &sampleProgress{
		line: progress.New(m.stderr), began: time.Now(), total: len(m.rows), perRound: len(m.rows) / m.samples,
	}
	estimate := m.timeLeft(0)
	p.line.Print(fmt.Sprintf("measuring %d samples, about %v: %d rows, one sample of each in a round, "+
		"%d rounds; the first one shows what they take",
		p.total-m.done(), progress.Rough(estimate), p.perRound, m.samples))
	if estimate > longRun {
		p.line.Print("for less choose -quick, fewer -samples, or only some of -workload and -impl; " +
			"Ctrl-C keeps what there is, and -resume goes on")
	}
	return p
}

// update shows that the first done samples of the plan are through. left estimates the time of the rest;
// it looks at every row that is left, so it is called only for a line that is shown.
func (p *sampleProgress) update(done int, left func(from int) time.Duration) {
	switch {
	case p.line.Terminal():
		p.line.Show(fmt.Sprintf("%s samples, about %v left",
			progress.Bar(done, p.total), progress.Rough(left(done))))
	case done%p.perRound == 0:
		p.line.Log(fmt.Sprintf("%d of %d samples after %v, about %v left", done, p.total,
			time.Since(p.began).Round(time.Second), progress.Rough(left(done))))
	}
}

// print writes a message on a line of its own.
func (p *sampleProgress) print(message string) { p.line.Print(message) }

// end erases the line, so that the report stands alone.
func (p *sampleProgress) end() { p.line.Clear() }
