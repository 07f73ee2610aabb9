package reports

import (
	"fmt"
	"strings"
)

// String is the answer in a sentence.
func (a Answer) String() string {
	switch {
	case a.Why != "":
		return "no answer: " + a.Why
	case len(a.Use) == 1:
		return a.Use[0] + a.price()
	case len(a.Use) > 1:
		return either(a.Use) + ": a tie" + a.price()
	}
	var list []string
	for _, g := range a.Depends() {
		list = append(list, fmt.Sprintf("%s for %s", either(g.Best), some(g.Rows)))
	}
	s := "it depends: " + strings.Join(list, "; ")
	if a.Safest != "" {
		s += fmt.Sprintf("; never far off is %s, at most ×%s", a.Safest, times(a.Worst))
	}
	return s + a.price()
}

// price is the first one, for a sentence, if it is one of time.
func (a Answer) price() string {
	if len(a.Prices) == 0 || a.Prices[0].kind() > 1 {
		return ""
	}
	p := a.Prices[0]
	return fmt.Sprintf("; but %s costs ×%s %s (%s)", p.Col, times(p.Times), p.Unit, p.Row.Shape)
}

// some names a few rows and counts the rest.
func some(rows []Row) string {
	const few = 3
	var names []string
	for _, r := range rows[:min(few, len(rows))] {
		names = append(names, r.Shape)
	}
	s := strings.Join(names, ", ")
	if len(rows) > few {
		s += fmt.Sprintf(" and %s more", plural(len(rows)-few, "row"))
	}
	return s
}

func either(names []string) string {
	if len(names) == 1 {
		return names[0]
	}
	last := len(names) - 1
	return strings.Join(names[:last], ", ") + " or " + names[last]
}
