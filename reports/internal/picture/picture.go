// Package picture draws numbers as SVG for a README or a pull request.
//
//	svg, err := picture.Heat{Cols: cols, Rows: rows}.SVG()
//
// gonum.org/v1/plot draws axes, ticks, lines and legends. This package adds to its SVG a
// light and a dark theme, between which the browser chooses; a title and a description
// for readers that do not see the picture; and a background, so that it is legible on any page. A
// picture has no script and loads no font.
//
// The size of a picture is bounded. Beyond a number of rows, columns, charts or lines it shows
// the first ones and says so in its note. The same input gives the same bytes.
//
// # What this does not show
//
// Text is laid out with the widths of Liberation Sans, which Arial and Helvetica
// share. With another font, names may end a few pixels early or late.
package picture

import (
	"errors"
	"fmt"

	"gonum.org/v1/plot/vg"
)

// errNothing is the error of every SVG method for a picture without content. An empty picture in a
// README would look like a result, so the caller has to leave it out instead.
var errNothing = errors.New("drawing: there is nothing to draw; ask for no picture then")

// Head holds the texts of a picture.
//
// Desc is read aloud by screen readers and never drawn, so it may be long.
type Head struct {
	Title    string
	Subtitle string // how to read the picture
	Desc     string // what the picture shows, for readers that do not see it
	Note     string // warnings, below the picture

	// Narrow makes the picture as wide as the text on a telephone, with letters of the same size, and
	// puts charts below each other. A wide picture that is scaled down there has letters of 5 pixels.
	Narrow bool
}

// width returns the width of the picture in pixels.
func (h Head) width() vg.Length {
	if h.Narrow {
		return narrowWidth
	}
	return wideWidth
}

// room returns the width between the margins.
func (h Head) room() vg.Length { return h.width() - 2*margin }

// textRoom returns the width for lines of text. On a telephone the text is set in a font of that
// system, which may be a sixth wider than Liberation Sans. A wide picture has margins for that.
func (h Head) textRoom() vg.Length {
	if h.Narrow {
		return h.room() * 5 / 6
	}
	return h.room()
}

// A Heat is a table of ratios to the best of each row, shown as colours.
//
// Texts and kinds are given and not computed here. This package knows neither ratios nor
// verdicts.
type Heat struct {
	Head
	Cols []string
	Rows []HeatRow
	All  int // the number of rows that there are, if Rows holds only the first
	Key  HeatKey
}

// A HeatKey has the words of the key to the colours. The zero value has the words for ratios to the best of a row.
type HeatKey struct {
	Scale          string // what the shades of Worse measure
	Best, BestText string // the name of the kind Best, and a text for its cell
	Tie            string
}

// words returns k, or the words of ratios to the best.
func (k HeatKey) words() HeatKey {
	if k == (HeatKey{}) {
		return HeatKey{"times worse than the best of the row", "best", "1.00", "tie, within 5 %"}
	}
	return k
}

// A HeatRow is one row with a cell for each column. Missing cells at the end are not measured.
type HeatRow struct {
	Label string
	Group string // rows of different groups have a gap between them
	Cells []HeatCell
}

// A HeatCell is one ratio. The zero value is a cell that was not measured.
type HeatCell struct {
	Text string // "3.14"
	Kind Kind
	Step int // for Worse, from 1 to Steps; see StepOf
}

// Steps is the number of colours for “worse”.
const Steps = 8

// A Kind decides the colour of a cell. The text of the cell should differ too: a colour alone
// tells some readers nothing.
type Kind int

const (
	// Missing is the zero value on purpose: a cell that a caller forgets claims nothing.
	Missing Kind = iota
	Best
	Tie
	Worse
	Undecided // neither a tie nor a difference is shown
	Plain     // there is nothing to compare with
)

// A Forest shows ratios with their intervals on a logarithmic axis, with a line for each column
// of each row.
type Forest struct {
	Head
	X    string // what the axis shows
	Cols []string
	Rows []ForestRow
	All  int // the number of rows that there are, if Rows holds only the first
}

// A ForestRow is one row with a dot for each column.
type ForestRow struct {
	Label string
	Dots  []Dot
}

// A Dot is a ratio with its interval. It has no interval unless Lo and Hi are positive and Lo is
// at most Hi. It is not drawn unless At is positive, because the axis is logarithmic.
type Dot struct{ At, Lo, Hi float64 }

// A Sheet is a set of charts side by side with one legend.
//
// One legend serves all charts. So the names belong to the sheet and not to a chart.
type Sheet struct {
	Head
	Names  []string // of the lines in all charts; a name has the same look in all of them
	Charts []Chart
	All    int // the number of charts that there are, if Charts holds only the first
}

// A Chart is a set of lines over one pair of axes.
type Chart struct {
	Title      string
	X, Y       string // labels of the axes
	LogX, LogY bool
	// labels of the x values 0, 1, 2 and so on; nil if X is a number
	XTicks []string
	Format func(float64) string // formats values of the y axis; nil means four digits
	Lines  []Line
}

// A Line is a series of values with their intervals. Y has the length of X. Lo and Hi may be NaN,
// or shorter than X: such points have no interval, and the band has a gap there.
type Line struct {
	Name         string
	X, Y, Lo, Hi []float64
}

// addNote adds to the note that only a part is drawn. A bound that cut a picture silently would
// hide rows from a reader who compares all of them.
func (h *Head) addNote(format string, args ...any) {
	if h.Note != "" {
		h.Note += " "
	}
	h.Note += "Drawn: " + fmt.Sprintf(format, args...) + "."
}

// Lengths are pixels: a point of gonum/plot becomes one pixel. A README shows wideWidth without
// scaling. narrowWidth is a window of 400 pixels without the margins of a page. The widths stand here and not
// with the canvas, because a head knows how much room it leaves before there is a canvas.
const (
	wideWidth   = 840
	narrowWidth = 368
	margin      = 18
)
