package claims

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/semabench/semabench/internal/longtest"
	"github.com/semabench/semabench/reports/internal/reporttest"
)

var other = flag.String("browser.page", "", "look at this page instead of those of the test")

// TestMain ends the browser.
func TestMain(m *testing.M) { reporttest.Main(m) }

// In light and dark, wide and narrow, and on paper: the page makes no request, its policy refuses
// nothing of its own, all its pictures are drawn, and it is no wider than the window.
func TestBrowser(t *testing.T) {
	browser := reporttest.NewBrowser(t)
	for name, path := range pages(t) {
		tab := reporttest.NewTab(t, browser, path)
		for _, l := range []reporttest.View{
			{Name: "light", Width: 1280},
			{Name: "dark", Width: 1280, Dark: true},
			{Name: "print", Width: 1280, Dark: true, Print: true},
			{Name: "light-narrow", Width: 400},
			{Name: "dark-narrow", Width: 400, Dark: true},
		} {
			t.Run(name+"-"+l.Name, func(t *testing.T) {
				if l.Name == "dark" || l.Name == "light-narrow" {
					longtest.NeedCI(t, "the views that are dark and narrow at once, or neither")
				}
				p := tab.For(t)
				p.Show(l)
				p.MustFit(l)
				reporttest.MustBe(p, `[...document.images].filter(i => !i.complete || !i.naturalWidth).length`, 0)
				paper := "rgb(255, 255, 255)"
				if l.Dark && !l.Print {
					paper = "rgb(21, 23, 26)"
				}
				reporttest.MustBe(p, `getComputedStyle(document.body).backgroundColor`, paper)
				p.Screenshot(name + "-" + l.Name)
			})
		}
	}
}

// pages returns the paths of the pages to test: the page that a flag names, or pages written
// here.
func pages(t *testing.T) map[string]string {
	t.Helper()
	if *other != "" {
		return map[string]string{"page": *other}
	}
	paths := map[string]string{}
	for name, w := range map[string]world{"usual": usual(), "busy": busy()} {
		var page bytes.Buffer
		if err := w.whole(t).WriteHTML(&page); err != nil {
			t.Fatal(err)
		}
		paths[name] = filepath.Join(t.TempDir(), name+".html")
		if err := os.WriteFile(paths[name], page.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return paths
}
