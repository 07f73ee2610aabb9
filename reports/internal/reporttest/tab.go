package reporttest

import (
	"context"
	"fmt"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// A View is a way to see a page: the width of the window, the theme, the medium, with or without
// scripts.
type View struct {
	Name     string
	Width    int64
	Dark     bool
	Print    bool
	NoScript bool
}

// A Tab shows one page, and records what the page should not do. Problems are collected by the
// goroutine that receives events, so they have a lock.
type Tab struct {
	T       *testing.T
	Ctx     context.Context // for calls of package chromedp
	address string
	seen    *problems // shared by all tests that For gives the tab to
}

type problems struct {
	mu  sync.Mutex
	all []string
}

// For returns the same tab for another test, which fails for every problem from now on. A tab is a
// process of its own, so tests of one page share it. The caller shows the page anew, or knows that
// the test before left it as it was.
func (p *Tab) For(t *testing.T) *Tab {
	t.Helper()
	other := *p
	other.T = t
	before := len(p.Problems())
	t.Cleanup(func() {
		for _, problem := range other.Problems()[before:] {
			t.Error(problem)
		}
	})
	return &other
}

// Open shows a page in a new tab. At the end of the test it fails for every request to another
// address, every exception and every entry in the log. The check comes in a cleanup, after
// everything that the test does with the page: a click may cause a request, too.
func Open(t *testing.T, browser context.Context, path string, l View) *Tab {
	t.Helper()
	p := NewTab(t, browser, path)
	t.Cleanup(func() {
		for _, problem := range p.Problems() {
			t.Errorf("%s, %+v: %s", filepath.Base(path), l, problem)
		}
	})
	p.Show(l)
	return p
}

// NewTab returns a tab that shows nothing yet. The test decides what to make of its Problems.
func NewTab(t *testing.T, browser context.Context, path string) *Tab {
	t.Helper()
	ctx, closeTab := chromedp.NewContext(browser)
	t.Cleanup(closeTab)
	p := &Tab{T: t, Ctx: ctx, address: (&url.URL{Scheme: "file", Path: path}).String(), seen: &problems{}}
	if err := chromedp.Listen(ctx, p.watch); err != nil {
		t.Fatal(err)
	}
	return p
}

// Show loads the page in the view l. The events are enabled before the page is loaded. What happens
// before a listener listens is lost.
func (p *Tab) Show(l View) {
	p.T.Helper()
	p.Do(chromedp.EmulateViewport(l.Width, 800),
		Command(log.Enable, cdp.Empty{}),
		Command(network.Enable, network.EnableParams{}),
		Command(runtime.Enable, cdp.Empty{}),
		Command(emulation.SetScriptExecutionDisabled,
			emulation.SetScriptExecutionDisabledParams{Value: l.NoScript}),
		l.Media(),
		chromedp.Navigate(p.address))
}

// Problems returns what the page should not have done so far.
func (p *Tab) Problems() []string {
	p.seen.mu.Lock()
	defer p.seen.mu.Unlock()
	return slices.Clone(p.seen.all)
}

// Command is an action for a command of the protocol that chromedp has no action for.
func Command[P, R any](c cdp.Command[P, R], params P) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, c, params)
		return err
	})
}

// Media is an action that switches the tab to the medium and the theme of l.
func (l View) Media() chromedp.Action[chromedp.Void] {
	media, scheme := "", "light" // "" is the screen, and paper for printing
	if l.Print {
		media = "print"
	}
	if l.Dark {
		scheme = "dark"
	}
	return Command(emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Media: media,
		Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}})
}

// watch records the events of the page that are problems.
func (p *Tab) watch(event any) {
	var problem string
	switch e := event.(type) {
	case *network.EventRequestWillBeSent:
		// a data URL is no request
		if e.Request.URL != p.address && !strings.HasPrefix(e.Request.URL, "data:") {
			problem = "it asked for " + e.Request.URL
		}
	case *runtime.EventExceptionThrown:
		problem = "exception: " + describe(e.ExceptionDetails)
	case *runtime.EventConsoleAPICalled:
		problem = fmt.Sprintf("console %s with %d arguments", e.Type, len(e.Args))
	case *log.EventEntryAdded: // violations of the content security policy arrive here
		problem = fmt.Sprintf("log %s: %s", e.Entry.Level, e.Entry.Text)
	}
	if problem != "" {
		p.seen.mu.Lock()
		defer p.seen.mu.Unlock()
		p.seen.all = append(p.seen.all, problem)
	}
}

// Do runs actions of package chromedp, and ends the test if one fails.
func (p *Tab) Do(actions ...chromedp.Action[chromedp.Void]) {
	p.T.Helper()
	if err := chromedp.Do(p.Ctx, actions...); err != nil {
		p.T.Fatalf("%v", err)
	}
}

// Run evaluates a statement in the page.
func (p *Tab) Run(statement string) {
	p.T.Helper()
	p.Do(chromedp.Evaluate[chromedp.Void](statement))
}

// Until waits until a condition in the page is true. It waits for the condition and not for a time,
// so a slow machine only makes the test slower.
func (p *Tab) Until(condition string) {
	p.T.Helper()
	err := chromedp.Do(p.Ctx, chromedp.Poll[chromedp.Void](condition,
		chromedp.WithPollingTimeout(Bound/3)))
	if err != nil {
		p.T.Fatalf("waiting for %s: %v", condition, err)
	}
}

// Screenshot saves the whole page, if the flag -browser.shots is given.
func (p *Tab) Screenshot(name string) {
	p.T.Helper()
	SaveScreenshot(
		p.T, name+".png",
		func() ([]byte, error) { return chromedp.Run(p.Ctx, chromedp.FullScreenshot(100)) },
	)
}

// MustFit fails if the page is wider than the window.
func (p *Tab) MustFit(l View) {
	p.T.Helper()
	if width := Ask[int64](p, "document.documentElement.scrollWidth"); width > l.Width {
		p.T.Errorf("%s is %d pixels wide, want at most %d", l.Name, width, l.Width)
	}
}

// Ask evaluates an expression in the page.
func Ask[T any](p *Tab, expression string) T {
	p.T.Helper()
	answer, err := chromedp.Run(p.Ctx, chromedp.Evaluate[T](expression))
	if err != nil {
		p.T.Fatalf("%s: %v", expression, err)
	}
	return answer
}

// MustBe fails if an expression in the page does not have the value want.
func MustBe[T comparable](p *Tab, expression string, want T) {
	p.T.Helper()
	if got := Ask[T](p, expression); got != want {
		p.T.Errorf("%s = %v, want %v", expression, got, want)
	}
}

// describe returns the message of an exception.
func describe(e *runtime.ExceptionDetails) string {
	if e.Exception != nil {
		return e.Text + " " + e.Exception.Description
	}
	return fmt.Sprintf("%s at line %d", e.Text, e.LineNumber)
}
