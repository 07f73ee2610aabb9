package picture

import (
	"math"
	"strings"
	"unicode/utf8"

	"github.com/rivo/uniseg"
	"golang.org/x/image/font"
	plotfont "gonum.org/v1/plot/font"
	plottext "gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// A face is one of the few styles of text in pictures.
type face struct {
	size   vg.Length
	weight font.Weight
	colour ink
}

// The faces of all pictures, with sizes in pixels.
var (
	titleText = face{15, font.WeightBold, text}
	chartText = face{12, font.WeightBold, text}
	labelText = face{12, font.WeightNormal, text}
	smallText = face{11, font.WeightNormal, muted}
)

// style returns f as a style of gonum/plot. Text hangs from its point: YTop is the top of the
// line.
func (f face) style() draw.TextStyle {
	return draw.TextStyle{
		Color: f.colour,
		Font: plotfont.Font{Typeface: "Liberation", Variant: "Sans", Weight: f.weight,
			Size: f.size},
		YAlign:  draw.YTop,
		Handler: handler{plottext.Plain{Fonts: plotfont.DefaultCache}},
	}
}

// middled aligns text so that its digits and capitals are in the vertical middle. draw.YCenter
// also counts the descenders, and is a pixel too high.
func (f face) middled(x draw.XAlignment) draw.TextStyle {
	s := f.style()
	s.XAlign, s.YAlign = x, -0.4
	return s
}

// tickAlign does the same for labels of the y axis, to which gonum/plot adds a descent.
const tickAlign = -0.59

// in returns f in another colour.
func (f face) in(colour ink) face {
	f.colour = colour
	return f
}

// A handler lays out text as gonum/plot does, with two corrections. It measures characters that
// Liberation Sans lacks: a browser takes them from another font, where they are as wide as high.
// And it removes characters that would end the SVG. All texts of a picture go through it, those
// that gonum/plot draws by itself as well.
type handler struct{ plottext.Plain }

// Lines returns s as one line.
func (h handler) Lines(s string) []string { return []string{legal(s)} }

// Box returns the size of s. Each cluster of characters counts by its width in cells: none for a
// combining mark alone, the font size for a wide one, and the width in Liberation Sans otherwise.
func (h handler) Box(s string, f plotfont.Font) (width, height, depth vg.Length) {
	s = legal(s)
	width, height, depth = h.Plain.Box(s, f)
	if uniseg.StringWidth(s) == utf8.RuneCountInString(s) { // nothing is wide, nothing combines
		return width, height, depth
	}
	width = 0
	for clusters := uniseg.NewGraphemes(s); clusters.Next(); {
		one, _, _ := h.Plain.Box(clusters.Str(), f)
		switch clusters.Width() {
		case 0:
			one = 0
		case 2:
			one = f.Size
		}
		width += one
	}
	return width, height, depth
}

// Draw draws s. Plain aligns s by the width that it knows, so the place is corrected by the
// difference.
func (h handler) Draw(c vg.Canvas, s string, style plottext.Style, at vg.Point) {
	s = legal(s)
	real, _, _ := h.Box(s, style.Font)
	supposed, _, _ := h.Plain.Box(s, style.Font)
	shift := float64(style.XAlign) * float64(real-supposed)
	sin, cos := math.Sincos(style.Rotation)
	at.X, at.Y = at.X+vg.Length(shift*cos), at.Y+vg.Length(shift*sin)
	h.Plain.Draw(c, s, style, at)
}

// legal replaces characters that XML or a single line cannot hold. Names of benchmarks come from
// files that this project did not write.
func legal(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n', r == '\t', r == '\r':
			return ' '
		case r < ' ', r == 0x7f, r == 0xfffe, r == 0xffff:
			return utf8.RuneError
		}
		return r
	}, strings.ToValidUTF8(s, string(utf8.RuneError)))
}

// clip shortens s to a width, with an ellipsis at its end. It cuts between clusters, so no accent
// is taken from its letter. The result is at most the width, unless the ellipsis alone is wider.
// The cost is the width of each cluster, up to the first that does not fit.
func clip(s string, f face, to vg.Length) string {
	style := f.style()
	if style.Width(s) <= to {
		return s
	}
	const ellipsis = "…"
	kept, used := "", style.Width(ellipsis)
	for clusters := uniseg.NewGraphemes(legal(s)); clusters.Next(); {
		used += style.Width(clusters.Str())
		if used > to {
			break
		}
		kept += clusters.Str()
	}
	return kept + ellipsis
}

// wrap breaks s between words into lines of at most a width. A word that is too long for a line is
// clipped: names with slashes have no place to break.
func wrap(s string, f face, to vg.Length) (lines []string) {
	style, line := f.style(), ""
	for _, word := range strings.Fields(legal(s)) {
		switch longer := line + " " + word; {
		case line == "":
			line = clip(word, f, to)
		case style.Width(longer) <= to:
			line = longer
		default:
			lines, line = append(lines, line), clip(word, f, to)
		}
	}
	if line != "" {
		lines = append(lines, line)
	}
	return lines
}

// widest returns the width of the widest string.
func widest(list []string, f face) (w vg.Length) {
	style := f.style()
	for _, s := range list {
		w = max(w, style.Width(s))
	}
	return w
}
