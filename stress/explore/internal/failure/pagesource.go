package failure

import (
	"fmt"
	"slices"
	"strings"
)

// sources adds the excerpts of the source, with an anchor for each line, as far as there is room. A
// line without an anchor is not linked: the map of lines has only what the page shows. The files
// are taken in their order. Once the room is used up, no later line is taken, however short.
//
// A gap is marked by the numbers of the lines and not by blank lines, as the source may have
// those itself.
func (v *viewer) sources(p *page) {
	room := sourceRoom
	for i, s := range v.report.Sources {
		shown := pageSource{File: cut(s.File)}
		for k, line := range s.Lines {
			const markup = 220 // bytes of a line with its marks
			if room -= escapedSize(cut(line.Text)) + markup; room < 0 {
				p.Left = "Not all of the source is shown. "
				break
			}
			l := sourceLine{ID: fmt.Sprintf("f%d-%d", i, line.N), N: line.N, Text: cut(line.Text)}
			l.Gap = k > 0 && s.Lines[k-1].N != line.N-1
			v.lines[Place{s.File, line.N}] = l.ID
			shown.Lines = append(shown.Lines, l)
		}
		if len(shown.Lines) > 0 {
			p.Sources = append(p.Sources, shown)
		}
	}
}

// mark adds to each line of source the goroutines that have a step there. It comes after the rows
// were chosen, and marks steps that are not shown as well: the source is about the whole report.
//
// Goroutines are sorted, so the marks of a line do not depend on the order of the steps.
func (v *viewer) mark(p *page) {
	at := map[string][]int{}
	for i := range v.report.Steps {
		step := &v.report.Steps[i]
		if id := v.lines[step.At]; id != "" && !slices.Contains(at[id], step.G) {
			at[id] = append(at[id], step.G)
		}
	}
	for _, s := range p.Sources {
		for i := range s.Lines {
			there := at[s.Lines[i].ID]
			slices.Sort(there)
			for _, g := range there {
				s.Lines[i].Marks = append(s.Lines[i].Marks, v.lane(g))
			}
		}
	}
}

// around returns the lines around a place, none if the report does not have them. Two lines before
// and after show the statement of an access; the whole excerpt is further down on the page.
//
// These lines have no anchor: the same lines in the excerpt below have it, and an anchor must be
// unique.
func (v *viewer) around(at Place) (lines []sourceLine) {
	const before, after = 2, 2
	for _, s := range v.report.Sources {
		if s.File != at.File {
			continue
		}
		for _, line := range s.Lines {
			if line.N >= at.Line-before && line.N <= at.Line+after {
				lines = append(lines, sourceLine{N: line.N, Text: cut(line.Text), Here: line.N == at.Line})
			}
		}
	}
	return lines
}

// line returns the text of the line at a place, without its indentation.
//
// The search is linear. A report has some excerpts of some lines, and a map would have to be
// kept in step with them.
func (v *viewer) line(at Place) string {
	for _, s := range v.report.Sources {
		if s.File != at.File {
			continue
		}
		for _, line := range s.Lines {
			if line.N == at.Line {
				return cut(strings.TrimLeft(line.Text, " \t"))
			}
		}
	}
	return ""
}
