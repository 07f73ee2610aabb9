package reports_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
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

// countTables counts what scripts must not add to.
const countTables = `(() => { const tables = [...document.querySelectorAll("table:not(.u-legend)")];
	return tables.length + " tables, " + tables.reduce((n, t) => n + t.rows.length, 0) + " rows" })()`

// All tables are in the page itself. A browser without scripts cannot be asked, so its page is: the
// document is that of the file either way.
func TestBrowserWithoutScripts(t *testing.T) {
	browser := newBrowser(t)
	path := pageOf(t, "full")
	with := ask[string](open(t, browser, path, look{width: 1280}), countTables)
	p := open(t, browser, path, look{width: 1280, noScript: true})
	without := ask[string](p, countTables)
	if with != without || !strings.Contains(without, "tables") {
		t.Errorf("%s with scripts, %s without", with, without)
	}
	mustBe(p, `document.querySelectorAll("details:not([open]) .charts, .charts details:not([open])").length`, 0)
	mustBe(p, `getComputedStyle(document.querySelector(".controls")).display`, "none")
}

// The tests of pages have to be able to fail.
func TestBrowserSeesOffences(t *testing.T) {
	path := filepath.Join(t.TempDir(), "bad.html")
	const page = `<!DOCTYPE html><meta http-equiv="Content-Security-Policy" content="script-src 'sha256-` +
		`xxxx'; img-src *"><img src="http://host.invalid/x.png"><script>1</script>`
	if err := os.WriteFile(path, []byte(page), 0o644); err != nil {
		t.Fatal(err)
	}
	p := newTab(t, newBrowser(t), path)
	p.show(look{width: 1280})
	p.run(`console.error("wrong"); setTimeout(() => { throw new Error("thrown") })`)
	for _, want := range []string{"it asked for http://host.invalid/x.png", "Content Security Policy",
		"console error", "exception: Uncaught Error: thrown"} {
		found := func() bool { return strings.Contains(strings.Join(p.offences(), "\n"), want) }
		for deadline := time.Now().Add(bound / 3); !found() && time.Now().Before(deadline); {
			p.run("0") // what happened before the answer has been seen by then
		}
		if !found() {
			t.Errorf("%q was not seen: %q", want, p.offences())
		}
	}
}

var pictures = []look{
	{"light", 1280, false, false, false}, {"dark", 1280, true, false, false},
	{"print", 1280, true, true, false}, {"noscript", 1280, false, false, true},
	{"light-narrow", 400, false, false, false}, {"dark-narrow", 400, true, false, false},
	{"print-narrow", 400, false, true, false}, {"noscript-narrow", 400, false, false, true},
}

// No page is wider than its screen, whatever is in it.
func TestBrowserLooks(t *testing.T) {
	for _, name := range []string{"full", "partial", "hostile", "uneven"} {
		t.Run(name, func(t *testing.T) {
			browser := newBrowser(t)
			path := pageOf(t, name)
			for _, l := range pictures {
				if *shots == "" && name != "full" && l.width > 400 {
					continue // narrow is where it would not fit
				}
				p := open(t, browser, path, l)
				if width := ask[int64](p, "document.documentElement.scrollWidth"); width > l.width {
					t.Errorf("%s is %d pixels wide, want at most %d", l.name, width, l.width)
				}
				p.picture(name+"-"+l.name, l)
			}
		})
	}
}

// A number that goes on in the next line is another number, and a word is no longer one.
func TestBrowserBreaksNoWords(t *testing.T) {
	browser := newBrowser(t)
	path, err := filepath.Abs("sample/report.html") // its table of policies is as wide as any
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range []look{{name: "wide", width: 1280}, {name: "narrow print", width: 400, print: true}} {
		p := open(t, browser, path, l)
		tables := ".heat td, .heat thead th"
		if l.width > 400 {
			tables += ", .attached td, .attached th"
		}
		broken := ask[string](p, `(() => {
			const lines = word => { const r = document.createRange(); r.selectNodeContents(word);
				return new Set([...r.getClientRects()].map(b => Math.round(b.top))).size };
			return [...document.querySelectorAll("`+tables+`")].flatMap(c => [...c.childNodes])
				.filter(n => n.nodeType === 3 && !/[\s-]/.test(n.data.trim()) && lines(n) > 1)
				.map(n => n.data).slice(0, 5).join(", ") })()`)
		if broken != "" {
			t.Errorf("%s: within a word, a line ends in %s", l.name, broken)
		}
	}
}

// picture draws the whole page, with all its charts.
func (p *tab) picture(name string, l look) {
	p.t.Helper()
	if *shots == "" {
		return
	}
	if err := os.MkdirAll(*shots, 0o755); err != nil {
		p.t.Fatal(err)
	}
	if !l.noScript {
		p.run(`dispatchEvent(new Event("beforeprint"))`)
		if !l.print {
			p.run(`dispatchEvent(new Event("afterprint"))`)
		}
		p.until(`[...document.querySelectorAll("figure .plot")].every(p => p.querySelector("canvas"))`)
	}
	picture, err := chromedp.Run(p.ctx, chromedp.FullScreenshot(100))
	if err != nil {
		p.t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(*shots, name+".png"), picture, 0o644); err != nil {
		p.t.Fatal(err)
	}
}
