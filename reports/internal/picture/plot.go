package picture

import (
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// widestLabel bounds the names of rows, in pixels: more than half of the width stays for the data.
const widestLabel = 330

// newPlot returns an empty plot in the inks and faces of this package, without a background: the
// background is one rectangle in the SVG, which changes with the theme.
//
// Every length is set here, since the defaults of gonum/plot are for pictures of another size.
func newPlot() *plot.Plot {
	p := plot.New()
	p.BackgroundColor = nil
	p.TextHandler = smallText.style().Handler
	p.Title.TextStyle = dress(p.Title.TextStyle, chartText)
	p.Title.Padding = 6
	for _, a := range []*plot.Axis{&p.X, &p.Y} {
		a.Label.TextStyle = dress(a.Label.TextStyle, smallText)
		a.Tick.Label = dress(a.Tick.Label, smallText.in(text))
		a.LineStyle = draw.LineStyle{Color: muted, Width: 1}
		a.Tick.LineStyle = a.LineStyle
		a.Tick.Length = 4
		a.Padding = 0
		a.Label.Padding = 4
	}
	p.Y.Tick.Label.YAlign = tickAlign
	return p
}

// dress sets the face of a style and leaves its alignment, which gonum/plot chose for the place of
// the text.
func dress(s draw.TextStyle, f face) draw.TextStyle {
	dressed := f.style()
	dressed.XAlign, dressed.YAlign = s.XAlign, s.YAlign
	return dressed
}

// newGrid returns the lines behind a chart.
func newGrid() *plotter.Grid {
	g := plotter.NewGrid()
	g.Vertical = draw.LineStyle{Color: grid, Width: 1}
	g.Horizontal = g.Vertical
	return g
}

// fillBox fills a rectangle with one colour. It does not clip: r must lie in the canvas.
func fillBox(c draw.Canvas, colour ink, r vg.Rectangle) {
	c.FillPolygon(
		colour, []vg.Point{r.Min, {X: r.Max.X, Y: r.Min.Y}, r.Max, {X: r.Min.X, Y: r.Max.Y}},
	)
}
