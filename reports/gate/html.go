package gate

import (
	"embed"
	"fmt"
	"html/template"
	"io"
	"math"

	"github.com/semabench/semabench/internal/page"
	"github.com/semabench/semabench/reports"
)

//go:embed page.html.tmpl page.css
var assets embed.FS

// pageTemplate is parsed here and not at each call, so that a broken template
// fails every test.
var pageTemplate = page.Parse(assets, "page.html.tmpl")

// rowRoom and detailRoom limit how many bytes of a page are rows and details.
// With 2000 rows of long names the page stays under 600 KB. The page counts the
// rows that are left out; the JSON has them.
const rowRoom, detailRoom = 330_000, 170_000

// WriteHTML writes r as one page without scripts, fonts or requests. The page
// follows the light or dark theme of its reader, and prints.
func WriteHTML(w io.Writer, r *Report) error {
	err := page.Write(w, pageTemplate, "page.html.tmpl", newReportPage(r))
	if err != nil {
		return fmt.Errorf("writing HTML: %w", err)
	}
	return nil
}

// A reportPage is the input of the template: words and numbers as text, which the
// template escapes.
type reportPage struct {
	Head             page.Head
	State, Headline  string
	Old, New         string
	Warnings, Notes  []string
	Facts            []reports.Fact
	Scale            string
	Attention, Quiet []pageRow // rows that need a look, and quiet ones
	QuietVerdicts    string    // the verdicts that the quiet rows have
	NotShown         int       // rows that found no room
	Panels           []rowDetails
	NoPanel          int // rows whose details found no room
	Controls         []string
	Command, Promise string
}

// A pageRow is one row of the table of rows.
type pageRow struct {
	Class, Verdict, Name, Why, Values string
	Link                              string // to the details of the row
	Strip                             template.CSS
	Beyond                            string // “low” or “high” if the ratio lies beyond that end of the strip
	figures
}

// newReportPage prepares all texts of the page. Details come before rows, because
// a row links to its details.
func newReportPage(r *Report) *reportPage {
	headline := fmt.Sprintf("%s: %s (exit code %d)", r.outcome(), r.totals(), r.Exit())
	p := &reportPage{
		Head: page.Head{
			Title: "Benchmark gate: " + headline, Style: page.Asset(assets, "page.css"),
			StyleAttributes: true, // strips place their marks by CSS variables
		},
		State:    [...]string{"good", "bad", "bad", "warn", "bad"}[r.Exit()],
		Headline: headline,
		Old:      r.Old.text(), New: r.New.text(), Warnings: r.warnings(), Notes: r.notes(),
		Controls: r.controls(), Command: printable(r.Command), Promise: r.promise(),
	}
	for _, f := range r.Facts {
		p.Facts = append(p.Facts, reports.Fact{Key: printable(f.Key), Value: printable(f.Value)})
	}
	reach := r.reach()
	p.Scale = fmt.Sprintf("The strips go from ×%s to ×%s; the line in the middle is “no change”, "+
		"the shade is the margin, the bar the interval, the dot the ratio, an arrowhead one that lies "+
		"beyond the end.", ratio(1/reach), ratio(reach))
	p.addDetails(r)
	p.addRows(r, reach)
	return p
}

// addRows adds the rows, worst first, until there is no room.
func (p *reportPage) addRows(r *Report, reach float64) {
	room := page.NewRoom(rowRoom)
	p.QuietVerdicts = r.quietVerdicts()
	for i, j := range r.Rows {
		row := r.pageRow(j, reach)
		if i < len(p.Panels) {
			row.Link = p.Panels[i].ID
		}
		if !room.Take(row.size()) {
			p.NotShown = len(r.Rows) - i
			return
		}
		if j.Verdict.quiet() {
			p.Quiet = append(p.Quiet, row)
		} else {
			p.Attention = append(p.Attention, row)
		}
	}
}

// addDetails adds the details of the worst rows, until there is no room. Details
// are a prefix of the rows, because addRows finds the details of a row by its
// index.
func (p *reportPage) addDetails(r *Report) {
	room := page.NewRoom(detailRoom)
	for i, j := range r.Rows {
		if j.Verdict.quiet() {
			return
		}
		details := newRowDetails(r, j, fmt.Sprintf("row-%d", i+1))
		if p.NoPanel > 0 || !room.Take(details.size()) {
			p.NoPanel++
			continue
		}
		p.Panels = append(p.Panels, details)
	}
}

// pageRow prepares one row. A quiet row has no explanation: there would be
// hundreds.
func (r *Report) pageRow(j *Judged, reach float64) pageRow {
	row := pageRow{
		Class: string(j.Verdict[0:3]), Verdict: r.label(j), Name: printable(cut(j.ID, 300)),
		figures: j.figures(),
	}
	if !j.Verdict.quiet() {
		row.Why = cut(j.why(), 800)
	}
	if j.Time != nil {
		row.Values = j.Time.values()
		row.Strip, row.Beyond = j.Time.strip(reach), j.Time.beyond(reach)
	}
	return row
}

// size returns about how many bytes of the page the row takes: 260 for the
// markup, and its texts.
func (r pageRow) size() int {
	return 260 + page.EscapedSize(r.Name) + page.EscapedSize(r.Why) + len(r.Strip)
}

// A strip shows one row as a small forest plot on a logarithmic scale. All strips
// of a page have the same scale, so that rows can be compared.

// reach returns the ratio at the right end of all strips. It covers the widest
// interval, but stays between 10 % and a factor of 2, so that one wild row does
// not flatten the others.
func (r *Report) reach() float64 {
	reach := 1.1
	for _, j := range r.Rows {
		if t := j.Time; t != nil && t.Confidence > 0 && t.Lo > 0 {
			reach = max(reach, t.Hi, 1/t.Lo, 1+t.Margin)
		}
	}
	return min(math.Pow(reach, 1.1), 2) // a tenth more leaves room for a dot at the end
}

// stripEdge is the part of a strip that stays free on either side for half a
// mark, in percent.
const stripEdge = 5

// beyond says beyond which end of its strip the ratio lies: "low", "high" or "".
// Without this sign the mark at the end would show a wrong ratio.
func (t *Timing) beyond(reach float64) string {
	switch {
	case t.Ratio > reach:
		return "high"
	case t.Ratio > 0 && t.Ratio < 1/reach:
		return "low"
	}
	return ""
}

// strip returns the places of the marks of a row, in percent of its strip, as CSS
// variables: the ends of the interval, the ratio, and half the width of the
// margin.
func (t *Timing) strip(reach float64) template.CSS {
	if t.Ratio <= 0 {
		return ""
	}
	place := func(ratio float64) float64 {
		at := 50 + (50-stripEdge)*math.Log(ratio)/math.Log(reach)
		return min(100-stripEdge, max(stripEdge, at))
	}
	low, high := t.Lo, t.Hi
	if t.Confidence == 0 {
		low, high = t.Ratio, t.Ratio
	}
	return template.CSS(fmt.Sprintf("--l:%.1f;--h:%.1f;--p:%.1f;--m:%.1f",
		place(low), place(high), place(t.Ratio), place(1+t.Margin)-50))
}
