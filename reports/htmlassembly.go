package reports

import (
	"fmt"
	"html/template"
)

// maxPage is what a page may weigh, in bytes.
const maxPage = 600_000

// frame is kept for the page around its parts: title, banner, legend, controls.
const frame = 24_000

// An assembly fills a page with parts, the most important first, while there is room.
type assembly struct {
	c     *Comparison
	page  *page
	left  int  // bytes
	plots bool // uPlot is in
	err   error
}

func (h HTML) assemble(c *Comparison) (*page, error) {
	a := &assembly{c: c, left: maxPage - frame, page: &page{
		Title: clipped("Benchmark comparison by " + columnKind(c)),
		Top:   newTop(c),
		Raw:   newRaw(c),
	}}
	a.left -= len(asset("page/page.css")) + len(asset("page/heat.css"))
	for _, name := range scripts {
		a.left -= len(asset(name))
	}
	a.page.Answers = a.part("answers", newAnswers(c))
	a.page.Machine = a.part("machine", newMachine(c))
	shown := a.heat()
	extras := a.attachments(h.Attachments) // before the rest, but it stands behind it
	a.page.Controls.Cells = a.block("cells", primaryUnit(shown), packedBytes*shown.cellCount())
	a.charts()
	a.units()
	a.otherUnits(shown)
	samples := a.samples()
	a.page.Sections = append(append(a.page.Sections, extras...), samples)
	a.raw(shown)
	a.page.dress(len(c.Cols), a.plots)
	return a.page, a.err
}

// part renders a template that bears the name of the part, if there is room.
func (a *assembly) part(name string, data any) part {
	p := part{ID: name}
	html, err := rendered(name, data)
	if a.err == nil {
		a.err = err
	}
	if !a.take(len(html)) {
		p.Note = a.leave("too large for this page")
		return p
	}
	p.Body = html
	return p
}

// take reports whether there is room for so many bytes, and takes it.
func (a *assembly) take(bytes int) bool {
	if bytes > a.left {
		return false
	}
	a.left -= bytes
	return true
}

// block adds data for the scripts. It packs nothing that cannot fit: atLeast is a lower bound of
// its size.
func (a *assembly) block(id string, data any, atLeast int) bool {
	if atLeast > a.left {
		return false
	}
	text, err := pack(data)
	if a.err == nil {
		a.err = err
	}
	if !a.take(len(text)) {
		return false
	}
	a.page.Blocks = append(a.page.Blocks, block{id, template.HTML(text)})
	return true
}

// plot takes room for uPlot, once.
func (a *assembly) plot() bool {
	if a.plots {
		return true
	}
	a.plots = a.take(len(asset("page/uplot/uPlot.iife.min.js")) + len(asset("page/uplot/LICENSE")) +
		len(asset("page/uplot/uPlot.min.css")))
	return a.plots
}

// leave is the sentence for what is not on the page.
func (a *assembly) leave(why string) string {
	return why + ". It is in report.csv and report.json, and the command at the end of this page " +
		"computes it from the benchmark text."
}

// maxText is how much of a name or a value is shown where one alone could fill a page.
const maxText = 300

func clipped(s string) string {
	if r := []rune(s); len(r) > maxText {
		return string(r[:maxText]) + "…"
	}
	return s
}

// firstOf cuts a list, and says how many are missing.
func firstOf[T any](list []T, most int) ([]T, int) {
	n := min(len(list), most)
	return list[:n], len(list) - n
}

func andMore(n int, noun string) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprintf("and %s more", plural(n, noun))
}
