package draw

import (
	"html/template"

	"github.com/semabench/semabench/internal/page"
	"github.com/semabench/semabench/reports/compare"
)

// frameBytes is reserved for the page around its parts: title, banner, legend, controls.
const frameBytes = 24_000

// A pageBuilder fills a page with parts, the most important first, while there is room.
//
// Each part is rendered and measured before it is placed. Estimating its size from the number of
// cells would be cheaper, but names and units have any length, and the page would miss its limit.
type pageBuilder struct {
	c        *compare.Comparison
	page     *pageData
	left     int  // the remaining bytes
	hasPlots bool // uPlot is in the page
	err      error
}

// build assembles the page in the order of importance, which differs from the order on the page.
func (h HTML) build(c *compare.Comparison) (*pageData, error) {
	a := &pageBuilder{c: c, left: maxPageBytes - frameBytes, page: &pageData{
		Title: clipped("Benchmark comparison by " + columnKind(c)),
		Top:   newBanner(c),
		Raw:   newSourceSection(c),
	}}
	a.page.addAssets(len(c.Cols), false)
	a.left -= a.page.Head.Size()
	a.page.Answers = a.renderPart("answers", newAnswerSection(c))
	a.page.Machine = a.renderPart("machine", newMachineSection(c))
	shown := a.addHeatMap()
	extras := a.attachmentParts(h.Attachments) // reserved before the charts, shown after them
	a.page.Controls.Cells = a.addBlock("cells", primaryUnit(shown), packedBytes*shown.cellCount())
	a.addCharts()
	a.addUnitSections()
	a.addOtherUnits(shown)
	samples := a.sampleSection()
	a.page.Sections = append(append(a.page.Sections, extras...), samples)
	a.addRawValues(shown)
	a.page.addAssets(len(c.Cols), a.hasPlots)
	return a.page, a.err
}

// renderPart renders the template with the name of the part, if there is room for it.
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

// reserve takes room for so many bytes. It reports false, and takes none, if there is too little.
func (a *pageBuilder) reserve(bytes int) bool {
	if bytes > a.left {
		return false
	}
	a.left -= bytes
	return true
}

// addBlock adds data for the scripts, if there is room. atLeast is a lower bound of the packed
// size: packing data that cannot fit would be wasted time.
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
	a.page.Blocks = append(a.page.Blocks, block{id, template.HTML(text)})
	return true
}

// reservePlots takes room for uPlot, once.
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
