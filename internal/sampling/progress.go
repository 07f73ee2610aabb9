package sampling

import (
	"fmt"
	"time"

	"github.com/semabench/semabench/internal/progress"
)

// progressLine shows how far a run is: on a terminal in one line, in a log in a line for each
// round.
// Each row has the same number of samples, so perRound is exact.
type progressLine struct {
	*progress.Line
	began    time.Time
	total    int // samples of the plan
	perRound int
}

// longRun is an estimate from which on the user is told how to measure less.
const longRun = 5 * time.Minute

// announce tells the user how long the run is going to take, and returns its progress line. It
// comes after the first link and before the first sample, when the estimate is at hand.
//
// The estimate is a number and no promise; so the advice on how to measure less comes with it,
// before the time is spent.
func (r *run) announce() *progressLine {
	p := &progressLine{
		Line: progress.New(r.options.Stderr), began: time.Now(), total: len(r.rows),
		perRound: len(r.rows) / r.plan.samples,
	}
	estimate := r.timeLeft(0)
	p.Print(fmt.Sprintf("measuring %d samples, about %v: %d rows, one sample of each in a round, "+
		"%d rounds; the first one shows what they take",
		p.total-r.done(), progress.Rough(estimate), p.perRound, r.plan.samples))
	if estimate > longRun {
		p.Print("for less choose -quick, fewer -samples, or only some of -workload and -impl; " +
			"Ctrl-C keeps what there is, and -resume goes on")
	}
	return p
}

// update shows that the first done samples of the plan are through. left estimates the time of the
// rest. It looks at every row that is left, so update calls it only for a line that is shown. A log
// gets a line for each round only, so the log of an hour stays short.
func (p *progressLine) update(done int, left func(from int) time.Duration) {
	switch {
	case p.Terminal():
		p.Show(fmt.Sprintf("%s samples, about %v left",
			progress.Bar(done, p.total), progress.Rough(left(done))))
	case done%p.perRound == 0:
		p.Log(fmt.Sprintf("%d of %d samples after %v, about %v left", done, p.total,
			time.Since(p.began).Round(time.Second), progress.Rough(left(done))))
	}
}

// timeLeft estimates the time of the samples from the i'th on, with the links before them.
//
// Rows that failed are not left, and a round whose samples are all taken needs no link.
func (r *run) timeLeft(from int) (left time.Duration) {
	round := r.linked
	for i := from; i < len(r.rows); i++ {
		if !r.isLeft(i) {
			continue
		}
		left += r.costs.sample(r.rows[i])
		if r.rows[i].round != round {
			round = r.rows[i].round
			left += r.costs.link()
		}
	}
	return left
}
