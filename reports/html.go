package reports

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"io"
	"strings"
)

//go:embed page.html.tmpl page.css
var assets embed.FS

// The template is parsed here and not at each call, so that a broken one fails every test.
var pageTemplate = template.Must(template.ParseFS(assets, "page.html.tmpl"))

// WriteHTML writes c as one page that needs nothing else: no script, no font, no request. It
// follows the light or dark theme of its reader, prints, and folds for a narrow screen.
func WriteHTML(w io.Writer, c *Comparison) error {
	p, err := newPage(c)
	if err != nil {
		return fmt.Errorf("writing HTML: %w", err)
	}
	// Executed into memory, so that a failure writes no half page.
	var page bytes.Buffer
	if err := pageTemplate.Execute(&page, p); err != nil {
		return fmt.Errorf("writing HTML: %w", err)
	}
	_, err = w.Write(page.Bytes())
	return err
}

// A page is what the template shows: words and figures, ready to be escaped.
type page struct {
	Style     template.CSS
	Title     string
	By        string // what the columns are: impl, file
	State     string // class of the banner: good, warn or neutral
	Headline  string
	Partial   []string
	Broken    []string
	NotListed int
	Failures  []string
	Notes     []string
	Facts     []Fact
	Cols      []string
	Legend    []legendEntry
	Overall   []pageRow
	Sections  []section
	Caveat    string
	Recompute string
}

// A section is one table of the comparison.
type section struct {
	ID, Heading, Common string
	Primary             pageTable
	Others              []pageTable
	Figures             []figureTable
}

// A pageTable is one unit of a section, every cell relative to the best of its row.
type pageTable struct {
	Unit, Caption string
	Cols          []string
	Rows          []pageRow
}

type pageRow struct {
	Link, Label, Title string
	Cells              []pageCell
}

// A pageCell has a Class for its colour, but says all that matters in words too.
type pageCell struct{ Class, Col, Main, Mark, Sub, Title string }

type legendEntry struct{ Class, Text string }

func newPage(c *Comparison) (*page, error) {
	css, err := assets.ReadFile("page.css")
	if err != nil {
		return nil, err
	}
	p := &page{
		Style:     template.CSS(css), // our own file: the only text here that is not escaped
		Title:     "Benchmark comparison by " + columnKind(c),
		By:        columnKind(c),
		State:     bannerState(c),
		Headline:  headline(c),
		Failures:  c.failures(),
		Notes:     c.Notes,
		Facts:     c.Facts,
		Cols:      c.Cols,
		Legend:    legend(),
		Caveat:    c.caveat(),
		Recompute: c.recompute(),
	}
	for _, f := range c.Log.Files {
		if f.Partial() && len(c.Log.Files) > 1 { // of a single file the headline says it
			p.Partial = append(p.Partial, fmt.Sprintf("%s is partial: %d of %d planned samples",
				printable(f.Label), f.Present, f.Planned))
		}
	}
	listed := min(len(c.Log.Broken), maxListed)
	for _, b := range c.Log.Broken[:listed] {
		p.Broken = append(p.Broken, brokenLine(b))
	}
	p.NotListed = len(c.Log.Broken) - listed
	for i, t := range c.Tables {
		s := newSection(t, fmt.Sprintf("table-%d", i+1))
		p.Sections = append(p.Sections, s)
		p.Overall = append(p.Overall, overallRow(c, t, s))
	}
	return p, nil
}

func bannerState(c *Comparison) string {
	switch {
	case c.completeness() == "partial", len(c.Log.Broken)+len(c.Log.Failures)+len(c.Notes) > 0:
		return "warn"
	case c.completeness() == "complete":
		return "good"
	}
	return "neutral"
}

// columnKind turns /impl into impl.
func columnKind(c *Comparison) string { return strings.TrimLeft(c.By, "/.") }

func headline(c *Comparison) string {
	present, planned := 0, 0
	for _, f := range c.Log.Files {
		present, planned = present+f.Present, planned+f.Planned
	}
	size := fmt.Sprintf("%s with %s each, %s.", plural(c.cellCount(), "cell"),
		c.sampleCount(), plural(len(c.Log.Broken), "broken line"))
	switch c.completeness() {
	case "complete":
		return fmt.Sprintf("Complete: %d of %d planned samples. %s", present, planned, size)
	case "partial":
		return fmt.Sprintf("Partial: %d of %d planned samples. %s", present, planned, size)
	}
	return size + " The text states no plan, so whether it is complete is unknown."
}

func newSection(t *Table, id string) section {
	s := section{
		ID:      id,
		Heading: t.heading(),
		Common:  t.Common,
		Primary: newPageTable(t, t.Primary()),
	}
	if s.Heading == "" {
		s.Heading = "All benchmarks"
	}
	for _, u := range t.Others() {
		s.Others = append(s.Others, newPageTable(t, u))
	}
	for _, u := range t.Units {
		s.Figures = append(s.Figures, newFigureTable(t, u))
	}
	return s
}

func newPageTable(t *Table, u *Unit) pageTable {
	p := pageTable{Unit: u.Name, Cols: t.Cols}
	switch u.Better {
	case 0:
		p.Caption = u.Name + ", median; the text does not say whether more is better"
	case 1:
		p.Caption = u.Name + ", more is better; times worse than the best of the row"
	default:
		p.Caption = u.Name + ", less is better; times worse than the best of the row"
	}
	for i, cells := range u.Cells {
		if !t.shows(u, i) {
			continue
		}
		row := pageRow{Label: t.Rows[i].Shape, Title: t.Rows[i].Name}
		for j, c := range cells {
			cell := newPageCell(c, u)
			cell.Col = t.Cols[j]
			row.Cells = append(row.Cells, cell)
		}
		p.Rows = append(p.Rows, row)
	}
	return p
}
