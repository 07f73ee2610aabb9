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

// newPage makes the data of the template. Sources come first: the other parts link to their lines.
// Goroutines come second: the other parts name their lanes.
func newPage(s *Report) *page {
	v := &viewer{report: s, lines: map[Place]string{}, lanes: map[int]int{}}
	p := &page{
		Title: cut(s.What), Kicker: cut(s.Test),
		Found: cut(s.Found), Least: cut(s.Least), Replay: shown(s.Replay),
	}
	if s.Decision != nil {
		p.Decision = cut(s.Decision.String())
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
