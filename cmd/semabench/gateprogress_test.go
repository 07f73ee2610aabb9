package main

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/semabench/semabench/cmd/internal/duel"
	"github.com/semabench/semabench/internal/progress"
	"github.com/semabench/semabench/internal/terminal"
)

// Each stage counts to a total of its own. It sleeps on the clock of the synctest bubble.
func TestDuelProgress(t *testing.T) {
	for _, test := range []struct {
		width int // 0: a log
		want  string
	}{
		{0, "trying A: 0 of 2\ntrying B: 1 of 2\nlinking p\np: 10 of 40\np: 20 of 40, about 1s left\n"},
		{14, "#trying A: 0 o#trying B: 1 o#linking p#p: 10 of 40#p: 11 of 40, #p: 20 of 40, #"},
	} {
		synctest.Test(t, func(t *testing.T) {
			var b strings.Builder
			p := app{stderr: &b}.newDuelProgress()
			if test.width > 0 {
				p.line = progress.NewTerminal(&b, func() int { return test.width })
			}
			at := func(doing string, done, total int) {
				now := duel.Progress{Doing: doing, Done: done, Total: total}
				p.at(now)
				p.at(now) // too soon for another redraw
				time.Sleep(progress.RedrawEvery)
			}
			at("trying A", 0, 2)
			at("trying B", 1, 2)
			at("linking p", 0, 0)
			at("p", 10, 40)
			at("p", 11, 40)
			at("p", 20, 40)
			p.end()
			if got := strings.ReplaceAll(b.String(), terminal.ClearLine, "#"); got != test.want {
				t.Errorf("got\n%s\nwant\n%s", got, test.want)
			}
		})
	}
}
