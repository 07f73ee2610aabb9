package draw

import (
	"math"
	"testing"
)

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
