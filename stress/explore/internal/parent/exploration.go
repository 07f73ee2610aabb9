package parent

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"time"

	"github.com/semabench/semabench/stress/explore/internal/task"
	"github.com/semabench/semabench/stress/explore/internal/verdict"
	"github.com/semabench/semabench/stress/explore/internal/wire"
)

// An Exploration is one call of package explore in a test, which player processes play.
type Exploration struct {
	Binary string   // the instrumented test binary
	Dir    string   // where players run; "" is the current folder
	Test   string   // full name of the test
	Call   int      // which call of package explore in the test is meant, from 1
	Args   []string // further arguments of the test binary
	Race   bool     // the binary has the race detector, and this process need not have it

	// Deadline is when go test ends this process, by its flag -timeout. The exploration comes to a
	// result before. The zero time means never.
	Deadline time.Time
}

// detector reports whether the players have the race detector.
func (e *Exploration) detector() bool { return e.Race || verdict.WithDetector }

// command returns the command of a player. Options are in JSON; raceLog is the prefix of the files
// to which the race detector writes.
//
// A player stays in the process group of this process. In a group of its own it would outlive
// Ctrl-C by the rest of its task, because it reads its input between tasks only.
func (e *Exploration) command(ctx context.Context, options, raceLog string) *exec.Cmd {
	args := append(slices.Clip(e.Args), "-test.run="+task.RunPattern(e.Test), "-test.count=1")
	cmd := exec.CommandContext(ctx, e.Binary, args...)
	cmd.Dir = e.Dir
	cmd.Env = append(os.Environ(),
		wire.OptionsVar+"="+options, wire.CallVar+"="+wire.CallName(e.Test, e.Call),
		wire.ScratchVar+"="+filepath.Dir(raceLog), fmt.Sprintf("%s=%d", wire.ParentVar, os.Getpid()),
		// The scheduler runs one goroutine at a time. With one processor, waking the next goroutine
		// takes no system call.
		"GOMAXPROCS=1",
		// The folders for the files of schedules are below. Run removes them at its end.
		"TMPDIR="+filepath.Dir(raceLog), "TMP="+filepath.Dir(raceLog), "TEMP="+filepath.Dir(raceLog),
		// By default the detector reports each race once in a process. Here every schedule that
		// shows a race has to report it.
		"GORACE=suppress_equal_stacks=0 suppress_equal_addresses=0 atexit_sleep_ms=0 "+
			`log_path="`+raceLog+`"`) // in quotes: the folder may have a comma or a blank in its name
	return cmd
}

// A coordinator talks to the player processes of one exploration. Only the goroutine of Run touches
// it. One goroutine for each process reads replies and sends them to messages, so there is one
// place where everything arrives, in some order, and no lock.
type coordinator struct {
	exploration *Exploration
	options     string // as JSON
	raceLog     string
	stop        <-chan struct{} // closed when the user interrupts; may be nil
	progress    *Progress
	within      within
	hurry       bool // a process is late, so none is waited for

	processes []*process
	messages  chan message
	tasks     *dispatcher
	early     *task.Finding   // see prepare; nil if there is none
	known     *verdict.Result // before the first task; nil if tasks were needed
	finders   map[*task.Finding]finder
	fresh     chan message // of the process of askFresh
}

// A finder is the process that found a failure.
type finder struct {
	*process
	result *verdict.Result // set if the process has ended with the failure
}

// tasksAhead is the number of tasks that a process has at a time. It plays the first, and can begin
// the second without waiting for the parent. More would not help, and would be lost time after a
// failure: a process finishes the tasks that it has.
const tasksAhead = 2

// lateness is how much later than the deadline an answer may come. A player looks at the clock
// between two steps, so only a step that takes long is later.
const lateness = 600 * time.Millisecond

// endTimeout bounds the time in which a process ends: it finishes its task, and runs the cleanups
// of the test.
const endTimeout = 3 * time.Second
