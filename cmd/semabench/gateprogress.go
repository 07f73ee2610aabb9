package main

import (
	"fmt"
	"time"

	"github.com/semabench/semabench/internal/duel"
	"github.com/semabench/semabench/internal/progress"
)

// duelProgress shows how far a duel is: on a terminal in one line, in a log in a line for each
// stage and for each tenth of it. Each stage of a duel counts to a total of its own.
type duelProgress struct {
	line   *progress.Line
	began  time.Time // when the first step of the stage was done
	first  int       // steps that were done at that time
	done   int
	doing  string
	tenths int
}

func (a app) newDuelProgress() *duelProgress { return &duelProgress{line: progress.New(a.stderr)} }

func (p *duelProgress) at(now duel.Progress) {
	if now.Done < p.done { // a new stage
		p.began = time.Time{}
	}
	if p.done = now.Done; now.Done > 0 && p.began.IsZero() {
		p.began, p.first = time.Now(), now.Done
	}
	tenths, of := 0, ""
	if now.Total > 0 {
		tenths, of = 10*now.Done/now.Total, fmt.Sprintf(": %d of %d", now.Done, now.Total)
	}
	sameStage := now.Doing == p.doing
	text := now.Doing + of + p.left(now)
	if sameStage {
		p.line.Show(text)
	} else {
		p.line.ShowNow(text)
	}
	if !sameStage || tenths != p.tenths {
		p.line.Log(text)
	}
	p.doing, p.tenths = now.Doing, tenths
}

// left extrapolates the time of the stage. It is a guess: slow rows and rows that look slower take
// longer than the others.
func (p *duelProgress) left(now duel.Progress) string {
	since := now.Done - p.first
	if p.began.IsZero() || since < 1 || now.Done >= now.Total {
		return ""
	}
	left := progress.Left(time.Since(p.began), since, since+now.Total-now.Done)
	return fmt.Sprintf(", about %v left", progress.Rough(left))
}

// end erases the line, so that the report stands alone.
func (p *duelProgress) end() { p.line.Clear() }
