// Package reporttest holds helpers that the tests of several pages share: a browser that reports
// every request, exception and log entry of a page; colour contrast; golden files.
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
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

var shots = flag.String("browser.shots", "",
	"write pictures of the page into this folder, for people to look at")

// Bound limits one test with a browser. Each takes seconds on a quiet machine. It is for a loaded
// machine, and only keeps a browser that hangs from stopping all tests.
const Bound = 4 * time.Minute

// NewBrowser starts a Chromium with a fresh profile that can resolve no host name. It ends with the
// test. No host name can be resolved, so a page that asks for anything outside fails the same way
// on every machine, with or without a network. The sandbox is off because a container may forbid
// it, and the pages are our own.
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
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path),
		chromedp.UserDataDir(t.TempDir()), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true),
		chromedp.Flag("disable-sync", true), chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("host-resolver-rules", "MAP * ~NOTFOUND"))
	// not t.Context, which ends before Cleanup runs
	ctx, stop := context.WithTimeout(context.Background(), Bound)
	t.Cleanup(stop)
	ctx, stop = chromedp.NewExecAllocator(ctx, options...)
	t.Cleanup(stop)
	ctx, _ = chromedp.NewContext(ctx)
	t.Cleanup(func() {
		// waits for the process, so that its profile can be removed
		if err := chromedp.Cancel(ctx); err != nil {
			t.Logf("ending Chromium: %v", err)
		}
	})
	if err := chromedp.Do(ctx); err != nil {
		t.Fatalf("starting %s: %v", path, err)
	}
	return ctx
}

// chromium returns the path of a Chromium, or "". The names are those of the packages of Debian, of
// Ubuntu and of Google.
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
