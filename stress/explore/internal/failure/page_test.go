package failure_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/semabench/semabench/internal/longtest"
)

var viewports = []viewport{
	{name: "light", width: 1280}, {name: "dark", width: 1280, dark: true},
	{name: "narrow", width: 400}, {name: "narrow-dark", width: 400, dark: true},
	{name: "print", width: 794, print: true}, {name: "plain", width: 1280, noScript: true},
}

// The page makes no request, has no error to report, and is no wider than its window.
func TestViewports(t *testing.T) {
	p := newTab(t, newBrowser(t))
	names := []string{"hostile", "crowd", "history"} // the widest ones
	names = names[:longtest.OrCI(t, "pages", len(names), 1)]
	if *shots != "" {
		names = append(samples(t), "hostile", "crowd")
	}
	for _, name := range names {
		path := pageOf(t, name)
		for _, l := range viewports {
			if *shots == "" && (l.dark || l.noScript) {
				continue
			}
			p.show(path, l)
			if !l.noScript {
				if wide := ask[int64](p, `document.documentElement.scrollWidth`); wide > l.width {
					t.Errorf("%s, %s: %d pixels wide, want %d", name, l.name, wide, l.width)
				}
			}
			if *shots != "" {
				saveScreenshot(t, p, name+"-"+l.name, chromedp.FullScreenshot(100))
			}
		}
	}
}

// saveScreenshot writes a picture of the page, for a reader with -shots.
func saveScreenshot(t *testing.T, p *tab, name string, shoot chromedp.Action[[]byte]) {
	t.Helper()
	picture, err := chromedp.Run(p.ctx, shoot)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(*shots, name+".png"), picture, 0o644); err != nil {
		t.Fatal(err)
	}
}

// Keys go from step to step, and the panel shows the state of all objects after each.
func TestKeys(t *testing.T) {
	p := open(t, newBrowser(t), pageOf(t, "lock-order"), viewport{width: 1280})
	mustBe(p, `document.getElementById("panel").hidden`, true)
	p.do(chromedp.KeyEvent("j"))
	mustBe(p, `document.querySelector(".row.now").id`, "step-1")
	mustBe(p, `document.getElementById("objects").tBodies[0].innerText.trim()`, "b (Mutex)\theld by 0")
	p.do(chromedp.KeyEvent("j"), chromedp.KeyEvent("j"))
	mustBe(p, `document.querySelector(".row.now").id`, "step-2")
	mustBe(p, `document.querySelectorAll("#objects tbody tr").length`, 2)
	mustBe(p, `document.querySelector("#objects .changed").innerText.trim()`, "a (Mutex)\theld by 1")
	mustBe(p, `document.querySelector("#lines .here code").innerText.trim()`, "a.Lock()")
	mustBe(p, `document.getElementById("notes").innerText.includes("goroutine 0 waits in a.Lock()")`, true)
	if *shots != "" {
		saveScreenshot(t, p, "panel", chromedp.CaptureScreenshot())
	}
	p.do(chromedp.KeyEvent("k"))
	mustBe(p, `document.querySelector(".row.now").id`, "step-1")
}

// Source text stays text, in the page and in the panel.
func TestHostileSourceIsInert(t *testing.T) {
	p := open(t, newBrowser(t), pageOf(t, "hostile"), viewport{width: 1280})
	p.do(chromedp.KeyEvent("j"), chromedp.KeyEvent("j"))
	mustBe(p, `typeof window.pwned`, "undefined")
	mustBe(p, `document.querySelectorAll("img, iframe, b.planted").length`, 0)
	mustBe(p, `document.scripts.length`, 3)
}
