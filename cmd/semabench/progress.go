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
	at(done int)
	say(message string) // on a line of its own
	end()
}

func (m *measurement) newProgress(total int) progress {
	fmt.Fprintf(m.stderr, "measuring %d samples, about %v\n", total, estimate(total, m.benchtime))
	if !isTerminal(m.stderr) {
		return &lines{w: m.stderr, began: time.Now(), total: total, every: max(1, total/m.samples)}
	}
	return &bar{m.stderr, progressbar.NewOptions(total,
		progressbar.OptionSetWriter(m.stderr),
		progressbar.OptionSetDescription("measuring"),
		progressbar.OptionShowCount(),
		progressbar.OptionSetPredictTime(true),
		progressbar.OptionFullWidth(),
	)}
}

// estimate knows that a benchmark runs up to its time in steps and that a process has to start.
func estimate(samples int, benchtime time.Duration) time.Duration {
	one := benchtime*3/2 + 60*time.Millisecond
	return (time.Duration(samples) * one).Round(time.Second)
}

// bar is for terminals: it moves, and shows the time left.
type bar struct {
	w io.Writer
	*progressbar.ProgressBar
}

func (b *bar) at(done int) { _ = b.Set(done) } // fails only past the end
func (b *bar) end()        { fmt.Fprintln(b.w) }

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

func (l *lines) at(done int) {
	if done%l.every == 0 {
		spent := time.Since(l.began)
		left := spent / time.Duration(done) * time.Duration(l.total-done)
		fmt.Fprintf(l.w, "%d of %d samples after %v, about %v left\n",
			done, l.total, spent.Round(time.Second), left.Round(time.Second))
	}
}

func (l *lines) say(message string) { fmt.Fprintln(l.w, message) }
func (l *lines) end()               {}

// isTerminal reports whether w is one, and so can show a bar that moves.
func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}
