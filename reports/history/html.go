package history

import (
	"embed"
	"fmt"
	"hash/fnv"
	"html/template"
	"io"
	"strings"

	"github.com/semabench/semabench/internal/page"
	"github.com/semabench/semabench/internal/plural"
)

//go:embed page.html.tmpl page.css
var assets embed.FS

// pageTemplate is parsed here and not at each call, so that a broken template fails every test.
var pageTemplate = page.Parse(assets, "page.html.tmpl")

// rowRoom limits how many bytes of a page are rows. Rows with changes come first, so that a page of
// 10 000 rows leaves out steady ones.
const rowRoom = 450_000

// WriteHTML writes h as one page without scripts, fonts or requests. The page follows the light or
// dark theme of its reader, prints, and fits a telephone.
func WriteHTML(w io.Writer, h *History) error {
	css := page.Asset(assets, "page.css")
	shown := historyPage{Head: page.Head{Title: "Benchmark history", Style: css}, Headline: h.Headline(),
		State: h.state(), Notes: h.Notes}
	for _, err := range h.Broken {
		shown.Broken = append(shown.Broken, err.Error())
	}
	room := page.NewRoom(rowRoom)
	for i, r := range h.Rows {
		if r.isConstant() && len(r.Points) > 1 {
			// A curve of equal values says less than the value.
			row := steadyRow{r.anchor(), r.Name, r.Unit, h.Last(r), plural.Of(len(r.Points), "run")}
			if !room.Take(200 + page.EscapedSize(row.Name+row.Unit)) {
				shown.LeftOut = len(h.Rows) - i
				break
			}
			shown.Steady = append(shown.Steady, row)
			continue
		}
		row := h.pageRow(r)
		size := 900 + len(row.Chart) + page.EscapedSize(r.Name+r.Unit)
		for _, c := range row.Changes {
			size += 500 + page.EscapedSize(r.Name+c.Also+c.Values)
		}
		if !room.Take(size) {
			shown.LeftOut = len(h.Rows) - i
			break
		}
		shown.Rows = append(shown.Rows, row)
		shown.Changes = append(shown.Changes, row.Changes...)
	}
	return page.Write(w, pageTemplate, "page.html.tmpl", shown)
}

// state returns the class of the banner.
func (h *History) state() string {
	switch {
	case len(h.Broken) > 0:
		return "warn"
	case h.BecameWorse() > 0:
		return "bad"
	case h.isTooShort():
		return ""
	}
	return "good"
}

type historyPage struct {
	Head            page.Head
	State, Headline string
	Broken, Notes   []string
	Changes         []pageChange
	Rows            []pageRow
	Steady          []steadyRow
	LeftOut         int
}

// A steadyRow is a row of equal values.
type steadyRow struct{ ID, Name, Unit, Last, Runs string }

// A pageChange is one change, in the list at the top and under the curve of its row.
type pageChange struct {
	ID, Row, Unit, Direction, Size, Place, Values, Commits, Also string
}

type pageRow struct {
	ID, Name, Unit, Last, Low, High, First, Newest string
	Chart                                          template.HTML
	Changes                                        []pageChange
}

// anchor returns the anchor of a row. It follows from the name: a link to a row holds for the page of the next
// run as well.
func (r Row) anchor() string {
	id := fnv.New32a()
	id.Write([]byte(r.Name + " " + r.Unit))
	return fmt.Sprintf("row-%08x", id.Sum32())
}

func (h *History) pageRow(r Row) pageRow {
	row := pageRow{ID: r.anchor(), Name: r.Name, Unit: r.Unit, Last: h.Last(r),
		First: h.Name(r.Points[0].Run), Newest: h.Name(r.Points[len(r.Points)-1].Run)}
	var values []float64
	for _, p := range r.Points {
		values = append(values, p.Value)
	}
	low, high := scaleOf(values)
	row.Low, row.High = r.value(low), r.value(high)
	row.Chart = h.chart(r, low, high)
	for _, c := range r.Changes {
		row.Changes = append(row.Changes, pageChange{row.ID, r.Name, r.Unit, c.Direction(), h.Size(c), h.Place(c),
			h.Values(r, c), h.Commits(c), c.Also})
	}
	return row
}

// The size of a chart in its own units; the page scales it to the width of its column.
const (
	chartWidth, chartHeight = 640, 120
	edge                    = 6 // room for the dots at the border
	mostDots                = 400
)

// chart draws one row: a dot for each run with its commit and value as a tooltip, the levels between
// the changes, and a vertical line at each change.
//
// All that goes into the markup besides numbers is escaped here: the result is passed on as HTML.
func (h *History) chart(r Row, low, high float64) template.HTML {
	x := func(run int) float64 {
		return edge + (chartWidth-2*edge)*float64(run)/float64(max(len(h.Runs)-1, 1))
	}
	y := func(v float64) float64 {
		return chartHeight - edge - (chartHeight-2*edge)*min(max(placeIn(v, low, high), 0), 1)
	}
	var b strings.Builder
	fmt.Fprintf(&b, `<svg viewBox="0 0 %d %d" role="img" aria-label="%s">`, chartWidth, chartHeight,
		template.HTMLEscapeString(fmt.Sprintf("%s in %s over %s", r.Name, r.Unit, plural.Of(len(r.Points), "run"))))
	for _, c := range r.Changes {
		if c.Rate != 0 {
			fmt.Fprintf(&b, `<line class="slope %s" x1="%.1f" y1="%.1f" x2="%.1f" y2="%.1f"/>`, c.Direction(),
				x(c.Run), y(c.Before), x(c.Last), y(c.After))
			continue
		}
		at := (x(c.Run) + x(c.Run-1)) / 2
		fmt.Fprintf(&b, `<line class="step %s" x1="%.1f" y1="0" x2="%.1f" y2="%d"/>`, c.Direction(), at, at,
			chartHeight)
	}
	// More dots than pixels would only make the page large; the line has every run.
	dots := len(r.Points) <= mostDots
	b.WriteString(`<polyline class="line" points="`)
	for _, p := range r.Points {
		fmt.Fprintf(&b, "%.1f,%.1f ", x(p.Run), y(p.Value))
	}
	b.WriteString(`"/>`)
	for _, p := range r.Points {
		if !dots {
			break
		}
		fmt.Fprintf(&b, `<circle class="dot" cx="%.1f" cy="%.1f" r="2.5"><title>%s: %s</title></circle>`,
			x(p.Run), y(p.Value), template.HTMLEscapeString(h.Name(p.Run)),
			template.HTMLEscapeString(r.value(p.Value)))
	}
	b.WriteString("</svg>")
	return template.HTML(b.String()) // numbers, and texts that were escaped above
}
