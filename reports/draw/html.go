package draw

import (
	"embed"
	"fmt"
	"html/template"
	"io"
	"strings"

	"github.com/semabench/semabench/internal/page"
	"github.com/semabench/semabench/reports/compare"
)

//go:embed page
var assets embed.FS

// A package variable, so that a template that does not parse fails every test.
var pageTemplate = page.Parse(assets, "page/*.tmpl")

// HTML writes a comparison as a page. The zero value shows a comparison and nothing else.
type HTML struct {
	Attachments []Attachment // tables from elsewhere, shown after the measurements
}

// WriteHTML writes c as one page that loads nothing: its style, scripts and data are inside, and
// its content security policy allows only those. All tables work without scripts; scripts add
// charts, tooltips, filters and a choice of units. The page follows the light or dark theme of
// the reader, prints, and folds for a narrow screen.
//
// A page has at most 600 kB. Parts that do not fit are left out, the least important first, and
// the page says which and where to find them; see [HTML.Write]. WriteHTML is HTML{}.Write.
func WriteHTML(w io.Writer, c *compare.Comparison) error { return HTML{}.Write(w, c) }

// Write writes c and the attachments of h. If a comparison is too large for the page, it leaves
// out parts in this order: raw values; descriptions of samples; the heat map of other units than
// the first; the tables of those units; charts; tooltips; attachments; the last rows.
func (h HTML) Write(w io.Writer, c *compare.Comparison) error {
	shown, err := h.build(c)
	if err != nil {
		return fmt.Errorf("writing HTML: %w", err)
	}
	if err := page.Write(w, pageTemplate, "page.html.tmpl", shown); err != nil {
		return fmt.Errorf("writing HTML: %w", err)
	}
	return nil
}

// A pageData is the data of the page's template: texts and figures that the template escapes, and
// parts that were rendered before, to see whether they fit.
type pageData struct {
	Title    string
	Head     page.Head
	Blocks   []block // the data of the scripts
	Top      banner
	Answers  part
	Machine  part
	Heat     part
	Controls controls
	Sections []part // in the order of the page
	Raw      sourceSection
	LeftOut  []string
}

// A part is a section of the page. Its Body is rendered; Note says why Body is empty or
// incomplete.
type part struct {
	ID, Title, Intro string
	Body             template.HTML
	Note             string
}

// controls are the inputs that need scripts. The page hides them without scripts.
type controls struct {
	Cols []columnName
	// units that the heat map can show; the first is in the page, the others in a block
	Units []string
	Cells bool // the scripts have the figures of the cells, for tooltips
	Raw   bool // the scripts have the single values
}

// scripts are the files of the page's own script, in the order in which they are joined.
var scripts = []string{
	"page/data.js", "page/heat.js", "page/tip.js", "page/chart.js", "page/main.js",
}

// addAssets adds the style and the scripts of the page to its head.
func (p *pageData) addAssets(cols int, plots bool) {
	css := page.Asset(assets, "page/page.css") + page.Asset(assets, "page/heat.css")
	css += fmt.Sprintf(":root { --cols: %d; }\n", cols)
	var list []string
	if plots {
		css += page.Asset(assets, "page/uplot/uPlot.min.css")
		list = append(list, "/*\n"+page.Asset(assets, "page/uplot/LICENSE")+"*/\n"+
			page.Asset(assets, "page/uplot/uPlot.iife.min.js"))
	}
	var own strings.Builder
	for _, name := range scripts {
		own.WriteString(page.Asset(assets, name))
	}
	p.Head = page.Head{Title: p.Title, Style: css, Scripts: append(list, own.String())}
}

// rendered executes one of the named templates.
func rendered(name string, data any) (template.HTML, error) {
	var out strings.Builder
	err := pageTemplate.ExecuteTemplate(&out, name, data)
	return template.HTML(out.String()), err // the template has escaped it
}
