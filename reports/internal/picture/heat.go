package picture

import (
	"fmt"
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// The size of the largest heat map. Rows and columns beyond it are left out, and the note says
// so.
const (
	// 60 rows of 26 px are two screens. 14 columns leave 30 to 50 px for each name.
	heatRows = 60
	heatCols = 14
)

// Lengths in pixels.
const (
	cellHeight = 26
	groupGap   = 7
	headHeight = 22
	keyHeight  = 44
	widestCell = 150
)

// SVG draws the table: rows and columns as axes, and below them a key to the colours. It returns
// an error if there is no row or no column.
//
// Cells are at most widestCell wide: with two columns, wider cells would be bars and their width
// would look like a measure. The table then ends before the right margin.
//
// The table is drawn as a plot with its cells as the data, so that row names and cells share one
// scale.
func (h Heat) SVG() ([]byte, error) {
	if len(h.Rows) == 0 || len(h.Cols) == 0 {
		return nil, errNothing
	}
	h = h.bounded()
	places, body := h.places()
	c := newCanvas(h.Head, body+gap+keyHeight)
	table := c.take(body)
	// 16 px are the padding of the axis and a gap to the first cell.
	label := min(widestLabel, widest(h.labels(), labelText)) + 16
	table.Max.X = min(table.Max.X, table.Min.X+label+widestCell*vg.Length(len(h.Cols)))
	p := newPlot()
	p.HideX()
	p.X.Min, p.X.Max = 0, float64(len(h.Cols))
	p.Y.Min, p.Y.Max = 0, float64(body)
	var ticks plot.ConstantTicks
	for i, r := range h.Rows {
		ticks = append(
			ticks, plot.Tick{Value: places[i], Label: clip(r.Label, labelText, widestLabel)},
		)
	}
	p.Y.Tick.Marker, p.Y.Tick.Label.Font = ticks, labelText.style().Font
	p.Y.Tick.Length, p.Y.Width = 0, 0
	p.Y.Padding = 4
	p.Add(cells{h, places})
	p.Draw(table)
	c.take(gap)
	drawKey(c.take(keyHeight), h.Key.words())
	return c.bytes()
}

// bounded returns the part of h that is drawn. The slices of the caller stay as they are.
func (h Heat) bounded() Heat {
	if n := max(len(h.Rows), h.All); n > heatRows {
		h.Rows = h.Rows[:min(heatRows, len(h.Rows))]
		h.addNote("the first %d of %d rows", heatRows, n)
	}
	if n := len(h.Cols); n > heatCols {
		h.Cols = h.Cols[:heatCols]
		h.addNote("the first %d of %d columns", heatCols, n)
	}
	return h
}

// labels returns the names of the rows.
func (h Heat) labels() []string {
	list := make([]string, len(h.Rows))
	for i, r := range h.Rows {
		list[i] = r.Label
	}
	return list
}

// places returns the middle of each row, counted from the bottom, and the height of all rows. The
// loop counts from the top, where the head stands; the axis of gonum/plot counts from the bottom.
func (h Heat) places() (middles []float64, height vg.Length) {
	from := 0.0 // distance from the top
	from += headHeight
	for i, r := range h.Rows {
		if i > 0 && r.Group != h.Rows[i-1].Group {
			from += groupGap
		}
		middles = append(middles, from+cellHeight/2)
		from += cellHeight
	}
	for i := range middles {
		middles[i] = from - middles[i]
	}
	return middles, vg.Length(from)
}

// cells draws the inside of the table, with the names of the columns on top. gonum/plot puts its
// x axis at the bottom, far from the place where a reader of a table looks for names.
type cells struct {
	Heat
	places []float64
}

// Plot draws the names of the columns and the cells. Each cell leaves a pixel free on each side,
// so that neighbours of one colour stay two cells.
func (t cells) Plot(c draw.Canvas, p *plot.Plot) {
	x, y := p.Transforms(&c)
	for col, name := range t.Cols {
		at := vg.Point{X: (x(float64(col)) + x(float64(col+1))) / 2, Y: c.Max.Y - headHeight/2}
		room := x(1) - x(0) - 6
		c.FillText(chartText.middled(draw.XCenter), at, clip(name, chartText, room))
	}
	for i, r := range t.Rows {
		for col := range t.Cols {
			cell := HeatCell{}
			if col < len(r.Cells) {
				cell = r.Cells[col]
			}
			middle := y(t.places[i])
			cell.draw(c, vg.Rectangle{
				Min: vg.Point{X: x(float64(col)) + 1, Y: middle - cellHeight/2 + 1},
				Max: vg.Point{X: x(float64(col+1)) - 1, Y: middle + cellHeight/2 - 1},
			})
		}
	}
}

// draw fills the box r with the colour of the cell, and writes the text of the cell in it.
func (cell HeatCell) draw(c draw.Canvas, r vg.Rectangle) {
	ground, f := cell.inks()
	fillBox(c, ground, r)
	middle := vg.Point{X: (r.Min.X + r.Max.X) / 2, Y: (r.Min.Y + r.Max.Y) / 2}
	c.FillText(f.middled(draw.XCenter), middle, clip(cell.Text, f, r.Size().X-4))
}

// inks returns the colour of the background and the style of the text. A step out of range takes
// the nearest one, so no Step reaches an ink of another meaning.
//
// Each background has its own ink for text, chosen for contrast in both themes; a test computes
// the contrasts.
func (cell HeatCell) inks() (ground ink, f face) {
	switch cell.Kind {
	case Best:
		return best, chartText.in(bestText)
	case Tie:
		return tie, labelText.in(tieText)
	case Worse:
		step := ink(max(1, min(Steps, cell.Step)) - 1)
		return worse1 + step, labelText.in(worse1Text + step)
	case Undecided:
		return unknown, labelText.in(unknownText)
	case Plain:
		return missing, labelText
	}
	return missing, labelText.in(muted)
}

// StepOf returns the step of a ratio in the scale of colours, from 1 to Steps. Each step is a
// factor of the square root of two, so equal distances in colour are equal factors in time. The
// last step takes all larger ratios. A ratio of at most 1, and NaN, is in step 1.
//
// Eight steps reach to a factor of 11. A ratio beyond it is bad enough to need no finer scale.
func StepOf(ratio float64) int {
	if !(ratio > 1) {
		return 1
	}
	return int(min(Steps, 1+math.Floor(2*math.Log2(ratio))))
}

// StepEnd returns the ratio at which step i ends and step i+1 begins; StepEnd(0) is 1. It is the
// inverse of StepOf, and the key under the picture is drawn from it: so the two cannot disagree.
func StepEnd(i int) float64 { return math.Pow(2, float64(i)/2) }

// stepEnds formats the ratios at which the steps begin. The last step has no end.
func stepEnds() (list []string) {
	for i := range Steps {
		list = append(list, fmt.Sprintf("%.3g", StepEnd(i)))
	}
	return list
}

// drawKey draws the steps as an axis, and beside it the kinds of cells that are not on the axis.
//
// The key is an axis because the steps are a scale; the other kinds have no order and stand
// beside it.
func drawKey(c draw.Canvas, words HeatKey) {
	const box = 34
	key := draw.Crop(c, 0, -(c.Max.X-c.Min.X)+Steps*box+12, 0, 0)
	p := newPlot()
	p.HideY()
	p.X.Min, p.X.Max = 0, Steps
	p.Y.Min, p.Y.Max = 0, 1
	p.X.Padding, p.X.Tick.Length, p.X.Width = 0, 3, 0
	p.X.Label.Text = words.Scale
	p.X.Label.Padding = 2
	var ticks plot.ConstantTicks
	for i, end := range stepEnds() {
		ticks = append(ticks, plot.Tick{Value: float64(i), Label: end})
	}
	p.X.Tick.Marker = append(ticks, plot.Tick{Value: Steps, Label: "∞"})
	p.Add(steps{})
	p.Draw(key)
	x := key.Max.X + 24
	for _, e := range []struct {
		cell HeatCell
		name string
	}{
		{HeatCell{Kind: Best, Text: words.BestText}, words.Best},
		{HeatCell{Kind: Tie, Text: "≈"}, words.Tie},
		{HeatCell{Kind: Undecided, Text: "?"}, "undecided"},
		{HeatCell{Kind: Missing, Text: "·"}, "not measured"},
	} {
		e.cell.draw(c, vg.Rectangle{
			Min: vg.Point{X: x, Y: c.Max.Y - 16},
			Max: vg.Point{X: x + box, Y: c.Max.Y},
		})
		style := smallText.middled(draw.XLeft)
		c.FillText(style, vg.Point{X: x + box + 6, Y: c.Max.Y - 8}, e.name)
		x += box + 18 + style.Width(e.name)
	}
}

// steps draws the colours of the steps as boxes along the x axis.
type steps struct{}

// Plot draws one box for each step; step i reaches from i to i+1 on the axis.
func (steps) Plot(c draw.Canvas, p *plot.Plot) {
	x, _ := p.Transforms(&c)
	for i := range Steps {
		fillBox(c, worse1+ink(i), vg.Rectangle{
			Min: vg.Point{X: x(float64(i)), Y: c.Min.Y},
			Max: vg.Point{X: x(float64(i + 1)), Y: c.Max.Y},
		})
	}
}
