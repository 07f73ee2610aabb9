package failure

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
)

//go:embed page
var assets embed.FS

// Parsed here and not at each call, so that a broken template fails every test.
var pageTemplate = template.Must(template.ParseFS(assets, "page/page.html.tmpl"))

// WriteHTML writes the story as one page that needs nothing else and asks for nothing. Its content
// security policy names its style and its script by their hash: were a line of source to become one of
// them after all, the browser would refuse it. Without scripts everything is there but the panel that
// goes from step to step.
func (s *Report) WriteHTML(w io.Writer) error {
	p, err := newPage(s)
	if err != nil {
		return fmt.Errorf("writing HTML: %w", err)
	}
	var page bytes.Buffer // so that a failure writes no half page
	if err := pageTemplate.Execute(&page, p); err != nil {
		return fmt.Errorf("writing HTML: %w", err)
	}
	_, err = w.Write(page.Bytes())
	return err
}

// A page is what the template shows: words that are ready to be escaped.
type page struct {
	Policy      template.HTMLAttr
	Style       template.CSS
	Script      template.JS
	Title       string
	Kicker      string
	Message     []string
	Remarks     []string
	Found       string
	Least       string
	Replay      string
	Waits       []pageWait
	Cycle       string
	Holds       []string
	Stack       []frameLine
	Accesses    []pageAccess
	Detector    string
	History     *pageHistory
	Goroutines  []lane
	Objects     []Object
	Rows        []pageRow
	Lines       []svgLine // how long each goroutine lives
	Edges       []svgEdge
	Width, High int // of the drawing
	Skipped     string
	Again       string
	Sources     []pageSource
	Left        string // what there is no room for
	Data        []pageStep
}

// A frameLine is a call with a link to the source that is shown.
type frameLine struct{ Func, At, Link string }

// How much of a page may be steps and how much source, in bytes. With the rest, of which the parts are
// counted, a page stays under 600 kB.
const (
	stepRoom   = 250_000
	sourceRoom = 150_000
	mostSteps  = 250 // more than anybody reads
)

func newPage(s *Report) (*page, error) {
	css, err := assets.ReadFile("page/page.css")
	if err != nil {
		return nil, err
	}
	script, err := assets.ReadFile("page/page.js")
	if err != nil {
		return nil, err
	}
	v := &viewer{report: s, lines: map[Place]string{}, lanes: map[int]int{}}
	p := &page{
		Script: template.JS(script), Title: cut(s.What), Kicker: cut(s.Test),
		Found: cut(s.Found), Least: cut(s.Least), Replay: shown(s.Replay),
	}
	if s.Subject != "" {
		p.Kicker = cut(s.Subject + ": " + s.Scenario)
	}
	v.sources(p)
	v.goroutines(p)
	v.verdict(p)
	v.rows(p)
	p.Objects = v.objects()
	style := string(css) + v.laneStyle()
	p.Style = template.CSS(style)
	p.Policy = template.HTMLAttr(fmt.Sprintf(`content="default-src 'none'; style-src %s; script-src %s"`,
		hash(style), hash(string(script))))
	return p, nil
}

func hash(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}

// longestShown is more of a line than anybody reads, mostCards more of a kind.
const (
	longestShown = 160
	mostCards    = 40
)

// cut returns text as it is shown, not without end.
func cut(text string) string {
	runes := []rune(text)
	if len(runes) > longestShown {
		text = string(runes[:longestShown]) + "…"
	}
	return shown(text)
}

// escapedSize is what text takes on the page, in the longer of its two forms: in the table, and as
// data, where each of some characters takes six bytes.
func escapedSize(text string) int {
	size := len(text)
	for _, c := range text {
		switch c {
		case '<', '>', '&', '\'', '"', '+', '`', '\\':
			size += 5
		}
	}
	return size
}
