package picture

import (
	"math"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// What a sheet draws at most.
const (
	sheetCharts = 12
	sheetLines  = 12 // in each chart
)

const (
	chartHeight = 215
	chartGap    = 22
)

// SVG draws the charts in two columns, aligned, with one legend for all.
func (s Sheet) SVG() ([]byte, error) {
	s = s.bounded()
	key := newLegend(s.Names, func(i int) plot.Thumbnailer { return markOf(i) })
	tiles := draw.Tiles{Cols: min(2, max(1, len(s.Charts))), PadX: chartGap, PadY: chartGap}
	tiles.Rows = (len(s.Charts) + tiles.Cols - 1) / max(1, tiles.Cols)
	body := (chartHeight+chartGap)*vg.Length(tiles.Rows) - chartGap
	c := newCanvas(s.Head, key.height()+body)
	key.draw(c.take(key.height()))
	plots := make([][]*plot.Plot, tiles.Rows)
	for i := range plots {
		plots[i] = make([]*plot.Plot, tiles.Cols) // the last may stay nil
	}
	for i, chart := range s.Charts {
		p, err := s.plot(chart, (width-2*margin)/vg.Length(tiles.Cols)-40)
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

func (s Sheet) bounded() Sheet {
	if n := len(s.Charts); n > sheetCharts {
		s.Charts = s.Charts[:sheetCharts]
		s.addNote("the first %d of %d charts", sheetCharts, n)
	}
	if n := len(s.Names); n > sheetLines {
		s.Names = s.Names[:sheetLines]
		s.addNote("the first %d of %d lines", sheetLines, n)
	}
	skipped := 0
	s.Charts = slices.Clone(s.Charts)
	for i := range s.Charts {
		skipped += s.Charts[i].drawable(s.Names)
	}
	if skipped > 0 {
		s.addNote("all but %d values that have no place on their axes", skipped)
	}
	return s
}

// drawable keeps the named lines, and of them the points that the axes can show, as logarithms
// where the axis is one; it returns how many others there were.
func (c *Chart) drawable(names []string) (skipped int) {
	var lines []Line
	for _, l := range c.Lines {
		if !slices.Contains(names, l.Name) {
			continue
		}
		kept := Line{Name: l.Name}
		for i, x := range l.X {
			y := l.Y[i]
			if !shown(x, c.LogX) || !shown(y, c.LogY) {
				skipped++
				continue
			}
			lo, hi := math.NaN(), math.NaN()
			if i < len(l.Lo) && i < len(l.Hi) && shown(l.Lo[i], c.LogY) && shown(l.Hi[i], c.LogY) {
				lo, hi = l.Lo[i], l.Hi[i]
			}
			kept.X, kept.Y = append(kept.X, scaled(x, c.LogX)), append(kept.Y, scaled(y, c.LogY))
			kept.Lo = append(kept.Lo, scaled(lo, c.LogY))
			kept.Hi = append(kept.Hi, scaled(hi, c.LogY))
		}
		lines = append(lines, kept)
	}
	c.Lines = lines
	return skipped
}

func shown(v float64, log bool) bool {
	return !math.IsNaN(v) && !math.IsInf(v, 0) && (!log || v > 0)
}

func scaled(v float64, log bool) float64 {
	if log {
		return math.Log10(v)
	}
	return v
}

func (s Sheet) plot(c Chart, room vg.Length) (*plot.Plot, error) {
	p := newPlot()
	p.Title.Text = clip(c.Title, chartText, room)
	p.X.Label.Text, p.Y.Label.Text = clip(c.X, smallText, room), clip(c.Y, smallText, chartHeight-60)
	p.Add(newGrid())
	for _, l := range c.Lines {
		if err := addLine(p, l, markOf(slices.Index(s.Names, l.Name))); err != nil {
			return nil, err
		}
	}
	c.setX(p, room)
	c.setY(p)
	return p, nil
}

// setX puts the ticks where there are values: they are few, and chosen by who measured.
func (c Chart) setX(p *plot.Plot, room vg.Length) {
	labels := map[float64]string{}
	for i, name := range c.XTicks {
		labels[float64(i)] = name
	}
	var xs []float64
	for _, l := range c.Lines {
		xs = append(xs, l.X...)
	}
	slices.Sort(xs)
	xs = slices.Compact(xs)
	if len(xs) == 0 {
		p.HideX()
		p.X.Min, p.X.Max = 1, 2
		return
	}
	low, high := xs[0], xs[len(xs)-1]
	p.X.Min, p.X.Max = low, high
	if low == high {
		p.X.Min, p.X.Max = low-1, high+1
	}
	var ticks plot.ConstantTicks
	end := -vg.Length(width)
	for _, x := range xs {
		label := short(x)
		switch {
		case c.XTicks != nil:
			label = labels[x]
		case c.LogX:
			label = short(math.Pow(10, x))
		}
		half := smallText.style().Width(label)/2 + 4
		at := room * 0.85 * vg.Length(p.X.Norm(x))
		if at-half < end {
			label = ""
		} else {
			end = at + half
		}
		ticks = append(ticks, plot.Tick{Value: x, Label: label})
	}
	p.X.Tick.Marker = ticks
}

func (c Chart) setY(p *plot.Plot) {
	format := c.Format
	if format == nil {
		format = short
	}
	if math.IsInf(p.Y.Min, 0) { // no values
		p.Y.Min, p.Y.Max = 1, 2
	}
	if c.LogY {
		p.Y.Min, p.Y.Max = widened(p.Y.Min, p.Y.Max)
		p.Y.Tick.Marker = logTicks{most: 7, format: format}
		return
	}
	p.Y.Min = min(0, p.Y.Min) // or half as much again would look like ten times as much
	p.Y.Max = max(0, p.Y.Max)
	if p.Y.Min == p.Y.Max {
		p.Y.Max = 1
	}
	p.Y.Max += 0.07 * (p.Y.Max - p.Y.Min)
	p.Y.Tick.Marker = linearTicks{format}
}

func addLine(p *plot.Plot, l Line, m mark) error {
	if len(l.X) == 0 {
		return nil
	}
	for _, outline := range l.bands() {
		band, err := plotter.NewPolygon(outline)
		if err != nil {
			return err
		}
		band.Color, band.LineStyle.Width = m.band, 0
		p.Add(band)
	}
	points := make(plotter.XYs, len(l.X))
	for i := range l.X {
		points[i] = plotter.XY{X: l.X[i], Y: l.Y[i]}
	}
	line, dots, err := plotter.NewLinePoints(points)
	if err != nil {
		return err
	}
	line.LineStyle, dots.GlyphStyle = m.stroke(), m.glyph(3.5)
	p.Add(line, dots)
	return nil
}

// bands are the outlines of the intervals, one for each stretch that has them without a gap.
func (l Line) bands() (list []plotter.XYs) {
	for from := 0; from < len(l.X); {
		to := from
		for to < len(l.X) && !math.IsNaN(l.Lo[to]) {
			to++
		}
		if to-from > 1 {
			var outline plotter.XYs
			for i := from; i < to; i++ {
				outline = append(outline, plotter.XY{X: l.X[i], Y: l.Hi[i]})
			}
			for i := to - 1; i >= from; i-- {
				outline = append(outline, plotter.XY{X: l.X[i], Y: l.Lo[i]})
			}
			list = append(list, outline)
		}
		from = to + 1
	}
	return list
}
