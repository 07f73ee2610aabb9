package picture

import (
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// The size of the largest forest. Rows and columns beyond it are left out, and the note says so.
const (
	// 240 dots of 12 px make a picture of 3000 px and more, which is enough to scroll.
	forestDots = 240 // over all rows
	forestCols = 14
)

const (
	dotHeight  = 12
	rowPadding = 10
)

// SVG draws a line with a mark and an interval for each column of each row. It returns an error if
// there is no row or no column. The axis is logarithmic, so twice as fast and twice as slow lie
// equally far from ×1.
//
// The legend is above the dots, since a reader needs it before the first row.
func (f Forest) SVG() ([]byte, error) {
	if len(f.Rows) == 0 || len(f.Cols) == 0 {
		return nil, errNothing
	}
	f = f.bounded()
	key := newLegend(f.Cols, f.room(), func(i int) plot.Thumbnailer { return plotDot{markOf(i)} })
	body := f.rowHeight() * vg.Length(len(f.Rows))
	c := newCanvas(f.Head, key.height()+body+40)
	key.draw(c.take(key.height()))
	p := newPlot()
	p.X.Min, p.X.Max = f.reach()
	p.X.Tick.Marker = logTicks{most: int(f.room() / 96), format: func(v float64) string { return "×" + short(v) }}
	p.X.Label.Text = f.X
	p.Y.Min, p.Y.Max = 0, float64(len(f.Rows))
	var ticks plot.ConstantTicks
	for i, r := range f.Rows {
		ticks = append(
			ticks, plot.Tick{Value: f.place(i), Label: clip(r.Label, labelText, widestLabel)},
		)
	}
	p.Y.Tick.Marker, p.Y.Tick.Label.Font = ticks, labelText.style().Font
	p.Y.Tick.Length, p.Y.Width, p.Y.Padding = 0, 0, 4
	lines := newGrid()
	lines.Horizontal.Width = 0
	p.Add(stripes(len(f.Rows)), lines, f)
	p.Draw(c.free)
	return c.bytes()
}

// bounded returns the part of f that is drawn. Columns are cut first, because the number of rows
// that fit depends on them. At least one row stays, however many columns it has.
//
// All counts the rows of the caller that it did not pass, so the note tells the truth about
// those too.
func (f Forest) bounded() Forest {
	if n := len(f.Cols); n > forestCols {
		f.Cols = f.Cols[:forestCols]
		f.addNote("the first %d of %d columns", forestCols, n)
	}
	if n, most := max(len(f.Rows), f.All), max(1, forestDots/len(f.Cols)); n > most {
		f.Rows = f.Rows[:min(most, len(f.Rows))]
		f.addNote("the first %d of %d rows", most, n)
	}
	return f
}

// reach returns the ends of the axis as decimal logarithms. It starts from 1 and 1, so the line of
// ×1, which all dots are compared with, is always on the axis.
func (f Forest) reach() (low, high float64) {
	low, high = 1, 1
	for _, r := range f.Rows {
		for _, d := range r.Dots {
			low, high = min(low, d.low()), max(high, d.high())
		}
	}
	return widened(math.Log10(low), math.Log10(high))
}

// rowHeight returns the height of one row in pixels: all dots of a row stand below each other.
func (f Forest) rowHeight() vg.Length {
	return dotHeight*vg.Length(len(f.Cols)) + rowPadding
}

// place returns the middle of a row on the y axis, counted from the bottom.
func (f Forest) place(row int) float64 { return float64(len(f.Rows)-row) - 0.5 }

// positive reports whether a logarithmic axis can show v.
func positive(v float64) bool { return shown(v, true) }

// hasInterval reports whether the interval can be drawn. An interval of which only one end is on
// the axis is not drawn: half of it would look like a narrow one.
func (d Dot) hasInterval() bool { return positive(d.Lo) && positive(d.Hi) && d.Lo <= d.Hi }

// low returns the left end of a dot; the axis has to contain it. A dot that is not drawn returns
// 1, which widens no axis. The interval need not contain At, so the minimum is taken.
func (d Dot) low() float64 {
	switch {
	case !positive(d.At):
		return 1
	case d.hasInterval():
		return min(d.At, d.Lo)
	}
	return d.At
}

// high returns the right end of a dot; see low.
func (d Dot) high() float64 {
	switch {
	case !positive(d.At):
		return 1
	case d.hasInterval():
		return max(d.At, d.Hi)
	}
	return d.At
}

// Plot draws the dots. gonum/plot calls it; the interface plot.Plotter fixes its name. The line of
// ×1 comes first, so that dots are on top of it. Dots beyond the bounded columns are left out.
//
// Dots of a row stand below each other and not on one line: intervals that overlap are the usual
// case and have to be told apart.
func (f Forest) Plot(c draw.Canvas, p *plot.Plot) {
	xLog, y := p.Transforms(&c)
	x := func(v float64) vg.Length { return xLog(math.Log10(v)) }
	one := draw.LineStyle{Color: muted, Width: 1}
	c.StrokeLine2(one, x(1), c.Min.Y, x(1), c.Max.Y)
	for i, r := range f.Rows {
		top := y(f.place(i)) + f.rowHeight()/2 - rowPadding/2
		for col, d := range r.Dots {
			if col >= len(f.Cols) || !positive(d.At) {
				continue
			}
			m, at := markOf(col), top-dotHeight*(vg.Length(col)+0.5)
			if d.hasInterval() {
				line := draw.LineStyle{Color: m.line, Width: 1.75}
				c.StrokeLine2(line, x(d.Lo), at, x(d.Hi), at)
				for _, end := range []float64{d.Lo, d.Hi} {
					c.StrokeLine2(line, x(end), at-3, x(end), at+3)
				}
			}
			c.DrawGlyph(m.glyph(4), vg.Point{X: x(d.At), Y: at})
		}
	}
}

// stripes shades every other row, so that a reader's eye stays in one row.
type stripes int

// Plot draws the stripes, from the top row on. The y axis counts from the bottom.
func (n stripes) Plot(c draw.Canvas, p *plot.Plot) {
	_, y := p.Transforms(&c)
	for i := 0; i < int(n); i += 2 {
		fillBox(c, stripe, vg.Rectangle{
			Min: vg.Point{X: c.Min.X, Y: y(float64(int(n) - i - 1))},
			Max: vg.Point{X: c.Max.X, Y: y(float64(int(n) - i))},
		})
	}
}

// MaxRows is the greatest number of rows in a picture: a forest of one column. A caller need not prepare any
// beyond.
const MaxRows = forestDots
