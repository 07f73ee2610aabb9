package main

import (
	"fmt"
	"io"

	"github.com/semabench/semabench/internal/terminal"
	"github.com/semabench/semabench/reports"
)

const colorUsage = "colours: auto (on a terminal, unless NO_COLOR is set or TERM is dumb), always or never"

// A screen is standard output as a place for results. watched says that a person reads it. Width
// and colours are about how to write; watched decides what is written.
// The two are separate because a pager breaks their tie: with “-color always | less -R” the
// output is a pipe, and a person reads it.
type screen struct {
	reports.Terminal
	watched bool
}

// screen returns the screen for the value of -color. A user who forces colours counts as a person
// that reads the output, by way of a pager.
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
	// never leaves watched as it is: a user without colours still wants the heat map.
	case "never":
	default:
		return screen{}, fmt.Errorf("unknown -color %q; known are auto, always, never", color)
	}
	return s, nil
}

// writeHeatForPeople writes the heat map if a person reads the output. A file and a pipe get
// nothing.
//
// A script that reads the paths on standard output must not find a table before them.
func (s screen) writeHeatForPeople(w io.Writer, c *reports.Comparison) error {
	if !s.watched {
		return nil
	}
	if err := s.WriteHeat(w, c); err != nil {
		return fmt.Errorf("writing the heat map: %w", err)
	}
	_, err := fmt.Fprintln(w)
	return err
}

// writeText writes the text of benchstat. Programs read that text, so only a person gets a heat map
// before it.
func (s screen) writeText(w io.Writer, c *reports.Comparison) error {
	if err := s.writeHeatForPeople(w, c); err != nil {
		return err
	}
	return reports.WriteText(w, c)
}
