package draw

import (
	"fmt"
	"math"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/semabench/semabench/reports/internal/picture"
)

// Text has a contrast of 4.5 with every ground, in both themes (WCAG 2, level AA).
func TestContrast(t *testing.T) {
	css, err := os.ReadFile("page/page.css")
	if err != nil {
		t.Fatal(err)
	}
	light, dark, ok := strings.Cut(string(css), "@media screen and (prefers-color-scheme: dark)")
	if !ok {
		t.Fatal("page.css has no dark theme")
	}
	for theme, text := range map[string]string{"light": light, "dark": dark} {
		colors := make(map[string]float64)
		for _, m := range regexp.MustCompile(`--(\w+): #(\w{6})`).FindAllStringSubmatch(text, -1) {
			colors[m[1]] = luminance(m[2])
		}
		grounds := []string{"paper", "panel", "warn", "good", "bad", "chip", "best", "tie", "unknown",
			"none"}
		for i := range picture.Steps {
			grounds = append(grounds, fmt.Sprintf("h%d", i+1))
		}
		for _, g := range grounds {
			mustContrast(t, theme, colors, "ink", g, 4.5)
		}
		for _, pair := range [][2]string{{"quiet", "paper"}, {"quiet", "none"}, {"quiet", "panel"},
			{"link", "paper"}} {
			mustContrast(t, theme, colors, pair[0], pair[1], 4.5)
		}
		for col := range 8 { // lines and markers, on the page and in the panel of controls
			mustContrast(t, theme, colors, colorClass(col), "paper", 3)
			mustContrast(t, theme, colors, colorClass(col), "panel", 3)
		}
	}
}

func mustContrast(t *testing.T, theme string, colors map[string]float64, text, ground string,
	want float64) {
	t.Helper()
	a, okA := colors[text]
	b, okB := colors[ground]
	if contrast := (max(a, b) + 0.05) / (min(a, b) + 0.05); !okA || !okB || contrast < want {
		t.Errorf("%s: %s on %s has contrast %.2f, want %.1f", theme, text, ground, contrast, want)
	}
}

func luminance(hex string) float64 {
	n, _ := strconv.ParseUint(hex, 16, 32) // the pattern lets nothing else through
	sum := 0.0
	for i, weight := range []float64{0.0722, 0.7152, 0.2126} {
		c := float64(n>>(8*i)&0xff) / 255
		if c <= 0.04045 {
			sum += weight * c / 12.92
		} else {
			sum += weight * math.Pow((c+0.055)/1.055, 2.4)
		}
	}
	return sum
}
