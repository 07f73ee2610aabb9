package picture

import (
	"fmt"
	"image/color"
)

// An ink is a colour with two values: one on a light page and one on a dark page. gonum/plot
// wants numbers. So an ink stands for itself as a number that no picture has otherwise, and
// translate replaces the number by a CSS class in the finished SVG.
//
// CSS variables in place of numbers would be simpler, but gonum/plot writes every colour as six
// digits.
type ink uint8

const (
	// noInk stands for "no ink" and has no shade. The order of the others is part of the class
	// names.
	noInk ink = iota
	paper
	frame
	text
	muted
	grid
	stripe
	best
	bestText
	tie // a pattern; see tieGround
	tieText
	unknown
	unknownText
	missing
	worse1     // and the Steps-1 values after it
	worse1Text = worse1 + Steps
	series1    = worse1Text + Steps
	band1      = series1 + series
	inks       = band1 + series
)

// series is the number of colours for lines, and of their bands.
const series = 7 // the number of colours for lines

// RGBA encodes an ink as the colour (sentinelRed, sentinelGreen, i). The added fraction keeps the
// number whole when vgsvg cuts 16 bits down to 8.
func (i ink) RGBA() (r, g, b, a uint32) {
	wide := func(v uint32) uint32 { return v*0x101 + 0x40 }
	return wide(sentinelRed), wide(sentinelGreen), wide(uint32(i)), 0xffff
}

// The first two bytes of every ink. A colour that gonum/plot brings along, such as black, must not
// begin with them: it would be taken for an ink.
const sentinelRed, sentinelGreen = 0x01, 0xbe

// sentinel returns the text that vgsvg writes for i. inkOf is its inverse.
func (i ink) sentinel() string {
	return fmt.Sprintf("#%02X%02X%02X", sentinelRed, sentinelGreen, int(i))
}

// gonum/plot asks for colours, and an ink has to pass for one.
var _ color.Color = noInk

// A shade is the two values of an ink.
type shade struct{ light, dark string }

// The lines have the hues of Okabe and Ito, which colour-blind readers can tell apart. They are
// darkened until they have a contrast of 3 to 1 with white. On the dark page they are nearly as
// published.
var lineShades = [series]shade{
	{"#0072b2", "#56b4e9"}, // blue
	{"#d55e00", "#ff8f4a"}, // vermilion
	{"#00805c", "#2ecc9a"}, // bluish green
	{"#a8437f", "#e794c3"}, // reddish purple
	{"#8f6b00", "#f0d04a"}, // yellow, as far as it goes on white
	{"#4b4ba6", "#a5a8ff"},
	{"#59616b", "#b9c0c9"},
}

// The steps of “worse” are one hue that moves away from the background. The best and ties are
// blue, its opposite. So the map can be read without telling red from green, and in grey.
var (
	worseShades = [Steps]shade{
		{"#fdf0df", "#33281c"}, {"#fbdfbd", "#4a351e"}, {"#f8c98f", "#644220"},
		{"#f3ad5f", "#7d4d21"}, {"#e98f3a", "#9a5b23"}, {"#d9731f", "#d08040"},
		{"#b4510f", "#e39450"}, {"#8a390a", "#f7b982"},
	}
	worseTextShades = [Steps]shade{
		{onLight, onDark}, {onLight, onDark}, {onLight, onDark}, {onLight, onDark},
		{onLight, onDark}, {onLight, "#10131a"}, {"#ffffff", "#10131a"}, {"#ffffff", "#10131a"},
	}
	tieGround = shade{"#cfe6f5", "#173a52"}
	tieHatch  = shade{"#a9d0ea", "#24567a"}
)

const onLight, onDark = "#1b1f24", "#f0f3f6" // text

// shade returns the two values of i. The cases are in descending order, because each range ends
// where the next one begins. A band has the colour of its line; writeTheme makes it translucent.
//
// An ink without an entry in the map has no colours and would be invisible; a test goes through
// all inks.
func (i ink) shade() shade {
	switch {
	case i >= band1:
		return lineShades[i-band1]
	case i >= series1:
		return lineShades[i-series1]
	case i >= worse1Text:
		return worseTextShades[i-worse1Text]
	case i >= worse1:
		return worseShades[i-worse1]
	}
	return map[ink]shade{
		paper:       {"#ffffff", "#15181e"},
		frame:       {"#d5dae0", "#343a43"},
		text:        {onLight, onDark},
		muted:       {"#57606a", "#a3acb7"},
		grid:        {"#e3e7eb", "#2b3038"},
		stripe:      {"#f5f7f9", "#1b1f26"},
		best:        {"#0072b2", "#56b4e9"},
		bestText:    {"#ffffff", "#10131a"},
		tieText:     {onLight, onDark},
		unknown:     {"#e2e5e9", "#2b3038"},
		unknownText: {onLight, onDark},
		missing:     {"#f3f5f7", "#1d2127"},
	}[i]
}
