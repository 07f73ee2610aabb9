package main

import (
	"fmt"
	"io"
	"time"

	"github.com/schollz/progressbar/v3"

	"github.com/semabench/semabench/internal/duel"
)

// duelProgress tells how far a duel is: a bar on a terminal, lines in a log.
type duelProgress struct {
	w      io.Writer
	bar    *progressbar.ProgressBar // nil in a log
	began  time.Time                // of the pairs
	before int                      // pairs then
	done   int
	doing  string
	tenths int
}

func (a app) newDuelProgress() *duelProgress {
	p := &duelProgress{w: a.stderr}
	if isTerminal(a.stderr) {
		p.bar = progressbar.NewOptions(-1, progressbar.OptionSetWriter(a.stderr),
			progressbar.OptionShowCount(), progressbar.OptionSetPredictTime(false),
			progressbar.OptionFullWidth())
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
	if p.bar != nil {
		p.bar.ChangeMax(max(now.Total, now.Done, 1))
		p.bar.Describe(now.Doing + p.left(now))
		_ = p.bar.Set(now.Done) // fails only past the end
		return
	}
	tenths := 0
	if now.Total > 0 {
		tenths = 10 * now.Done / now.Total
	}
	if now.Doing == p.doing && tenths == p.tenths {
		return
	}
	p.doing, p.tenths = now.Doing, tenths
	of := ""
	if now.Total > 0 {
		of = fmt.Sprintf(": %d of %d", now.Done, now.Total)
	}
	fmt.Fprintf(p.w, "%s%s%s\n", now.Doing, of, p.left(now))
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

func (p *duelProgress) end() {
	if p.bar != nil {
		fmt.Fprintln(p.w)
	}
}
