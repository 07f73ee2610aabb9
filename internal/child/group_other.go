//go:build !unix

package child

import (
	"os"
	"os/exec"
)

// Apart makes cmd, which has not been started, start in a group of its own.
func Apart(*exec.Cmd) {}

// Interrupt ends cmd.
func Interrupt(cmd *exec.Cmd) error { return cmd.Process.Kill() }

// Kill ends cmd.
func Kill(cmd *exec.Cmd) error { return cmd.Process.Kill() }

func ofGroup(*os.ProcessState) bool { return false }
