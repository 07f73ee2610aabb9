package player

import (
	"fmt"
	"os"

	"github.com/semabench/semabench/stress/explore/internal/observe"
	"github.com/semabench/semabench/stress/explore/internal/task"
	"github.com/semabench/semabench/stress/explore/internal/verdict"
	"github.com/semabench/semabench/stress/explore/internal/wire"
	"github.com/semabench/semabench/stress/explore/schedrt"
)

// The connection to the parent process. The files are taken when the process starts, because the
// explored test may assign other files to os.Stdin and os.Stdout.
var requests, replies = os.Stdin, os.Stdout

// limits returns the limits of an execution. A goroutine that does not come back to the scheduler
// ends this process: there is no way to stop it, and nothing else can be played while it runs.
func limits(o task.Options) schedrt.Limits {
	return schedrt.Limits{
		Steps: o.Steps, NoDaemons: o.NoDaemons, LazyClock: o.LazyClock, OnStall: exitOutOfControl,
	}
}

// exitOutOfControl tells the parent that a goroutine does not come back to the scheduler, and ends
// the process. It runs in the goroutine of the watchdog, beside the goroutine that is stalled. It
// uses nothing of the execution, which that goroutine may be about to change.
func exitOutOfControl(stacks string) {
	r := verdict.OutOfControl(observe.ProgramStacks(stacks))
	if function, at := observe.StuckIn(stacks); function != "" {
		r = verdict.Stuck(function, at)
	}
	err := wire.WriteReply(replies, wire.Reply{Result: r})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
	os.Exit(1)
}
