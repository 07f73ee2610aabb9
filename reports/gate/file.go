package gate

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/semabench/semabench/reports"
)

// version is that of the file format. A reader refuses any other.
const version = 1

// A header is the first line of a run.
type header struct {
	Version          int `json:"gate-run"`
	Old, New         Side
	Facts            []reports.Fact
	Planned, Stages  int
	Command          string
	OnlyOld, OnlyNew []string `json:",omitempty"`
}

// A line is any other. A row that comes again replaces the one before: it is written after its
// first stage, and once more with its second. The last line is the end.
type line struct {
	Row     *Row     `json:"row,omitempty"`
	Control *Control `json:"control,omitempty"`
	End     *ending  `json:"end,omitempty"`
}

type ending struct {
	Stopped string // "" if all was measured
}

// A Writer writes a run while it is measured: each line is complete before the next is begun.
type Writer struct {
	out *json.Encoder
	err error // the first one; nothing is written after it
}

// NewWriter writes the head of run: all but its rows, its controls and why it stopped.
func NewWriter(w io.Writer, run *Run) (*Writer, error) {
	out := &Writer{out: json.NewEncoder(w)}
	return out, out.write(header{version, run.Old, run.New, run.Facts, run.Planned, run.Stages,
		run.Command, run.OnlyOld, run.OnlyNew})
}

// Row writes a row; the same row may be written again when more is known of it.
func (w *Writer) Row(r *Row) error { return w.write(line{Row: r}) }

// Control writes a control.
func (w *Writer) Control(c *Control) error { return w.write(line{Control: c}) }

// End writes the last line; stopped is why there is no more, or "".
func (w *Writer) End(stopped string) error { return w.write(line{End: &ending{Stopped: stopped}}) }

func (w *Writer) write(v any) error {
	if w.err == nil {
		if err := w.out.Encode(v); err != nil {
			w.err = fmt.Errorf("writing the run: %w", err)
		}
	}
	return w.err
}

// Write writes all of run.
func Write(w io.Writer, run *Run) error {
	out, err := NewWriter(w, run)
	for i := range run.Rows {
		err = errors.Join(err, out.Row(&run.Rows[i]))
	}
	for i := range run.Controls {
		err = errors.Join(err, out.Control(&run.Controls[i]))
	}
	if err != nil {
		return out.err
	}
	return out.End(run.Stopped)
}

// Read reads a run back. One that was cut off is read as far as it goes, and Stopped says where it
// ends; a line that cannot be read before the last one is an error.
func Read(name string, r io.Reader) (*Run, error) {
	in := bufio.NewReader(r)
	text, readErr := in.ReadBytes('\n')
	var h header
	if err := json.Unmarshal(text, &h); err != nil || h.Version == 0 {
		return nil, errors.Join(notEOF(name, readErr),
			fmt.Errorf("%s:1: no run of semabench gate: its first line is no header", name))
	}
	if h.Version != version {
		return nil, fmt.Errorf("%s:1: format %d, this program reads %d; judge it with the program "+
			"that measured it", name, h.Version, version)
	}
	run := &Run{Old: h.Old, New: h.New, Facts: h.Facts, Planned: h.Planned, Stages: h.Stages,
		Command: h.Command, OnlyOld: h.OnlyOld, OnlyNew: h.OnlyNew}
	ended := false
	for number := 2; readErr == nil; number++ {
		text, readErr = in.ReadBytes('\n')
		if len(bytes.TrimSpace(text)) == 0 {
			continue
		}
		var l line
		err := json.Unmarshal(text, &l)
		if errors.Is(readErr, io.EOF) { // no end of line: it may be cut inside
			run.Stopped = fmt.Sprintf("%s: cut off inside line %d, which is dropped", name, number)
			return run, nil
		}
		if err != nil {
			return nil, fmt.Errorf("%s:%d: %w", name, number, err)
		}
		ended = run.add(l) || ended
	}
	if err := notEOF(name, readErr); err != nil {
		return nil, err
	}
	if !ended {
		run.Stopped = name + " has no end: measuring was cut off"
	}
	return run, nil
}

func notEOF(name string, err error) error {
	if err == nil || errors.Is(err, io.EOF) {
		return nil
	}
	return fmt.Errorf("reading %s: %w", name, err)
}

// add reports whether l is the end.
func (r *Run) add(l line) bool {
	switch {
	case l.Row != nil:
		i := slices.IndexFunc(r.Rows, func(known Row) bool { return known.ID() == l.Row.ID() })
		if i < 0 {
			r.Rows = append(r.Rows, *l.Row)
		} else {
			r.Rows[i] = *l.Row
		}
	case l.Control != nil:
		r.Controls = append(r.Controls, *l.Control)
	case l.End != nil:
		r.Stopped = l.End.Stopped
	}
	return l.End != nil
}
