package failure

import (
	"fmt"
	"strings"
)

// The drawing behind the rows has 10 units for each lane and 10 for each row. The browser
// stretches it to the width and height of the table.

// rows adds the last rows of the schedule, and the drawing behind them. at has only the steps that
// are shown; an arc from an earlier step has no begin and is left out. The drawing comes last, when
// the number of rows is known.
//
// The positions lose the folder that most steps share, as in the text.
func (v *viewer) rows(p *page) {
	s := v.report
	from := v.firstShown()
	if skipped := s.Skipped + from; skipped > 0 {
		p.Skipped = fmt.Sprintf("%d steps before these are not shown.", skipped)
	}
	decided := s.decidedAt()
	at := map[int]int{} // the row of a step
	for i := from; i < len(s.Steps); i++ {
		if s.Steps[i].Switch == Preempted && i > 0 {
			lost := s.Steps[i-1].G
			p.Rows = append(p.Rows, pageRow{Kind: "lost", Lane: v.lane(lost),
				Text: v.lane(lost).Name + " is preempted: it could go on"})
		}
		at[i] = len(p.Rows)
		p.Rows = append(p.Rows, v.stepRows(&s.Steps[i])...)
		p.Data = append(p.Data, v.stepData(&s.Steps[i]))
		if i == decided {
			p.Rows = append(p.Rows, pageRow{Kind: "lost", Lane: v.lane(s.Decision.G), Text: s.Decision.here()})
		}
	}
	if s.Period > 0 {
		p.Again = s.again()
	}
	if s.End != nil {
		p.Rows = append(p.Rows, pageRow{Kind: "fails", Lane: v.lane(s.End.G), Text: cut(s.End.Text),
			At: cut(s.End.At.String()), Link: v.lines[s.End.At], Source: v.line(s.End.At)})
	}
	dir := cut(s.dir())
	for i := range p.Rows {
		p.Rows[i].At = strings.TrimPrefix(p.Rows[i].At, dir)
	}
	p.Width, p.High = 10*v.laneCount(), 10*len(p.Rows)
	v.draw(p)
	v.edges(p, from, at)
	v.mark(p)
}

// firstShown returns the first step that is shown: the last steps that there is room for. It counts
// from the end, where the failure is. The share is counted in bytes as they stand on the page,
// because lines of source may be long or full of characters that have to be escaped.
//
// The bound is kept even by a step that is larger than the whole share: it is then left out, and
// the page has no steps at all.
func (v *viewer) firstShown() int {
	const markup = 900 // bytes of a step with its data and its arcs
	room := stepRoom
	for i := len(v.report.Steps) - 1; i >= 0; i-- {
		step := &v.report.Steps[i]
		size := markup + escapedSize(cut(step.Text)) + escapedSize(cut(step.Result)) +
			escapedSize(cut(step.At.String())) + escapedSize(v.line(step.At))
		for _, b := range step.Blocks {
			size += markup + 2*escapedSize(cut(b.Op))
		}
		for _, state := range step.State {
			size += 60 + escapedSize(cut(state.Text))
		}
		if room -= size; room < 0 || len(v.report.Steps)-i > mostSteps {
			return i + 1
		}
	}
	return 0
}

// stepRows returns the row of a step, and the rows of goroutines that wait or end after it.
func (v *viewer) stepRows(step *Step) []pageRow {
	row := pageRow{
		Kind: "step", Lane: v.lane(step.G), ID: fmt.Sprintf("step-%d", step.N), N: step.N,
		Text: cut(step.Text), Result: cut(step.Result), Races: step.Races,
		At: cut(step.At.String()), Link: v.lines[step.At], Source: v.line(step.At),
	}
	rows := []pageRow{row}
	for _, b := range step.Blocks {
		if b.G == step.G && b.At == step.At {
			rows = append(rows, pageRow{Kind: "waits", Lane: v.lane(b.G), Text: "waits"})
			continue
		}
		rows = append(rows, pageRow{Kind: "waits", Lane: v.lane(b.G), Text: "waits in " + cut(b.Op),
			At: cut(b.At.String()), Link: v.lines[b.At], Source: v.line(b.At)})
	}
	for _, g := range step.Ends {
		rows = append(rows, pageRow{Kind: "ends", Lane: v.lane(g), Text: "ends"})
	}
	return rows
}

// stepData returns the data of a step for the panel. Only numbers and texts that the table does not
// have: the script reads the others from the page.
//
// After has indexes in the report and becomes numbers of steps here: the script knows only
// numbers.
func (v *viewer) stepData(step *Step) pageStep {
	d := pageStep{
		N: step.N, G: step.G, Line: v.lines[step.At], Frees: step.Frees, Ends: step.Ends,
		Able: step.Able, Lost: step.Switch == Preempted,
	}
	for _, state := range step.State {
		d.State = append(d.State, State{state.Object, cut(state.Text)})
	}
	for _, b := range step.Blocks {
		d.Blocks = append(d.Blocks, fmt.Sprintf("goroutine %d waits in %s", b.G, cut(b.Op)))
	}
	for _, i := range step.After {
		d.After = append(d.After, v.report.Steps[i].N)
	}
	return d
}

// draw adds a line for each goroutine, from its first row to its last. A preemption is no row of
// the goroutine that lost its turn, so it does not lengthen the line.
//
// A goroutine with a lane and without a row has no line.
func (v *viewer) draw(p *page) {
	first, last := map[int]int{}, map[int]int{}
	for i, r := range p.Rows {
		if r.Kind == "lost" {
			continue
		}
		if _, ok := first[r.Lane.G]; !ok {
			first[r.Lane.G] = i
		}
		last[r.Lane.G] = i
	}
	for _, g := range p.Goroutines {
		from, ok := first[g.G]
		if !ok {
			continue
		}
		p.Lines = append(p.Lines, svgLine{
			Class: g.Class, X: 10 * v.place(g.G), Y1: 10*from + 5, Y2: 10*last[g.G] + 5,
		})
	}
}

// edges adds an arc from each step to the steps of other goroutines that come after it. The curve
// leaves and arrives vertically, along the lane, and bends less between neighbouring rows.
//
// Only direct predecessors have an arc. All of the happens-before relation would be one arc for
// nearly every pair.
func (v *viewer) edges(p *page, first int, at map[int]int) {
	for i := first; i < len(v.report.Steps); i++ {
		to := &v.report.Steps[i]
		for _, j := range to.After {
			from := &v.report.Steps[j]
			if _, ok := at[j]; !ok {
				continue
			}
			x1, y1 := 10*v.place(from.G), 10*at[j]+5
			x2, y2 := 10*v.place(to.G), 10*at[i]+5
			bend := min(y2-y1, 20) / 2
			p.Edges = append(p.Edges, svgEdge{From: fmt.Sprint(from.N), To: fmt.Sprint(to.N),
				Path: fmt.Sprintf("M%d %dC%d %d %d %d %d %d", x1, y1, x1, y1+bend, x2, y2-bend, x2, y2)})
		}
	}
}

// history returns the table of calls, nil if the report has none. A call that did not end is open.
// Widths are at least 1, so a call without a step of another goroutine in it can still be seen.
//
// Steps is one more than the last number, so that a call that never ended reaches beyond the
// last step.
func (v *viewer) history() *pageHistory {
	h := v.report.History
	if h == nil || len(h.Calls) == 0 {
		return nil
	}
	shown := &pageHistory{Reason: cut(h.Reason)}
	for _, c := range h.Calls {
		shown.Steps = max(shown.Steps, c.From, c.Till)
	}
	shown.Steps++
	for _, c := range h.Calls {
		till := c.Till
		if till == 0 {
			till = shown.Steps
		}
		shown.Calls = append(shown.Calls, pageCall{
			Lane: v.lane(c.G), Text: cut(c.Text), Result: cut(strings.TrimSpace(c.Result)),
			X: c.From, Width: max(1, till-c.From), Open: c.Till == 0, Span: c.span(),
		})
	}
	for _, o := range h.Order {
		shown.Order = append(shown.Order, cut(o))
	}
	for _, o := range h.Stuck {
		shown.Stuck = append(shown.Stuck, cut(o))
	}
	return shown
}
