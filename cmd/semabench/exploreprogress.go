package main

import (
	"fmt"
	"io"
	"os"
	"time"

	"github.com/semabench/semabench/stress/explore"
)

// explorerProgress tells how far an exploration is: on a terminal in a line that is rewritten, and
// elsewhere not at all.
type explorerProgress struct {
	w     io.Writer
	width int // of the terminal; 0 is none
	limit time.Duration
	now   explore.Event
}

func (e *exploration) newExplorerProgress() *explorerProgress {
	p := &explorerProgress{w: e.stderr, limit: e.limit}
	if isTerminal(e.stderr) && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb" {
		p.width = terminalWidth(e.stderr.(*os.File))
	}
	return p
}

func (p *explorerProgress) at(e explore.Event) {
	p.now = e
	if p.width > 0 {
		fmt.Fprintf(p.w, "%s%.*s", clearLine, p.width-1, p.line()) // one that wraps could not be rewritten
	}
}

func (p *explorerProgress) line() string {
	e := p.now
	if e.Workers == 0 {
		return fmt.Sprintf("%s: %s", exploredName(e), e.Doing)
	}
	return fmt.Sprintf("%s: %s: %d schedules (%.0f/s), %d ordered pairs of dependent operations, %.0f s of %v, %s",
		exploredName(e), e.Doing, e.Schedules, float64(e.Schedules)/max(e.Seconds, 0.1), e.Pairs, e.Seconds, p.limit,
		count(e.Workers, "process", "processes"))
}

func (p *explorerProgress) say(message string) {
	if p.width > 0 {
		fmt.Fprint(p.w, clearLine)
	}
	fmt.Fprintln(p.w, message)
}

func (p *explorerProgress) end() {
	if p.width > 0 {
		fmt.Fprint(p.w, clearLine)
	}
}

// patience is how long the tests have for ending on their own. A build is given its time, as it would
// leave a lock behind.
func (p *explorerProgress) patience() time.Duration {
	if p.now.Doing == "building" {
		return time.Minute
	}
	return 10 * time.Second
}
