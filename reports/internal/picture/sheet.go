package picture

import (
	"math"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// The size of the largest sheet. Charts, lines and points beyond it are left out, and the note
// says so.
const (
	// 80 points on a chart of half the width are 4 px apart: more would draw over each other.
	sheetCharts = 10
	sheetLines  = 12 // in each chart
	sheetPoints = 80 // in each line
)

// chartGap is the distance between charts, in pixels.
const chartGap = 22

// SVG draws the charts in two columns, or in one if the picture is narrow, with aligned axes, and one legend
// for all. It returns an error if no chart has anything to draw. The room of a chart is the width of its
// column less 40 pixels for the labels of its y axis.
//
// The axes are aligned, so that charts below each other can be compared by eye.
func (s Sheet) SVG() ([]byte, error) {
	if len(s.Charts) == 0 {
		return nil, errNothing
	}
	s = s.bounded()
	key := newLegend(s.Names, s.room(), func(i int) plot.Thumbnailer { return markOf(i) })
	tiles := draw.Tiles{Cols: s.columns(), PadX: chartGap, PadY: chartGap}
	tiles.Rows = (len(s.Charts) + tiles.Cols - 1) / tiles.Cols
	body := (chartHeight+chartGap)*vg.Length(tiles.Rows) - chartGap
	c := newCanvas(s.Head, key.height()+body)
	key.draw(c.take(key.height()))
	plots := make([][]*plot.Plot, tiles.Rows)
	for i := range plots {
		// the last one stays nil if the number of charts is odd
		plots[i] = make([]*plot.Plot, tiles.Cols)
	}
	for i, chart := range s.Charts {
		p, err := s.plot(chart, s.room()/vg.Length(tiles.Cols)-40)
		if err != nil {
			return nil, err
		}
		plots[i/tiles.Cols][i%tiles.Cols] = p
	}
	for i, row := range plot.Align(plots, tiles, c.free) {
		for j, tile := range row {
			if plots[i][j] != nil {
				plots[i][j].Draw(tile)
			}
		}
	}
	return c.bytes()
}

// columns returns the number of charts side by side.
func (s Sheet) columns() int {
	if s.Narrow {
		return 1
	}
	return min(2, len(s.Charts))
}

// bounded returns the part of s that is drawn, with every line made drawable. It clones the charts
// before it replaces their lines: the caller may draw s again.
//
// Points are thinned after the undrawable ones are gone, so that the bound counts drawn points.
//
// The bounds keep the file small enough for a README.
func (s Sheet) bounded() Sheet {
	if n := max(len(s.Charts), s.All); n > sheetCharts {
		s.Charts = s.Charts[:min(sheetCharts, len(s.Charts))]
		s.addNote("the first %d of %d charts", sheetCharts, n)
	}
	if n := len(s.Names); n > sheetLines {
		s.Names = s.Names[:sheetLines]
		s.addNote("the first %d of %d lines", sheetLines, n)
	}
	skipped, most := 0, 0
	s.Charts = slices.Clone(s.Charts)
	for i, c := range s.Charts {
		lines, n := c.drawable(s.Names)
		for j, l := range lines {
			most = max(most, len(l.X))
			lines[j] = l.thinned()
		}
		s.Charts[i].Lines, skipped = lines, skipped+n
	}
	if most > sheetPoints {
		s.addNote("%d of up to %d points of a line", sheetPoints, most)
	}
	if skipped > 0 {
		s.addNote("all but %d values that have no place on their axes", skipped)
	}
	return s
}

// thinned keeps points at even distances, including the first and the last one. drawable comes
// before it: Lo and Hi then have the length of X, which add relies on. It keeps measured points. A
// mean of neighbours would be a point that was never measured.
func (l Line) thinned() Line {
	n := len(l.X)
	if n <= sheetPoints {
		return l
	}
	t := Line{Name: l.Name}
	for i := range sheetPoints {
		t.add(l, i*(n-1)/(sheetPoints-1))
	}
	return t
}

// add copies point i of another line, whose four slices have equal length.
func (l *Line) add(from Line, i int) {
	l.X, l.Y = append(l.X, from.X[i]), append(l.Y, from.Y[i])
	l.Lo, l.Hi = append(l.Lo, from.Lo[i]), append(l.Hi, from.Hi[i])
}

// drawable returns the named lines with the points that the axes can show, as logarithms if an axis
// is logarithmic. It also returns the number of points that it left out. Logarithms are taken here
// and not by gonum/plot, whose logarithmic axis panics at zero.
//
// A point that has no place is counted and told in the note. Moving it to the edge would invent
// a value.
func (c Chart) drawable(names []string) (lines []Line, skipped int) {
	for _, l := range c.Lines {
		if !slices.Contains(names, l.Name) {
			continue
		}
		kept := Line{Name: l.Name}
		for i := range l.X {
			if !shown(l.X[i], c.LogX) || !shown(l.Y[i], c.LogY) {
				skipped++
				continue
			}
			lo, hi := math.NaN(), math.NaN()
			if i < len(l.Lo) && i < len(l.Hi) && shown(l.Lo[i], c.LogY) && shown(l.Hi[i], c.LogY) {
				lo, hi = scaled(l.Lo[i], c.LogY), scaled(l.Hi[i], c.LogY)
			}
			kept.X = append(kept.X, scaled(l.X[i], c.LogX))
			kept.Y = append(kept.Y, scaled(l.Y[i], c.LogY))
			kept.Lo, kept.Hi = append(kept.Lo, lo), append(kept.Hi, hi)
		}
		lines = append(lines, kept)
	}
	return lines, skipped
}

// MaxCharts is the greatest number of charts in a picture. A caller need not prepare any beyond.
const MaxCharts = sheetCharts
