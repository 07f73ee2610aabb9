package draw

import (
	"testing"

	"github.com/semabench/semabench/internal/page"
	"github.com/semabench/semabench/reports/internal/picture"
	"github.com/semabench/semabench/reports/internal/reporttest"
)

// Text has a contrast of 4.5 with every ground, in both themes (WCAG 2, level AA). Lines and
// markers have a contrast of 3.
func TestContrast(t *testing.T) {
	css := page.Head{Style: page.Asset(assets, "page/page.css")}.CSS()
	for theme, colours := range reporttest.Themes(t, string(css)) {
		grounds := []string{"paper", "panel", "warn", "good", "bad", "chip", "best", "tie",
			"unknown", "none"}
		for i := range picture.Steps {
			grounds = append(grounds, shadeClass(i+1))
		}
		for _, ground := range grounds {
			reporttest.MustContrast(t, theme, colours, "ink", ground, 4.5)
		}
		for _, pair := range [][2]string{{"quiet", "paper"}, {"quiet", "none"}, {"quiet", "panel"},
			{"link", "paper"}} {
			reporttest.MustContrast(t, theme, colours, pair[0], pair[1], 4.5)
		}
		for col := range 8 { // lines and markers, on the page and in the panel of controls
			reporttest.MustContrast(t, theme, colours, colorClass(col), "paper", 3)
			reporttest.MustContrast(t, theme, colours, colorClass(col), "panel", 3)
		}
	}
}
