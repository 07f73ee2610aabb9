package player

import (
	"fmt"
	"os"
	"time"

	"github.com/semabench/semabench/stress/explore/internal/observe"
	"github.com/semabench/semabench/stress/explore/internal/task"
	"github.com/semabench/semabench/stress/explore/internal/verdict"
	"github.com/semabench/semabench/stress/explore/internal/wire"
	"github.com/semabench/semabench/stress/explore/schedrt"
)

// The connection to the parent process. The files are taken when the process starts, because the
// explored test may assign other files to os.Stdin and os.Stdout.
var requests, replies = os.Stdin, os.Stdout

// Limits returns the limits of the executions that a player plays, for programs that play further
// ones: they end a process that is out of control in the same way.
func Limits(o task.Options) schedrt.Limits { return limits(o.WithDefaults()) }

// limits returns the limits of an execution. A goroutine that does not come back to the scheduler
// ends this process: there is no way to stop it, and nothing else can be played while it runs.
func limits(o task.Options) schedrt.Limits {
	return schedrt.Limits{
		Steps: o.StepBound(), NoDaemons: o.NoDaemons, LazyClock: o.LazyClock,
		OnStall: exitOutOfControl, CPUTime: cpuTime,
	}
}

// limitsOf returns limits for a schedule that is long, or not.
func limitsOf(o task.Options, long bool) schedrt.Limits {
	l := limits(o)
	if long {
		l.Steps = o.LongBound()
	}
	return l
}

const (
	// loopTime is the CPU time that a goroutine may use from one operation to the next. The slowest
	// local code that was seen in the suites of examples/suites, under the race detector, takes about
	// a second.
	loopTime = 10 * time.Second

	// callTime is how long a goroutine may be in a system call. Its state in the stacks does not say
	// whether the call waits, or is one of many short ones.
	callTime = time.Minute
)

// exitOutOfControl tells the parent that a goroutine does not come back to the scheduler, and ends
// the process. It returns if the goroutine has only had too little of the processor until now. It
// runs in the goroutine of the watchdog, beside the goroutine that is stalled. It uses nothing of
// the execution, which that goroutine may be about to change.
func exitOutOfControl(stacks string, spent, waited time.Duration) {
	function, at := observe.StuckIn(stacks)
	where, state := observe.StalledAt(stacks)
	switch {
	case spent >= loopTime, function != "":
	case state == "running" || state == "runnable", state == "syscall" && waited < callTime:
		return
	}
	r := verdict.OutOfControl(where, state, observe.ProgramStacks(stacks))
	if function != "" {
		r = verdict.Stuck(function, at)
	}
	err := wire.WriteReply(replies, wire.Reply{Result: r})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
	os.Exit(1)
}
