package claims

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
	"testing"

	"github.com/semabench/semabench/internal/page"
	"github.com/semabench/semabench/reports/internal/reporttest"
)

func (r *Report) outputs() map[string]func(io.Writer) error {
	return map[string]func(io.Writer) error{
		"txt":  func(w io.Writer) error { return r.WriteText(w, 100) },
		"md":   func(w io.Writer) error { return r.WriteMarkdown(w, ".") },
		"html": r.WriteHTML,
	}
}

// busy is a world with disturbed samples, a short row and checksums that differ.
func busy() world {
	w := usual()
	w.jitter = 0.3
	w.state = func(work, _ string, i int) string {
		return []string{"clean", "disturbed", "retaken"}[(i+len(work))%3]
	}
	w.sum = func(work, mode string, _ int) float64 { return float64(len(work + mode)) }
	w.drop = func(work, mode string, i int) bool { return work == "files" && mode == oneCore && i > 3 }
	return w
}

// whole is a report with everything that a page may contain.
func (w world) whole(t *testing.T) *Report {
	r := w.judge(t)
	r.Timelines, r.SeeAlso = tenTimelines(), "See the example."
	r.Commands = []string{"semabench parallel -replay results"}
	return r
}

// The outputs byte for byte. A failure leaves the output beside the golden file.
func TestGolden(t *testing.T) {
	for name, w := range map[string]world{"usual": usual(), "busy": busy()} {
		for ext, write := range w.whole(t).outputs() {
			var got bytes.Buffer
			if err := write(&got); err != nil {
				t.Fatal(err)
			}
			reporttest.SameAsGolden(t, "testdata/"+name+".golden."+ext, got.Bytes())
		}
	}
}

// A page loads nothing, its elements are closed, and its policy allows its own style.
func TestPageStandsAlone(t *testing.T) {
	r := usual().judge(t)
	r.Timelines = tenTimelines()
	var out bytes.Buffer
	if err := r.WriteHTML(&out); err != nil {
		t.Fatal(err)
	}
	html := out.String()
	for _, bad := range []string{"<script", "http://", "https://", "url(", "@import", "<link", "ZgotmplZ", " style=", "<fast>"} {
		if strings.Contains(html, bad) {
			t.Errorf("the page holds %s", bad)
		}
	}
	for _, tag := range []string{"table", "section", "details", "figure", "tr", "td", "th", "p", "main", "tbody", "dl"} {
		open := len(regexp.MustCompile("<"+tag+"[ >]").FindAllString(html, -1))
		if closed := strings.Count(html, "</"+tag+">"); open != closed {
			t.Errorf("%d <%s>, %d closed", open, tag, closed)
		}
	}
	style := regexp.MustCompile(`(?s)<style>(.*)</style>`).FindStringSubmatch(html)[1]
	sum := sha256.Sum256([]byte(style))
	if want := "style-src &#39;sha256-" + base64.StdEncoding.EncodeToString(sum[:]); !strings.Contains(html, want) &&
		!strings.Contains(html, strings.ReplaceAll(want, "&#39;", "'")) {
		t.Errorf("the policy does not name the style by %s", want)
	}
	for _, c := range r.Claims {
		if !strings.Contains(html, fmt.Sprintf(`id="%s"`, c.ID)) || !strings.Contains(html, fmt.Sprintf(`href="#%s"`, c.ID)) {
			t.Errorf("the page has no section with a link for %s", c.ID)
		}
	}
	if n := strings.Count(html, "<img src=\"data:image/svg"); n != 5 {
		t.Errorf("%d pictures, want 5", n)
	}
	if out.Len() > 200_000 {
		t.Errorf("the page has %d bytes, want 200 kB at most", out.Len())
	}
}

// Names in the text may be hostile. None of them may become markup.
func TestHostileNames(t *testing.T) {
	const evil = "<script>alert(1)</script>[l](javascript:x)\x1b[31m"
	w := usual()
	text := strings.ReplaceAll(w.text(), "a <fast> one", evil)
	text = strings.ReplaceAll(text, "work=hash/mode=serial/workers=2", "work=hash/mode=serial/workers=<b>*2*</b>")
	r := judge(t, text)
	r.Warnings, r.Commands, r.SeeAlso = []string{evil}, []string{evil}, evil
	for ext, write := range r.outputs() {
		var out bytes.Buffer
		if err := write(&out); err != nil {
			t.Fatal(err)
		}
		live := []string{"\x1b"}
		if ext != "txt" {
			live = append(live, "<script", "<b>*2", "[l](")
		}
		if ext == "html" {
			live = live[:3]
		}
		for _, bad := range live {
			if strings.Contains(out.String(), bad) {
				t.Errorf("%s holds %q", ext, bad)
			}
		}
	}
}

var errFull = errors.New("disk full")

type fullDisk struct{}

func (fullDisk) Write([]byte) (int, error) { return 0, errFull }

func TestWritersPassErrorsOn(t *testing.T) {
	for ext, write := range usual().judge(t).outputs() {
		if err := write(fullDisk{}); !errors.Is(err, errFull) {
			t.Errorf("%s: %v, want %v", ext, err, errFull)
		}
	}
}

// Text has a contrast of 4.5 with every ground, in both themes (WCAG 2, level AA).
func TestContrast(t *testing.T) {
	css := page.Head{Style: page.Asset(assets, "page.css")}.CSS()
	for theme, colours := range reporttest.Themes(t, string(css)) {
		for _, pair := range []string{"ink paper", "quiet paper", "link paper", "holds paper",
			"when paper", "fails paper", "open paper", "ink panel", "ink good", "ink warn",
			"ink bad"} {
			text, ground, _ := strings.Cut(pair, " ")
			reporttest.MustContrast(t, theme, colours, text, ground, 4.5)
		}
	}
}
