package main

import (
	"fmt"
	"io"

	"github.com/semabench/semabench/internal/terminal"
	"github.com/semabench/semabench/reports"
)

const colorUsage = "colours: auto (on a terminal, unless NO_COLOR is set or TERM is dumb), always or never"

// A screen is where results are shown, and whether a person is looking.
type screen struct {
	reports.Terminal
	watched bool
}

// screen looks at standard output. Who asks for colours always is a person too, with a pager
// between.
func (a app) screen(color string) (screen, error) {
	s := screen{watched: terminal.Is(a.stdout)}
	if s.watched {
		s.Width = terminal.Width(a.stdout)
	}
	switch color {
	case "auto":
		s.Colour = s.watched && !terminal.Plain()
	case "always":
		s.Colour, s.watched = true, true
	case "never":
	default:
		return screen{}, fmt.Errorf("unknown -color %q; known are auto, always, never", color)
	}
	return s, nil
}

// greet writes the heat map for who is looking, and nothing into a file or a pipe.
func (s screen) greet(w io.Writer, c *reports.Comparison) error {
	if !s.watched {
		return nil
	}
	if err := s.WriteHeat(w, c); err != nil {
		return fmt.Errorf("writing the heat map: %w", err)
	}
	_, err := fmt.Fprintln(w)
	return err
}

// writeText is the text of benchstat, which other programs read, with a heat map before it for
// people only.
func (s screen) writeText(w io.Writer, c *reports.Comparison) error {
	if err := s.greet(w, c); err != nil {
		return err
	}
	return reports.WriteText(w, c)
}
