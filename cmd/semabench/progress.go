package main

import (
	"fmt"
	"io"
	"os"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"
)

// A progress tells how far a measurement is.
type progress interface {
	at(done int, left func(from int) time.Duration)
	say(message string) // on a line of its own
	end()
}

// long is where somebody may have wanted less.
const long = 5 * time.Minute

func (m *measurement) newProgress() progress {
	total, every := len(m.rows), len(m.rows)/m.samples
	guess := m.timeLeft(0)
	fmt.Fprintf(m.stderr, "measuring %d samples, about %v: %d rows, one sample of each in a round, %d rounds; "+
		"the first one shows what they take\n", total-m.done(), rounded(guess), every, m.samples)
	if guess > long {
		fmt.Fprintln(m.stderr, "for less choose -quick, fewer -samples, or only some of -workload and -impl; "+
			"Ctrl-C keeps what there is, and -resume goes on")
	}
	if !isTerminal(m.stderr) {
		return &lines{w: m.stderr, began: time.Now(), total: total, every: every}
	}
	return &bar{m.stderr, progressbar.NewOptions(total,
		progressbar.OptionSetWriter(m.stderr),
		progressbar.OptionSetDescription("measuring"),
		progressbar.OptionShowCount(),
		progressbar.OptionSetPredictTime(false), // it takes all rows to be alike
		progressbar.OptionFullWidth(),
	)}
}

// rounded leaves out what an estimate does not know.
func rounded(d time.Duration) time.Duration {
	switch {
	case d >= 10*time.Minute:
		return d.Round(time.Minute)
	case d >= time.Minute:
		return d.Round(5 * time.Second)
	}
	return d.Round(time.Second)
}

// bar is for terminals: it moves, and shows the time left.
type bar struct {
	w io.Writer
	*progressbar.ProgressBar
}

func (b *bar) at(done int, left func(from int) time.Duration) {
	b.Describe(fmt.Sprintf("about %v left", rounded(left(done))))
	_ = b.Set(done) // fails only past the end
}

func (b *bar) end() { fmt.Fprintln(b.w) }

func (b *bar) say(message string) {
	_ = b.Clear()
	fmt.Fprintln(b.w, message)
}

// lines is for logs: a line for each round.
type lines struct {
	w     io.Writer
	began time.Time
	total int
	every int
}

func (l *lines) at(done int, left func(from int) time.Duration) {
	if done%l.every == 0 {
		fmt.Fprintf(l.w, "%d of %d samples after %v, about %v left\n",
			done, l.total, time.Since(l.began).Round(time.Second), rounded(left(done)))
	}
}

func (l *lines) say(message string) { fmt.Fprintln(l.w, message) }
func (l *lines) end()               {}

// isTerminal reports whether w is one, and so can show a bar that moves.
func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}
