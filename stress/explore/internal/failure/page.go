package failure

import (
	"embed"
	"io"

	shell "github.com/semabench/semabench/internal/page"
)

//go:embed page
var assets embed.FS

// pageTemplate is parsed once and not at each call, so that a broken template fails every test.
var pageTemplate = shell.Parse(assets, "page/page.html.tmpl")

// WriteHTML writes the report as one page that needs no other file and makes no request. Its
// content security policy names its style and its script by their hash: if a line of source became
// a script in spite of all escaping, the browser would refuse to run it. Without scripts only the
// panel that goes from step to step is missing. The error is the error of w.
//
// The page is made for one failure, which is mailed or attached to an issue. So it has no links
// to other files.
func (s *Report) WriteHTML(w io.Writer) error {
	return shell.Write(w, pageTemplate, "page.html.tmpl", newPage(s))
}

// A page is the data of the template. Its text has gone through package escape; the template
// escapes it for its place in the page. But for the styles and scripts in Head, no field has a type
// that the template trusts: it escapes all of them.
type page struct {
	Head        shell.Head
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
	Lines       []svgLine // the life of each goroutine
	Edges       []svgEdge
	Width, High int // of the drawing
	Skipped     string
	Again       string
	Sources     []pageSource
	Left        string // a note on what is left out
	Data        []pageStep
}

// A frameLine is a call with a link to its line of source.
type frameLine struct{ Func, At, Link string }

// A page stays under 600 kB, so that it can be sent and opened. Steps and source have a share of
// it in bytes, which they fill; of everything else there is a number at most.
const (
	stepRoom   = 250_000
	sourceRoom = 150_000
	mostSteps  = 250 // more than a reader goes through
)

// newPage makes the data of the template. Sources come first: the other parts link to their lines.
// Goroutines come second: the other parts name their lanes.
func newPage(s *Report) *page {
	v := &viewer{report: s, lines: map[Place]string{}, lanes: map[int]int{}}
	p := &page{
		Title: cut(s.What), Kicker: cut(s.Test),
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
	p.Head = shell.Head{
		Title: p.Title, Style: shell.Asset(assets, "page/page.css") + v.laneStyle(),
		Scripts: []string{shell.Asset(assets, "page/page.js")},
	}
	return p
}

// longestShown bounds the characters of a line, and mostCards the waits, locks or frames of a
// page. A reader needs no more of them.
const (
	longestShown = 160
	mostCards    = 40
)

// cut returns text as the page shows it: in one line, escaped, and cut off after longestShown
// characters. It cuts before it escapes, so no escape sequence is cut in two.
//
// It counts runes and not bytes, so a name in another script is not cut to a third.
func cut(text string) string {
	runes := []rune(text)
	if len(runes) > longestShown {
		text = string(runes[:longestShown]) + "…"
	}
	return shown(text)
}

// escapedSize returns how many bytes text takes on the page, in the longer of its two forms: in the
// table, and as data for the script, where some characters take six bytes each. It is an upper
// bound: the page must stay below its limit, and need not reach it.
//
// JSON writes \u003c, which has six bytes. HTML has at most five for one of these characters.
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
