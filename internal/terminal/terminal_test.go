package terminal_test

import (
	"bytes"
	"os"
	"testing"

	"github.com/semabench/semabench/internal/terminal"
)

// A pipe and memory are no terminals. A test cannot open a real terminal everywhere.
func TestWhatIsNoTerminal(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	defer w.Close()
	if terminal.Is(w) || terminal.Is(&bytes.Buffer{}) {
		t.Error("a pipe or a buffer is a terminal, want none")
	}
	if got := terminal.Width(w); got != 80 {
		t.Errorf("a pipe has %d columns, want 80", got)
	}
	if got := terminal.Width(&bytes.Buffer{}); got != 80 {
		t.Errorf("a buffer has %d columns, want 80", got)
	}
}

func TestPlain(t *testing.T) {
	for _, test := range []struct {
		noColor, term string
		want          bool
	}{{"", "xterm", false}, {"1", "xterm", true}, {"", "dumb", true}} {
		t.Setenv("NO_COLOR", test.noColor)
		t.Setenv("TERM", test.term)
		if got := terminal.Plain(); got != test.want {
			t.Errorf("NO_COLOR=%q TERM=%q: Plain = %v, want %v", test.noColor, test.term, got, test.want)
		}
	}
}
