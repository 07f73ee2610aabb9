package failure_test

import (
	"context"
	"flag"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

var shots = flag.String("browser.shots", "", "write pictures of the page into this folder, for people to look at")

// browser is one Chromium for all tests: each start takes two seconds of processor time. Its context
// is nil before the first test that looks at a page.
var browser struct {
	ctx     context.Context
	profile string
}

// TestMain ends the browser after the last test.
func TestMain(m *testing.M) {
	m.Run()
	if browser.ctx == nil {
		return
	}
	if err := chromedp.Cancel(browser.ctx); err != nil { // waits, so that the profile can be removed
		fmt.Fprintf(os.Stderr, "ending Chromium: %v\n", err)
	}
	if err := os.RemoveAll(browser.profile); err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
}

// newBrowser returns a window of the browser, which shares no storage with the windows of other tests. The
// browser can reach no host. Without a Chromium on the machine the scripts are not checked: on a
// laptop the test is skipped, in CI it fails.
func newBrowser(t *testing.T) context.Context {
	t.Helper()
	path := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if found, err := exec.LookPath(name); err == nil {
			path = found
		}
	}
	if path == "" {
		const unchecked = "no Chromium here: the panel, the keys, the content security policy and narrow " +
			"screens are not checked; install the package chromium"
		if os.Getenv("CI") == "true" {
			t.Fatal(unchecked)
		}
		t.Skip(unchecked)
	}
	if browser.ctx == nil {
		startBrowser(t, path)
	}
	ctx, stop := context.WithTimeout(browser.ctx, 4*time.Minute) // t.Context ends before Cleanup
	t.Cleanup(stop)
	ctx, stop = chromedp.NewContext(ctx, chromedp.WithNewBrowserContext())
	t.Cleanup(stop)
	if err := chromedp.Do(ctx); err != nil {
		t.Fatalf("opening a window of %s: %v", path, err)
	}
	return ctx
}

func startBrowser(t *testing.T, path string) {
	t.Helper()
	var err error
	if browser.profile, err = os.MkdirTemp("", "failure-chromium"); err != nil {
		t.Fatal(err)
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path),
		chromedp.UserDataDir(browser.profile), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true),
		chromedp.Flag("disable-sync", true), chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("host-resolver-rules", "MAP * ~NOTFOUND"))
	ctx, _ := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, _ = chromedp.NewContext(ctx)
	if err := chromedp.Do(ctx); err != nil {
		t.Fatalf("starting %s: %v", path, err)
	}
	browser.ctx = ctx
}

// A tab shows one page at a time. A test fails if the page has requested anything but itself, or has
// reported an error.
type tab struct {
	t       *testing.T
	ctx     context.Context
	address atomic.Pointer[string] // of the page; the goroutine that receives events reads it
}

// A viewport says how a reader sees the page.
type viewport struct {
	name     string
	width    int64
	dark     bool
	print    bool
	noScript bool
}

func open(t *testing.T, browser context.Context, path string, l viewport) *tab {
	t.Helper()
	p := newTab(t, browser)
	p.show(path, l)
	return p
}

// newTab returns a tab without a page. A tab is a process of its own, so a test of many pages shows
// them in one.
func newTab(t *testing.T, browser context.Context) *tab {
	t.Helper()
	ctx, closeTab := chromedp.NewContext(browser)
	t.Cleanup(closeTab)
	p := &tab{t: t, ctx: ctx}
	p.address.Store(new(string))
	if err := chromedp.Listen(ctx, func(event any) { offence(t, *p.address.Load(), event) }); err != nil {
		t.Fatal(err)
	}
	return p
}

// show loads a page.
func (p *tab) show(path string, l viewport) {
	p.t.Helper()
	address := (&url.URL{Scheme: "file", Path: filepath.ToSlash(path)}).String()
	p.address.Store(&address)
	media, scheme := "", "light"
	if l.print {
		media = "print"
	}
	if l.dark {
		scheme = "dark"
	}
	p.do(chromedp.EmulateViewport(l.width, 800),
		command(log.Enable, cdp.Empty{}),
		command(network.Enable, network.EnableParams{}),
		command(runtime.Enable, cdp.Empty{}),
		command(emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: l.noScript}),
		command(emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Media: media,
			Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}}),
		chromedp.Navigate(address))
	if !l.noScript {
		mustBe(p, `document.documentElement.dataset.ready`, "yes")
	}
}

func offence(t *testing.T, address string, event any) {
	switch e := event.(type) {
	case *network.EventRequestWillBeSent:
		if e.Request.URL != address {
			t.Errorf("the page asked for %s", e.Request.URL)
		}
	case *runtime.EventExceptionThrown:
		t.Errorf("the page threw %s", e.ExceptionDetails.Text)
	case *runtime.EventConsoleAPICalled:
		t.Errorf("the page called console.%s", e.Type)
	case *log.EventEntryAdded: // here are violations of the content security policy
		t.Errorf("the browser says %s: %s", e.Entry.Level, e.Entry.Text)
	}
}

// command runs a command of the browser's protocol for which chromedp has no action.
func command[P, R any](c cdp.Command[P, R], params P) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, c, params)
		return err
	})
}

func (p *tab) do(actions ...chromedp.Action[chromedp.Void]) {
	p.t.Helper()
	if err := chromedp.Do(p.ctx, actions...); err != nil {
		p.t.Fatalf("%v", err)
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

func mustBe[T comparable](p *tab, expression string, want T) {
	p.t.Helper()
	if got := ask[T](p, expression); got != want {
		p.t.Errorf("%s = %v, want %v", expression, got, want)
	}
}
