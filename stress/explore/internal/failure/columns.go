package failure

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// Width is how wide a line of text becomes, if what one goroutine does fits into it at all.
const Width = 110

// mostRows is how many steps are shown as text, the last ones.
const mostRows = 120

// columns are where things stand in a line: number, position, and one place for each goroutine to
// begin at. As a line is about one goroutine, its text may run on over the columns behind it, and
// eight goroutines fit where three would if each had to keep to its own.
type columns struct {
	numbers, places int
	left            map[int]int // of each goroutine
	who             []int
	heads           map[int]string
	first, last     map[int]int // rows between which a goroutine has a line
	rows            []row
}

// A row is a line about one goroutine, or about a turn that was lost.
type row struct {
	number, place, text string
	g                   int // -1 for a line of its own
}

func (s *Report) writeColumns(b *strings.Builder) {
	if len(s.Steps) == 0 {
		return
	}
	dir := s.dir()
	c := &columns{rows: s.rows(dir)}
	c.layOut()
	b.WriteString(c.line(row{place: shown(dir), g: -1}, -1))
	for i, r := range c.rows {
		b.WriteString(c.line(r, i))
	}
}

// dir is the folder, with a slash, in which most steps are. Of files there the columns show the name.
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

// rows are the last steps, each with what became of who took it.
func (s *Report) rows(dir string) (rows []row) {
	from := max(0, len(s.Steps)-mostRows)
	if skipped := s.Skipped + from; skipped > 0 {
		rows = append(rows, row{g: -1, text: fmt.Sprintf("… %d steps before", skipped)})
	}
	for i := from; i < len(s.Steps); i++ {
		if s.Steps[i].Switch == Preempted && i > 0 {
			rows = append(rows, row{g: -1, text: s.lostTurn(i)})
		}
		rows = append(rows, s.Steps[i].rows()...)
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

// lostTurn says who was preempted before a step.
func (s *Report) lostTurn(i int) string {
	return fmt.Sprintf("--- goroutine %d is preempted: it could go on", s.Steps[i-1].G)
}

// again says that the last steps are a loop.
func (s *Report) again() string {
	if s.Period == 1 {
		return fmt.Sprintf("… and the last step again, %d times", s.Rounds)
	}
	return fmt.Sprintf("… and the last %d steps again, %d times", s.Period, s.Rounds)
}

// Says is the operation and its result.
func (step *Step) Says() string {
	text, result := shown(step.Text), shown(step.Result)
	switch {
	case result == "":
		return text
	case strings.HasPrefix(result, "="):
		return text + " " + result
	}
	return text + ": " + result
}

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

// layOut gives every goroutine its place.
func (c *columns) layOut() {
	c.left, c.heads = map[int]int{}, map[int]string{}
	c.first, c.last = map[int]int{}, map[int]int{}
	widest := map[int]int{}
	for i, r := range c.rows {
		c.numbers = max(c.numbers, len(r.number))
		c.places = max(c.places, utf8.RuneCountInString(r.place))
		if r.g < 0 {
			continue
		}
		if _, seen := c.first[r.g]; !seen {
			c.first[r.g] = i
			c.who = append(c.who, r.g)
		}
		c.last[r.g] = i
		widest[r.g] = max(widest[r.g], utf8.RuneCountInString(r.text))
	}
	slices.Sort(c.who)
	c.places = min(c.places, 44)
	at := 0
	step := c.step(widest)
	for _, g := range c.who {
		c.left[g] = at
		c.heads[g] = fmt.Sprintf("goroutine %d", g)
		if step < len(c.heads[g])+2 {
			c.heads[g] = fmt.Sprint(g)
		}
		at += min(step, max(widest[g], len(c.heads[g]))+2)
	}
}

// step is how far the columns may be from each other: so that the widest text of each still fits, but
// never so little that one cannot tell whose it is.
func (c *columns) step(widest map[int]int) int {
	const least = 4
	room, step := Width-c.numbers-c.places-4, Width
	for i, g := range c.who {
		if i > 0 {
			step = min(step, (room-widest[g])/i)
		}
	}
	return max(least, step)
}

// line writes a row, with a mark for every goroutine that has begun and not ended. Number -1 is the
// heading.
func (c *columns) line(r row, i int) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%*s  %-*s  ", c.numbers, r.number, c.places, r.place)
	if r.g < 0 && i >= 0 {
		b.Reset()
		fmt.Fprintf(&b, "%*s  ", c.numbers, "")
		b.WriteString(r.text)
		return b.String() + "\n"
	}
	at := 0
	put := func(left int, text string) {
		b.WriteString(strings.Repeat(" ", max(0, left-at)) + text)
		at = max(at, left) + utf8.RuneCountInString(text)
	}
	for _, g := range c.who {
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
