package draw

import (
	"bytes"
	"compress/gzip"
	"embed"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html/template"
	"math"
	"strconv"
	"strings"

	"github.com/semabench/semabench/internal/page"
	"github.com/semabench/semabench/reports/compare"
)

// This file has the page as a value and the room that is left in it. Each section of the page has a file of its
// own, which asks the builder for room. html.go puts the sections in their order: a section that comes
// earlier there is sure of its room.

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

// A block is data for the scripts of the page: JSON, compressed, in base64. No character of
// base64 can end the script element that contains it.
type block struct {
	ID   string
	Text template.HTML
}

// pack compresses data. It returns an error if data has no JSON form.
//
// Browsers have DecompressionStream, so the page carries no code to unpack it. In an old browser
// the scripts find no data, and the tables stay as they are.
func pack(data any) (string, error) {
	var out bytes.Buffer
	encoder := base64.NewEncoder(base64.StdEncoding, &out)
	zip := gzip.NewWriter(encoder) // BestCompression saves 3 % and takes three times as long
	// A writer to memory does not fail: an error here means that a value has no JSON form.
	if err := json.NewEncoder(zip).Encode(data); err != nil {
		return "", err
	}
	if err := zip.Close(); err != nil {
		return "", err
	}
	err := encoder.Close() // writes the last bytes
	return out.String(), err
}

// A jsonNumber is written with 12 digits. No clock has more, and the rounding errors of
// converting ns to sec are smaller. A number that is not finite is null.
type jsonNumber float64

func (n jsonNumber) MarshalJSON() ([]byte, error) {
	if v := float64(n); !math.IsNaN(v) && !math.IsInf(v, 0) {
		return strconv.AppendFloat(nil, v, 'g', 12, 64), nil
	}
	return []byte("null"), nil
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

// pageWords are the headings of a page for one job.
type pageWords struct {
	Answers, Map string // the titles of the first two sections
	Compares     bool   // there is something to compare
	Change       bool   // it is an old and a new column
}

// A part is a section of the page. Its Body is rendered; Note says why Body is empty or
// incomplete.
type part struct {
	ID, Title, Intro string
	Body             template.HTML
	Note             string
}

// A columnName is the name of a column, with the CSS class of its colour.
type columnName struct{ Text, Class string }

// choiceData has the answers for every choice of needs and of a cost, for the scripts.
//
// All are computed here: the tests and corrections behind an answer are not in the scripts, and an
// answer without them would recommend by medians. With the needs that package impls declares these
// are 64 choices of needs for each of three costs.
type choiceData struct {
	Needs   []string `json:"needs"`
	Chosen  int      `json:"chosen"` // the needs of the page without scripts, as bits; see Lists
	Weights []string `json:"weights"`
	Weight  int      `json:"weight"`

	// Lists has a list for each choice: bit i of its index is need i, and the weight counts above
	// the needs. A list has for each table the index of its row in Rows. Words has for each choice the
	// words for the needs and the cost that decided.
	Lists [][]int  `json:"lists"`
	Words []string `json:"words"`

	// Rows has each different row once, as markup of the same template as the table without scripts: a
	// choice changes what the table says, and not how it looks. Most choices agree in most rows.
	Rows []string `json:"rows"`
}

// controls are the inputs that need scripts. The page hides them without scripts.
type controls struct {
	Cols []columnName
	// units that the heat map can show; the first is in the page, the others in a block
	Units    []string
	Compares bool // there is more than one column, so there are ratios, and columns to hide
	Change   bool // the columns are an old and a new one

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

// tableID returns the anchor of table i.
func tableID(i int) string { return fmt.Sprintf("table-%d", i+1) }
