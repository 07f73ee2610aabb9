// Package picture draws numbers as SVG for a README or a pull request.
//
// gonum.org/v1/plot draws axes, ticks, lines and legends. What it does not know is added to its SVG:
// two themes, of which the reader's browser takes the one that the reader prefers, a title and a
// description for those who do not see it, and a ground of its own, so that it reads on any page.
// It has no script and asks for no font.
//
// A picture is bounded: beyond so many rows, columns, charts or lines it draws the first ones and says so
// in its note. The same input gives the same bytes.
//
// # What this does not show
//
// Text is laid out with the widths of Liberation Sans, which are those of Arial and Helvetica. In
// another font names may end a few pixels early or late.
package picture

import "errors"

var errNothing = errors.New("drawing: there is nothing to draw; ask for no picture then")

// Head is what every picture says in words.
type Head struct {
	Title    string
	Subtitle string // how to read it
	Desc     string // for those who do not see it: what it shows
	Note     string // what the reader has to know, below the picture
}

// A Heat is a table of ratios to the best of each row, as colours.
type Heat struct {
	Head
	Cols []string
	Rows []HeatRow
}

// A HeatRow has a cell for each column.
type HeatRow struct {
	Label string
	Group string // a gap is left where it changes
	Cells []HeatCell
}

// A HeatCell is one ratio. The zero value was not measured.
type HeatCell struct {
	Text string // "3.14"
	Kind Kind
	Step int // for Worse, from 1 to Steps
}

// Steps is the number of colours for “worse”.
const Steps = 8

// Kind is what a cell is; the colours follow it.
type Kind int

const (
	Missing Kind = iota
	Best
	Tie
	Worse
	Unknown // too few samples to tell
	Plain   // nothing to compare with
)

// A Forest is ratios with their intervals on a logarithmic axis, a line for each column in each row.
type Forest struct {
	Head
	X    string // what the axis shows
	Cols []string
	Rows []ForestRow
}

// A ForestRow has a dot for each column.
type ForestRow struct {
	Label string
	Dots  []Dot
}

// A Dot is a ratio and its interval, if Lo and Hi are positive. There is none where At is not.
type Dot struct{ At, Lo, Hi float64 }

// A Sheet is charts side by side, with one legend.
type Sheet struct {
	Head
	Names  []string // of all lines in all charts; a name has one colour throughout
	Charts []Chart
}

// A Chart is lines over one pair of axes.
type Chart struct {
	Title      string
	X, Y       string // labels of the axes
	LogX, LogY bool
	XTicks     []string             // names of the places 0, 1, 2 on the x axis; nil if X is a number
	Format     func(float64) string // of values on the y axis
	Lines      []Line
}

// A Line is values with their intervals. Lo and Hi may be NaN, or shorter than X.
type Line struct {
	Name         string
	X, Y, Lo, Hi []float64
}
