// Package failure renders the report of one schedule that refutes a program: as text in columns,
// and as a page that stands alone.
//
//	err := report.WriteText(os.Stdout)
//	err = report.WriteHTML(file)
//
// A Report is plain data. Package observe makes one from an execution, and package explore adds
// the verdict and the command for a replay. This package knows neither the engine nor semaphores.
// All rendering of schedules is here: report.go has the types, text.go and columns.go the text,
// page.go and the files beside it the page, whose data is in pageview.go.
//
// # What this does not show
//
// Long schedules are cut: the text has the last 120 steps, the page the last 250.
package failure

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/semabench/semabench/internal/escape"
)

// A Report is one schedule that refutes a program. Its zero value is an empty report. It travels as
// JSON from the player to the parent, so every field is exported data, and nothing points into an
// execution.
//
// The text and the page are two views of one value. So they cannot tell two stories, and a test
// of the value covers both.
type Report struct {
	Test        string
	Subject     string // the implementation, for a semaphore; "" for a test
	Scenario    string // the program, for a semaphore
	What        string // the verdict, in a line
	Message     string // of the program, in lines
	Remarks     []string
	Stack       []Frame // of a panic
	Found       string  // by which schedule
	Preemptions int
	Least       string    // whether fewer preemptions could be enough
	Decision    *Decision // nil if it is not known
	Replay      string    // a command
	Goroutines  []Goroutine
	Objects     []Object
	Skipped     int // steps before the first of Steps
	Steps       []Step
	Period      int // length of the loop of the last steps, 0 if there is none
	Rounds      int // how often the loop is repeated after its first round
	End         *End
	Waits       []Wait
	Cycle       []int // goroutines of which each waits for the next, and the last for the first
	Holds       []Hold
	Race        *Race
	History     *History
	Sources     []Source
}

// A Place is a position in the source. File is relative to its module, with the path and the
// version of the module in front if that is not the main one. It is comparable, and is used as the
// key of the lines that a page shows.
type Place struct {
	File string
	Line int
}

// String returns file:line, "" without a file.
func (p Place) String() string {
	if p.File == "" {
		return ""
	}
	return fmt.Sprintf("%s:%d", p.File, p.Line)
}

// A Frame is a call on a stack.
type Frame struct {
	Func string
	At   Place
}

// A Goroutine is a goroutine of the execution, or the clock, which takes steps as a goroutine
// does. Each has a column.
//
// Goroutines are numbered in the order in which the program started them, which is the same in
// every replay.
type Goroutine struct {
	ID    int
	Clock bool   // it stands for virtual time
	Func  string // it began with this function, "" if that is not known
	At    Place
}

// An Object is something that operations are on: a lock, a channel, an atomic word.
type Object struct {
	ID         int
	Name, Kind string
}

// A Step is an operation that was performed.
//
// Texts are from the source and not from the rewritten copy that was run: a reader has never
// seen the copy.
type Step struct {
	N      int // its number in the execution, from 1
	G      int
	Text   string // as the source has it
	Kind   string // of operation
	Result string
	At     Place
	Func   string
	Object int
	Switch Switch  // how the turn came from the step before
	Able   []int   // goroutines that could have taken a step instead
	State  []State // of the objects that this step changed, afterwards
	Blocks []Block // goroutines that cannot go on after this step
	Frees  []int   // goroutines that can go on again
	Ends   []int   // goroutines that came to their end after this step
	After  []int   // indexes of the steps of other goroutines that this step comes directly after
	Races  bool    // a race was reported between this step and the next
	Starts []int   `json:",omitempty"` // goroutines that began between this step and the next
}

// A Block is a goroutine whose next operation is not possible in this state of the objects.
//
// At differs from the position of the step, because the goroutine waits in its own code.
type Block struct {
	G  int
	Op string // as the source has it
	At Place
}

// Switch says why the turn passed to the goroutine of a step.
type Switch string

// The ways in which a turn passes.
const (
	Stays     Switch = ""
	Forced    Switch = "forced"    // the goroutine before waits or has ended
	Free      Switch = "free"      // the goroutine before yielded
	Preempted Switch = "preempted" // the goroutine before could have gone on
)

// A State is the state of an object after a step.
type State struct {
	Object int
	Text   string
}

// An End is a goroutine that panicked or failed.
type End struct {
	G    int
	Text string
	At   Place
}

// A Wait is a goroutine that had not ended at the end of the execution.
type Wait struct {
	G      int
	Op     string // as the source has it
	At     Place
	For    string   // the event that it waits for
	Could  []string // goroutines that could have caused the event, and what they did instead
	Missed bool     // it waits on a Cond that was signalled while no goroutine waited
}

// A Hold is a lock that is held at the end.
type Hold struct {
	G      int
	Object string
	How    string
	At     Place
	Step   int // that took the lock, 0 if it is not known
}

// A Race is two accesses to one address without an order between them, one of them a write.
type Race struct {
	Accesses []Access
	Text     string // of the detector
}

// An Access is one side of a race.
type Access struct {
	What     string // such as Write, or Previous read
	G        int    // -1 if it is not known
	At       Place
	Func     string
	Stack    []Frame
	OfEngine bool // all frames that the detector wrote are the engine's
}

// A History is the calls of a scenario with their results, and why no sequential order explains
// them. Order and Stuck show how far the search for an order came, so that a reader can check the
// verdict.
//
// It is nil where no sequential model was given.
type History struct {
	Calls  []Call
	Order  []string // the longest prefix of an order that the model allows
	Stuck  []string // the calls that could come next, and why each cannot
	Reason string
}

// A Call is a call of the history.
type Call struct {
	G            int
	Text, Result string
	From, Till   int // numbers of the steps at its begin and its end; 0 if it did not end
}

// A Source is an excerpt of a file.
type Source struct {
	File  string
	Lines []Line
}

// A Line is a line of a Source.
type Line struct {
	N    int
	Text string
}

// Attribute finds the goroutines of the two accesses in s; the detector has numbers of its own. The
// detector reports a race at the later access, so that one is of the goroutine that took the step
// before the report, or of a goroutine that began after this step: it runs to its first operation at once. The
// earlier one is of another goroutine that began with the same function, if there is only one. With two
// candidates for an access, G stays -1: a wrong goroutine would mislead more than none.
//
// The detector knows goroutines by numbers of the real runtime, and stacks by names of
// functions. Only the names exist on both sides.
func (r *Race) Attribute(s *Report) {
	at := slices.IndexFunc(s.Steps, func(step Step) bool { return step.Races })
	if at < 0 {
		return
	}
	later := append([]int{s.Steps[at].G}, s.Steps[at].Starts...)
	named := slices.IndexFunc(s.Goroutines, func(g Goroutine) bool { return g.ID == later[0] && g.Func != "" })
	for i := range r.Accesses {
		a := &r.Accesses[i]
		if len(a.Stack) == 0 {
			continue
		}
		var could, ran []int
		root := a.Stack[len(a.Stack)-1].Func
		for _, g := range s.Goroutines {
			if g.Func != root || i > 0 && g.ID == r.Accesses[0].G {
				continue
			}
			if could = append(could, g.ID); i == 0 && slices.Contains(later, g.ID) {
				ran = append(ran, g.ID)
			}
		}
		switch {
		case len(ran) == 1:
			a.G = ran[0]
		case len(could) == 1:
			a.G = could[0]
		case i == 0 && len(could) == 0 && len(later) == 2 && named >= 0:
			a.G = later[1] // it has no operation that would tell its function; the other candidate has another one
		}
	}
	r.mark(s, at)
}

// mark moves the mark of the race to the goroutine of the later access, or to one of the race if that is not
// known. The detector speaks up at a plain access between two operations. If the step before ended or blocked its
// goroutine, or started another, the access is by a goroutine that has taken no step yet, and a mark on the step
// would accuse a bystander.
func (r *Race) mark(s *Report, at int) {
	of := func(g int) bool {
		if later := r.Accesses[0].G; later >= 0 {
			return g == later
		}
		return slices.ContainsFunc(r.Accesses, func(a Access) bool { return a.G == g })
	}
	known := slices.ContainsFunc(r.Accesses, func(a Access) bool { return a.G >= 0 })
	if !known {
		return
	}
	for i := range s.Steps {
		s.Steps[i].Races = s.Steps[i].Races && of(s.Steps[i].G)
	}
	if s.Steps[at].Races {
		return
	}
	// The next step of a goroutine of the race is the one after its access.
	for i := at + 1; i < len(s.Steps); i++ {
		if of(s.Steps[i].G) {
			s.Steps[i].Races = true
			return
		}
	}
}

// shown returns text in one line, with everything escaped that a terminal would take for a command
// or a reader for another text. Text of the program is not trusted: a test name may have an escape
// sequence of a terminal in it.
//
// Every text of a report goes through this function exactly once, at the place where it is
// written. Escaping earlier would spoil comparisons, and escaping twice would double the signs.
func shown(text string) string {
	return escape.Source(strings.Join(strings.Split(text, "\n"), " "))
}

// ofEngine matches a line with nothing but a place in package explore or at the beginning of a goroutine.
// testify writes the whole stack of a failed assertion, and these frames are below the test.
var ofEngine = regexp.MustCompile(`^\s*\S*/(stress/explore/(shim/\S*|schedrt/\S*|\w+\.go)|src/runtime/asm_\S*):\d+\s*$`)
