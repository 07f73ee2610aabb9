//go:build !linux

package duel

import "os/exec"

// Elsewhere the priority of a process is one of several things that decide; they are left alone.
func startFirst(cmd *exec.Cmd) error { return cmd.Start() }

func priority() string { return "not raised: not Linux" }
