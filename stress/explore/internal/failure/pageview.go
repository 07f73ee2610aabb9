package failure

import (
	"fmt"

	shell "github.com/semabench/semabench/internal/page"
)

// A page is the data of the template. Its text has gone through package escape; the template
// escapes it for its place in the page. But for the styles and scripts in Head, no field has a type
// that the template trusts: it escapes all of them.
type page struct {
	Head        shell.Head
	Title       string
	Kicker      string
	Message     []string
	Remarks     []string
	Found       string
	Least       string
	Decision    string
	Replay      string
	Waits       []pageWait
	Cycle       string
	Holds       []string
	Stack       []frameLine
	Accesses    []pageAccess
	Detector    string
	History     *pageHistory
	Goroutines  []lane
	Objects     []Object
	Rows        []pageRow
	Lines       []svgLine // the life of each goroutine
	Edges       []svgEdge
	Width, High int // of the drawing
	Skipped     string
	Again       string
	Sources     []pageSource
	Left        string // a note on what is left out
	Data        []pageStep
}

// A frameLine is a call with a link to its line of source.
type frameLine struct{ Func, At, Link string }

// A pageRow is a line of the schedule: a step, a goroutine that waits or ends, or a preemption.
//
// Kind decides the style and what the panel shows. Only rows of the kind step have a number and
// an anchor.
type pageRow struct {
	Kind     string // step, waits, ends, lost, fails
	Lane     lane
	ID       string
	N        int
	Text     string
	Result   string
	At, Link string
	Source   string
	Races    bool
}

// A pageStep is the data of the panel for a step. The panel takes the rest from the page. It
// travels in the page as JSON, and the script shows one at a time.
//
// The slices are numbers and not texts wherever the script can look the text up by a number.
type pageStep struct {
	N      int      `json:"n"`
	G      int      `json:"g"`
	Line   string   `json:"line"` // anchor of its line of source
	State  []State  `json:"state"`
	Blocks []string `json:"blocks"`
	Frees  []int    `json:"frees"`
	Ends   []int    `json:"ends"`
	Able   []int    `json:"able"`
	After  []int    `json:"after"` // numbers of steps
	Lost   bool     `json:"lost"`
}

// An svgLine is the life of a goroutine. Coordinates are integers in units of the drawing, so the
// page is the same on every machine.
// It is drawn from the middle of one row to the middle of another, so it begins and ends at a
// step.
type svgLine struct {
	Class      string
	X, Y1, Y2  int
	Unfinished bool
}

// An svgEdge is an arc between two steps of which one comes before the other.
type svgEdge struct{ From, To, Path string }

// A pageHistory is the table of calls, with a bar from the beginning of each to its end.
type pageHistory struct {
	Calls  []pageCall
	Steps  int
	Reason string
	Order  []string
	Stuck  []string
}

type pageCall struct {
	Lane         lane
	Text, Result string
	X, Width     int
	Open         bool
	Span         string
}

// A pageWait is a goroutine that had not ended, with links to its lane and its line.
//
// Could names goroutines that might have ended the wait and did something else. In a deadlock
// that is the question.
type pageWait struct {
	Lane              lane
	Op, At, Link, For string
	Could             []string
}

// A pageAccess is one side of a data race. Lane is nil if its goroutine is not known.
type pageAccess struct {
	What   string
	Lane   *lane
	Frames []frameLine
	Source []sourceLine
}

// A pageSource is an excerpt of one file.
type pageSource struct {
	File  string
	Lines []sourceLine
}

// A sourceLine is a line of source with its anchor and the goroutines that have steps there.
type sourceLine struct {
	ID, Text string
	N        int
	Marks    []lane // goroutines with steps here
	Gap      bool   // the line before it in the file is not shown
	Here     bool
}

// A lane is the column of a goroutine. It has one colour and one marker everywhere.
type lane struct {
	G              int
	Name           string
	Class          string // CSS classes of its colour and its lane
	Func, At, Link string
}

// A viewer makes the parts of a page from a report. Its maps are filled by sources and goroutines,
// before any other part asks for a link or a lane. It lives for one page and is not safe for
// concurrent use.
//
// The maps are filled first because an anchor that does not exist would be a dead link, and a
// lane that does not exist would be lane 0.
type viewer struct {
	report *Report
	lines  map[Place]string // the anchor of each line of source that is shown
	lanes  map[int]int      // of each goroutine
}

// lane returns the name, colour and place of a goroutine. Eight colours repeat from the ninth
// goroutine on; the lane and the name still tell them apart. The colour depends on the number of
// the goroutine and not on its lane, so it is the same in each report of a schedule.
//
// A goroutine that the report does not know gets a name and a colour all the same. Such a report
// is broken, and the page must still show it.
func (v *viewer) lane(g int) lane {
	l := lane{
		G: g, Name: fmt.Sprintf("goroutine %d", g), Class: fmt.Sprintf("c%d l%d", g%8+1, v.place(g)),
	}
	for _, known := range v.report.Goroutines {
		if known.ID != g {
			continue
		}
		l.Func, l.At, l.Link = cut(known.Func), cut(known.At.String()), v.lines[known.At]
		if known.Clock {
			l.Name, l.Class = "the clock", fmt.Sprintf("clock l%d", v.place(g))
		}
	}
	return l
}

// place returns the number of a goroutine's lane. Goroutines beyond mostLanes share the last one.
func (v *viewer) place(g int) int { return min(v.lanes[g], mostLanes-1) }

// laneCount returns the number of lanes, at least one: the drawing divides by it.
func (v *viewer) laneCount() int { return max(1, min(len(v.lanes), mostLanes)) }

// longestShown bounds the characters of a line, and mostCards the waits, locks or frames of a
// page. A reader needs no more of them.
const (
	longestShown = 160
	mostCards    = 40
)

// cut returns text as the page shows it: in one line, escaped, and cut off after longestShown
// characters. It cuts before it escapes, so no escape sequence is cut in two.
//
// It counts runes and not bytes, so a name in another script is not cut to a third.
func cut(text string) string {
	runes := []rune(text)
	if len(runes) > longestShown {
		text = string(runes[:longestShown]) + "…"
	}
	return shown(text)
}

// escapedSize returns how many bytes text takes on the page, in the longer of its two forms: in the
// table, and as data for the script, where some characters take six bytes each. It is an upper
// bound: the page must stay below its limit, and need not reach it.
//
// JSON writes \u003c, which has six bytes. HTML has at most five for one of these characters.
func escapedSize(text string) int {
	size := len(text)
	for _, c := range text {
		switch c {
		case '<', '>', '&', '\'', '"', '+', '`', '\\':
			size += 5
		}
	}
	return size
}

// A page stays under 600 kB, so that it can be sent and opened. Steps and source have a share of
// it in bytes, which they fill; of everything else there is a number at most.
const (
	stepRoom   = 250_000
	sourceRoom = 150_000
	mostSteps  = 250 // more than a reader goes through
)

// mostLanes is how many goroutines have a lane of their own. More would be too narrow to tell
// apart.
const mostLanes = 24
