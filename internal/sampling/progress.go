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
