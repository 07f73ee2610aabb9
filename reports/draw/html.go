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
	a.page.Controls.Compares, a.page.Controls.Change = a.page.Job.Compares, a.page.Job.Change
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

var jobWords = map[compare.Job]pageWords{
	compare.Choose:   {"Which one to use", "Heat map", true, false},
	compare.Changed:  {"What changed", "Heat map", true, true},
	compare.Describe: {"", "Figures", false, false},
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

// An Attachment is a table on the page that no benchmark measured, such as proofs of a contract
// or the modules of a build. The page escapes its texts and shows them unchanged.
type Attachment struct {
	Title string
	Intro string // a sentence or two; may be empty
	Cols  []string
	Rows  [][]Remark // the first remark of each row is the name of the row
}

// A Remark is one cell of an [Attachment].
type Remark struct {
	Text string
	Tone Tone
}

// A Tone says how a reader should take a remark. The page shows it as a color and as a sign.
type Tone int

const (
	Neutral Tone = iota // a fact
	Good                // shown to be as promised
	Bad                 // shown not to be as promised
	Unsure              // not shown either way; never to be taken for Good
)

// Class returns the CSS class of t.
func (t Tone) Class() string {
	return [...]string{"plain", "good", "bad", "unknown"}[t]
}

// Sign returns a character for t, for readers that see no colors.
func (t Tone) Sign() string { return [...]string{"", "✓", "✗", "?"}[t] }

// attachmentParts renders each attachment as a section of the page. A note replaces an attachment
// that is too large.
//
// An attachment is left out as a whole. A part of a table of proofs would look like all of it.
func (a *pageBuilder) attachmentParts(list []Attachment) (parts []part) {
	for i, attached := range list {
		p := a.renderPart("attachment", attached)
		p.ID, p.Title, p.Intro = attachmentID(i), clipped(attached.Title), attached.Intro
		if p.Note != "" {
			p.Note = "Too large for this page."
		}
		parts = append(parts, p)
	}
	return parts
}

func attachmentID(i int) string { return "attached-" + tableID(i) }
