package draw

import (
	"html/template"

	"github.com/semabench/semabench/reports/compare"
)

// frame is kept for the page around its parts: title, banner, legend, controls.
const frameBytes = 24_000

// An assembly fills a page with parts, the most important first, while there is room.
type pageBuilder struct {
	c        *compare.Comparison
	page     *page
	left     int  // bytes
	hasPlots bool // uPlot is in
	err      error
}

func (h HTML) build(c *compare.Comparison) (*page, error) {
	a := &pageBuilder{c: c, left: maxPageBytes - frameBytes, page: &page{
		Title: clipped("Benchmark comparison by " + columnKind(c)),
		Top:   newBanner(c),
		Raw:   newSourceSection(c),
	}}
	a.left -= len(asset("page/page.css")) + len(asset("page/heat.css"))
	for _, name := range scripts {
		a.left -= len(asset(name))
	}
	a.page.Answers = a.renderPart("answers", newAnswerSection(c))
	a.page.Machine = a.renderPart("machine", newMachineSection(c))
	shown := a.addHeatMap()
	extras := a.attachmentParts(h.Attachments) // before the rest, but it stands behind it
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

// part renders a template that bears the name of the part, if there is room.
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

// take reports whether there is room for so many bytes, and takes it.
func (a *pageBuilder) reserve(bytes int) bool {
	if bytes > a.left {
		return false
	}
	a.left -= bytes
	return true
}

// block adds data for the scripts. It packs nothing that cannot fit: atLeast is a lower bound of
// its size.
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

// plot takes room for uPlot, once.
func (a *pageBuilder) reservePlots() bool {
	if a.hasPlots {
		return true
	}
	a.hasPlots = a.reserve(len(asset("page/uplot/uPlot.iife.min.js")) + len(asset("page/uplot/LICENSE")) +
		len(asset("page/uplot/uPlot.min.css")))
	return a.hasPlots
}

// leave is the sentence for what is not on the page.
func (a *pageBuilder) leftOutNote(why string) string {
	return why + ". It is in report.csv and report.json, and the command at the end of this page " +
		"computes it from the benchmark text."
}

const maxPageBytes = 600_000
