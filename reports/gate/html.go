package gate

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"io"
	"math"

	"github.com/semabench/semabench/reports"
)

//go:embed page.html.tmpl page.css
var assets embed.FS

// Parsed here and not at each call, so that a broken template fails every test.
var pageTemplate = template.Must(template.ParseFS(assets, "page.html.tmpl"))

// How much of a page may be rows and how much panels, in bytes: with 2000 rows of long names it
// stays under 600 KB. What is left out is counted on the page, and is in the JSON.
const rowRoom, panelRoom = 330_000, 170_000

// WriteHTML writes r as one page that needs nothing else: no script, no font, no request. It
// follows the light or dark theme of its reader and prints.
func WriteHTML(w io.Writer, r *Report) error {
	p, err := newPage(r)
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

// A page is what the template shows: words and figures, ready to be escaped.
type page struct {
	Style            template.CSS
	State, Headline  string
	Old, New         string
	Warnings, Notes  []string
	Facts            []reports.Fact
	Scale            string
	Attention, Quiet []pageRow
	NotShown         int
	Panels           []panel
	NoPanel          int
	Controls         []string
	Command, Promise string
}

type pageRow struct {
	Class, Verdict, Name, Why, Values string
	Link                              string // to its panel
	Strip                             template.CSS
	Beyond                            string // the end of the strip that the ratio is beyond: low, high
	figures
}

func newPage(r *Report) (*page, error) {
	css, err := assets.ReadFile("page.css")
	if err != nil {
		return nil, err
	}
	p := &page{
		Style:    template.CSS(css), // our own file
		State:    [...]string{"good", "bad", "bad", "warn", "bad"}[r.Exit()],
		Headline: fmt.Sprintf("%s: %s (exit code %d)", r.outcome(), r.totals(), r.Exit()),
		Old:      r.Old.text(), New: r.New.text(), Warnings: r.warnings(), Notes: r.notes(),
		Controls: r.controls(), Command: shown(r.Command), Promise: r.promise(),
	}
	for _, f := range r.Facts {
		p.Facts = append(p.Facts, reports.Fact{Key: shown(f.Key), Value: shown(f.Value)})
	}
	reach := r.reach()
	p.Scale = fmt.Sprintf("The strips go from ×%s to ×%s; the line in the middle is “no change”, "+
		"the shade is the margin, the bar the interval, the dot the ratio, an arrowhead one that lies "+
		"beyond the end.", ratio(1/reach), ratio(reach))
	p.addPanels(r)
	room := rowRoom
	for i, j := range r.Rows {
		row := r.pageRow(j, reach)
		if i < len(p.Panels) {
			row.Link = p.Panels[i].ID
		}
		if room -= row.size(); room < 0 {
			p.NotShown = len(r.Rows) - i
			break
		}
		if j.Verdict == Unchanged {
			p.Quiet = append(p.Quiet, row)
		} else {
			p.Attention = append(p.Attention, row)
		}
	}
	return p, nil
}

// addPanels gives the worst rows their panels, until there is no room.
func (p *page) addPanels(r *Report) {
	room := panelRoom
	for i, j := range r.Rows {
		if j.Verdict == Unchanged {
			return
		}
		panel := newPanel(r, j, fmt.Sprintf("row-%d", i+1))
		if room -= panel.size(); room < 0 {
			p.NoPanel++
			continue
		}
		if p.NoPanel == 0 {
			p.Panels = append(p.Panels, panel)
		}
	}
}

func (r *Report) pageRow(j *Judged, reach float64) pageRow {
	row := pageRow{
		Class: string(j.Verdict[0:3]), Verdict: r.label(j), Name: shown(cut(j.ID, 300)),
		figures: j.figures(),
	}
	if j.Verdict != Unchanged {
		row.Why = cut(j.why(), 800)
	}
	if j.Time != nil {
		row.Values = nanoseconds(j.Time.OldMedian) + " → " + nanoseconds(j.Time.NewMedian)
		row.Strip, row.Beyond = j.Time.strip(reach), j.Time.beyond(reach)
	}
	return row
}

// size is about what the row takes on the page; escaping makes at most five bytes of one.
func (r pageRow) size() int {
	return 260 + escapedSize(r.Name) + escapedSize(r.Why) + len(r.Strip)
}

func escapedSize(s string) int { return len(template.HTMLEscapeString(s)) }

// reach is the ratio at the right end of all strips: that of the widest interval, between 10 % and
// a factor of 2, so that one wild row does not flatten the others.
func (r *Report) reach() float64 {
	reach := 1.1
	for _, j := range r.Rows {
		if t := j.Time; t != nil && t.Confidence > 0 && t.Lo > 0 {
			reach = max(reach, t.Hi, 1/t.Lo, 1+t.Margin)
		}
	}
	return min(math.Pow(reach, 1.1), 2) // room for a dot at the end
}

// edge is what a strip leaves free on either side for half a mark, in percent.
const edge = 5

// beyond is for a row whose ratio has no place in its strip: a mark at the end would be a lie without it.
func (t *Timing) beyond(reach float64) string {
	switch {
	case t.Ratio > reach:
		return "high"
	case t.Ratio > 0 && t.Ratio < 1/reach:
		return "low"
	}
	return ""
}

// strip places the marks of a row in percent of its strip.
func (t *Timing) strip(reach float64) template.CSS {
	if t.Ratio <= 0 {
		return ""
	}
	place := func(ratio float64) float64 {
		at := 50 + (50-edge)*math.Log(ratio)/math.Log(reach)
		return min(100-edge, max(edge, at))
	}
	low, high := t.Lo, t.Hi
	if t.Confidence == 0 {
		low, high = t.Ratio, t.Ratio
	}
	return template.CSS(fmt.Sprintf("--l:%.1f;--h:%.1f;--p:%.1f;--m:%.1f",
		place(low), place(high), place(t.Ratio), place(1+t.Margin)-50))
}

// nanoseconds has four digits and a unit to read.
func nanoseconds(v float64) string {
	for _, u := range []struct {
		size float64
		name string
	}{{1e9, "s"}, {1e6, "ms"}, {1e3, "µs"}} {
		if v >= u.size {
			return fmt.Sprintf("%.4g %s", v/u.size, u.name)
		}
	}
	return fmt.Sprintf("%.4g ns", v)
}
