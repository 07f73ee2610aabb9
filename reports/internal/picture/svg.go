package picture

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgsvg"
)

// width is what a README shows without scaling. Lengths are pixels: a point of gonum/plot becomes one.
const (
	width  = 840
	margin = 18
)

// A canvas is a picture in the making.
type canvas struct {
	svg    *vgsvg.Canvas
	height vg.Length
	free   draw.Canvas // what is not drawn on yet
	head   Head
}

// newCanvas has its head drawn, and room for body below.
func newCanvas(head Head, body vg.Length) *canvas {
	lines := wrap(head.Subtitle, smallText, width-2*margin)
	notes := wrap(head.Note, smallText, width-2*margin)
	top := titleHeight + lineHeight*vg.Length(len(lines)) + gap
	bottom := lineHeight * vg.Length(len(notes))
	if len(notes) > 0 {
		bottom += gap
	}
	c := &canvas{height: ceil(2*margin + top + body + bottom), head: head}
	c.svg = vgsvg.New(width, c.height)
	all := draw.Crop(draw.New(c.svg), margin, -margin, margin, -margin)
	all.FillText(titleText.style(), vg.Point{X: all.Min.X, Y: all.Max.Y}, clip(head.Title, titleText, width-2*margin))
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

func ceil(l vg.Length) vg.Length { return vg.Length(int(l + 0.999)) }

// take cuts a strip from the top of what is free.
func (c *canvas) take(height vg.Length) draw.Canvas {
	strip := c.free
	strip.Min.Y = strip.Max.Y - height
	c.free.Max.Y = strip.Min.Y
	return strip
}

// bytes is the picture.
func (c *canvas) bytes() ([]byte, error) {
	var raw bytes.Buffer
	if _, err := c.svg.WriteTo(&raw); err != nil {
		return nil, fmt.Errorf("drawing %s: %w", c.head.Title, err)
	}
	_, body, ok := bytes.Cut(raw.Bytes(), []byte(`xlink">`+"\n"))
	if !ok {
		return nil, fmt.Errorf("drawing %s: vgsvg begins its SVG otherwise than v0.17.0 does", c.head.Title)
	}
	used := map[ink]bool{}
	body = translate(body, used)
	var out bytes.Buffer
	c.writeHead(&out, used)
	out.Write(body)
	return out.Bytes(), nil
}

func (c *canvas) writeHead(out *bytes.Buffer, used map[ink]bool) {
	h := int(c.height)
	fmt.Fprintf(out, `<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" viewBox="0 0 %d %d"`+
		` role="img" aria-labelledby="title desc"`+
		` font-family="'Liberation Sans', Arial, Helvetica, sans-serif" font-size="%v">`+"\n",
		width, h, width, h, smallText.size.Points())
	fmt.Fprintf(out, "<title id=\"title\">%s</title>\n<desc id=\"desc\">%s</desc>\n",
		escape(c.head.Title), escape(c.head.Desc))
	writeStyle(out, used)
	if used[tie] {
		out.WriteString(`<defs><pattern id="tie" width="6" height="6" patternUnits="userSpaceOnUse" ` +
			`patternTransform="rotate(45)"><rect class="tie" width="6" height="6"/>` +
			`<rect class="hatch" width="2.5" height="6"/></pattern></defs>` + "\n")
	}
	fmt.Fprintf(out, `<rect class="page" x=".5" y=".5" width="%d" height="%d" rx="6"/>`+"\n", width-1, h-1)
}

// writeStyle writes the rules for inks that are used. A ground that the host page cannot change
// makes the theme of the reader's system the only one that matters.
func writeStyle(out *bytes.Buffer, used map[ink]bool) {
	out.WriteString("<style>\n")
	writeTheme(out, used, func(s shade) string { return s.light })
	out.WriteString("@media (prefers-color-scheme:dark){\n")
	writeTheme(out, used, func(s shade) string { return s.dark })
	out.WriteString("}\n</style>\n")
}

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

// vgsvg escapes quotes in text, so what matches is an attribute and nobody's name.
var styleAttribute = regexp.MustCompile(`\n?\s*style="([^"]*)"`)

// translate turns the colours in body into classes, notes which inks it uses, and drops what is so
// anyway.
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

var letter = map[string]string{"fill": "f", "stroke": "k"}

// inherited is what the root element or the rule of a stroke says already, or the default of SVG.
var inherited = map[string]bool{
	"font-family:Liberation Sans": true, "font-variant:normal": true, "font-style:normal": true,
	"font-weight:normal": true, "fill:none": true,
	fmt.Sprintf("font-size:%vpx", smallText.size.Points()): true,
}

func inkOf(value string) (ink, bool) {
	number, ok := strings.CutPrefix(value, noInk.sentinel()[:5])
	if !ok {
		return noInk, false
	}
	i, err := strconv.ParseUint(number, 16, 8)
	return ink(i), err == nil
}

// escape also replaces what XML cannot hold, such as control characters.
func escape(s string) string {
	var b bytes.Buffer
	_ = xml.EscapeText(&b, []byte(s)) // a Buffer takes everything
	return b.String()
}
