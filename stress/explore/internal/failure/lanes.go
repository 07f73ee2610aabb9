package failure

import (
	"fmt"
	"strings"
)

// goroutines gives a lane to each goroutine with a step or a wait. Other goroutines have nothing to
// draw, and a lane for them would make the rest narrower. The order is the order in which they were
// started, as in the text.
//
// The limit shortens the drawing and not the table: every step keeps its row and its name.
func (v *viewer) goroutines(p *page) {
	used := map[int]bool{}
	for i := range v.report.Steps {
		step := &v.report.Steps[i]
		used[step.G] = true
		for _, b := range step.Blocks {
			used[b.G] = true
		}
	}
	for _, g := range v.report.Goroutines {
		if used[g.ID] {
			v.lanes[g.ID] = len(v.lanes)
			p.Goroutines = append(p.Goroutines, v.lane(g.ID))
		}
	}
	if more := len(p.Goroutines) - mostLanes; more > 0 {
		p.Left += fmt.Sprintf("%d goroutines have no lane of their own: they share the last one. ", more)
	}
}

// laneStyle returns the CSS that places the lanes. Style attributes on the elements would be
// simpler, but the content security policy refuses them. There is one rule for each lane, in the
// style sheet whose hash the policy names.
func (v *viewer) laneStyle() string {
	const widest, room, least = 150, 440, 30
	n := v.laneCount()
	var b strings.Builder
	fmt.Fprintf(&b, ":root { --lanes: %d; --wide: %dpx; }\n", n, max(least, min(widest, room/n)))
	for i := range n {
		fmt.Fprintf(&b, ".l%d { --lane: %d; }\n", i, i)
	}
	return b.String()
}

// verdict adds the head of the page: messages, waits, locks, stacks, the race and the history. A
// line of the message that repeats the title is left out. Each list has at most mostCards
// elements.
//
// What, Waits and Holds come before the schedule on the page, as in the text: most readers need
// no more.
func (v *viewer) verdict(p *page) {
	s := v.report
	for line := range strings.Lines(s.Message) {
		line = strings.TrimRight(line, "\n")
		if line != s.What && line != "" && len(p.Message) < mostCards {
			p.Message = append(p.Message, cut(line))
		}
	}
	for _, r := range s.Remarks {
		p.Remarks = append(p.Remarks, cut(r))
	}
	for _, w := range s.Waits[:min(len(s.Waits), mostCards)] {
		waits := pageWait{
			Lane: v.lane(w.G), Op: cut(w.Op), At: cut(w.At.String()), Link: v.lines[w.At],
			For: cut(w.For),
		}
		if w.Missed {
			waits.For += ", which was signalled when no goroutine waited"
		}
		for _, c := range w.Could[:min(len(w.Could), mostCards)] {
			waits.Could = append(waits.Could, cut(c))
		}
		p.Waits = append(p.Waits, waits)
	}
	p.Cycle = s.cycleText()
	for _, h := range s.Holds[:min(len(s.Holds), mostCards)] {
		p.Holds = append(p.Holds, h.text())
	}
	p.Stack = v.frames(s.Stack)
	v.race(p)
	p.History = v.history()
}

// frames returns the frames of a stack, each with a link to its line of source.
//
// Frames outside the shown source have no link; their position is text.
func (v *viewer) frames(stack []Frame) (all []frameLine) {
	for _, f := range stack[:min(len(stack), mostCards)] {
		all = append(all, frameLine{cut(f.Func), cut(f.At.String()), v.lines[f.At]})
	}
	return all
}

// race adds the accesses of a data race, or the text of the detector if no access could be read
// from it. 20 kB of that text hold two stacks many times over.
//
// The goroutine of an access may be unknown, since the detector numbers goroutines in its own
// way; see Race.Attribute.
func (v *viewer) race(p *page) {
	if v.report.Race == nil {
		return
	}
	for _, a := range v.report.Race.Accesses {
		shown := pageAccess{What: cut(a.What), Frames: v.frames(a.Stack), Source: v.around(a.At)}
		if a.G >= 0 {
			l := v.lane(a.G)
			shown.Lane = &l
		}
		p.Accesses = append(p.Accesses, shown)
	}
	for line := range strings.Lines(v.report.Race.Text[:min(len(v.report.Race.Text), 20_000)]) {
		p.Detector += cut(strings.TrimRight(line, "\n")) + "\n"
	}
}

// objects returns the objects for the panel.
func (v *viewer) objects() (all []Object) {
	for _, o := range v.report.Objects {
		all = append(all, Object{o.ID, cut(o.Name), cut(o.Kind)})
	}
	return all
}
