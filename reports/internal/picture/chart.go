package picture

import (
	"math"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
)

// chartHeight is the height of a chart in pixels, with its title and the labels of its axes.
const chartHeight = 215

// plot draws one chart of a sheet; room is its width, which clips the texts. The mark of a line
// comes from its place in Names and not in the chart: so a name looks the same in every chart, also
// in a chart that lacks some lines. plot does not draw: Sheet first aligns the axes of all charts.
//
// A line whose name is not in Names was removed by drawable before.
func (s Sheet) plot(c Chart, room vg.Length) (*plot.Plot, error) {
	p := newPlot()
	p.Title.Text = clip(c.Title, chartText, room)
	// The label of the y axis is turned, so its room is the height less title and labels of x: 60
	// px.
	p.X.Label.Text, p.Y.Label.Text = clip(
		c.X, smallText, room,
	), clip(
		c.Y, smallText, chartHeight-60,
	)
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

// setX puts a tick at every x value. The values are few, and each was chosen by the author of the
// measurement; round numbers between them would name points that nothing was measured at.
//
// Labels are placed from left to right, and a label that would overlap the last one is left out.
// Its tick stays while there are at most fewTicks values.
//
// The estimate of a label's width uses the same font as the SVG; a browser with another font may
// be a few pixels off, hence the 4 px.
func (c Chart) setX(p *plot.Plot, room vg.Length) {
	var xs []float64
	for _, l := range c.Lines {
		xs = append(xs, l.X...)
	}
	slices.Sort(xs)
	xs = slices.Compact(xs)
	if len(xs) == 0 {
		// Without values the range is infinite. A hidden axis takes any other one.
		p.HideX()
		p.X.Min, p.X.Max = 1, 2
		return
	}
	p.X.Min, p.X.Max = xs[0], xs[len(xs)-1]
	if len(xs) == 1 {
		p.X.Min, p.X.Max = xs[0]-1, xs[0]+1
	}
	var ticks plot.ConstantTicks
	free := -room // the first place right of all labels so far
	for _, x := range xs {
		label := c.xText(x)
		half := smallText.style().Width(label)/2 + 4
		at := room * 0.85 * vg.Length(p.X.Norm(x)) // the y axis takes the other 15 %
		if at-half < free {
			if len(xs) <= fewTicks {
				ticks = append(ticks, plot.Tick{Value: x})
			}
			continue
		}
		free = at + half
		ticks = append(ticks, plot.Tick{Value: x, Label: label})
	}
	p.X.Tick.Marker = ticks
}

// With more than fewTicks values, values without a label get no tick, and points get no mark. 24
// ticks on half of the picture's width are some 13 px apart; a mark is 7 px wide.
const fewTicks = 24

// xText names a value of the x axis. plot has logarithms on a logarithmic axis, so xText undoes
// them. A value that is no index of XTicks has no name.
func (c Chart) xText(x float64) string {
	switch {
	case c.XTicks == nil && c.LogX:
		return short(math.Pow(10, x))
	case c.XTicks == nil:
		return short(x)
	case x == math.Trunc(x) && x >= 0 && x < float64(len(c.XTicks)):
		return c.XTicks[int(x)]
	}
	return ""
}

// setY chooses the range and the ticks of the y axis. It needs the lines in the plot: the range of
// the data is known only after they were added. A logarithmic axis has no zero, so it begins at the
// data.
//
// A linear axis begins at zero even if that leaves the curves in its upper part: the page and
// the tables show small differences.
func (c Chart) setY(p *plot.Plot) {
	format := c.Format
	if format == nil {
		format = short
	}
	if math.IsInf(p.Y.Min, 0) { // there are no values
		p.Y.Min, p.Y.Max = 1, 2
	}
	if c.LogY {
		p.Y.Min, p.Y.Max = widened(p.Y.Min, p.Y.Max)
		p.Y.Tick.Marker = logTicks{most: 7, format: format}
		return
	}
	p.Y.Min = min(0, p.Y.Min) // begin at zero, or a difference of 10 % would look like a factor
	p.Y.Max = max(0, p.Y.Max)
	if p.Y.Min == p.Y.Max {
		p.Y.Max = 1
	}
	// Room for the mark of the highest point.
	p.Y.Max += 0.07 * (p.Y.Max - p.Y.Min)
	p.Y.Tick.Marker = linearTicks{format}
}

// addLine adds one line with the bands of its intervals. The bands come first, or they would cover
// the line. A line without points adds nothing: plotter returns an error for it.
//
// Every stretch of a band is a polygon of its own, because one polygon over a gap would claim
// intervals there.
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
	p.Add(line)
	if len(points) <= fewTicks {
		p.Add(dots)
	}
	return nil
}

// bands returns the outlines of the intervals, one for each stretch of points that all have one.
// An outline runs along the upper ends and back along the lower ends. A single point has no area,
// so a stretch of one gives no band.
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
