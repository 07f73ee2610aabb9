package reports_test

import (
	"context"
	"flag"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

var shots = flag.String("browser.shots", "",
	"write pictures of the page into this folder, for people to look at")

// bound is for one test with a browser; each takes seconds.
const bound = 4 * time.Minute

// newBrowser starts a Chromium with a fresh profile that can reach no host. Without a Chromium nothing
// of what scripts do is checked, which is no matter on a laptop and an error in CI.
func newBrowser(t *testing.T) context.Context {
	t.Helper()
	path := chromium()
	if path == "" {
		const unchecked = "no Chromium here: charts, tooltips, filters, the content security policy, " +
			"printing and narrow screens are not checked; install the package chromium"
		if os.Getenv("CI") == "true" {
			t.Fatal(unchecked)
		}
		t.Skip(unchecked)
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path),
		chromedp.UserDataDir(t.TempDir()), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true),
		chromedp.Flag("disable-sync", true), chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("host-resolver-rules", "MAP * ~NOTFOUND"))
	ctx, stop := context.WithTimeout(context.Background(), bound) // t.Context ends before Cleanup
	t.Cleanup(stop)
	ctx, stop = chromedp.NewExecAllocator(ctx, options...)
	t.Cleanup(stop)
	ctx, _ = chromedp.NewContext(ctx)
	t.Cleanup(func() {
		if err := chromedp.Cancel(ctx); err != nil { // waits, so that the profile can be removed
			t.Logf("ending Chromium: %v", err)
		}
	})
	if err := chromedp.Do(ctx); err != nil {
		t.Fatalf("starting %s: %v", path, err)
	}
	return ctx
}

func chromium() string {
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	return ""
}

// A tab shows one page, and keeps what it should not have done.
type tab struct {
	t        *testing.T
	ctx      context.Context
	address  string
	mu       sync.Mutex
	problems []string
}

// A look says how a reader sees the page.
type look struct {
	name     string
	width    int64
	dark     bool
	print    bool
	noScript bool
}

// open shows a page in a tab of its own. At the end of the test it has asked for nothing but itself,
// and has had nothing to complain of.
func open(t *testing.T, browser context.Context, path string, l look) *tab {
	t.Helper()
	p := newTab(t, browser, path)
	t.Cleanup(func() {
		for _, problem := range p.offences() {
			t.Errorf("%s, %+v: %s", filepath.Base(path), l, problem)
		}
	})
	p.show(l)
	if !l.noScript {
		p.until(`document.documentElement.dataset.ready === "yes"`)
	}
	return p
}

func newTab(t *testing.T, browser context.Context, path string) *tab {
	t.Helper()
	ctx, closeTab := chromedp.NewContext(browser)
	t.Cleanup(closeTab)
	p := &tab{t: t, ctx: ctx, address: (&url.URL{Scheme: "file", Path: path}).String()}
	if err := chromedp.Listen(ctx, p.watch); err != nil {
		t.Fatal(err)
	}
	return p
}

func (p *tab) show(l look) {
	p.t.Helper()
	p.do(chromedp.EmulateViewport(l.width, 800),
		command(log.Enable, cdp.Empty{}),
		command(network.Enable, network.EnableParams{}),
		command(runtime.Enable, cdp.Empty{}),
		command(emulation.SetScriptExecutionDisabled,
			emulation.SetScriptExecutionDisabledParams{Value: l.noScript}),
		command(emulation.SetEmulatedMedia, l.media()),
		chromedp.Navigate(p.address))
}

func (p *tab) offences() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.problems)
}

// command is one of the protocol's that chromedp has no action for.
func command[P, R any](c cdp.Command[P, R], params P) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, c, params)
		return err
	})
}

func (l look) media() emulation.SetEmulatedMediaParams {
	media, scheme := "", "light" // no medium: that of the screen, and of paper when it is printed
	if l.print {
		media = "print"
	}
	if l.dark {
		scheme = "dark"
	}
	return emulation.SetEmulatedMediaParams{Media: media,
		Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}}
}

func (p *tab) watch(event any) {
	var problem string
	switch e := event.(type) {
	case *network.EventRequestWillBeSent:
		if e.Request.URL != p.address {
			problem = "it asked for " + e.Request.URL
		}
	case *runtime.EventExceptionThrown:
		problem = "exception: " + describe(e.ExceptionDetails)
	case *runtime.EventConsoleAPICalled:
		problem = fmt.Sprintf("console %s with %d arguments", e.Type, len(e.Args))
	case *log.EventEntryAdded: // here are violations of the content security policy
		problem = fmt.Sprintf("log %s: %s", e.Entry.Level, e.Entry.Text)
	}
	if problem != "" {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.problems = append(p.problems, problem)
	}
}

func (p *tab) do(actions ...chromedp.Action[chromedp.Void]) {
	p.t.Helper()
	if err := chromedp.Do(p.ctx, actions...); err != nil {
		p.t.Fatalf("%v", err)
	}
}

// run evaluates a statement in the page.
func (p *tab) run(statement string) {
	p.t.Helper()
	p.do(chromedp.Evaluate[chromedp.Void](statement))
}

// until waits for a condition in the page.
func (p *tab) until(condition string) {
	p.t.Helper()
	err := chromedp.Do(p.ctx, chromedp.Poll[chromedp.Void](condition,
		chromedp.WithPollingTimeout(bound/3)))
	if err != nil {
		p.t.Fatalf("waiting for %s: %v", condition, err)
	}
}

// ask evaluates an expression in the page.
func ask[T any](p *tab, expression string) T {
	p.t.Helper()
	answer, err := chromedp.Run(p.ctx, chromedp.Evaluate[T](expression))
	if err != nil {
		p.t.Fatalf("%s: %v", expression, err)
	}
	return answer
}

// mustBe compares the value of an expression.
func mustBe[T comparable](p *tab, expression string, want T) {
	p.t.Helper()
	if got := ask[T](p, expression); got != want {
		p.t.Errorf("%s = %v, want %v", expression, got, want)
	}
}

func describe(e *runtime.ExceptionDetails) string {
	if e.Exception != nil {
		return e.Text + " " + e.Exception.Description
	}
	return fmt.Sprintf("%s at line %d", e.Text, e.LineNumber)
}
