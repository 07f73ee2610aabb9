package exploration

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"

	"github.com/semabench/semabench/internal/exitcode"
	"github.com/semabench/semabench/internal/plural"
	"github.com/semabench/semabench/stress/explore"
)

// report prints the result of each exploration, writes the summary, and returns the error that
// decides the exit code. ended is the error of the test process.
//
// The cases are ordered by how much a caller must not miss them. A failure stands, whatever came after
// it. A test that failed for another reason comes before "unknown", which is the mildest outcome.
// The number of explorations that began is compared with the number that ended. A process that died
// in between would otherwise pass.
//
// If every exploration was refused, the exit code is 2, because nothing was explored, unless the
// process crashed as well. If only some were refused, the outcome is unknown: some schedules were
// played and none failed, but the answer is not about all tests.
func (r *run) report(ctx context.Context, b *testBinary, ended error) error {
	failures, unknown, refused := 0, 0, 0
	for _, d := range b.done {
		if !r.JSON {
			fmt.Fprint(r.Stdout, resultText(d))
		}
		switch d.Result.Verdict {
		case "fail":
			failures++
		case "unknown":
			unknown++
		case "refused":
			refused++
		}
	}
	r.finished = b.done
	if err := r.writeSummary(b, ctx.Err() != nil); err != nil {
		return fmt.Errorf("%w: writing the summary: %w", exitcode.ErrFailed, err)
	}
	if err := r.writeForCI(b); err != nil {
		return fmt.Errorf("%w: %w", exitcode.ErrFailed, err)
	}
	all := plural.With(len(b.done), "exploration", "explorations")
	switch {
	case failures > 0: // also after an interrupt, which takes no failure back
		return fmt.Errorf("%w: %d of %s failed", exitcode.ErrFailed, failures, all)
	case ctx.Err() != nil:
		return fmt.Errorf("%w: nothing had failed by then", exitcode.ErrInterrupted)
	case len(b.done) == 0:
		return r.noExploration(b, ended)
	case refused == len(b.done) && !r.crashed(b, ended):
		return fmt.Errorf("nothing was explored: %s came to code that cannot be put under control",
			plural.With(refused, "exploration", "explorations"))
	case ended != nil || len(b.done) < len(b.begun):
		return fmt.Errorf("%w: the tests failed, and not by a schedule (%v):\n%s", exitcode.ErrFailed,
			ended,
			b.outputEnd())
	case unknown+refused > 0:
		return exitcode.Error{Code: exitcode.Unknown, Err: fmt.Errorf(
			"unknown: of %s, %d came to a bound and %d were refused", all, unknown, refused)}
	}
	return nil
}

// crashed reports whether the tests ended in a way that refused explorations do not explain: an exploration
// has no result, or the process failed. With -explore.strict a refusal itself fails the tests.
func (r *run) crashed(b *testBinary, ended error) bool {
	strict := slices.ContainsFunc(r.Flags, func(f string) bool {
		name, value, _ := strings.Cut(strings.TrimLeft(f, "-"), "=")
		return name == "explore.strict" && value != "false"
	})
	return len(b.done) < len(b.begun) || ended != nil && !strict
}

// noExploration says why no test explored anything. Such a run must not look like a success. It
// looks for the message of package flag, because a test binary without package explore does not
// know the flags that this command passes.
//
// It looks at the text of the output, since a process has no other way to say why it refused a
// flag. Package flag has printed the same text since Go 1.
func (r *run) noExploration(b *testBinary, ended error) error {
	output := b.outputEnd()
	var exit *exec.ExitError
	switch {
	case ended != nil && !errors.As(ended, &exit):
		return fmt.Errorf("running the tests of %s: %w", r.Package, ended)
	case ended != nil:
		return fmt.Errorf("nothing was explored: the tests of %s ended with %w\n%s", r.Package, ended,
			output)
	}
	return fmt.Errorf("nothing was explored: no test in %s that matches -run %q calls explore.Run, "+
		"explore.Semaphore or explore.Replay\n%s", r.Package, r.Run, output)
}

// explorePath is the package whose functions tests call to explore.
const explorePath = "github.com/semabench/semabench/stress/explore"

// resultText returns the result of an exploration for people.
//
// The text of the result comes from package explore and is the text that go test would show.
func resultText(d explore.Event) string {
	verdict := string(d.Result.Verdict)
	if d.Result.Bound != "" {
		verdict += " (" + d.Result.Bound + ")"
	}
	return fmt.Sprintf("=== %s: %s\n%s\n    %s\n", nameOf(d), verdict,
		strings.TrimRight(d.Result.Text, "\n"), effortText(d))
}

// effortText returns how many schedules were played, and how fast. A replay has no workers.
//
// The divisor is at least a millisecond: a test of one schedule may take less than the clock
// shows.
func effortText(d explore.Event) string {
	if d.Workers == 0 {
		return "one schedule"
	}
	if d.Seconds == 0 {
		return plural.With(d.Schedules, "schedule", "schedules") + ", played by shards"
	}
	text := fmt.Sprintf("%s in %.1f s (%.0f/s) with %s", plural.With(d.Schedules, "schedule", "schedules"),
		d.Seconds,
		float64(d.Schedules)/max(d.Seconds, 0.001), plural.With(d.Workers, "process", "processes"))
	if d.Result.Verdict == "fail" { // the text of other verdicts has the pairs already
		text += fmt.Sprintf("; %d ordered pairs of dependent operations", d.Pairs)
	}
	return text
}

// A Summary has the results for programs. The names of its fields are an interface: scripts read
// them. The key of Call is “door”, a former name: a new key would break scripts.
type Summary struct {
	Version      int          `json:"version"`
	Race         bool         `json:"race_detector"`
	Interrupted  bool         `json:"interrupted"`
	Explorations []SummaryRow `json:"explorations"`
}

// A SummaryRow is the result of one exploration.
//
// The fields repeat the fields of explore.Result instead of embedding it. A renamed field there
// must not rename a key that scripts read.
type SummaryRow struct {
	Package   string  `json:"package,omitempty"` // if the command named several
	Test      string  `json:"test"`
	Call      int     `json:"door"` // which exploration of the test, from 1
	Verdict   string  `json:"verdict"`
	Bound     string  `json:"bound,omitempty"`
	What      string  `json:"what,omitempty"`
	Schedule  string  `json:"schedule,omitempty"`
	Scenario  string  `json:"scenario,omitempty"`
	Strategy  string  `json:"strategy,omitempty"`
	Schedules int     `json:"schedules"`
	Pruned    int     `json:"pruned"`
	Pairs     int     `json:"ordered_pairs"`
	Reversed  int     `json:"ordered_pairs_both_ways"`
	Workers   int     `json:"workers"`
	Seconds   float64 `json:"seconds"`
	Text      string  `json:"text"`

	Decision *SummaryDecision `json:"decision,omitempty"` // of a failure, if it is known
}

// A SummaryDecision is the step of a failing schedule after which every schedule fails.
type SummaryDecision struct {
	Step          int    `json:"step"` // from 1; 0 means that every schedule fails from the start
	Goroutine     int    `json:"goroutine"`
	Operation     string `json:"operation,omitempty"`
	At            string `json:"at,omitempty"`  // file:line
	Continuations int    `json:"continuations"` // that were played, all of which fail
	All           bool   `json:"all"`           // there are no others
	Text          string `json:"text"`
}

// decisionOf returns the decision of a result, nil if it has none.
func decisionOf(r *explore.Result) *SummaryDecision {
	d := r.Decision
	if d == nil {
		return nil
	}
	return &SummaryDecision{
		Step: d.Step, Goroutine: d.G, Operation: d.Text, At: d.At.String(), Continuations: d.Schedules, All: d.All,
		Text: d.String(),
	}
}

// summaryVersion changes whenever a field changes its meaning.
const summaryVersion = 1

// writeSummary writes the results of the explorations that came to an end, also after an
// interrupt, to the file and to standard output, if they are wanted there.
//
// Explorations that had begun and not ended are missing, and Interrupted then says why.
func (r *run) writeSummary(b *testBinary, interrupted bool) error {
	f := Summary{
		Version: summaryVersion, Race: r.Race, Interrupted: interrupted,
		Explorations: []SummaryRow{}, // an empty list, and not null, for readers in other languages
	}
	for i, d := range b.done {
		res := d.Result
		f.Explorations = append(f.Explorations, SummaryRow{
			Package: b.packageOf(i), Test: d.Test, Call: d.Call, Verdict: string(res.Verdict), Bound: res.Bound, What: res.What, Schedule: res.Schedule,
			Scenario: res.Scenario, Strategy: res.Strategy, Schedules: res.Schedules, Pruned: res.Pruned, Pairs: res.Pairs,
			Reversed: res.Reversed, Workers: d.Workers, Seconds: d.Seconds, Text: res.Text,
			Decision: decisionOf(res),
		})
	}
	text, err := json.MarshalIndent(f, "", "\t")
	if err != nil {
		return err
	}
	text = append(text, '\n')
	if r.JSON {
		if _, err := r.Stdout.Write(text); err != nil {
			return err
		}
	}
	if r.Summary == "" {
		return nil
	}
	return os.WriteFile(r.Summary, text, 0o644)
}
