package reports_test

import (
	"context"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/semabench/semabench/reports/internal/reporttest"
)

// TestMain ends the browser that the tests of pages share.
func TestMain(m *testing.M) { reporttest.Main(m) }

// A tab shows a page of this package, with helpers for what a reader does on it.
type tab struct{ *reporttest.Tab }

type look = reporttest.View

// open returns once the scripts of the page have started.
func open(t *testing.T, browser context.Context, path string, l look) tab {
	t.Helper()
	p := tab{reporttest.Open(t, browser, path, l)}
	if !l.NoScript {
		p.Until(`document.documentElement.dataset.ready === "yes"`)
	}
	return p
}

// again shows the page to another test, and loads it anew unless it is fresh. The empty page before
// it has the browser forget what was typed, and how far the page was scrolled.
func (p tab) again(t *testing.T, l look, fresh bool) tab {
	t.Helper()
	p = tab{p.For(t)}
	if !fresh {
		p.Do(chromedp.Navigate("about:blank"))
		p.Show(l)
		p.Until(`document.documentElement.dataset.ready === "yes"`)
	}
	return p
}

// picture saves a screenshot of the whole page, including all charts, if screenshots are wanted.
func (p tab) picture(name string, l look) {
	p.T.Helper()
	if !reporttest.WantScreenshots() {
		return
	}
	if !l.NoScript {
		p.Run(`dispatchEvent(new Event("beforeprint"))`)
		if !l.Print {
			p.Run(`dispatchEvent(new Event("afterprint"))`)
		}
		p.Until(`[...document.querySelectorAll("figure .plot")].every(p => p.querySelector("canvas"))`)
	}
	p.Screenshot(name)
}

// snap saves a screenshot of the visible part.
func (p tab) snap(name string) {
	p.T.Helper()
	reporttest.SaveScreenshot(p.T, "use-"+name+".png", func() ([]byte, error) {
		return chromedp.Run(p.Ctx, chromedp.CaptureScreenshot())
	})
}

func ask[T any](p tab, expression string) T {
	p.T.Helper()
	return reporttest.Ask[T](p.Tab, expression)
}

func mustBe[T comparable](p tab, expression string, want T) {
	p.T.Helper()
	reporttest.MustBe(p.Tab, expression, want)
}
