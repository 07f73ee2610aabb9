package mutation

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/semabench/semabench/internal/plural"
	"github.com/semabench/semabench/stress/internal/mutate"
)

// A Report has the results of one run. Its JSON is an interface: scripts read the
// keys. Version changes whenever a key changes its meaning, and stays if a key is added. The settings are in it,
// because the count of mutants that are left means nothing without the time that each was given.
type Report struct {
	Version       int      `json:"version"`
	Package       string   `json:"package"`
	Race          bool     `json:"race_detector"`
	Made          int      `json:"made"`           // mutants that compile
	Broken        int      `json:"do_not_compile"` // changes that gave no mutant
	Seed          uint64   `json:"sample_seed,omitempty"`
	Seconds       float64  `json:"seconds_per_mutant"`
	NativeSeconds float64  `json:"native_seconds_of_original"`
	LimitSeconds  float64  `json:"native_limit_seconds"`
	NotExplored   string   `json:"not_explored,omitempty"` // why the explorer judges nothing
	Tests         []Test   `json:"tests"`
	Mutants       []Mutant `json:"mutants"`              // that were judged
	Kept          int      `json:"kept,omitempty"`       // mutants whose verdict is of an earlier run
	NotJudged     []string `json:"not_judged,omitempty"` // IDs: the run ended before
	Interrupted   bool     `json:"interrupted"`

	chosen int
}

const reportVersion = 1

// A Test is a test of the package, as the explorer finds it in the original. Complete decides how much a mutant that
// is left says: only after a complete exploration no schedule of the test can notice it.
type Test struct {
	Name      string `json:"test"`
	Verdict   string `json:"verdict"`
	Complete  bool   `json:"complete"`
	Schedules int    `json:"schedules"`
	Judges    bool   `json:"judges"`
	Why       string `json:"why,omitempty"` // it does not judge
}

// A Mutant is one change, and what the two judges say of it.
type Mutant struct {
	ID       string  `json:"id"`
	Operator string  `json:"operator"`
	What     string  `json:"what"`
	File     string  `json:"file"` // relative to the module
	Line     int     `json:"line"`
	Func     string  `json:"func"`
	Diff     string  `json:"diff"`
	Reached  bool    `json:"reached"` // the tests of the original execute the line
	Native   Outcome `json:"native"`
	Explored Outcome `json:"explored"`
	Left     bool    `json:"left"`
	Again    string  `json:"again"` // the command that plays it again

	source mutate.Mutant
}

// The verdicts of an Outcome. Undecided is never a pass: the report counts it apart.
const (
	Noticed   = "noticed"
	Passed    = "passed"
	Undecided = "undecided"
	NotAsked  = "not asked"
)

// An Outcome is the verdict of one judge on a mutant.
type Outcome struct {
	Verdict   string  `json:"verdict"`
	Test      string  `json:"test,omitempty"` // that noticed it
	Why       string  `json:"why,omitempty"`
	Schedule  string  `json:"schedule,omitempty"`
	Schedules int     `json:"schedules,omitempty"`
	Complete  bool    `json:"complete,omitempty"` // every schedule of every test that judges was played
	Seconds   float64 `json:"seconds"`
	Text      string  `json:"text,omitempty"` // the schedule that fails, for people
}

// where is a place that editors and terminals link: file and line, with a colon.
func (m *Mutant) where() string { return fmt.Sprintf("%s:%d", m.File, m.Line) }

// count returns how many mutants are left, and how many neither judge noticed because one of them
// could not say. A mutant that one judge noticed is noticed, whatever the other could not say: one
// failing test is a proof, and the absence of a failure is none.
func (r *Report) count() (left, undecided int) {
	for _, m := range r.Mutants {
		switch {
		case m.Left:
			left++
		case m.Native.Verdict != Noticed && m.Explored.Verdict != Noticed:
			undecided++
		}
	}
	return left, undecided
}

// WriteJSON writes the report for programs. Nothing is rounded and nothing left out that WriteText shows.
func (r *Report) WriteJSON(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false) // diffs have & and <
	return e.Encode(r)
}

// WriteText writes the summary for people: which tests judged, a table, and each mutant that is left
// with its change and the command that plays it again. The lines of single mutants are Report.Row, which a
// caller prints as they become known.
func (r *Report) WriteText(w io.Writer) error {
	var b strings.Builder
	r.writeTests(&b)
	r.writeTable(&b)
	left, _ := r.count()
	if n := len(r.NotJudged); n > 0 {
		fmt.Fprintf(&b, "\nnot judged: %d of %s. -judged=FILE keeps verdicts, and the same command then goes on\n", n,
			plural.Of(r.chosen, "mutant"))
	}
	if left > 0 {
		fmt.Fprintf(&b, "\nleft: %d of %s\n", left, plural.Of(len(r.Mutants), "mutant"))
	}
	for i := range r.Mutants {
		if m := &r.Mutants[i]; m.Left {
			r.writeLeft(&b, m)
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// Heading says how many mutants there are. Changes that do not compile are counted apart, because the compiler and not
// the tests noticed them.
func (r *Report) Heading() string {
	text := fmt.Sprintf("%s: %s", r.Package, plural.Of(r.Made, "mutant"))
	if r.Broken > 0 {
		text += "; " + plural.With(r.Broken, "change does not compile and is", "changes do not compile and are") + " left out"
	}
	if r.Seed > 0 {
		text += fmt.Sprintf("; a sample of %d is judged, seed %d", r.chosen, r.Seed)
	}
	return text
}

// Row returns the line of one mutant, with the ID that -mutant takes. The columns are as wide as the
// longest place and function of all mutants, which are known before the first is judged. All are of one
// package, so the name of the file is enough.
func (r *Report) Row(m Mutant) string {
	at := func(m *Mutant) string { return path.Base(m.where()) }
	place, function := 0, 0
	for i := range r.Mutants {
		place, function = max(place, len(at(&r.Mutants[i]))), max(function, len(r.Mutants[i].Func))
	}
	return fmt.Sprintf("%s  %-*s  %-10s %-*s  native: %-30s  explored: %s", m.ID, place, at(&m), m.Operator, function,
		m.Func, m.Native.text(), m.Explored.text())
}

// text is the verdict with its reason. The reason of a pass is left out: there it names a bound, and writeLeft
// shows it where it matters.
func (o *Outcome) text() string {
	text := o.Verdict
	if o.Test != "" {
		text += " by " + o.Test
	}
	if o.Why != "" && o.Verdict != Passed {
		text += " (" + o.Why + ")"
	}
	return text
}

// writeTests names the tests that do not judge, each with the reason. Without them a user would take
// a weak result for a weak test.
func (r *Report) writeTests(b *strings.Builder) {
	complete, judges := 0, 0
	for _, t := range r.Tests {
		if t.Judges {
			judges++
			if t.Complete {
				complete++
			}
		}
	}
	fmt.Fprintf(b, "\nthe original: go test takes %.2f s (limit for a mutant %.1f s)", r.NativeSeconds, r.LimitSeconds)
	if r.NotExplored != "" {
		fmt.Fprintf(b, "; not explored: %s\n", r.NotExplored)
	} else {
		fmt.Fprintf(b, "; tests that judge explored: %d, complete: %d\n", judges, complete)
	}
	for _, t := range r.Tests {
		if !t.Judges {
			fmt.Fprintf(b, "  %s does not judge when explored: %s: %s\n", t.Name, t.Verdict, t.Why)
		}
	}
}

// writeTable writes the counts by operator. An operator that is never noticed points to a kind of test that is missing,
// which a sum over all operators would hide. "either" is not the sum of the two columns before it: most mutants are
// noticed by both.
func (r *Report) writeTable(b *strings.Builder) {
	type row struct{ made, native, explored, both, left int }
	rows, all := map[string]*row{}, &row{}
	for _, m := range r.Mutants {
		if rows[m.Operator] == nil {
			rows[m.Operator] = &row{}
		}
		for _, c := range []*row{rows[m.Operator], all} {
			c.made++
			native, explored := m.Native.Verdict == Noticed, m.Explored.Verdict == Noticed
			for _, n := range []struct {
				yes   bool
				count *int
			}{{native, &c.native}, {explored, &c.explored}, {native || explored, &c.both}, {m.Left, &c.left}} {
				if n.yes {
					*n.count++
				}
			}
		}
	}
	write := func(name string, c *row) {
		fmt.Fprintf(b, "%-12s %7d %9d %9d %7d %6d\n", name, c.made, c.native, c.explored, c.both, c.left)
	}
	fmt.Fprintf(b, "\n%-12s %7s %9s %9s %7s %6s\n", "noticed", "judged", "natively", "explored", "either", "left")
	for _, name := range slices.Sorted(maps.Keys(rows)) {
		write(name, rows[name])
	}
	write("all", all)
}

// writeLeft writes a mutant that neither judge noticed. The known facts about the reason stand with it:
// whether a test reaches the line, and whether every schedule was played.
func (r *Report) writeLeft(b *strings.Builder, m *Mutant) {
	fmt.Fprintf(b, "\n%s %s in %s: %s\n", m.where(), m.Operator, m.Func, m.What)
	for line := range strings.Lines(m.Diff) {
		b.WriteString("    " + line)
	}
	fmt.Fprintf(b, "  %s\n", r.evidence(m))
	if m.Explored.Why != "" {
		fmt.Fprintf(b, "  %s\n", m.Explored.Why)
	}
	fmt.Fprintf(b, "  again: %s\n", m.Again)
}

// evidence says how much it means that a mutant is left. Without the race detector a complete
// exploration supposes that there is no data race, and many mutants are just that.
func (r *Report) evidence(m *Mutant) string {
	const equivalent = ". It may be equivalent: not told apart"
	played := plural.Of(m.Explored.Schedules, "schedule")
	switch {
	case !m.Reached:
		return "go test does not reach this line"
	case m.Explored.Verdict == NotAsked:
		return "go test passes, and the explorer was not asked" + equivalent
	case m.Explored.Verdict == Undecided: // the reason follows in the next line
		return "go test passes, and the explorer could not judge it" + equivalent
	case m.Explored.Complete && r.complete() && r.Race:
		return "every schedule of the tests was played (" + played + ") and none fails: these tests cannot notice it" + equivalent
	case m.Explored.Complete && r.complete():
		return "none of all schedules fails (" + played + "), if the mutant has no data race: try -race" + equivalent
	case m.Explored.Complete && r.allComplete():
		text := "every schedule of the tests that judge was played (" + played + ") and none fails. The tests that do not " +
			"judge when explored could notice it"
		if !r.Race {
			text += ", or -race"
		}
		return text + equivalent
	}
	return "none of " + played + " fails, and not all were played: a larger -time may notice it" + equivalent
}

// allComplete reports whether each test of the original that judges is complete. More time for a mutant then plays
// nothing new.
func (r *Report) allComplete() bool {
	return !slices.ContainsFunc(r.Tests, func(t Test) bool { return t.Judges && !t.Complete })
}

// complete reports whether every test of the original judges, and is complete.
func (r *Report) complete() bool {
	return !slices.ContainsFunc(r.Tests, func(t Test) bool { return !t.Judges || !t.Complete })
}
