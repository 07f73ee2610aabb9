package main

import (
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"golang.org/x/term"

	"github.com/semabench/semabench/stress"
)

// A status tells on w how far a soak is: on a terminal in one line that is rewritten, in a log in
// a line now and then. It has a goroutine of its own, so that it tells also while a program hangs.
type status struct {
	w     io.Writer
	width func() int // of the terminal; nil means a log
	every time.Duration
	began time.Time
	limit time.Duration // 0 means that there is none

	mu       sync.Mutex // guards what follows, and w
	total    stress.Tally
	failures int
	now      string // who is played, and how
	frame    int
	ended    bool // w is the caller's again

	stop, stopped chan struct{}
}

const (
	logEvery    = 10 * time.Second
	redrawEvery = 200 * time.Millisecond // to the eye it moves, and it costs nothing

	clearLine = "\r\x1b[K"
)

func newStatus(w io.Writer, limit time.Duration) *status {
	s := &status{w: w, every: logEvery, began: time.Now(), limit: limit,
		stop: make(chan struct{}), stopped: make(chan struct{})}
	if isTerminal(w) {
		s.every, s.width = redrawEvery, func() int { return terminalWidth(w.(*os.File)) }
	}
	return s
}

func terminalWidth(f *os.File) int {
	const usual = 80
	width, _, err := term.GetSize(int(f.Fd()))
	if err != nil || width < 1 {
		return usual // a serial line does not know
	}
	return width
}

func (s *status) start() {
	go func() {
		defer close(s.stopped)
		tick := time.NewTicker(s.every)
		defer tick.Stop()
		for {
			select {
			case <-s.stop:
				return
			case <-tick.C:
				s.show()
			}
		}
	}()
}

// end stops the goroutine and tells once more, so that the last line has the last counts. Nothing is
// written to w from then on: a Ctrl-C that comes now speaks through the caller's last line.
func (s *status) end() {
	close(s.stop)
	<-s.stopped
	s.show()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ended = true
	if s.width != nil {
		fmt.Fprintln(s.w)
	}
}

func (s *status) playing(impl string, procs int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.now = fmt.Sprintf("%s at GOMAXPROCS=%d", impl, procs)
}

func (s *status) add(t stress.Tally) {
	s.mu.Lock()
	defer s.mu.Unlock()
	addTally(&s.total, t)
}

func (s *status) failed() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.failures++
}

// say puts message on lines of its own, unless the end has been.
func (s *status) say(message string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended {
		return
	}
	if s.width != nil {
		fmt.Fprint(s.w, clearLine)
	}
	fmt.Fprintln(s.w, message)
}

func (s *status) show() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.width == nil {
		fmt.Fprintln(s.w, s.line())
		return
	}
	spinner := `|/-\`
	s.frame = (s.frame + 1) % len(spinner)
	line := fmt.Sprintf("%c %s; %s", spinner[s.frame], s.line(), s.now)
	fmt.Fprintf(s.w, "%s%.*s", clearLine, s.width()-1, line) // one that wraps could not be rewritten
}

// line has the failures first, where a narrow terminal does not cut them off.
func (s *status) line() string {
	spent := time.Since(s.began)
	of := ""
	if s.limit > 0 {
		of = fmt.Sprintf(" of %v", s.limit)
	}
	return fmt.Sprintf("%v%s: %s in %d programs, %d operations (%s/s), %d histories checked",
		spent.Round(time.Second), of, count(s.failures, "failure", "failures"), s.total.Programs,
		s.total.Operations, rate(s.total.Operations, spent), s.total.Histories)
}
