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
	// The page was built and measured by now, so only w can fail, or a template that no part has
	// used.
	if err := page.Write(w, pageTemplate, "page.html.tmpl", shown); err != nil {
		return fmt.Errorf("writing HTML: %w", err)
	}
	return nil
}

// build assembles the page in the order of importance, which differs from the order on the page.
//
// The style and the scripts are added twice. The first time their size is measured and taken
// from the room. The second time they are final: whether uPlot is needed is known only after the
// charts.
func (h HTML) build(c *compare.Comparison) (*pageData, error) {
	a := &pageBuilder{c: c, left: maxPageBytes - frameBytes, page: &pageData{
		Title: clipped(pageTitle(c)),
		Job:   jobWords[c.Job()],
		Top:   newBanner(c),
		Raw:   newSourceSection(c),
	}}
	a.page.addAssets(len(pageColumns(c)), false)
	a.left -= a.page.Head.Size()
	// A single column has nothing to choose between, and an empty section would look like a lost
	// one.
	if c.Job() != compare.Describe {
		a.page.Answers = a.renderPart("answers", newAnswerSection(c))
	}
	if isRanking(c) {
		a.page.Ranking = a.renderPart("rankings", newRankings(c))
	}
	a.page.Machine = a.renderPart("machine", newMachineSection(c))
	alone := a.aloneSection()
	shown := a.addHeatMap()
	extras := a.attachmentParts(h.Attachments) // reserved before the charts, shown after them
	a.page.Controls.Cells = a.addBlock("cells", primaryUnit(shown), packedBytes*shown.cellCount())
	if alone.ID != "" {
		a.page.Sections = append(a.page.Sections, alone)
	}
	a.addProfiles(shown)
	a.addChoices()
	a.addCharts()
	a.addUnitSections()
	a.addOtherUnits(shown)
	samples := a.sampleSection()
	a.page.Sections = append(append(a.page.Sections, extras...), samples)
	a.addRawValues(shown)
	a.page.addAssets(len(pageColumns(c)), a.hasPlots)
	return a.page, a.err
}

// pageWords are the headings of a page for one job.
type pageWords struct {
	Answers, Map string // the titles of the first two sections
	Compares     bool   // there is something to compare
}

var jobWords = map[compare.Job]pageWords{
	compare.Choose:   {"Which one to use", "Heat map", true},
	compare.Changed:  {"What changed", "Heat map", true},
	compare.Describe: {"", "Figures", false},
}

// pageTitle returns the title of the page of c.
// The title is also the name of the browser's tab, so it begins with what the page is and not
// with the name of a file.
func pageTitle(c *compare.Comparison) string {
	if c.Job() == compare.Describe {
		return "Benchmark figures of " + c.Cols[0]
	}
	return "Benchmark comparison by " + columnKind(c)
}

// A rankingTable is the ranking of one table for the page.
type rankingTable struct {
	Name string
	Head []string
	Rows [][]string
	More string
}

// newRankings prepares the rankings of c for the page.
//
// Each table has its own ranking: a mean over workloads would hide a column that fails one of
// them.
func newRankings(c *compare.Comparison) (list []rankingTable) {
	for _, t := range c.Tables {
		rows, left := rankingRows(t)
		r := rankingTable{Name: clipped(tableName(c, t)), Head: rankingHead[1:],
			More: andMore(left, "column")}
		for _, row := range rows {
			r.Rows = append(r.Rows, row.cells())
		}
		list = append(list, r)
	}
	return list
}

// frameBytes is reserved for the page around its parts: title, banner, legend, controls.
// It is a reserve and no measurement: the frame is rendered last, when nothing can be left out
// any more. A test renders pages at the limit and fails if one exceeds it.
const frameBytes = 24_000

// A pageBuilder fills a page with parts, the most important first, while there is room.
//
// Each part is rendered and measured before it is placed. Estimating its size from the number of
// cells would be cheaper, but names and units have any length, and the page would miss its limit.
//
// left never goes below 0, and every part that is placed has taken its bytes by reserve. The
// first error stops nothing: later parts are rendered for nothing, and build returns the error.
type pageBuilder struct {
	c        *compare.Comparison
	page     *pageData
	left     int  // the remaining bytes
	hasPlots bool // uPlot is in the page
	err      error
}

// renderPart renders the template with the name of the part, if there is room for it.
//
// A part that fits is placed although a later, more important one may then not fit; build calls
// in the order of importance, so there is none.
func (a *pageBuilder) renderPart(name string, data any) part {
	p := part{ID: name}
	html, err := rendered(name, data)
	if a.err == nil {
		a.err = err
	}
	if !a.reserve(len(html)) {
		p.Note = a.leftOutNote("too large for this page")
		return p
	}
	p.Body = html
	return p
}

// reserve takes room for a number of bytes. It reports false, and takes none, if there is too
// little.
func (a *pageBuilder) reserve(bytes int) bool {
	if bytes > a.left {
		return false
	}
	a.left -= bytes
	return true
}

// addBlock adds data for the scripts, if there is room. atLeast is a lower bound of the packed
// size: packing data that cannot fit would be wasted time.
//
// The size is known only after compression, which depends on how much the figures resemble each
// other. So the data is packed first and dropped if it is too large.
func (a *pageBuilder) addBlock(id string, data any, atLeast int) bool {
	if atLeast > a.left {
		return false
	}
	text, err := pack(data)
	if a.err == nil {
		a.err = err
	}
	if !a.reserve(len(text)) {
		return false
	}
	// The text is base64, which has no character that HTML could take for markup.
	a.page.Blocks = append(a.page.Blocks, block{id, template.HTML(text)})
	return true
}

// reservePlots takes room for uPlot, once.
//
// uPlot has 50 kB, which is a twelfth of the page. A page whose charts do not fit should not
// carry it.
func (a *pageBuilder) reservePlots() bool {
	if a.hasPlots {
		return true
	}
	a.hasPlots = a.reserve(
		len(
			page.Asset(assets, "page/uplot/uPlot.iife.min.js"),
		) + len(
			page.Asset(assets, "page/uplot/LICENSE"),
		) +
			len(
				page.Asset(assets, "page/uplot/uPlot.min.css"),
			),
	)
	return a.hasPlots
}

// leftOutNote returns the sentence that stands where a part was left out.
func (a *pageBuilder) leftOutNote(why string) string {
	return why + ". It is in report.csv and report.json, and the command at the end of this page " +
		"computes it from the benchmark text."
}

// maxPageBytes limits the size of a page: mail servers and code hosts refuse or cut larger files.
const maxPageBytes = 600_000

//go:embed page
var assets embed.FS

// A package variable, so that a template that does not parse fails every test.
var pageTemplate = page.Parse(assets, "page/*.tmpl")

// A pageData is the data of the page's template: texts and figures that the template escapes, and
// parts that were rendered before, to see whether they fit.
type pageData struct {
	Title    string
	Head     page.Head
	Blocks   []block // the data of the scripts
	Top      banner
	Job      pageWords
	Answers  part        // empty for a single column
	Choices  *choiceData // nil without switches
	Ranking  part        // empty unless there are many columns
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
	"page/data.js", "page/heat.js", "page/tip.js", "page/chart.js", "page/row.js", "page/choices.js",
	"page/state.js",
	"page/main.js",
}

// addAssets adds the style and the scripts of the page to its head.
//
// The number of columns is a CSS variable, because the width of the cells depends on it and the
// style sheet is the same file for every page. The licence of uPlot stands before its code, as
// it demands.
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
//
// The conversion to template.HTML is safe here and nowhere else: the text came out of
// html/template a line before.
func rendered(name string, data any) (template.HTML, error) {
	var out strings.Builder
	err := pageTemplate.ExecuteTemplate(&out, name, data)
	return template.HTML(out.String()), err // the template has escaped it
}
