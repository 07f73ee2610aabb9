package draw

import (
	"fmt"
	"testing"

	"github.com/semabench/semabench/reports/internal/reporttest"
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

// Text on its ground has a contrast of at least 4.5, as WCAG wants of text. The theme of the
// terminal does not matter, because both colours are set.
func TestColoursAreReadable(t *testing.T) {
	for _, c := range append(worsePaints[:], bestPaint, tiePaint, undecidedPaint) {
		if got := reporttest.Contrast(t, xtermColour(c.ground), xtermColour(c.text)); got < 4.5 {
			t.Errorf("%d on %d has a contrast of %.1f, want 4.5", c.text, c.ground, got)
		}
	}
	onBlack := func(colour int) float64 {
		return reporttest.Contrast(t, xtermColour(colour), "#000000")
	}
	for i := 1; i < len(worsePaints); i++ {
		if onBlack(worsePaints[i].ground) >= onBlack(worsePaints[i-1].ground) {
			t.Errorf("shade %d is no darker than the one before", i+1)
		}
	}
}

// xtermColour returns a colour of xterm as #0b5cad. Only the colours from 16 on have fixed values:
// a cube of 6 levels, then greys.
func xtermColour(colour int) string {
	if colour >= 232 {
		grey := 8 + 10*(colour-232)
		return fmt.Sprintf("#%02x%02x%02x", grey, grey, grey)
	}
	level := func(n int) int { return []int{0, 95, 135, 175, 215, 255}[n%6] }
	n := colour - 16
	return fmt.Sprintf("#%02x%02x%02x", level(n/36), level(n/6), level(n))
}
