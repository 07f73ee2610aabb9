package draw

import (
	"fmt"
	"io"

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
	if err := page.Write(w, pageTemplate, "page.html.tmpl", shown); err != nil {
		return fmt.Errorf("writing HTML: %w", err)
	}
	return nil
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
