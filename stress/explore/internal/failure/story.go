// Package failure tells one execution to people: as text in columns, and as a page that stands alone. It
// knows no engine; who builds a Report does.
package failure

import "fmt"

// A Report is an execution that refutes a program.
type Report struct {
	Test        string
	Subject     string // the implementation, if it is not the test itself
	Scenario    string
	What        string // is wrong, in a line
	Message     string // what the program said of it, in lines
	Remarks     []string
	Stack       []Frame // of a panic
	Found       string
	Preemptions int
	Least       string // how far it is known that fewer are not enough
	Replay      string // a command
	Goroutines  []Goroutine
	Objects     []Object
	Skipped     int // steps before the first of Steps
	Steps       []Step
	Period      int // how many of the last steps are played again and again until the end, 0 if none are
	Rounds      int // how often they are, after the first time
	End         *End
	Waits       []Wait
	Cycle       []int // goroutines of which each waits for the next, and the last for the first
	Holds       []Hold
	Race        *Race
	History     *History
	Sources     []Source
}

// A Place is a position in the source. File is relative to its module, with the path and the
// version of the module in front if that is not the main one.
type Place struct {
	File string
	Line int
}

func (p Place) String() string {
	if p.File == "" {
		return ""
	}
	return fmt.Sprintf("%s:%d", p.File, p.Line)
}

// A Frame is a call that was under way.
type Frame struct {
	Func string
	At   Place
}

// A Goroutine has a column.
type Goroutine struct {
	ID    int
	Clock bool   // stands for time
	Func  string // that it began with, if that is known
	At    Place
}

// An Object is what operations are on.
type Object struct {
	ID         int
	Name, Kind string
}

// A Step is an operation that was performed.
type Step struct {
	N      int // its number in the execution, from 1
	G      int
	Text   string // as in the source
	Kind   string // of operation
	Result string
	At     Place
	Func   string
	Object int
	Switch Switch  // how the turn came from the step before
	Able   []int   // goroutines that could have gone instead
	State  []State // of the objects that this step changed, afterwards
	Blocks []Block // who cannot go on from here
	Frees  []int   // goroutines that can go on again
	Ends   []int   // goroutines that came to their end after this step
	After  []int   // indexes of steps of others that happen before, and before no other such
	Races  bool    // a race was reported between this step and the next
}

// A Block is a goroutine that is about to do what is not possible.
type Block struct {
	G  int
	Op string // as in the source
	At Place
}

// Switch says why a step is of another goroutine than the one before.
type Switch string

// The ways in which a turn passes.
const (
	Stays     Switch = ""
	Forced    Switch = "forced"    // who ran waits or has ended
	Free      Switch = "free"      // who ran yields, or is a choice that costs nothing
	Preempted Switch = "preempted" // who ran could have gone on
)

// A State is what an object is like.
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

// A Wait is a goroutine that did not come to its end.
type Wait struct {
	G      int
	Op     string // as in the source
	At     Place
	For    string   // what would have to come
	Could  []string // who could have brought it, and why that did not happen
	Missed bool     // it was signalled, when nobody waited
}

// A Hold is a lock that is held at the end.
type Hold struct {
	G      int
	Object string
	How    string
	At     Place
	Step   int // in which it was taken, 0 if that is not told
}

// A Race is two accesses that nothing orders.
type Race struct {
	Accesses []Access
	Text     string // what the detector said
}

// An Access is one side of a race.
type Access struct {
	What  string // such as Write, or Previous read
	G     int    // -1 if it is not known
	At    Place
	Func  string
	Stack []Frame
}

// A History is what was called and what came of it.
type History struct {
	Calls  []Call
	Order  []string // the longest beginning of an order that is possible
	Stuck  []string // what could come next, and why it cannot
	Reason string
}

// A Call is an operation of the history, from one step to another.
type Call struct {
	G            int
	Text, Result string
	From, Till   int // numbers of steps; 0 is never
}

// A Source is an excerpt of a file.
type Source struct {
	File  string
	Lines []Line
}

// A Line is one of a Source.
type Line struct {
	N    int
	Text string
}
