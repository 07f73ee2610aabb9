package claims

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
)

var (
	shots = flag.String("browser.shots", "", "write pictures of the page into this folder, for people to look at")
	other = flag.String("browser.page", "", "look at this page instead of those of the test")
)

// In light and dark, wide and narrow, and on paper: the page asks for nothing, its policy refuses nothing
// of its own, all its pictures are drawn, and it is no wider than the screen.
func TestBrowser(t *testing.T) {
	browser := newBrowser(t)
	pages := map[string]string{}
	for name, w := range map[string]world{"usual": usual(), "busy": busy()} {
		r := w.judge(t)
		r.Timelines, r.SeeAlso, r.Commands = tenTimelines(), "See the example.", []string{"semabench parallel -replay results"}
		var page bytes.Buffer
		if err := r.WriteHTML(&page); err != nil {
			t.Fatal(err)
		}
		pages[name] = filepath.Join(t.TempDir(), name+".html")
		if err := os.WriteFile(pages[name], page.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if *other != "" {
		pages = map[string]string{"page": *other}
	}
	for name, path := range pages {
		for _, l := range []look{{"light", 1280, false, false}, {"dark", 1280, true, false}, {"print", 1280, true, true},
			{"light-narrow", 400, false, false}, {"dark-narrow", 400, true, false}} {
			t.Run(name+"-"+l.name, func(t *testing.T) { l.check(t, browser, path, name) })
		}
	}
}

// A look says how a reader sees the page.
type look struct {
	name  string
	width int64
	dark  bool
	print bool
}

func (l look) check(t *testing.T, browser context.Context, path, name string) {
	ctx, closeTab := chromedp.NewContext(browser)
	defer closeTab()
	address := (&url.URL{Scheme: "file", Path: path}).String()
	var mu sync.Mutex
	var problems []string
	if err := chromedp.Listen(ctx, func(event any) {
		problem := ""
		switch e := event.(type) {
		case *network.EventRequestWillBeSent:
			if e.Request.URL != address && !strings.HasPrefix(e.Request.URL, "data:") {
				problem = "it asked for " + e.Request.URL
			}
		case *log.EventEntryAdded: // here are violations of the content security policy
			problem = fmt.Sprintf("log %s: %s", e.Entry.Level, e.Entry.Text)
		}
		if problem != "" {
			mu.Lock()
			defer mu.Unlock()
			problems = append(problems, problem)
		}
	}); err != nil {
		t.Fatal(err)
	}
	media, scheme := "", "light"
	if l.print {
		media = "print"
	}
	if l.dark {
		scheme = "dark"
	}
	err := chromedp.Do(ctx, chromedp.EmulateViewport(l.width, 800), command(log.Enable, cdp.Empty{}),
		command(network.Enable, network.EnableParams{}),
		command(emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Media: media,
			Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}}),
		chromedp.Navigate(address))
	if err != nil {
		t.Fatal(err)
	}
	if width := ask[int64](t, ctx, "document.documentElement.scrollWidth"); width > l.width {
		t.Errorf("it is %d pixels wide, want at most %d", width, l.width)
	}
	if n := ask[int64](t, ctx, `[...document.images].filter(i => !i.complete || !i.naturalWidth).length`); n > 0 {
		t.Errorf("%d pictures are not drawn", n)
	}
	ground := ask[string](t, ctx, `getComputedStyle(document.body).backgroundColor`)
	if dark := ground == "rgb(21, 23, 26)"; dark != (l.dark && !l.print) {
		t.Errorf("its ground is %s", ground)
	}
	mu.Lock()
	defer mu.Unlock()
	for _, problem := range problems {
		t.Error(problem)
	}
	if *shots != "" {
		l.shoot(t, ctx, name)
	}
}

func (l look) shoot(t *testing.T, ctx context.Context, name string) {
	t.Helper()
	picture, err := chromedp.Run(ctx, chromedp.FullScreenshot(100))
	if err == nil {
		err = os.WriteFile(filepath.Join(*shots, name+"-"+l.name+".png"), picture, 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func ask[T any](t *testing.T, ctx context.Context, expression string) T {
	t.Helper()
	answer, err := chromedp.Run(ctx, chromedp.Evaluate[T](expression))
	if err != nil {
		t.Fatalf("%s: %v", expression, err)
	}
	return answer
}

// command is one of the protocol's that chromedp has no action for.
func command[P, R any](c cdp.Command[P, R], params P) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, c, params)
		return err
	})
}

// newBrowser starts a Chromium with a fresh profile that can reach no host.
func newBrowser(t *testing.T) context.Context {
	t.Helper()
	path := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if found, err := exec.LookPath(name); err == nil && path == "" {
			path = found
		}
	}
	if path == "" {
		const unchecked = "no Chromium here: the content security policy, pictures, printing and narrow screens are not " +
			"checked; install the package chromium"
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
	ctx, stop := context.WithTimeout(context.Background(), 4*time.Minute) // t.Context ends before Cleanup
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
