//go:build !linux

package machine

import "os/exec"

// StartFirst starts a command as [exec.Cmd.Start] does. Outside Linux other settings beside the
// priority decide which process gets a core, and this package changes none of them.
func StartFirst(cmd *exec.Cmd) error { return cmd.Start() }

// Priority returns the priority that [StartFirst] gives to a command, or the reason why it gives
// none.
func Priority() string {
	if !wanted.Load() {
		return "not raised: " + errNotWanted.Error()
	}
	return "not raised: not Linux"
}
