package picture

import (
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// A Timeline shows when each row was occupied: a row for each worker, with a bar for each stay.
type Timeline struct {
	Head
	X     string   // the label of the axis, which begins at 0
	Names []string // of the groups, for the legend

	Colours []int // by group, the number of the colour of its bars; missing ones follow in order
	Rows    []TimelineRow
}

// A TimelineRow is a row of bars. Rows of different groups have a gap between them.
type TimelineRow struct {
	Label string
	Group int
	Bars  []Bar
}

// A Bar is a stay from From to To. A bar that does not end after it began is not drawn.
type Bar struct{ From, To float64 }

// The size of the largest timeline. Rows and bars beyond it are left out, and the note says so.
const (
	// Each bar is an element of its own, so the number of bars bounds the size of the SVG.
	timelineRows = 80
	timelineBars = 2000 // over all rows
)

const (
	laneHeight = 15
	laneGap    = 10
)

// SVG draws the rows from top to bottom. It returns an error if there is no bar to draw.
func (t Timeline) SVG() ([]byte, error) {
	if len(t.Rows) == 0 {
		return nil, errNothing
	}
	t = t.bounded()
	key := newLegend(t.Names, t.room(), func(i int) plot.Thumbnailer { return t.lane(i) })
	places, height := t.places()
	c := newCanvas(t.Head, key.height()+height+40)
	key.draw(c.take(key.height()))
	p := newPlot()
	p.X.Min, p.X.Max = 0, t.end()
	p.X.Tick.Marker = linearTicks{short}
	p.X.Label.Text = t.X
	p.Y.Min, p.Y.Max = 0, float64(height)
	var ticks plot.ConstantTicks
	for i, r := range t.Rows {
		ticks = append(
			ticks, plot.Tick{Value: places[i], Label: clip(r.Label, labelText, widestLabel)},
		)
	}
	p.Y.Tick.Marker = ticks
	p.Y.Tick.Length, p.Y.Width, p.Y.Padding = 0, 0, 4
	lines := newGrid()
	lines.Horizontal.Width = 0
	p.Add(lines, lanes{t, places})
	p.Draw(c.free)
	return c.bytes()
}

// bounded returns the part of t that is drawn. It copies each row before it cuts the bars, so the
// rows of the caller stay whole. Bars are cut from the last rows first, so the first rows stay
// complete.
func (t Timeline) bounded() Timeline {
	if n := len(t.Rows); n > timelineRows {
		t.Rows = t.Rows[:timelineRows]
		t.addNote("the first %d of %d rows", timelineRows, n)
	}
	rows, left, all := t.Rows, timelineBars, 0
	t.Rows = nil
	for _, r := range rows {
		all += len(r.Bars)
		r.Bars = r.Bars[:min(len(r.Bars), left)]
		left -= len(r.Bars)
		t.Rows = append(t.Rows, r)
	}
	if all > timelineBars {
		t.addNote("the first %d of %d bars", timelineBars, all)
	}
	return t
}

// places returns the middle of each row, counted from the bottom, and the height of all. Rows of
// one group must stand together: each change of the group adds a gap.
func (t Timeline) places() (at []float64, height vg.Length) {
	for i, r := range t.Rows {
		if i > 0 && r.Group != t.Rows[i-1].Group {
			height += laneGap
		}
		at = append(at, float64(height)+laneHeight/2)
		height += laneHeight
	}
	for i := range at {
		at[i] = float64(height) - at[i]
	}
	return at, height
}

// end returns the end of the x axis: the end of the last bar and 2 % more, so that the last bar
// does not touch the frame. Without a bar it is 1, because an axis needs a length.
func (t Timeline) end() float64 {
	end := 0.0
	for _, r := range t.Rows {
		for _, b := range r.Bars {
			if shown(b.To, false) {
				end = max(end, b.To)
			}
		}
	}
	if end <= 0 {
		return 1
	}
	return end * 1.02
}

// drawable reports whether b has a place on the axis, which begins at 0.
func (b Bar) drawable() bool {
	return shown(b.From, false) && shown(b.To, false) && b.From >= 0 && b.To > b.From
}

// lanes draws the bars at the middles of their rows.
type lanes struct {
	Timeline
	at []float64
}

// Plot draws the bars a little shorter than they are, so that two stays in a row look like two.
func (l lanes) Plot(c draw.Canvas, p *plot.Plot) {
	x, y := p.Transforms(&c)
	const half = laneHeight/2 - 2
	for i, r := range l.Rows {
		middle := y(l.at[i])
		for _, b := range r.Bars {
			if b.drawable() {
				right := max(x(b.To)-0.75, x(b.From)+0.75)
				fillBox(c, l.lane(r.Group).ink(), vg.Rectangle{
					Min: vg.Point{
						X: x(b.From),
						Y: middle - half,
					}, Max: vg.Point{X: right, Y: middle + half}})
			}
		}
	}
}

// A lane is the number of a colour.
type lane int

// lane returns the colour of a group: the colour in Colours, or else its own number.
func (t Timeline) lane(group int) lane {
	if group >= 0 && group < len(t.Colours) {
		group = t.Colours[group]
	}
	return lane(max(0, group))
}

// ink returns the colour of a line with the same number, so a mode has one colour in all pictures.
func (l lane) ink() ink { return markOf(int(l)).line }

// Thumbnail draws a short bar for the legend.
func (l lane) Thumbnail(c *draw.Canvas) {
	fillBox(*c, l.ink(), vg.Rectangle{Min: vg.Point{X: c.Min.X, Y: c.Center().Y - 5},
		Max: vg.Point{X: c.Max.X, Y: c.Center().Y + 5}})
}
