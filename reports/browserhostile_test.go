package reports_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/semabench/semabench/internal/longtest"
	"github.com/semabench/semabench/reports/internal/reporttest"
)

// Names that look like markup, in every place where a page shows a name.
func hostileNames() string {
	const evil = `</script><script>alert(1)</script><img/src=x/onerror=alert(1)>'"&amp;` + "\u202e"
	long := strings.Repeat("long", 75)
	var b strings.Builder
	fmt.Fprintf(&b, "note: %s\nmachine: %s\nUnit wait-p50-ns better=lower\nUnit wait-p90-ns better=lower\n", evil, long)
	for i := range 8 {
		for _, impl := range []string{evil, long, "\x01\x1b[31m"} {
			for _, permits := range []int{1, 2, 4} {
				fmt.Fprintf(&b, "BenchmarkX%s/impl=%s/%s/permits=%d-2 100 %d ns/op %d B/op %d wait-p50-ns %d wait-p90-ns %d wait-max-ns -3 delta%s\n",
					strings.ReplaceAll(evil, "/", "|"), strings.ReplaceAll(impl, "/", "|"), long, permits, 10*permits+i%4+len(impl), 0, 5, 7, 9,
					strings.ReplaceAll(evil, "/", "|"))
			}
		}
	}
	return b.String()
}

// Elements that the page itself never uses. Other elements come from uPlot or the page.
const foreign = `[...document.querySelectorAll("*")].map(e => e.localName).filter(n => ["img", "iframe", "object",
	"embed", "link", "base", "svg", "math", "template", "noscript"].includes(n)).length +
	document.querySelectorAll("[onerror], [onclick], [onload], [src]").length`

// tooWide names the elements that are wider than the window.
const tooWide = `[...document.querySelectorAll("body *")].filter(e => !e.closest(".scroll:not(.fits) > *") &&
	e.getBoundingClientRect().right > innerWidth).map(e => e.localName + "." + e.className).join(" ")`

func TestBrowserHostileNames(t *testing.T) {
	browser := reporttest.NewBrowser(t)
	tests := []struct{ name, text string }{
		{"hostile-names", hostileNames()},
		{"one-column", samples("a", 1, 2, 3, 4, 5, 6)},
		{"one-sample", samples("a", 1) + samples("b", 2)},
		{"zero-and-negative", samples("a", 0, 0, 0, 0, 0, 0) + samples("b", -1, -2, -3, -4, -5, -6)},
		{"no-direction", inUnit("furlongs", rowOf("n=1", 1, 2)+rowOf("n=2", 1, 2)+rowOf("n=3", 2, 3))},
		{"many-columns", large(1, 3, 12, 2, "")},
		{"a-ranking", strings.ReplaceAll(large(1, 3, 14, 2, ""), "ns/op", "ns/op 0.1 noise-"+strings.Repeat("x", 60))},
		{"2000-rows", large(1, 2000, 4, 8, "")},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if test.name != "hostile-names" {
				longtest.Need(t, "the other page of this test")
			}
			path := pageOfText(t, test.name, test.text)
			for _, l := range []look{{Name: "dark-narrow", Width: 400, Dark: true}, {Name: "light", Width: 1280}} {
				wide := l.Width > 400 // and the light colours: CI looks at the worst names so, once
				if !reporttest.WantScreenshots() && wide && (test.name != "hostile-names" || !longtest.AskedCI()) {
					t.Logf("not %s: SEMABENCH_LONG=ci looks at hostile-names so, as make test-race does", l.Name)
					continue
				}
				p := open(t, browser, path, l)
				mustBe(p, foreign, 0)
				mustBe(p, `document.querySelectorAll("script:not([type])").length <= 2`, true)
				if width := ask[int64](p, "document.documentElement.scrollWidth"); width > l.Width {
					t.Errorf("%s is %d pixels wide, want at most %d: %v", l.Name, width, l.Width, ask[string](p, tooWide))
				}
				p.Run(`document.querySelectorAll("#heat tbody td").forEach((td, i) => { if (i < 50) { showTip(td); openRun(td) } });
					columns(); filter(); for (let i = 0; i < view.units.length; i++) { view.unit = i; draw() }`)
				mustBe(p, foreign, 0)
				p.picture("strange-"+test.name+"-"+l.Name, l)
			}
		})
	}
}
