package picture

import (
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// A legend places its entries in lines from left to right. The legend of gonum/plot stacks them,
// which would take the height of several charts.
type legend struct {
	lines [][]entry
}

// An entry is a name, already clipped, with its sample of the line and its width in pixels.
type entry struct {
	name  string
	thumb plot.Thumbnailer
	width vg.Length
}

// Lengths in pixels. With nameWidth, a line has room for three names even if all are clipped.
const (
	thumbWidth   = 26
	legendHeight = 20
	nameWidth    = 200
)

// newLegend breaks the entries into lines of this room. used begins at the room, so that the first entry
// opens the first line. No names give a legend without lines. A name that is wider than its room is clipped
// first, so no entry is wider than a line.
//
// Widths are computed with the font that is named first, so a line may be a little short and is
// never too long in that font.
func newLegend(names []string, room vg.Length, thumb func(i int) plot.Thumbnailer) legend {
	var l legend
	used := room
	for i, name := range names {
		name = clip(name, labelText, nameWidth)
		e := entry{name, thumb(i), thumbWidth + labelText.style().Width(" "+name) + 20}
		if used += e.width; used > room {
			l.lines, used = append(l.lines, nil), e.width
		}
		last := len(l.lines) - 1
		l.lines[last] = append(l.lines[last], e)
	}
	return l
}

// height returns the height of all lines and of the gap below them.
func (l legend) height() vg.Length { return legendHeight*vg.Length(len(l.lines)) + gap }

// draw draws each entry as a legend of gonum/plot with a single entry. That keeps the alignment of
// sample and name as gonum/plot has it, and only the places are chosen here.
func (l legend) draw(c draw.Canvas) {
	for i, line := range l.lines {
		x := vg.Length(0)
		for _, e := range line {
			one := plot.NewLegend()
			one.TextStyle = labelText.style()
			one.TextStyle.YAlign = draw.YBottom
			one.ThumbnailWidth, one.Left, one.Top = thumbWidth, true, true
			one.Add(e.name, e.thumb)
			one.Draw(draw.Crop(c, x, 0, 0, -legendHeight*vg.Length(i)))
			x += e.width
		}
	}
}
