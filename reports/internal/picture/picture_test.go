package picture_test

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"

	"github.com/semabench/semabench/internal/longtest"
	"github.com/semabench/semabench/reports/internal/picture"
)

type drawer interface{ SVG() ([]byte, error) }

// draw draws twice: the bytes are the same. It fails if the output is no SVG, or is not bounded.
func draw(t *testing.T, d drawer) string {
	t.Helper()
	svg, err := d.SVG()
	if err != nil {
		t.Fatalf("%#.200v: %v", d, err)
	}
	if again, err := d.SVG(); err != nil || !bytes.Equal(svg, again) {
		t.Errorf("drawn twice it differs (%v)", err)
	}
	for dec := xml.NewDecoder(bytes.NewReader(svg)); ; {
		if _, err := dec.Token(); err == io.EOF {
			break
		} else if err != nil {
			t.Fatalf("%v in\n%.2000s", err, svg)
		}
	}
	for _, bad := range []string{"NaN", "Inf", "<script", "http:", "@import", "url(h"} {
		if strings.Contains(strings.Replace(string(svg), `xmlns="http:`, "", 1), bad) {
			t.Errorf("contains %q", bad)
		}
	}
	if m := sentinel.Find(svg); m != nil {
		t.Errorf("an ink has become no class: %s", m)
	}
	return string(svg)
}

var sentinel = regexp.MustCompile(`"[^"<>]*#01B[^"<>]*"`)

// inside fails if anything is drawn beyond the picture.
func inside(t *testing.T, svg string) {
	t.Helper()
	var w, h float64
	if _, err := fmt.Sscanf(svg[strings.Index(svg, "viewBox"):], `viewBox="0 0 %g %g"`, &w, &h); err != nil {
		t.Fatal(err)
	}
	for _, m := range regexp.MustCompile(`[ML](-?[\d.e+]+),(-?[\d.e+]+)`).FindAllStringSubmatch(svg, -1) {
		var x, y float64
		if _, err := fmt.Sscan(m[1]+" "+m[2], &x, &y); err != nil || x < 0 || x > w || y < 0 || y > h {
			t.Errorf("%s is beyond %v x %v (%v)", m[0], w, h, err)
		}
	}
}

var hostile = []string{"<script>alert(1)</script>", `"quoted" & 'so'`, "a\x00b\x1b[31m\nc", "\xff\xfe", "]]>",
	"<!--", `style="fill:#01BE03"`, "#01BE03", "信号量を待つ", "e\u0301\u200d🧵", "", " ", strings.Repeat("long ", 99)}

func heat(rows, cols int, name func(int) string) picture.Heat {
	h := picture.Heat{Head: picture.Head{Title: name(0), Subtitle: name(1), Desc: name(2), Note: name(3)}}
	for i := range cols {
		h.Cols = append(h.Cols, name(i))
	}
	for i := range rows {
		r := picture.HeatRow{Label: name(i), Group: name(i / 3)}
		for j := range cols + i%2 - i%3 { // sometimes too few, sometimes too many
			kind := picture.Kind((i + j) % 7)
			r.Cells = append(r.Cells, picture.HeatCell{Text: name(i + j), Kind: kind, Step: i - 3})
		}
		h.Rows = append(h.Rows, r)
	}
	return h
}

func number(i int) string { return fmt.Sprintf("name=%d", i) }

func TestNamesAreText(t *testing.T) {
	bad := func(i int) string { return hostile[i%len(hostile)] }
	dots := []picture.Dot{{At: 1}, {At: 2, Lo: 1, Hi: 3}}
	forest := picture.Forest{Head: picture.Head{Title: bad(0), Subtitle: bad(2), Desc: bad(3), Note: bad(1)},
		Cols: hostile, X: bad(0)}
	sheet := picture.Sheet{Head: forest.Head, Names: hostile}
	for i := range hostile {
		forest.Rows = append(forest.Rows, picture.ForestRow{Label: bad(i), Dots: dots})
		sheet.Charts = append(sheet.Charts, picture.Chart{Title: bad(i), X: bad(i + 1), Y: bad(i + 2),
			XTicks: []string{bad(i), bad(i + 1)}, Format: func(float64) string { return bad(i) },
			Lines: []picture.Line{{Name: bad(i), X: []float64{0, 1}, Y: []float64{1, 2}}}})
	}
	for _, d := range []drawer{heat(len(hostile), len(hostile), bad), forest, sheet} {
		svg := draw(t, d)
		if strings.ContainsAny(svg, "\x00\x1b") || !strings.Contains(svg, "&lt;script&gt;") {
			t.Error("a control character got through, or a name is not shown as it is")
		}
	}
}

func TestBounds(t *testing.T) {
	sizes := [][2]int{{1, 1}, {1, 30}, {8, 4}, {2000, 4}, {60, 14}, {3, 2}}
	for _, size := range sizes[:longtest.Or(t, "sizes", len(sizes), 4)] {
		h := heat(size[0], size[1], number)
		svg := draw(t, h)
		inside(t, svg)
		if len(svg) > 250_000 {
			t.Errorf("%v: %d bytes", size, len(svg))
		}
		if size[0] > 60 && !strings.Contains(svg, "the first 60 of 2000 rows") {
			t.Errorf("%v: does not say that rows are missing", size)
		}
		f := picture.Forest{Cols: h.Cols}
		for i := range size[0] {
			r := picture.ForestRow{Label: number(i)}
			for j := range size[1] {
				at := float64(i + j)
				r.Dots = append(r.Dots, picture.Dot{At: at, Lo: at / 2, Hi: at + float64(j)})
			}
			f.Rows = append(f.Rows, r)
		}
		inside(t, draw(t, f))
	}
	for _, d := range []drawer{picture.Heat{}, picture.Forest{}, picture.Sheet{}} {
		if svg, err := d.SVG(); err == nil {
			t.Errorf("draws nothing as %d bytes, want an error", len(svg))
		}
	}
}

// Numbers that a measurement can give, and their limits. gonum/plot panics at some of them.
var oddities = []float64{0, 1, 1, 1.0000001, -1, 1e-9, 1e9, 5e-324, math.MaxFloat64, -math.MaxFloat64,
	math.NaN(), math.Inf(1), math.Inf(-1), 3}

func TestOddValues(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	some := func(n int) (list []float64) {
		for range n {
			list = append(list, oddities[r.IntN(len(oddities))])
		}
		return list
	}
	for range longtest.Or(t, "random sheets", 100, 20) {
		s := picture.Sheet{Names: []string{"a", "b", "c"}}
		f := picture.Forest{Cols: s.Names}
		for range 1 + r.IntN(3) {
			c := picture.Chart{LogX: r.IntN(2) == 0, LogY: r.IntN(2) == 0}
			if r.IntN(3) == 0 {
				c.XTicks = []string{"p50", "p99"}
			}
			for _, name := range s.Names[:r.IntN(4)] {
				n := r.IntN(5)
				c.Lines = append(c.Lines, picture.Line{Name: name, X: some(n), Y: some(n),
					Lo: some(n), Hi: some(r.IntN(n + 1))})
			}
			s.Charts = append(s.Charts, c)
			d := some(3)
			f.Rows = append(f.Rows, picture.ForestRow{Dots: []picture.Dot{{At: d[0], Lo: d[1], Hi: d[2]}}})
		}
		draw(t, s)
		draw(t, f)
	}
}

func TestSkippedValuesAreSaid(t *testing.T) {
	s := picture.Sheet{Names: []string{"a"}, Charts: []picture.Chart{{LogY: true, Lines: []picture.Line{
		{Name: "a", X: []float64{1, 2, 3}, Y: []float64{0, -1, 5}}}}}}
	if svg := draw(t, s); !strings.Contains(svg, "all but 2 values") {
		t.Errorf("does not say that it leaves two values out:\n%s", svg)
	}
}

// Few rows, many columns, no interval, one point, equal values: everything stays in the picture.
func TestSheetStaysInside(t *testing.T) {
	for n := 1; n <= 200; n += n {
		var l, flat picture.Line
		l.Name, flat.Name = "a", "b"
		for i := range n {
			l.X, l.Y = append(l.X, float64(i+1)), append(l.Y, math.Exp(float64(i%20)))
			l.Lo, l.Hi = append(l.Lo, l.Y[i]/2), append(l.Hi, l.Y[i]*2)
			flat.X, flat.Y = append(flat.X, float64(i+1)), append(flat.Y, 7)
		}
		s := picture.Sheet{Names: []string{"a", "b"}}
		for _, log := range []bool{false, true} {
			s.Charts = append(s.Charts,
				picture.Chart{Title: "both", X: "x", Y: "y", LogX: log, LogY: log, Lines: []picture.Line{l, flat}},
				picture.Chart{LogX: log, LogY: log, Lines: []picture.Line{flat}})
		}
		wide := draw(t, s)
		inside(t, wide)
		s.Narrow = true
		narrow := draw(t, s)
		inside(t, narrow)
		if !strings.Contains(narrow, `viewBox="0 0 368 `) || strings.Count(narrow, "<text") < strings.Count(wide, "<text")/2 {
			t.Errorf("the narrow picture begins with %.200s", narrow)
		}
	}
}

func TestStepOf(t *testing.T) {
	for ratio, want := range map[float64]int{math.NaN(): 1, 0: 1, 1: 1, 1.41: 1, 1.42: 2, 2.1: 3,
		11: 7, 11.4: 8, 1e300: 8, math.Inf(1): 8} {
		if got := picture.StepOf(ratio); got != want {
			t.Errorf("StepOf(%v) = %d, want %d", ratio, got, want)
		}
	}
}
