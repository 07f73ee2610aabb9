package exploration

import (
	"strings"
	"testing"
	"time"

	"github.com/semabench/semabench/internal/progress"
	"github.com/semabench/semabench/internal/terminal"
	"github.com/semabench/semabench/stress/explore"
)

// A terminal has one line with the state of the exploration. A log has none.
func TestProgressLine(t *testing.T) {
	t.Setenv("NO_COLOR", "")
	t.Setenv("TERM", "xterm")
	now := explore.Event{Test: "TestX", Call: 2, Doing: "exploring", Workers: 2, Schedules: 5000,
		Pairs:   7,
		Seconds: 2.5}
	for width, want := range map[int]string{
		0: "",
		200: terminal.ClearLine + "TestX #2: exploring: 5000 schedules (2000/s), " +
			"7 ordered pairs of dependent operations, 2 s of 20s, 2 processes",
		20: terminal.ClearLine + "TestX #2: exploring",
	} {
		var b strings.Builder
		p := newProgressLine(&b, 20*time.Second)
		if width > 0 {
			p.line = progress.NewTerminal(&b, func() int { return width })
		}
		p.update(now)
		if got := b.String(); got != want {
			t.Errorf("%d columns wide: %q, want %q", width, got, want)
		}
	}
}

// A user who wants plain text gets no line that changes, even on a terminal.
func TestProgressLineOfAPlainTerminal(t *testing.T) {
	t.Setenv("NO_COLOR", "1")
	var b strings.Builder
	p := newProgressLine(&b, time.Second)
	p.line = progress.NewTerminal(&b, func() int { return 80 })
	p.update(explore.Event{Test: "TestX"})
	if b.Len() > 0 {
		t.Errorf("the terminal got %q, want nothing", b.String())
	}
}
