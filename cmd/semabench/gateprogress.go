package main

import (
	"fmt"
	"io"
	"os"
	"time"

	"github.com/semabench/semabench/internal/duel"
)

// duelProgress tells how far a duel is: in a line that is rewritten on a terminal, in lines in a log. Not in
// a progressbar: that takes a total that shrinks, as each stage has one of its own, for the end.
type duelProgress struct {
	w      io.Writer
	width  func() int // of the terminal; nil means a log
	began  time.Time  // of the pairs
	before int        // pairs then
	done   int
	doing  string
	tenths int
	drawn  time.Time
}

func (a app) newDuelProgress() *duelProgress {
	p := &duelProgress{w: a.stderr}
	if isTerminal(a.stderr) {
		p.width = func() int { return terminalWidth(a.stderr.(*os.File)) }
	}
	return p
}

func (p *duelProgress) at(now duel.Progress) {
	if now.Done < p.done { // another kind of thing is counted from here on
		p.began = time.Time{}
	}
	if p.done = now.Done; now.Done > 0 && p.began.IsZero() {
		p.began, p.before = time.Now(), now.Done
	}
	tenths, of := 0, ""
	if now.Total > 0 {
		tenths, of = 10*now.Done/now.Total, fmt.Sprintf(": %d of %d", now.Done, now.Total)
	}
	same := now.Doing == p.doing
	line := now.Doing + of + p.left(now)
	switch {
	case p.width != nil && (!same || time.Since(p.drawn) >= redrawEvery):
		fmt.Fprintf(p.w, "%s%.*s", clearLine, p.width()-1, line)
		p.drawn = time.Now()
	case p.width == nil && (!same || tenths != p.tenths):
		fmt.Fprintln(p.w, line)
	}
	p.doing, p.tenths = now.Doing, tenths
}

// left is a guess. The pairs of slow rows and of suspects make it one.
func (p *duelProgress) left(now duel.Progress) string {
	since := now.Done - p.before
	if p.began.IsZero() || since < 1 || now.Done >= now.Total {
		return ""
	}
	each := time.Since(p.began) / time.Duration(since)
	return fmt.Sprintf(", about %v left", rounded(each*time.Duration(now.Total-now.Done)))
}

// end leaves the line to what comes next.
func (p *duelProgress) end() {
	if p.width != nil {
		fmt.Fprint(p.w, clearLine)
	}
}
