//go:build !unix

package parallel

import (
	"context"
	"os"
	"os/exec"
)

// apart leaves it at killing the command: its children end with their standard inputs.
func apart(context.Context, *exec.Cmd) {}

func lifeline() *os.File { return os.Stdin }
