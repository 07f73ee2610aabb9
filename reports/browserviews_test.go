package reports_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/semabench/semabench/internal/longtest"
	"github.com/semabench/semabench/reports/internal/reporttest"
)

// pageOf writes the page of a text of testdata, and returns its path.
func pageOf(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", name+".txt"))
	if err != nil {
		t.Fatal(err)
	}
	return pageOfText(t, name, string(text))
}

func pageOfText(t *testing.T, name, text string) string {
	t.Helper()
	col := ""
	if strings.HasPrefix(name, "hostile") {
		col = "/impl"
	}
	path := filepath.Join(t.TempDir(), name+".html")
	page := render(t, attached.Write, compare(t, col, text))
	if err := os.WriteFile(path, []byte(page), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// countTables counts the tables. Scripts must not add any.
const countTables = `(() => { const tables = [...document.querySelectorAll("table:not(.u-legend)")];
	return tables.length + " tables, " + tables.reduce((n, t) => n + t.rows.length, 0) + " rows" })()`

// All tables are in the page itself. A browser without scripts cannot answer questions about its
// document, so the test compares the file: the document comes from it either way.
func TestBrowserWithoutScripts(t *testing.T) {
	longtest.NeedCI(t, "TestBrowserViews, which shows a page without scripts")
	browser := reporttest.NewBrowser(t)
	path := pageOf(t, "full")
	with := ask[string](open(t, browser, path, look{Width: 1280}), countTables)
	p := open(t, browser, path, look{Width: 1280, NoScript: true})
	without := ask[string](p, countTables)
	if with != without || !strings.Contains(without, "tables") {
		t.Errorf("%s with scripts, %s without", with, without)
	}
	mustBe(p, `document.querySelectorAll("details:not([open]) .charts, .charts details:not([open])").length`, 0)
	mustBe(p, `getComputedStyle(document.querySelector(".controls")).display`, "none")
}

// The tests of pages must be able to fail.
func TestBrowserSeesProblems(t *testing.T) {
	path := filepath.Join(t.TempDir(), "bad.html")
	const page = `<!DOCTYPE html><meta http-equiv="Content-Security-Policy" content="script-src 'sha256-` +
		`xxxx'; img-src *"><img src="http://host.invalid/x.png"><script>1</script>`
	if err := os.WriteFile(path, []byte(page), 0o644); err != nil {
		t.Fatal(err)
	}
	p := reporttest.NewTab(t, reporttest.NewBrowser(t), path)
	p.Show(look{Width: 1280})
	p.Run(`console.error("wrong"); setTimeout(() => { throw new Error("thrown") })`)
	for _, want := range []string{"it asked for http://host.invalid/x.png", "Content Security Policy",
		"console error", "exception: Uncaught Error: thrown"} {
		found := func() bool { return strings.Contains(strings.Join(p.Problems(), "\n"), want) }
		for deadline := time.Now().Add(reporttest.Bound / 3); !found() && time.Now().Before(deadline); {
			p.Run("0") // the browser has reported the problems by the time of this answer
		}
		if !found() {
			t.Errorf("%q was not seen: %q", want, p.Problems())
		}
	}
}

var pictures = []look{
	{Name: "light", Width: 1280},
	{Name: "dark", Width: 1280, Dark: true},
	{Name: "print", Width: 1280, Dark: true, Print: true},
	{Name: "print-a4", Width: 718, Print: true}, // within the margins that browsers leave
	{Name: "noscript", Width: 1280, NoScript: true},
	{Name: "light-narrow", Width: 400},
	{Name: "dark-narrow", Width: 400, Dark: true},
	{Name: "print-narrow", Width: 400, Print: true},
	{Name: "noscript-narrow", Width: 400, NoScript: true},
}

// No page is wider than its window, whatever its content.
func TestBrowserViews(t *testing.T) {
	for _, name := range []string{"full", "partial", "hostile", "uneven"} {
		t.Run(name, func(t *testing.T) {
			if name != "hostile" { // a narrow window with the longest names
				longtest.Need(t, "the other page of this test")
			}
			browser := reporttest.NewBrowser(t)
			path := pageOf(t, name)
			for _, l := range pictures {
				if !reporttest.WantScreenshots() && name != "full" && l.Width > 400 {
					continue // a page might not fit the narrow window only
				}
				p := open(t, browser, path, l)
				p.MustFit(l)
				p.picture(name+"-"+l.Name, l)
			}
		})
	}
}

// A number that is broken over two lines reads as another number. A broken word is unreadable.
func TestBrowserBreaksNoWords(t *testing.T) {
	longtest.NeedCI(t, "TestBrowserViews")
	browser := reporttest.NewBrowser(t)
	path, err := filepath.Abs("sample/report.html") // its table of policies is the widest table
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range []look{
		{Name: "wide", Width: 1280}, {Name: "print on A4", Width: 718, Print: true}, {Name: "narrow print", Width: 400, Print: true},
	} {
		p := open(t, browser, path, l)
		p.MustFit(l)
		tables := ".heat td, .heat thead th, .heat thead button"
		if l.Width > 400 {
			tables += ", .attached td, .attached th"
		}
		broken := ask[string](p, `(() => {
			const lines = word => { const r = document.createRange(); r.selectNodeContents(word);
				return new Set([...r.getClientRects()].map(b => Math.round(b.top))).size };
			return [...document.querySelectorAll("`+tables+`")].flatMap(c => [...c.childNodes])
				.filter(n => n.nodeType === 3 && !/[\s-]/.test(n.data.trim()) && lines(n) > 1)
				.map(n => n.data).slice(0, 5).join(", ") })()`)
		if broken != "" {
			t.Errorf("%s: within a word, a line ends in %s", l.Name, broken)
		}
	}
}

// A laptop shows 16 columns without scrolling. A table with few columns stays as wide as the text above it.
func TestBrowserWideTables(t *testing.T) {
	longtest.NeedCI(t, "TestBrowserViews, which checks that no page is wider than its window")
	browser := reporttest.NewBrowser(t)
	for cols, wide := range map[int]bool{6: false, 16: true} {
		var text strings.Builder
		for i := range cols {
			for k := range 6 {
				fmt.Fprintf(&text, "BenchmarkGet/impl=impl%d 1 %d.%d ns/op 0 B/op\n", i, 10+2*i, k)
			}
		}
		l := look{Width: 1440}
		p := open(t, browser, pageOfText(t, "wide", text.String()), l)
		p.MustFit(l)
		mustBe(p, `[...document.querySelectorAll(".scroll")].filter(s => s.scrollWidth > s.clientWidth + 1).length`, 0)
		mustBe(p, `document.querySelector(".scroll").clientWidth > document.querySelector("nav").clientWidth`, wide)
	}
}
