package reports

import (
	"fmt"
	"io"
	"math"
	"strings"
	"testing"
)

// WriteDrawings is for the tests outside: all pictures of c in one stream.
func WriteDrawings(w io.Writer, c *Comparison) error {
	list := c.drawings()
	if _, err := fmt.Fprintf(w, "<!-- %d pictures -->\n", len(list)); err != nil {
		return err
	}
	for _, d := range list {
		if err := d.write(w, c); err != nil {
			return err
		}
	}
	return nil
}

func TestTickText(t *testing.T) {
	for _, test := range []struct {
		v          float64
		unit, want string
	}{
		{1e-5, "sec/op", "10µs"}, {1.5e-3, "sec", "1.5ms"}, {2e-7, "acquire-p50-sec", "200ns"},
		{0, "sec/op", "0s"}, {1, "sec/op", "1s"}, {2.5, "B/op", "2.5B"}, {2 << 20, "B/op", "2MiB"},
		{1e6, "ops/s", "1M"}, {1500, "ops/s", "1.5k"}, {0.25, "jain", "0.25"}, {-3, "drift", "-3"},
	} {
		if got := tickText(test.v, test.unit); got != test.want {
			t.Errorf("tickText(%v, %s) = %s, want %s", test.v, test.unit, got, test.want)
		}
	}
}

// A cell of the terminal has room for six characters.
func TestCellTextIsShort(t *testing.T) {
	for _, standing := range []Standing{Unranked, Best, Tie, Worse, Unknown} {
		for _, ratio := range []float64{0, 1, 9.994, 9.995, 99.96, 9999.4, 9999.6, 1e7, math.MaxFloat64} {
			c := &Cell{Standing: standing, Ratio: ratio}
			if s := c.cellText(); s == "" || width(s) > 6 {
				t.Errorf("%v %v: %q, want 1 to 6 characters", standing, ratio, s)
			}
		}
	}
}

func TestFit(t *testing.T) {
	for _, test := range []struct {
		s    string
		to   int
		want string
	}{
		{"abc", 5, "abc  "}, {"abcdef", 5, "abcd…"}, {"信号量", 6, "信号量"}, {"信号量", 5, "信号…"},
		{"信号量", 4, "信… "}, {"e\u0301e\u0301e\u0301", 3, "e\u0301e\u0301e\u0301"}, {"", 2, "  "},
	} {
		if got := fit(test.s, test.to); got != test.want {
			t.Errorf("fit(%q, %d) = %q, want %q", test.s, test.to, got, test.want)
		}
	}
}

// Text on its ground has a contrast of at least 4.5, as WCAG wants of text: not by the terminal's
// theme, but because both colours are set.
func TestPaintsAreReadable(t *testing.T) {
	for _, p := range append(worsePaints[:], bestPaint, tiePaint, unknownPaint) {
		if c := paintContrast(xtermLuminance(p.ground), xtermLuminance(p.text)); c < 4.5 {
			t.Errorf("%d on %d has a contrast of %.1f, want 4.5", p.text, p.ground, c)
		}
	}
	for i := 1; i < len(worsePaints); i++ {
		if xtermLuminance(worsePaints[i].ground) >= xtermLuminance(worsePaints[i-1].ground) {
			t.Errorf("step %d is no darker than the one before", i+1)
		}
	}
}

// luminance is that of sRGB, of the part of xterm's colours whose values are fixed.
func xtermLuminance(colour int) float64 {
	level := func(n int) float64 { return []float64{0, 95, 135, 175, 215, 255}[n] }
	rgb := [3]float64{level((colour - 16) / 36 % 6), level((colour - 16) / 6 % 6), level((colour - 16) % 6)}
	if colour >= 232 {
		grey := float64(8 + 10*(colour-232))
		rgb = [3]float64{grey, grey, grey}
	}
	for i, v := range rgb {
		if v /= 255; v <= 0.03928 {
			rgb[i] = v / 12.92
		} else {
			rgb[i] = math.Pow((v+0.055)/1.055, 2.4)
		}
	}
	return 0.2126*rgb[0] + 0.7152*rgb[1] + 0.0722*rgb[2]
}

func paintContrast(a, b float64) float64 { return (max(a, b) + 0.05) / (min(a, b) + 0.05) }

func TestPictureKinds(t *testing.T) {
	seen := strings.Join(kinds, " ")
	for _, d := range []drawing{{kind: "heat"}, {kind: "ratios"}, {kind: "scaling"}, {kind: "latency"}} {
		if !strings.Contains(seen, d.kind) {
			t.Errorf("%s is in no list, so a stale one would stay", d.kind)
		}
	}
}
