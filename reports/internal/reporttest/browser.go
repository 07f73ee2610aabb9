// Package reporttest holds what the tests of pages share: a browser that sees what it should not, and
// golden files.
//
//	p := reporttest.Open(t, reporttest.NewBrowser(t), path, reporttest.Look{Width: 400, Dark: true})
//	reporttest.MustBe(p, "document.images.length", 3)
//
// Without a Chromium its tests are skipped, which is no matter on a laptop, and an error in CI.
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

// Bound is for one test with a browser; each takes seconds.
const Bound = 4 * time.Minute

// NewBrowser starts a Chromium with a fresh profile that can reach no host. It ends with the test.
func NewBrowser(t *testing.T) context.Context {
	t.Helper()
	path := chromium()
	if path == "" {
		const unchecked = "no Chromium here: pictures, scripts, the content security policy, printing and " +
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
	ctx, stop := context.WithTimeout(context.Background(), Bound) // t.Context ends before Cleanup
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

// Shots reports whether somebody wants to look at pictures, by the flag -browser.shots.
func WantScreenshots() bool { return *shots != "" }

// Keep writes what was drawn to the folder of that flag, if it is given.
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
