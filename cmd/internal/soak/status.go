package soak

import (
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/semabench/semabench/internal/plural"
	"github.com/semabench/semabench/internal/progress"
	"github.com/semabench/semabench/stress"
)

// logEvery is the time between two lines in a log.
const logEvery = 10 * time.Second

// A status shows the progress of a soak. It redraws from a goroutine of its own, because the clock
// must go on while a program hangs. Two goroutines use it: the soak, which counts, and the
// goroutine of start, which draws.
//
// line has a lock of its own, and no method holds both: show takes the text first and draws it
// then.
type status struct {
	line  *progress.Line
	began time.Time
	limit time.Duration // 0 means none

	mu       sync.Mutex // guards what follows
	total    stress.Tally
	failures int
	current  string // the implementation that plays, and its GOMAXPROCS
	redraws  int

	stop func()
}

// newStatus returns a status whose clock has begun.
func newStatus(w io.Writer, limit time.Duration) *status {
	return &status{line: progress.New(w), began: time.Now(), limit: limit}
}

// start begins to redraw: often on a terminal, and every logEvery in a log.
//
// newStatus and start are apart, because the first message must come before the first redraw.
func (s *status) start() {
	interval := logEvery
	if s.line.Terminal() {
		interval = progress.RedrawEvery
	}
	s.stop = progress.Every(interval, s.show)
}

// end stops the goroutine, and leaves the final counts as the last line. Later messages, such as
// one about a late Ctrl-C, are dropped: the summary follows.
//
// stop waits for the goroutine, so no redraw can come after the last line.
func (s *status) end() {
	s.stop()
	s.line.Finish(s.text())
}

// playing notes the implementation at hand.
func (s *status) playing(impl string, procs int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.current = fmt.Sprintf("%s at GOMAXPROCS=%d", impl, procs)
}

// add adds the counts of a turn.
func (s *status) add(t stress.Tally) {
	s.mu.Lock()
	defer s.mu.Unlock()
	addTally(&s.total, t)
}

// failed counts a failure.
func (s *status) failed() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.failures++
}

// print puts a message on lines of its own, unless the status has ended.
func (s *status) print(message string) { s.line.Print(message) }

// show draws the line once. The goroutine of start calls it.
func (s *status) show() {
	if s.line.Terminal() {
		s.line.ShowNow(s.text())
	} else {
		s.line.Log(s.text())
	}
}

// text returns the counts, on a terminal with a sign of life before them and the current
// implementation behind them.
func (s *status) text() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.line.Terminal() {
		return s.counts()
	}
	s.redraws++
	return fmt.Sprintf("%s %s; %s", progress.Spinner(s.redraws), s.counts(), s.current)
}

// counts has the failures in front, where a narrow terminal does not cut them off. It is called
// with s.mu held.
//
// The rate is over the whole time, with the starts of processes in it: so a user knows how much
// the next hour will play. The table at the end has the rates without them.
func (s *status) counts() string {
	spent := time.Since(s.began)
	of := ""
	if s.limit > 0 {
		of = fmt.Sprintf(" of %v", s.limit)
	}
	return fmt.Sprintf("%v%s: %s in %d programs, %d operations (%s/s), %d histories checked",
		spent.Round(time.Second), of, plural.With(s.failures, "failure", "failures"), s.total.Programs,
		s.total.Operations, rate(s.total.Operations, spent), s.total.Histories)
}

// addTally adds t to sum.
func addTally(sum *stress.Tally, t stress.Tally) {
	sum.Programs += t.Programs
	sum.Operations += t.Operations
	sum.Histories += t.Histories
	sum.Undecided += t.Undecided
}

// rate returns operations per second of the time in which the implementation played.
func rate(operations int64, spent time.Duration) string {
	if spent <= 0 {
		return "-"
	}
	return fmt.Sprintf("%.0f", float64(operations)/spent.Seconds())
}
