package explore

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"github.com/semabench/semabench/stress/explore/internal/failure"
	"github.com/semabench/semabench/stress/explore/internal/observe"
)

// addRaces adds what the race detector said last to the process that told the result: of the schedule
// that it told.
func (j *job) addRaces(r *Result, m *mate) error {
	if r.Story == nil {
		return nil
	}
	text, err := os.ReadFile(fmt.Sprintf("%s.%d", j.raceLog(), m.cmd.Process.Pid))
	if errors.Is(err, fs.ErrNotExist) {
		return nil // there was none
	}
	const line = "==================\n"
	reports := strings.Split(strings.TrimSuffix(string(text), line), line)
	r.Story.Race = readRace(reports[len(reports)-1])
	r.Story.Race.Attribute(r.Story)
	r.Text = textOf(r.Story)
	return err
}

// readRace reads a report of the race detector: paragraphs that begin with an access or the origin of
// a goroutine, and go on with functions and positions.
func readRace(text string) *failure.Race {
	race := &failure.Race{Text: text}
	for paragraph := range strings.SplitSeq(text, "\n\n") {
		lines := strings.Split(strings.TrimPrefix(paragraph, "WARNING: DATA RACE\n"), "\n")
		what, _, ok := strings.Cut(lines[0], " at 0x")
		if !ok {
			continue
		}
		what = strings.ToLower(what)
		if earlier, ok := strings.CutPrefix(what, "previous "); ok {
			what = "earlier " + earlier
		}
		a := failure.Access{What: what, G: -1, Stack: framesOfRace(lines[1:])}
		if len(a.Stack) > 0 {
			a.Func, a.At = a.Stack[0].Func, a.Stack[0].At
		}
		race.Accesses = append(race.Accesses, a)
	}
	return race
}

// framesOfRace reads pairs of lines: a function and a position. Those of the engine are left out.
func framesOfRace(lines []string) (all []failure.Frame) {
	for i := 0; i+1 < len(lines); i += 2 {
		function := strings.TrimSuffix(strings.TrimSpace(lines[i]), "()")
		if observe.IsEngine(function) {
			continue
		}
		all = append(all, failure.Frame{
			Func: observe.ShortName(function), At: observe.PlaceOf(strings.TrimSpace(lines[i+1])),
		})
	}
	return all
}
