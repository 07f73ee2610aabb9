package parent

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"

	"github.com/semabench/semabench/stress/explore/internal/failure"
	"github.com/semabench/semabench/stress/explore/internal/observe"
	"github.com/semabench/semabench/stress/explore/internal/verdict"
)

// addRace adds to a failure what the race detector reported in the player that described it. The
// log holds the reports of all schedules of that process; the last report belongs to the described
// schedule, because a player plays nothing after it.
func addRace(r *verdict.Result, log string) error {
	if r.Story == nil {
		return nil
	}
	text, err := os.ReadFile(log)
	if errors.Is(err, fs.ErrNotExist) {
		return nil // no schedule had a race
	}
	const line = "==================\n"
	reports := strings.Split(strings.TrimSuffix(string(text), line), line)
	r.Story.Race = parseRace(reports[len(reports)-1])
	r.Story.Race.Attribute(r.Story)
	r.Text = verdict.Render(r.Story)
	return err
}

// withEngine reports whether one side of a race is the engine. Goroutines of the engine read variables
// of the standard library beside the program, io.EOF and time.Local for example. If the program assigns
// to one of them, the detector sees a race that go test would not see.
func withEngine(r *verdict.Result) bool {
	return r.Story != nil && r.Story.Race != nil && slices.ContainsFunc(r.Story.Race.Accesses,
		func(a failure.Access) bool { return a.OfEngine })
}

// parseRace reads a report of the race detector. A report has paragraphs. The first line of each
// names an access, or the origin of a goroutine; pairs of lines with a function and its position
// follow. The text of a report is no interface, so unknown paragraphs are skipped, and the whole
// text is kept.
func parseRace(text string) *failure.Race {
	race := &failure.Race{Text: text}
	for paragraph := range strings.SplitSeq(text, "\n\n") {
		lines := strings.Split(strings.TrimPrefix(paragraph, "WARNING: DATA RACE\n"), "\n")
		what, _, ok := strings.Cut(lines[0], " at 0x")
		if !ok {
			continue // the origin of a goroutine, which the report shows anyway
		}
		what = strings.ToLower(what)
		if earlier, ok := strings.CutPrefix(what, "previous "); ok {
			what = "earlier " + earlier
		}
		a := failure.Access{What: what, G: -1, Stack: parseFrames(lines[1:])}
		a.OfEngine = len(a.Stack) == 0 && !strings.Contains(paragraph, "[failed to restore the stack]")
		if len(a.Stack) > 0 {
			a.Func, a.At = a.Stack[0].Func, a.Stack[0].At
		}
		race.Accesses = append(race.Accesses, a)
	}
	return race
}

// parseFrames reads pairs of lines: a function and its position. It leaves out frames of the
// engine.
func parseFrames(lines []string) (all []failure.Frame) {
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

// raceLog returns the file to which the race detector writes in the process with this number. The
// detector itself adds the dot and the number to the path that GORACE names.
func raceLog(prefix string, pid int) string { return fmt.Sprintf("%s.%d", prefix, pid) }
