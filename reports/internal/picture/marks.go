package picture

import (
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// A mark is the look of one name in all charts of a picture. There are 7 colours, 4 dash patterns
// and 5 shapes. So the first 140 names differ in at least one of them, and the first 4 in all
// three.
//
// Three properties and not colour alone, because many readers print in grey or do not see some
// colours.
type mark struct {
	line, band ink
	dashes     []vg.Length
	shape      draw.GlyphDrawer
}

// markOf returns the mark of name i. The three lists have the lengths 7, 4 and 5, which have no
// common divisor: so the combinations repeat only after their product. Do not add a fourth shape
// or an eighth colour without checking that.
func markOf(i int) mark {
	dashes := [][]vg.Length{nil, {6, 3}, {2, 2.5}, {8, 2.5, 2, 2.5}}
	shapes := []draw.GlyphDrawer{
		draw.CircleGlyph{}, draw.BoxGlyph{}, draw.PyramidGlyph{}, diamond{}, cross{},
	}
	return mark{
		line: series1 + ink(i%series), band: band1 + ink(i%series),
		dashes: dashes[i%len(dashes)], shape: shapes[i%len(shapes)],
	}
}

// stroke returns the style of the line.
func (m mark) stroke() draw.LineStyle {
	return draw.LineStyle{Color: m.line, Width: 1.75, Dashes: m.dashes}
}

// glyph returns the style of the points with a radius in pixels.
func (m mark) glyph(radius vg.Length) draw.GlyphStyle {
	return draw.GlyphStyle{Color: m.line, Radius: radius, Shape: m.shape}
}

// Thumbnail draws a piece of the line with its mark for the legend; plot.Thumbnailer fixes its
// name.
func (m mark) Thumbnail(c *draw.Canvas) {
	y := c.Center().Y
	c.StrokeLine2(m.stroke(), c.Min.X, y, c.Max.X, y)
	c.DrawGlyphNoClip(m.glyph(3.5), c.Center())
}

// A plotDot is a mark without its line, for a legend of dots.
type plotDot struct{ mark }

// Thumbnail draws the mark alone.
func (d plotDot) Thumbnail(c *draw.Canvas) { c.DrawGlyphNoClip(d.glyph(4), c.Center()) }

// diamond is a shape that gonum/plot lacks.
type diamond struct{}

// DrawGlyph draws a square on its corner, widened by a quarter: with the radius of the other
// shapes it would look smaller than they do.
func (diamond) DrawGlyph(c *draw.Canvas, sty draw.GlyphStyle, at vg.Point) {
	r := sty.Radius * 1.25
	c.FillPolygon(sty.Color, []vg.Point{
		{
			X: at.X,
			Y: at.Y + r,
		}, {X: at.X + r, Y: at.Y}, {X: at.X, Y: at.Y - r}, {X: at.X - r, Y: at.Y},
	})
}

// cross is draw.CrossGlyph with thicker lines.
type cross struct{}

// DrawGlyph draws the two strokes as wide as the lines of a chart, 1.75 px.
func (cross) DrawGlyph(c *draw.Canvas, sty draw.GlyphStyle, at vg.Point) {
	line, r := draw.LineStyle{Color: sty.Color, Width: 1.75}, sty.Radius*0.85
	c.StrokeLine2(line, at.X-r, at.Y-r, at.X+r, at.Y+r)
	c.StrokeLine2(line, at.X-r, at.Y+r, at.X+r, at.Y-r)
}
