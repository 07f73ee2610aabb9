package failure

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// Width is the width of a line of text in characters. Lines are longer only if the text of one
// goroutine does not fit into it. 110 fits a wide terminal, and a log of CI without wrapping.
// A reader compares columns, so a wrapped line would destroy the table and not only look bad.
const Width = 110

// mostRows is how many steps the text shows: the last ones, because the failure is at the end. A
// livelock is shown with its first steps, which observe puts there.
const mostRows = 120

// columns is the layout of the table: a step number, a position, and a column for each goroutine. A
// row is about one goroutine, so its text may run over the columns to its right. Eight goroutines
// fit into a width where three would fit if each text had to stay in its column. left and heads are
// filled by layOut and then only read by line.
//
// first and last bound the bars: before its first row a goroutine does not exist for the reader,
// and after its last row it does nothing more.
type columns struct {
	numbers, places int
	left            map[int]int // where the column of each goroutine begins
	goroutines      []int       // with a column, from left to right
	heads           map[int]string
	first, last     map[int]int // rows between which a goroutine has a line
	rows            []row
	flat            bool // one column for all goroutines, as they are too many for one each
}

// mostPlace is how wide a position is at most. A longer one loses its begin, as the file and the line
// at its end say more; if it kept all, its row would be out of the columns.
const mostPlace = 44

// A row is a line about one goroutine, or a line of its own such as a preemption.
type row struct {
	number, place, text string
	g                   int // -1 for a line of its own
}

// writeColumns writes the steps as a table with time going down. Time goes down and not to the
// right, so that a schedule of any length fits the width of a terminal.
//
// A report without steps has no table and no heading.
func (s *Report) writeColumns(b *strings.Builder) {
	if len(s.Steps) == 0 {
		return
	}
	dir := s.dir()
	c := &columns{rows: s.rows(dir)}
	c.layOut()
	b.WriteString(c.line(row{place: lastRunes(shown(dir), mostPlace), g: -1}, -1))
	for i, r := range c.rows {
		b.WriteString(c.line(r, i))
	}
}

// dir returns the folder, with a slash, in which most steps are. Positions in it are shown without
// it, as the heading of the column has it. Among equals, the folder that reached the number first
// wins. Most programs have all steps in one folder, and its name in each row would take a third of
// the width.
//
// The result depends on the order of the steps only, so a replay of the schedule prints the same
// text.
func (s *Report) dir() (dir string) {
	steps := map[string]int{}
	for i := range s.Steps {
		if slash := strings.LastIndexByte(s.Steps[i].At.File, '/'); slash > 0 {
			in := s.Steps[i].At.File[:slash+1]
			if steps[in]++; steps[in] > steps[dir] {
				dir = in
			}
		}
	}
	return dir
}

// rows returns the rows of the last steps, each followed by the goroutines that wait or end after
// it. An end or a wait of another goroutine has no number, because it is no step of it.
//
// The order within a step is cause before effect: the preemption that gave it the turn, the
// step, and then what it did to others.
func (s *Report) rows(dir string) (rows []row) {
	from := max(0, len(s.Steps)-mostRows)
	if skipped := s.Skipped + from; skipped > 0 {
		rows = append(rows, row{g: -1, text: fmt.Sprintf("… %d steps before", skipped)})
	}
	decided := s.decidedAt()
	for i := from; i < len(s.Steps); i++ {
		if s.Steps[i].Switch == Preempted && i > 0 {
			rows = append(rows, row{g: -1, text: s.lostTurn(i)})
		}
		rows = append(rows, s.Steps[i].rows()...)
		if i == decided {
			rows = append(rows, row{g: -1, text: "--- " + s.Decision.here()})
		}
	}
	if s.Period > 0 {
		rows = append(rows, row{g: -1, text: s.again()})
	}
	if s.End != nil {
		rows = append(rows, row{place: shown(s.End.At.String()), g: s.End.G, text: shown(s.End.Text)})
	}
	for i := range rows {
		rows[i].place = strings.TrimPrefix(rows[i].place, shown(dir))
	}
	return rows
}

// lostTurn returns the line about the preemption before a step.
func (s *Report) lostTurn(i int) string {
	return fmt.Sprintf("--- goroutine %d is preempted: it could go on", s.Steps[i-1].G)
}

// again returns the line about the loop of the last steps.
func (s *Report) again() string {
	if s.Period == 1 {
		return fmt.Sprintf("… and the last step again, %d times", s.Rounds)
	}
	return fmt.Sprintf("… and the last %d steps again, %d times", s.Period, s.Rounds)
}

// Says returns the operation of a step with its result. Text and page both show it, so they have
// the same words.
//
// A result that begins with = continues the sentence of the operation, as in “n = 3”; any other
// stands behind a colon.
func (step *Step) Says() string {
	return says(shown(step.Text), shown(step.Result))
}

func says(text, result string) string {
	switch {
	case result == "":
		return text
	case strings.HasPrefix(result, "="):
		return text + " " + result
	}
	return text + ": " + result
}

// rows returns the row of a step, and the rows of other goroutines that wait or end after it. What
// happens to the goroutine of the step itself is added to its own row.
//
// A goroutine that waits in the operation of its own step needs no second row, and neither does
// a goroutine that ends with it.
func (step *Step) rows() []row {
	r := row{number: fmt.Sprint(step.N), place: shown(step.At.String()), g: step.G, text: step.Says()}
	if slices.Contains(step.Ends, step.G) {
		r.text += ", ends"
	}
	if step.Races {
		r.text += ", races"
	}
	rows := []row{r}
	for _, k := range step.Blocks {
		if k.G == step.G && k.At == step.At {
			rows[0].text += ", waits"
			continue
		}
		rows = append(rows, row{place: shown(k.At.String()), g: k.G, text: "waits in " + shown(k.Op)})
	}
	for _, g := range step.Ends {
		if g != step.G {
			rows = append(rows, row{g: g, text: "ends"})
		}
	}
	return rows
}

// layOut computes where each column begins. Goroutines stand in the order of their numbers, which
// is the order in which they were started. Positions take at most mostPlace characters of the width.
// Widths count runes, as names and arrows of the text are
// not all ASCII.
//
// The columns are as close as they can be. A wide table with empty space between would push the
// last goroutines over the edge.
func (c *columns) layOut() {
	c.left, c.heads = map[int]int{}, map[int]string{}
	c.first, c.last = map[int]int{}, map[int]int{}
	widest := map[int]int{}
	for i := range c.rows {
		c.rows[i].place = lastRunes(c.rows[i].place, mostPlace)
	}
	for i, r := range c.rows {
		c.numbers = max(c.numbers, len(r.number))
		c.places = max(c.places, utf8.RuneCountInString(r.place))
		if r.g < 0 {
			continue
		}
		if _, seen := c.first[r.g]; !seen {
			c.first[r.g] = i
			c.goroutines = append(c.goroutines, r.g)
		}
		c.last[r.g] = i
		widest[r.g] = max(widest[r.g], utf8.RuneCountInString(r.text))
	}
	slices.Sort(c.goroutines)
	at := 0
	step := c.step(widest)
	for _, g := range c.goroutines {
		c.left[g] = at
		c.heads[g] = fmt.Sprintf("goroutine %d", g)
		if step < len(c.heads[g])+2 {
			c.heads[g] = fmt.Sprint(g)
		}
		at += min(step, max(widest[g], len(c.heads[g]))+2)
	}
	// The last column would begin behind the edge: a terminal wraps such lines, and nothing is aligned.
	last := len(c.goroutines) - 1
	c.flat = last >= 0 && c.numbers+c.places+4+c.left[c.goroutines[last]] > Width
}

// step returns the distance between two columns: as far as the widest text of each goroutine
// allows, and at least so far that columns can be told apart. The i'th column begins at i·step at
// most, and its widest text must end within the width; 4 characters are the gaps between the first
// columns. The result may leave a text longer than the width where even the least distance does not
// help.
//
// Only the widest text of each column counts, since any row may be next to any other. The first
// column begins at 0 whatever the distance, so it sets no bound.
func (c *columns) step(widest map[int]int) int {
	const least = 4
	room, step := Width-c.numbers-c.places-4, Width
	for i, g := range c.goroutines {
		if i > 0 {
			step = min(step, (room-widest[g])/i)
		}
	}
	return max(least, step)
}

// line returns the i'th row, with a bar in the column of each goroutine that has begun and not
// ended. The row -1 is the heading. A bar under the text of a column to its left is left out. The
// bars let the eye follow a goroutine over rows in which it does nothing.
//
// put never goes back: where a text already covers the beginning of a column, the column gets
// nothing in this row.
func (c *columns) line(r row, i int) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%*s  %-*s  ", c.numbers, r.number, c.places, r.place)
	if r.g < 0 && i >= 0 {
		b.Reset()
		fmt.Fprintf(&b, "%*s  ", c.numbers, "")
		b.WriteString(r.text)
		return b.String() + "\n"
	}
	if c.flat {
		fmt.Fprintf(&b, "%-9s  %s", c.flatHead(r, i), r.text)
		return strings.TrimRight(b.String(), " ") + "\n"
	}
	at := 0
	put := func(left int, text string) {
		b.WriteString(strings.Repeat(" ", max(0, left-at)) + text)
		at = max(at, left) + utf8.RuneCountInString(text)
	}
	for _, g := range c.goroutines {
		switch {
		case i < 0:
			put(c.left[g], c.heads[g])
		case g == r.g:
			put(c.left[g], r.text)
		case c.left[g] > at && c.first[g] < i && i < c.last[g]:
			put(c.left[g], "│")
		}
	}
	return strings.TrimRight(b.String(), " ") + "\n"
}

// flatHead stands before the text of a row if all goroutines share one column: it is the number of the
// goroutine.
func (c *columns) flatHead(r row, i int) string {
	if i < 0 {
		return "goroutine"
	}
	return fmt.Sprint(r.g)
}

// lastRunes returns a text that has at most a number of characters, by leaving out its begin.
func lastRunes(text string, most int) string {
	runes := []rune(text)
	if len(runes) <= most {
		return text
	}
	return "…" + string(runes[len(runes)-most+1:])
}
