// Package reporttest holds helpers that the tests of several pages share: a browser that reports
// every request, exception and log entry of a page; colour contrast; golden files.
//
//	func TestMain(m *testing.M) { reporttest.Main(m) }
//
//	p := reporttest.Open(t, reporttest.NewBrowser(t), path, reporttest.View{Width: 400, Dark: true})
//	reporttest.MustBe(p, "document.images.length", 3)
//
// Tests with a browser are skipped if there is no Chromium. In CI, where CI is set, its absence
// is an error.
//
// A page is judged by a real browser, because the rules in question are the browser's: whether a
// policy blocks a script, how wide a table becomes, which of two rules of a style sheet wins.
package reporttest

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

var shots = flag.String("browser.shots", "",
	"write pictures of the page into this folder, for people to look at")

// Bound limits one test with a browser. Each takes seconds on a quiet machine. It is for a loaded
// machine, and only keeps a browser that hangs from stopping all tests.
const Bound = 4 * time.Minute

// A shared browser is one process for all tests of a test binary: a Chromium takes two seconds of
// processor time to start, and most tests look at one page. The mutex is for tests that run in
// parallel.
var shared struct {
	sync.Mutex
	ctx     context.Context // nil before the first test that needs a browser
	profile string          // folder of the user's data
}

// Main runs the tests and ends their browser, if they started one. A package that calls [NewBrowser]
// must call it from TestMain: nothing else knows which test is the last.
func Main(m *testing.M) {
	m.Run()
	shared.Lock()
	defer shared.Unlock()
	if shared.ctx == nil {
		return
	}
	// It waits for the process, so that its profile can be removed.
	if err := chromedp.Cancel(shared.ctx); err != nil {
		fmt.Fprintf(os.Stderr, "ending Chromium: %v\n", err)
	}
	if err := os.RemoveAll(shared.profile); err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
}

// NewBrowser returns a browser context: its tabs share no cookies, no storage and no cache with
// the tabs of other tests, as in a browser with a fresh profile. It ends with the test, and at the
// latest after [Bound].
func NewBrowser(t *testing.T) context.Context {
	t.Helper()
	path := chromium()
	if path == "" {
		const unchecked = "no Chromium here: pictures, scripts, the content security policy, " +
			"printing and " +
			"narrow screens are not checked; install the package chromium"
		if os.Getenv("CI") == "true" {
			t.Fatal(unchecked)
		}
		t.Skip(unchecked)
	}
	browser, err := start(path)
	if err != nil {
		t.Fatalf("starting %s: %v", path, err)
	}
	// not t.Context, which ends before Cleanup runs
	ctx, stop := context.WithTimeout(browser, Bound)
	t.Cleanup(stop)
	ctx, stop = chromedp.NewContext(ctx, chromedp.WithNewBrowserContext())
	t.Cleanup(stop)
	if err := chromedp.Do(ctx); err != nil {
		t.Fatalf("opening a window of %s: %v", path, err)
	}
	return ctx
}

// start returns the shared browser, and starts it for the first test. A browser that has died is
// replaced: it fails the test that killed it, and no other.
//
// No host name can be resolved, so a page that asks for anything outside fails the same way on every
// machine, with or without a network. The sandbox is off because a container may forbid it, and the
// pages are our own. The context has no deadline: a browser ends with the context of its first call.
func start(path string) (context.Context, error) {
	shared.Lock()
	defer shared.Unlock()
	if shared.ctx != nil && shared.ctx.Err() == nil {
		return shared.ctx, nil
	}
	if shared.profile == "" {
		profile, err := os.MkdirTemp("", "reporttest-chromium")
		if err != nil {
			return nil, err
		}
		shared.profile = profile
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path),
		chromedp.UserDataDir(shared.profile), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true),
		chromedp.Flag("disable-sync", true), chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("host-resolver-rules", "MAP * ~NOTFOUND"))
	ctx, _ := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, _ = chromedp.NewContext(ctx)
	if err := chromedp.Do(ctx); err != nil {
		return nil, err
	}
	shared.ctx = ctx
	return ctx, nil
}

// chromium returns the path of a Chromium, or "". The packages of Debian, of
// Ubuntu and of Google have these names.
func chromium() string {
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	return ""
}

// WantScreenshots reports whether the flag -browser.shots asks for screenshots.
func WantScreenshots() bool { return *shots != "" }

// SaveScreenshot writes a screenshot to the folder of -browser.shots, if the flag is given.
// Pictures are for people. No test compares them, because fonts differ between machines.
func SaveScreenshot(t *testing.T, name string, draw func() ([]byte, error)) {
	t.Helper()
	if !WantScreenshots() {
		return
	}
	drawn, err := draw()
	if err == nil {
		err = os.MkdirAll(*shots, 0o755)
	}
	if err == nil {
		err = os.WriteFile(filepath.Join(*shots, name), drawn, 0o644)
	}
	if err != nil {
		t.Fatal(fmt.Errorf("keeping %s: %w", name, err))
	}
}
