package picture

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"html"
	"regexp"
	"strconv"
	"strings"

	"golang.org/x/image/font"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgsvg"
)

// A canvas is a picture that is being drawn, from the top down. The y axis of gonum/plot points up,
// so "top" is Max.Y. Use it once: newCanvas, take for each part, then bytes.
//
// The height is known before anything is drawn, because an SVG names its size at the beginning.
type canvas struct {
	svg    *vgsvg.Canvas
	height vg.Length
	free   draw.Canvas // the part that is still empty
	head   Head
}

// newCanvas draws the head, and reserves the height body below it. The notes stand at the bottom,
// where they are read after the picture they restrict. Subtitle and notes wrap, and a title is
// clipped.
func newCanvas(head Head, body vg.Length) *canvas {
	lines := wrap(head.Subtitle, smallText, head.textRoom())
	notes := wrap(head.Note, smallText, head.textRoom())
	top := titleHeight + lineHeight*vg.Length(len(lines)) + gap
	bottom := lineHeight * vg.Length(len(notes))
	if len(notes) > 0 {
		bottom += gap
	}
	c := &canvas{height: ceil(2*margin + top + body + bottom), head: head}
	c.svg = vgsvg.New(head.width(), c.height)
	all := draw.Crop(draw.New(c.svg), margin, -margin, margin, -margin)
	all.FillText(
		titleText.style(), vg.Point{X: all.Min.X, Y: all.Max.Y},
		clip(head.Title, titleText, head.textRoom()),
	)
	for i, line := range lines {
		y := all.Max.Y - titleHeight - lineHeight*vg.Length(i)
		all.FillText(smallText.style(), vg.Point{X: all.Min.X, Y: y}, line)
	}
	for i, line := range notes {
		y := all.Min.Y + lineHeight*vg.Length(len(notes)-i)
		all.FillText(smallText.style(), vg.Point{X: all.Min.X, Y: y}, line)
	}
	c.free = draw.Crop(all, 0, 0, bottom, -top)
	return c
}

const (
	titleHeight = 24
	lineHeight  = 16
	gap         = 12
)

// ceil rounds up to whole pixels. A fraction would blur the frame of the page.
func ceil(l vg.Length) vg.Length { return vg.Length(int(l + 0.999)) }

// take cuts a strip from the top of the empty part. The strips of one picture never overlap, and
// their heights must add up to the body of newCanvas.
func (c *canvas) take(height vg.Length) draw.Canvas {
	strip := c.free
	strip.Min.Y = strip.Max.Y - height
	c.free.Max.Y = strip.Min.Y
	return strip
}

// bytes returns the finished SVG: a head of this package in front of the body that vgsvg wrote,
// with CSS classes for its colours. The head is written last, because only the body shows which
// inks are used. The beginning that is cut off is fixed by the version of gonum/plot. If another
// version writes another one, this is an error and no broken picture.
//
// All post-processing is of text. gonum/plot has no way to write a class or a theme.
func (c *canvas) bytes() ([]byte, error) {
	var raw bytes.Buffer
	if _, err := c.svg.WriteTo(&raw); err != nil {
		return nil, fmt.Errorf("drawing %s: %w", c.head.Title, err)
	}
	_, body, ok := bytes.Cut(raw.Bytes(), []byte(`xlink">`+"\n"))
	if !ok {
		return nil, fmt.Errorf(
			"drawing %s: vgsvg begins its SVG otherwise than v0.17.0 does", c.head.Title,
		)
	}
	used := map[ink]bool{}
	body = measured(translate(body, used))
	var out bytes.Buffer
	c.writeHead(&out, used)
	out.Write(body)
	return out.Bytes(), nil
}

// writeHead writes the root element, the texts for readers that do not see the picture, and the
// style. aria-labelledby makes a screen reader read title and desc instead of every label.
func (c *canvas) writeHead(out *bytes.Buffer, used map[ink]bool) {
	w, h := int(c.head.width()), int(c.height)
	fmt.Fprintf(
		out,
		`<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" viewBox="0 0 %d %d"`+
			` role="img" aria-labelledby="title desc"`+
			` font-family="'Liberation Sans', Arial, Helvetica, sans-serif" font-size="%v">`+"\n",
		w,
		h,
		w,
		h,
		smallText.size.Points(),
	)
	fmt.Fprintf(out, "<title id=\"title\">%s</title>\n<desc id=\"desc\">%s</desc>\n",
		escape(c.head.Title), escape(c.head.Desc))
	writeStyle(out, used)
	if used[tie] {
		out.WriteString(
			`<defs><pattern id="tie" width="6" height="6" patternUnits="userSpaceOnUse" ` +
				`patternTransform="rotate(45)"><rect class="tie" width="6" height="6"/>` +
				`<rect class="hatch" width="2.5" height="6"/></pattern></defs>` + "\n",
		)
	}
	fmt.Fprintf(
		out, `<rect class="page" x=".5" y=".5" width="%d" height="%d" rx="6"/>`+"\n", w-1, h-1,
	)
}

// writeStyle writes the rules for the inks that are used. The picture has its own background, so
// only the theme of the reader's system matters, and not the colours of the page around it.
func writeStyle(out *bytes.Buffer, used map[ink]bool) {
	out.WriteString("<style>\n")
	writeTheme(out, used, func(s shade) string { return s.light })
	out.WriteString("@media (prefers-color-scheme:dark){\n")
	writeTheme(out, used, func(s shade) string { return s.dark })
	out.WriteString("}\n</style>\n")
}

// writeTheme writes the rules of one theme. of takes the value of the theme from a shade. Classes
// are named f and k, for fill and stroke, with the number of the ink.
func writeTheme(out *bytes.Buffer, used map[ink]bool, of func(shade) string) {
	fmt.Fprintf(out, ".page{fill:%s;stroke:%s}\n", of(paper.shade()), of(frame.shade()))
	for i := noInk + 1; i < inks; i++ {
		switch {
		case !used[i]:
		case i == tie:
			fmt.Fprintf(out, ".f%d{fill:url(#tie)}.tie{fill:%s}.hatch{fill:%s}\n", i,
				of(tieGround), of(tieHatch))
		case i >= band1:
			fmt.Fprintf(out, ".f%d{fill:%s;fill-opacity:.14}\n", i, of(i.shade()))
		default:
			colour := of(i.shade())
			fmt.Fprintf(out, ".f%d{fill:%s}.k%d{stroke:%s;fill:none}\n", i, colour, i, colour)
		}
	}
}

// vgsvg escapes quotes in text, so a match is an attribute and never a part of a name.
var styleAttribute = regexp.MustCompile(`\n?\s*style="([^"]*)"`)

// translate replaces the colours in body by CSS classes, and records the inks in used. It drops
// properties that an element inherits or has by default, which halves the size. A picture has
// thousands of elements, so the work is one pass with one pattern.
//
// A name that contains style="…" cannot match, as its quotes are escaped; a test draws such
// names.
func translate(body []byte, used map[ink]bool) []byte {
	return styleAttribute.ReplaceAllFunc(body, func(attribute []byte) []byte {
		declarations := styleAttribute.FindSubmatch(attribute)[1]
		var classes, kept []string
		for _, d := range strings.Split(string(declarations), ";") {
			property, value, _ := strings.Cut(d, ":")
			i, isInk := inkOf(value)
			switch {
			case isInk:
				used[i] = true
				classes = append(classes, fmt.Sprintf("%s%d", letter[property], i))
			case !inherited[d]:
				kept = append(kept, d)
			}
		}
		out := ""
		if len(classes) > 0 {
			out += ` class="` + strings.Join(classes, " ") + `"`
		}
		if len(kept) > 0 {
			out += ` style="` + strings.Join(kept, ";") + `"`
		}
		return []byte(out)
	})
}

// textElement finds the texts of vgsvg, with their attributes and the style that translate left of them.
var textElement = regexp.MustCompile(`<text ([^>]*)>([^<]*)</text>`)

// measured writes its width into each text. A system without Liberation Sans, Arial and Helvetica takes a
// font that may be a sixth wider; a browser then narrows the letters instead of writing over the next cell.
func measured(body []byte) []byte {
	return textElement.ReplaceAllFunc(body, func(element []byte) []byte {
		found := textElement.FindSubmatch(element)
		f := smallText
		if size := fontSize.FindSubmatch(found[1]); size != nil {
			points, _ := strconv.ParseFloat(string(size[1]), 64) // a size of a face, which parses
			f.size = vg.Points(points)
		}
		if bytes.Contains(found[1], []byte("font-weight:bold")) {
			f.weight = font.WeightBold
		}
		width := f.style().Width(html.UnescapeString(string(found[2])))
		if width < 1 {
			return element // a textLength of 0 would hide what the fonts here do not know
		}
		return fmt.Appendf(nil, `<text %s textLength="%.4g" lengthAdjust="spacingAndGlyphs">%s</text>`,
			found[1], width.Points(), found[2])
	})
}

var fontSize = regexp.MustCompile(`font-size:([0-9.]+)px`)

// The first letter of a class says which property it sets.
var letter = map[string]string{"fill": "f", "stroke": "k"}

// inherited holds the properties that the root element or the rule of a stroke sets already, and
// the defaults of SVG.
var inherited = map[string]bool{
	"font-family:Liberation Sans": true, "font-variant:normal": true, "font-style:normal": true,
	"font-weight:normal": true, "fill:none": true,
	fmt.Sprintf("font-size:%vpx", smallText.size.Points()): true,
}

// inkOf finds the ink that a colour of vgsvg stands for. It reports false for every other value.
func inkOf(value string) (ink, bool) {
	number, ok := strings.CutPrefix(value, noInk.sentinel()[:5])
	if !ok {
		return noInk, false
	}
	i, err := strconv.ParseUint(number, 16, 8)
	return ink(i), err == nil
}

// escape escapes s for XML. It also replaces characters that XML cannot hold, such as controls.
func escape(s string) string {
	var b bytes.Buffer
	_ = xml.EscapeText(&b, []byte(s)) // a Buffer returns no error
	return b.String()
}
