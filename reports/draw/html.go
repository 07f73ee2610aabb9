package draw

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
	"strings"

	"github.com/semabench/semabench/reports/compare"
)

//go:embed page
var assets embed.FS

// The template is parsed here and not at each call, so that a broken one fails every test.
var pageTemplate = template.Must(template.ParseFS(assets, "page/*.tmpl"))

// HTML is the report as a page. The zero value shows a comparison and nothing else.
type HTML struct {
	Attachments []Attachment // tables from elsewhere, after all that was measured
}

// WriteHTML writes c as one page that needs nothing else and asks for nothing: its style, scripts
// and data are in it, and its content security policy lets only those run. Without scripts all its
// tables are there; scripts add charts, tooltips, filters and a choice of units. It follows the
// light or dark theme of its reader, prints, and folds for a narrow screen.
//
// A page has at most 600 kB. What does not fit is left out, the least important first, and the page
// says what and where it is; see [HTML.Write]. It is HTML{}.Write.
func WriteHTML(w io.Writer, c *compare.Comparison) error { return HTML{}.Write(w, c) }

// Write writes c and the attachments of h. Of a large comparison it leaves out, in this order, what
// does not fit: raw values; descriptions of samples; the heat map of other units than the first;
// the tables of those units; charts; the tooltips; attachments; the last rows.
func (h HTML) Write(w io.Writer, c *compare.Comparison) error {
	shown, err := h.build(c)
	if err != nil {
		return fmt.Errorf("writing HTML: %w", err)
	}
	// Executed into memory, so that a failure writes no half page.
	var page bytes.Buffer
	if err := pageTemplate.ExecuteTemplate(&page, "page.html.tmpl", shown); err != nil {
		return fmt.Errorf("writing HTML: %w", err)
	}
	_, err = w.Write(page.Bytes())
	return err
}

// A page is what the template shows: words and figures, ready to be escaped, and parts that were
// rendered before to see whether they fit.
type page struct {
	Title    string
	Policy   template.HTMLAttr
	Style    template.CSS
	Scripts  []template.JS
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

// A part is a section of the page. Its Body is rendered; without one, Note says why.
type part struct {
	ID, Title, Intro string
	Body             template.HTML
	Note             string
}

// controls are what only scripts can obey.
type controls struct {
	Cols  []columnName
	Units []string // whose heat map can be shown; the first is the one that is in the page
	Cells bool     // whether the scripts know them
	Raw   bool     // whether they know the single values
}

// scripts are the files of the page's own script, in the order in which they are joined.
var scripts = []string{
	"page/data.js", "page/heat.js", "page/tip.js", "page/chart.js", "page/main.js",
}

// dress adds style and scripts, and a policy that names them by their hash: were a benchmark's name
// to become a script or a style after all, the browser would refuse it.
func (p *page) addAssets(cols int, plots bool) {
	css := asset("page/page.css") + asset("page/heat.css")
	css += fmt.Sprintf(":root { --cols: %d; }\n", cols)
	if plots {
		css += asset("page/uplot/uPlot.min.css")
		p.Scripts = append(p.Scripts, template.JS("/*\n"+asset("page/uplot/LICENSE")+"*/\n"+
			asset("page/uplot/uPlot.iife.min.js")))
	}
	var own strings.Builder
	for _, name := range scripts {
		own.WriteString(asset(name))
	}
	p.Scripts = append(p.Scripts, template.JS(own.String()))
	p.Style = template.CSS(css)
	policy := "default-src 'none'; style-src " + hash(css) + "; script-src"
	for _, s := range p.Scripts {
		policy += " " + hash(string(s))
	}
	p.Policy = template.HTMLAttr(`content="` + policy + `"`)
}

func hash(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}

// asset returns a file of ours. All are embedded: the only possible error is a wrong name here.
func asset(name string) string {
	text, err := assets.ReadFile(name)
	if err != nil {
		panic("reports: " + err.Error())
	}
	return string(text)
}

// render executes one of the named templates.
func rendered(name string, data any) (template.HTML, error) {
	var out strings.Builder
	err := pageTemplate.ExecuteTemplate(&out, name, data)
	return template.HTML(out.String()), err // escaped by the template that wrote it
}
