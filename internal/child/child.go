// Package child keeps signals that are for this process from the processes that it starts.
//
// A terminal sends Ctrl-C, and timeout(1) SIGTERM, to a whole group of processes. A child that died of it
// before its parent had heard of it would seem to have failed, and the run no longer be one that was
// interrupted; one that ends in peace at the first signal would get a second one from its parent. So children
// have groups of their own, and only their parent ends them.
//
//	cmd := exec.CommandContext(ctx, "go", "test", "-c")
//	child.Apart(cmd)
//	cmd.Cancel = func() error { return child.Interrupt(cmd) }
//	cmd.WaitDelay = 5 * time.Second
//
// # What this does not do
//
// Elsewhere than on Unix there are no such groups: Apart does nothing, and Interrupt and Kill both end the
// process and nothing that it started. A parent that is killed leaves its children.
package child

import (
	"context"
	"errors"
	"os/exec"
	"time"
)

// Settle returns when ctx is done, if err, of a child that ended, says that it died of a signal for groups. For
// the moment between fork and exec a child is in our group, and may die of what we shall hear of next.
// It waits for a second at most: somebody may have meant the child.
func Settle(ctx context.Context, err error) {
	var exit *exec.ExitError
	if !errors.As(err, &exit) || !ofGroup(exit.ProcessState) {
		return
	}
	select {
	case <-ctx.Done():
	case <-time.After(time.Second):
	}
}
