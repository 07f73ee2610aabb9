package picture

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"gonum.org/v1/plot/vg"
)

// WCAG 2, level AA: text has a contrast of 4.5 with its ground, lines and marks of 3, in both themes.
func TestContrast(t *testing.T) {
	for theme, of := range map[string]func(shade) string{
		"light": func(s shade) string { return s.light }, "dark": func(s shade) string { return s.dark },
	} {
		must := func(what string, a, b shade, least float64) {
			t.Helper()
			if c := contrast(t, of(a), of(b)); c < least {
				t.Errorf("%s: %s has a contrast of %.2f, want %v", theme, what, c, least)
			}
		}
		for i := range ink(series) {
			must(fmt.Sprintf("line %d on the paper", i), (series1 + i).shade(), paper.shade(), 3)
			must(fmt.Sprintf("line %d on a stripe", i), (series1 + i).shade(), stripe.shade(), 3)
		}
		for i := range ink(Steps) {
			must(fmt.Sprintf("text on step %d", i+1), (worse1Text + i).shade(), (worse1 + i).shade(), 4.5)
		}
		for _, pair := range [][2]shade{{text.shade(), paper.shade()}, {muted.shade(), paper.shade()},
			{bestText.shade(), best.shade()}, {unknownText.shade(), unknown.shade()},
			{muted.shade(), missing.shade()}, {tieText.shade(), tieGround}, {tieText.shade(), tieHatch}} {
			must(fmt.Sprint(pair), pair[0], pair[1], 4.5)
		}
	}
}

// Each step of “worse” is further from the background in luminance than the step before, so the
// order is visible in grey too.
func TestRampIsMonotonic(t *testing.T) {
	for i := 1; i < Steps; i++ {
		a, b := worseShades[i-1], worseShades[i]
		if luminance(t, b.light) >= luminance(t, a.light) || luminance(t, b.dark) <= luminance(t, a.dark) {
			t.Errorf("step %d is not further from the ground than the one before", i+1)
		}
	}
}

func contrast(t *testing.T, a, b string) float64 {
	x, y := luminance(t, a), luminance(t, b)
	return (max(x, y) + 0.05) / (min(x, y) + 0.05)
}

func luminance(t *testing.T, hex string) float64 {
	t.Helper()
	var rgb [3]uint8
	if n, err := fmt.Sscanf(hex, "#%02x%02x%02x", &rgb[0], &rgb[1], &rgb[2]); n != 3 || err != nil {
		t.Fatalf("%q is no colour: %v", hex, err)
	}
	sum := 0.0
	for i, weight := range []float64{0.2126, 0.7152, 0.0722} {
		if c := float64(rgb[i]) / 255; c <= 0.04045 {
			sum += weight * c / 12.92
		} else {
			sum += weight * math.Pow((c+0.055)/1.055, 2.4)
		}
	}
	return sum
}

// vgsvg cuts 16 bits down to 8 with floating point; every ink must come out as itself.
func TestInksSurvive(t *testing.T) {
	for i := noInk + 1; i < inks; i++ {
		if got, ok := inkOf(i.sentinel()); !ok || got != i {
			t.Errorf("ink %d is read as %d", i, got)
		}
		c := newCanvas(Head{}, 10)
		fillBox(c.free, i, vg.Rectangle{Max: vg.Point{X: 1, Y: 1}})
		svg, err := c.bytes()
		if want := fmt.Sprintf(`class="f%d"`, i); err != nil || !strings.Contains(string(svg), want) {
			t.Errorf("ink %d: no %s in the SVG (%v)", i, want, err)
		}
		if s := i.shade(); s.light == "" && i != tie {
			t.Errorf("ink %d has no colours", i)
		}
	}
}

// The first marks differ from each other.
func TestMarksDiffer(t *testing.T) {
	seen := map[string]int{}
	for i := range 140 {
		m := markOf(i)
		look := fmt.Sprintf("%d %v %T", m.line, m.dashes, m.shape)
		if j, ok := seen[look]; ok {
			t.Errorf("marks %d and %d look the same", i, j)
		}
		seen[look] = i
	}
}

func TestTicks(t *testing.T) {
	for _, test := range []struct {
		low, high float64
		want      string
	}{
		{1, 16, "1 1.5 2 3 5 7 10"}, {0.9, 1.1, "0.9 1"}, {1, 1.01, "1 1.01"}, {3e-8, 0.1, ""}, {1e-300, 1e300, ""},
	} {
		low, high := math.Log10(test.low), math.Log10(test.high)
		ticks := logTicks{7, short}.Ticks(low, high)
		got := ""
		for _, tick := range ticks {
			got += tick.Label + " "
			if tick.Value < low || tick.Value > high {
				t.Errorf("%v: tick %s is beyond the axis", test, tick.Label)
			}
		}
		if len(ticks) < 2 || len(ticks) > 7 || test.want != "" && got != test.want+" " {
			t.Errorf("%v: got %s", test, got)
		}
	}
}

func TestClip(t *testing.T) {
	for _, s := range []string{"", "short", "a name that is longer than the room", "信号量信号量信号量信号量信号量"} {
		got := clip(s, labelText, 100)
		if w := labelText.style().Width(got); w > 100 {
			t.Errorf("clip(%q) = %q is %v wide, want at most 100", s, got, w)
		}
	}
	for _, line := range wrap("one two three four five six seven", smallText, 60) {
		if w := smallText.style().Width(line); w > 60 {
			t.Errorf("line %q is %v wide, want at most 60", line, w)
		}
	}
	wide, narrow := labelText.style().Width("信号量"), labelText.style().Width("abc")
	if wide != 3*labelText.size || narrow >= wide {
		t.Errorf("three wide characters are %v wide, want three ems", wide)
	}
}
