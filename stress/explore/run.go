package explore

import (
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/semabench/semabench/stress/explore/internal/parent"
	"github.com/semabench/semabench/stress/explore/internal/player"
	"github.com/semabench/semabench/stress/explore/internal/task"
	"github.com/semabench/semabench/stress/explore/internal/verdict"
	"github.com/semabench/semabench/stress/explore/internal/wire"
	"github.com/semabench/semabench/stress/explore/schedrt"
	shim "github.com/semabench/semabench/stress/explore/shim/testing"
)

// A T is the testing.T of one schedule. Failing it fails that schedule, and its log is shown with
// the schedule if the schedule fails. Subtests, parallel ones too, and cleanups are part of the
// schedule.
type T = shim.T

// Run plays body under every schedule, or as many as the flags allow, and fails t if one of them
// fails. Body must do the same each time it is called under the same schedule: it may use no real
// clock, no network, and no variable outside of body, except of a package, that keeps a value from
// the last call.
//
// If a bound is reached before all schedules were played, t passes and logs which bound; with
// -explore.strict it fails. If body does something that cannot be put under control, or skips
// itself, t is skipped, with the reason.
func Run(t *testing.T, body func(t *T)) {
	t.Helper()
	report(t, Check(t, flagOptions(), body))
}

// Check is like Run, with options of its own instead of flags. It returns the result, and does not
// fail t because of it. It fails t if there is no result, for example because the options are
// wrong.
func Check(t *testing.T, o Options, body func(t *T)) *Result {
	t.Helper()
	return explore(t, o, func(Options) ([]player.Program, error) {
		skip, outer := &player.Skip{}, shim.Watch(t)
		return []player.Program{{
			Ready: func() { *skip = player.Skip{}; outer.Reset() },
			Play: func() {
				shim.Play(t, outer, body, func(log string) { *skip = player.Skip{Skipped: true, Log: log} })
			},
			// A goroutine may fail t after the body has returned.
			Judge: func(*schedrt.Outcome) string { return outer.Message() },
			Skip:  skip,
		}}, nil
	})
}

// Replay plays body under one schedule, a word that a failure has printed, and fails t if that
// schedule fails. It also fails t if the schedule does not fit body any more.
func Replay(t *testing.T, schedule string, body func(t *T)) {
	t.Helper()
	o := flagOptions()
	o.Schedule = schedule
	report(t, Check(t, o, body))
}

// explore explores the programs, which every exported function for tests comes down to.
//
// Under plain go test this process is the parent: it builds the tests of the package once more,
// instrumented, and runs the same test in that binary. In a player, which is such a process, the
// test is asked to play one call of this package. Other calls return at once with
// verdict.Elsewhere, and nothing of the test runs after the call that is played.
func explore(t *testing.T, o Options, programs func(o Options) ([]player.Program, error)) *Result {
	t.Helper()
	call := callNumber(t)
	return exploreCall(t, call, o, programs, parent.NewProgress(t.Name(), call))
}

// inPlayer reports whether this process plays schedules for a parent.
func inPlayer() bool { return os.Getenv(wire.CallVar) != "" }

// exploreCall is explore as the given call of this package in t. Progress may be nil.
func exploreCall(
	t *testing.T, call int, o Options, programs func(o Options) ([]player.Program, error),
	progress *parent.Progress,
) *Result {
	t.Helper()
	if meant := os.Getenv(wire.CallVar); meant != "" {
		if !instrumented {
			t.Fatal("explore: this player process is not instrumented: was it started with -tags?")
		}
		p := placeIn(t)
		if meant != wire.CallName(t.Name(), call) {
			p.note()
			return (*Result)(verdict.Elsewhere())
		}
		player.Serve(t, func(o task.Options) ([]player.Program, error) {
			if p.inMapLoop() {
				return []player.Program{{Known: orderOfCalls}}, nil
			}
			return programs(Options(o))
		})
		t.SkipNow()
	}
	o = o.withDefaults()
	all, err := programs(o)
	if err == nil {
		err = task.Options(o).Check(len(all))
	}
	if err != nil {
		t.Fatalf("explore: %v", err)
	}
	r, err := inPlayers(t, call, o, all, progress)
	if err != nil {
		t.Fatalf("explore: %v", err)
	}
	return r
}

// inPlayers builds the instrumented test and explores it in player processes.
func inPlayers(
	t *testing.T, call int, o Options, programs []player.Program, progress *parent.Progress,
) (*Result, error) {
	e := &parent.Exploration{Test: t.Name(), Call: call}
	progress.Building()
	if o.Join == "" { // which plays nothing
		binary, err := builtTest(t)
		if err != nil {
			return nil, err
		}
		e.Binary = binary.Path
	}
	// A player has no timeout of its own. It ends with its parent, which comes to a result in time.
	e.Args = append(e.Args, "-test.timeout=0")
	e.Deadline, _ = t.Deadline()
	var names []string
	for _, p := range programs {
		names = append(names, p.Name)
	}
	r, err := e.Run(t.Context(), task.Options(o), names, progress)
	return (*Result)(r), err
}

// calls counts the calls of this package in each running test. The test itself is the key and not
// its name: with -count=2 a test runs twice under one name, and with t.Parallel at the same time.
var calls struct {
	sync.Mutex
	of map[*testing.T]int
}

// callNumber returns which call of this package in t this is, from 1.
func callNumber(t *testing.T) int {
	calls.Lock()
	defer calls.Unlock()
	if calls.of == nil {
		calls.of = map[*testing.T]int{}
	}
	if calls.of[t] == 0 {
		t.Cleanup(func() {
			calls.Lock()
			defer calls.Unlock()
			delete(calls.of, t)
		})
	}
	calls.of[t]++
	return calls.of[t]
}

// tell shows a result that is neither a pass nor a failure on the standard error, in one line. Go
// test hides the log of a test that passes. For a list of packages it hides the whole output of a package
// that passes. So the line is seen with -v, for the package of the local directory, or if another test fails.
func tell(t *testing.T, text string) {
	if testing.Verbose() {
		return
	}
	line, _, _ := strings.Cut(text, "\n")
	fmt.Fprintf(os.Stderr, "%s: %s\n", t.Name(), line)
}

// report ends t as the result says. In a player nothing is reported: the test has to go on to
// the call that the player is asked for.
func report(t *testing.T, r *Result) {
	t.Helper()
	if inPlayer() {
		return
	}
	text := r.Text
	if r.Verdict == Unknown {
		text = "unknown: " + text
	}
	ending := (*verdict.Result)(r).Ending()
	// A shard is unknown by its nature. The joined result is not.
	share := r.Bound == verdict.BoundShard && *shardFlag != ""
	if r.Verdict == Unknown && *strictFlag && r.Bound != verdict.BoundInterrupted && !share {
		ending = verdict.Fails
		text += "\n-explore.strict: unknown is a failure"
	}
	switch ending {
	case verdict.Passes:
		t.Log(text)
		if r.Verdict == Unknown {
			tell(t, text)
		}
	case verdict.Skips:
		tell(t, text)
		t.Skip(text)
	default:
		t.Error(text)
		r.writeFilesFor(t)
	}
}
