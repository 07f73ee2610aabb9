package failure

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
)

// WriteText writes the report for a terminal. The verdict comes first and the command for a replay
// last: the two that a reader of a log looks for. It writes once, so reports of parallel tests do
// not mix.
//
// The parts that a report lacks write nothing, so one order serves every kind of failure.
func (s *Report) WriteText(w io.Writer) error {
	var b strings.Builder
	s.writeWhat(&b)
	s.writeWaits(&b)
	s.writeStack(&b)
	s.writeRace(&b)
	s.History.write(&b)
	s.writeColumns(&b)
	s.writeFound(&b)
	_, err := io.WriteString(w, b.String())
	return err
}

// writeWhat writes the verdict and the message of the program.
//
// A line of the message that repeats the verdict is left out: a panic has its message in both.
func (s *Report) writeWhat(b *strings.Builder) {
	if s.Subject != "" {
		fmt.Fprintf(b, "%s\nscenario %s\n", shown(s.Subject), shown(s.Scenario))
	}
	fmt.Fprintf(b, "%s\n", shown(s.What))
	for line := range strings.Lines(s.Message) {
		if ofEngine.MatchString(line) {
			continue
		}
		if line = shown(strings.TrimRight(line, "\n")); line != shown(s.What) && line != "" {
			fmt.Fprintf(b, "    %s\n", line)
		}
	}
	for _, r := range s.Remarks {
		fmt.Fprintf(b, "%s\n", shown(r))
	}
}

// writeWaits writes the goroutines that had not ended, the cycle among them, and the locks that are
// held. The waits come first and the schedule after them: in a deadlock they are the answer.
func (s *Report) writeWaits(b *strings.Builder) {
	for _, group := range s.waitGroups() {
		w := group[0]
		if len(group) > 1 {
			var gs []int
			for _, w := range group {
				gs = append(gs, w.G)
			}
			fmt.Fprintf(b, "%d goroutines wait in %s%s: %s", len(gs), shown(w.Op), at(w.At), numbers(gs))
		} else {
			fmt.Fprintf(b, "goroutine %d waits in %s%s", w.G, shown(w.Op), at(w.At))
		}
		if w.For != "" {
			fmt.Fprintf(b, "\n    for %s", shown(w.For))
		}
		if w.Missed {
			b.WriteString(", which was signalled when no goroutine waited")
		}
		b.WriteByte('\n')
		for _, c := range could(group) {
			fmt.Fprintf(b, "    %s\n", shown(c))
		}
	}
	if text := s.cycleText(); text != "" {
		fmt.Fprintf(b, "%s\n", text)
	}
	for _, h := range s.Holds {
		fmt.Fprintf(b, "%s\n", h.text())
	}
}

// fewestTogether is how many goroutines that wait at one place become one line. Fewer have a line each:
// a reader of a small deadlock follows every goroutine.
const fewestTogether = 4

// waitGroups returns the waits, with those together that are at one place and for the same event. A pool
// of a hundred idle workers is one line with a count; a hundred lines would hide the goroutine that they
// wait for. The groups are in the order of their first goroutines.
func (s *Report) waitGroups() (groups [][]Wait) {
	key := func(w Wait) string { return fmt.Sprintf("%s\x00%v\x00%s\x00%v", w.Op, w.At, w.For, w.Missed) }
	together := map[string][]Wait{}
	for _, w := range s.Waits {
		together[key(w)] = append(together[key(w)], w)
	}
	for _, w := range s.Waits {
		switch group := together[key(w)]; {
		case len(group) < fewestTogether:
			groups = append(groups, []Wait{w})
		case group[0].G == w.G:
			groups = append(groups, group)
		}
	}
	return groups
}

// could returns what goroutines did that might have ended the waits of a group. Each goroutine of the
// group may stand in the list of another one, so the lists are united. The same deed of many goroutines
// is one line, too.
func could(group []Wait) (lines []string) {
	var deeds []string
	doers, seen := map[string][]int{}, map[string]bool{}
	for _, w := range group {
		for _, text := range w.Could {
			g, deed, known := cutGoroutine(text)
			if !known {
				deed = text
			}
			if !seen[deed] {
				seen[deed], deeds = true, append(deeds, deed)
			}
			if known && !slices.Contains(doers[deed], g) {
				doers[deed] = append(doers[deed], g)
			}
		}
	}
	for _, deed := range deeds {
		gs := doers[deed]
		slices.Sort(gs)
		switch {
		case len(gs) == 0:
			lines = append(lines, deed)
		case len(gs) >= fewestTogether:
			lines = append(lines, numbers(gs)+": "+deed)
		default:
			for _, g := range gs {
				lines = append(lines, fmt.Sprintf("goroutine %d %s", g, deed))
			}
		}
	}
	return lines
}

// cutGoroutine cuts “goroutine 7 waits” into 7 and “waits”.
func cutGoroutine(text string) (g int, deed string, ok bool) {
	rest, ok := strings.CutPrefix(text, "goroutine ")
	number, deed, found := strings.Cut(rest, " ")
	g, err := strconv.Atoi(number)
	return g, deed, ok && found && err == nil
}

// numbers lists goroutines, in the order of their numbers, with runs such as “2 to 101”.
func numbers(gs []int) string {
	var runs []string
	for i := 0; i < len(gs); {
		j := i
		for j+1 < len(gs) && gs[j+1] == gs[j]+1 {
			j++
		}
		text := fmt.Sprint(gs[i])
		if j > i {
			text += fmt.Sprintf(" to %d", gs[j])
		}
		runs, i = append(runs, text), j+1
	}
	return "goroutines " + strings.Join(runs, ", ")
}

// cycleText returns the line about goroutines that wait for one another in a cycle, "" if there
// are none.
//
// The first goroutine is repeated at the end, so that the circle closes for the eye.
func (s *Report) cycleText() string {
	if len(s.Cycle) == 0 {
		return ""
	}
	if len(s.Cycle) == 1 {
		return fmt.Sprintf("goroutine %d waits for itself", s.Cycle[0])
	}
	var ids []string
	// append may write behind the end of Cycle. Nothing else refers to that place.
	for _, g := range append(s.Cycle, s.Cycle[0]) {
		ids = append(ids, fmt.Sprint(g))
	}
	return "each waits for the next: goroutines " + strings.Join(ids, " → ")
}

// text returns the line about a lock that is held.
func (h Hold) text() string {
	text := fmt.Sprintf("in the end goroutine %d %s %s", h.G, shown(h.How), shown(h.Object))
	if h.Step > 0 {
		text += fmt.Sprintf(", since step %d%s", h.Step, at(h.At))
	}
	return text
}

// at returns a position with its preposition, "" without a file.
func at(p Place) string {
	if p.File == "" {
		return ""
	}
	return " at " + shown(p.String())
}

// writeStack writes the stack of a panic, the innermost call first.
func (s *Report) writeStack(b *strings.Builder) {
	for _, f := range s.Stack {
		fmt.Fprintf(b, "    %s%s\n", shown(f.Func), at(f.At))
	}
}

// writeRace writes the accesses of a data race with their stacks, or the text of the detector if no
// access could be read from it. The first frame of a stack is the access itself, so the list of
// callers begins with the second.
//
// The text of the detector is a last resort.
func (s *Report) writeRace(b *strings.Builder) {
	if s.Race == nil {
		return
	}
	for _, a := range s.Race.Accesses {
		fmt.Fprintf(b, "%s%s%s in %s\n", shown(a.What), by(a.G), at(a.At), shown(a.Func))
		for _, f := range a.Stack[min(1, len(a.Stack)):] {
			fmt.Fprintf(b, "    called by %s%s\n", shown(f.Func), at(f.At))
		}
	}
	if len(s.Race.Accesses) == 0 {
		for line := range strings.Lines(s.Race.Text) {
			fmt.Fprintf(b, "    %s\n", shown(strings.TrimRight(line, "\n")))
		}
	}
}

// by returns the goroutine of an access, "" if it is not known.
func by(g int) string {
	if g < 0 {
		return ""
	}
	return fmt.Sprintf(" by goroutine %d", g)
}

// write writes the calls, and how far an order of them goes. A nil History writes nothing.
//
// Order and Stuck come after the calls: a reader can play the order by hand and see at which
// call every continuation fails.
func (h *History) write(b *strings.Builder) {
	if h == nil {
		return
	}
	b.WriteString("the history, with the steps between which each call took effect:\n")
	for _, c := range h.Calls {
		fmt.Fprintf(b, "    goroutine %d  %-9s %s%s\n", c.G, c.span(), shown(c.Text), shown(c.Result))
	}
	if h.Reason != "" {
		fmt.Fprintf(b, "%s\n", shown(h.Reason))
	}
	for i, o := range h.Order {
		fmt.Fprintf(b, "    %d. %s\n", i+1, shown(o))
	}
	for _, o := range h.Stuck {
		fmt.Fprintf(b, "    not next: %s\n", shown(o))
	}
}

// span returns the steps between which a call took effect.
//
// Till is 0 for a call that did not end, as steps are numbered from 1.
func (c Call) span() string {
	if c.Till == 0 {
		return fmt.Sprintf("%d–…", c.From)
	}
	return fmt.Sprintf("%d–%d", c.From, c.Till)
}

// writeFound writes how the schedule was found, whether it is minimal, and how to replay it. The
// last line can be copied into a shell as it stands.
func (s *Report) writeFound(b *strings.Builder) {
	if s.Found != "" {
		fmt.Fprintf(b, "%s\n", shown(s.Found))
	}
	if s.Least != "" {
		fmt.Fprintf(b, "%s\n", shown(s.Least))
	}
	if s.Decision != nil {
		fmt.Fprintf(b, "%s\n", shown(s.Decision.String()))
	}
	if s.Replay != "" {
		fmt.Fprintf(b, "replay: %s\n", shown(s.Replay))
	}
}
