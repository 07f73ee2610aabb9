package typeprog

import (
	"fmt"
	"strings"
)

// A plan is the calls of a program: some before, then columns of calls at once, a goroutine for each
// column. It is written as
//
//	Put("a", 1) then Get("a") | Put("a", 2); Len()
//
// After the columns every program makes the calls of Spec.observers, which show the state that the
// others have left.
type plan struct {
	before  []*call
	columns [][]*call
}

func (p plan) String() string {
	var columns []string
	for _, c := range p.columns {
		columns = append(columns, list(c))
	}
	text := strings.Join(columns, goText)
	if len(p.before) > 0 {
		text = list(p.before) + thenText + text
	}
	return text
}

// The separators of the notation. No text of a call ends in front of one by accident, because parse
// reads whole calls.
const (
	thenText  = " then "
	goText    = " | "
	afterText = "; "
)

func list(calls []*call) string {
	var texts []string
	for _, c := range calls {
		texts = append(texts, c.text)
	}
	return strings.Join(texts, afterText)
}

// parse reads the notation. The longest call that fits is taken, as one text may begin another.
// Replay commands have the notation, and users edit it. An error therefore names the rest at which it
// stopped, and what could stand there.
func (s *Spec) parse(text string) (p plan, err error) {
	rest, column := text, []*call(nil)
	for {
		var next *call
		for _, c := range s.calls {
			if strings.HasPrefix(rest, c.text) && (next == nil || len(c.text) > len(next.text)) {
				next = c
			}
		}
		if next == nil {
			return p, fmt.Errorf("-explore.scenario=%q: at %q: want one of the calls %s", text, rest, list(s.calls))
		}
		column, rest = append(column, next), rest[len(next.text):]
		switch {
		case rest == "":
			p.columns = append(p.columns, column)
			return p, nil
		case strings.HasPrefix(rest, afterText):
			rest = rest[len(afterText):]
		case strings.HasPrefix(rest, goText):
			p.columns, column, rest = append(p.columns, column), nil, rest[len(goText):]
		case strings.HasPrefix(rest, thenText) && p.before == nil && p.columns == nil:
			p.before, column, rest = column, nil, rest[len(thenText):]
		default:
			return p, fmt.Errorf("-explore.scenario=%q: at %q: want “; ”, “ | ” or the end", text, rest)
		}
	}
}

// source returns the plan as Go code, for a report. The Go code shows which calls meet, also to a
// reader to whom the notation of the replay is new.
func (p plan) source(s *Spec) string {
	var b strings.Builder
	b.WriteString("v := newValue()\n")
	for _, c := range p.before {
		fmt.Fprintf(&b, "v.%s\n", c.text)
	}
	for _, column := range p.columns {
		var calls []string
		for _, c := range column {
			calls = append(calls, "v."+c.text)
		}
		fmt.Fprintf(&b, "go func() { %s }()\n", strings.Join(calls, "; "))
	}
	if observers := s.observers(); len(observers) > 0 {
		b.WriteString("when they have returned:\n")
		for _, c := range observers {
			fmt.Fprintf(&b, "v.%s\n", c.text)
		}
	}
	return b.String()
}
