package exploration

import (
	"io"
	"os"
	"path/filepath"
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

// A line that is no event is passed over, and the events after it are read. A line without its end is
// read when its end is there.
func TestMalformedEvents(t *testing.T) {
	b := &testBinary{events: filepath.Join(t.TempDir(), "events")}
	p := newProgressLine(io.Discard, time.Second)
	for _, step := range []struct {
		text  string
		begun int
	}{
		{"{\"Doing\":\"building\"}\nno event\n{}\n{\"Test\":", 1},
		{"\"TestX\",\"Doing\":\"building\"}\n[1]\n\n{\"Doing\":\"building\"}\n", 3},
	} {
		f, err := os.OpenFile(b.events, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.WriteString(step.text); err != nil {
			t.Fatal(err)
		}
		f.Close()
		if b.readEvents(p); len(b.begun) != step.begun {
			t.Errorf("%d events read, want %d", len(b.begun), step.begun)
		}
	}
}
