// Package progress shows how far a long command is: on a terminal in one line that changes, in a
// log in a line now and then.
//
//	line := progress.New(os.Stderr)
//	defer line.Clear()
//	for i, job := range jobs {
//		line.Show(progress.Bar(i, len(jobs)) + " measuring " + job.Name)
//		if i%10 == 0 {
//			line.Log(fmt.Sprintf("%d of %d measured", i, len(jobs)))
//		}
//	}
//
// Libraries for progress bars know one total, one rate, and no messages between redraws. The verbs
// of this module have stages of unequal cost and print messages, so they share this package
// instead.
//
// # What this does not do
//
// It guesses no remaining time by itself; [Left] extrapolates when steps cost the same. It does not
// escape: text from elsewhere must go through package escape first.
package progress

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/semabench/semabench/internal/terminal"
)

// RedrawEvery is the time between two redraws of a line. At this rate a line seems to move, and
// redrawing it takes no measurable time.
const RedrawEvery = 200 * time.Millisecond

// A Line is the line of one command. Its methods may be called concurrently.
type Line struct {
	w     io.Writer
	width func() int // of the terminal; nil means that w is a log

	mu    sync.Mutex // guards what follows, and w
	drawn time.Time
	shown bool // the terminal has a line that can be erased
	ended bool
}

// New returns a line on w, which is a log unless it is a terminal.
func New(w io.Writer) *Line {
	if terminal.Is(w) {
		return NewTerminal(w, func() int { return terminal.Width(w) })
	}
	return &Line{w: w}
}

// NewTerminal returns a line on w as if it were a terminal of this width, in columns. Tests use it.
func NewTerminal(w io.Writer, width func() int) *Line { return &Line{w: w, width: width} }

// Terminal reports whether Show has an effect.
func (l *Line) Terminal() bool { return l.width != nil }

// Show replaces the line on a terminal, at most once in [RedrawEvery], and does nothing in a log.
// Text that is too long is cut off: a line that wraps could not be erased.
func (l *Line) Show(text string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if time.Since(l.drawn) >= RedrawEvery {
		l.draw(text)
	}
}

// ShowNow is as Show, but never skips a redraw. It is for a new stage of the work.
func (l *Line) ShowNow(text string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.draw(text)
}

// draw is called with l.mu held.
func (l *Line) draw(text string) {
	if l.ended || l.width == nil {
		return
	}
	// The last column stays free: some terminals wrap as soon as it is written.
	fmt.Fprintf(l.w, "%s%.*s", terminal.ClearLine, l.width()-1, text)
	l.drawn, l.shown = time.Now(), true
}

// Log writes a line into a log, and does nothing on a terminal.
func (l *Line) Log(text string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.ended && l.width == nil {
		fmt.Fprintln(l.w, text)
	}
}

// Print writes a message that stays, on lines of its own, to a terminal and to a log.
func (l *Line) Print(message string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.ended {
		return
	}
	l.erase()
	fmt.Fprintln(l.w, message)
}

func (l *Line) erase() {
	if l.shown {
		fmt.Fprint(l.w, terminal.ClearLine)
		l.shown = false
	}
}

// Clear erases the line, and ends it: the caller can write to w from then on, and nothing else
// does.
func (l *Line) Clear() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.ended {
		l.erase()
		l.ended = true
	}
}

// Finish leaves text as the last state of the line, on a terminal and in a log, and ends the line.
func (l *Line) Finish(text string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.ended {
		return
	}
	if l.width == nil {
		fmt.Fprintln(l.w, text)
	} else {
		l.draw(text)
		fmt.Fprintln(l.w)
	}
	l.ended = true
}

// Every calls do at this interval from a goroutine, until stop is called. stop returns when no
// call of do is under way. It is for work that says nothing while it hangs.
func Every(interval time.Duration, do func()) (stop func()) {
	done, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		tick := time.NewTicker(interval)
		defer tick.Stop()
		for {
			select {
			case <-done:
				return
			case <-tick.C:
				do()
			}
		}
	}()
	return sync.OnceFunc(func() {
		close(done)
		<-stopped
	})
}

// Bar draws which share of total is done, with the counts: "[#####     ] 7 of 14".
func Bar(done, total int) string {
	const cells = 20
	filled := 0
	if total > 0 {
		filled = min(cells, cells*done/total)
	}
	return fmt.Sprintf("[%s%s] %d of %d", strings.Repeat("#", filled),
		strings.Repeat(" ", cells-filled), done, total)
}

// Spinner returns the n'th picture of a line that turns, as a sign of life.
func Spinner(n int) string { return string(`|/-\`[n&3]) }

// Left extrapolates how long the rest takes: done of total steps took spent. It is 0 before the
// first step.
func Left(spent time.Duration, done, total int) time.Duration {
	if done < 1 {
		return 0
	}
	return spent / time.Duration(done) * time.Duration(max(0, total-done))
}

// Rough rounds an estimated duration to the digits that an estimate can claim.
func Rough(d time.Duration) time.Duration {
	switch {
	case d >= 10*time.Minute:
		return d.Round(time.Minute)
	case d >= time.Minute:
		return d.Round(5 * time.Second)
	}
	return d.Round(time.Second)
}
