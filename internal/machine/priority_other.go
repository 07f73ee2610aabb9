//go:build !linux

package machine

import "os/exec"

// StartFirst starts a command as [exec.Cmd.Start] does: outside Linux the priority of a process is one
// of several things that decide who gets a core, and they are left alone.
func StartFirst(cmd *exec.Cmd) error { return cmd.Start() }

// Priority is the priority that [StartFirst] gives, or says why it gives none.
func Priority() string { return "not raised: not Linux" }
