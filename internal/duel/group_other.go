//go:build !unix

package duel

import "os/exec"

func apart(*exec.Cmd) {}

func interrupt(cmd *exec.Cmd) error { return cmd.Process.Kill() }
