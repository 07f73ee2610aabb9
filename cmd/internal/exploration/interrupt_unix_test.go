//go:build unix

package exploration

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/semabench/semabench/internal/exitcode"
)

// A go command that dies of the signal for the group of its parent must count as interrupted: the
// parent hears of the signal a moment later. Here the go command is a script that kills itself. An
// earlier version of this package reported such a death as a package that does not exist.
func TestAGoCommandThatDiesOfTheInterruptIsNoFailure(t *testing.T) {
	bin := t.TempDir()
	script := "#!/bin/sh\nkill -INT $$\n"
	if err := os.WriteFile(filepath.Join(bin, "go"), []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", bin+string(os.PathListSeparator)+os.Getenv("PATH"))
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	err := Run(ctx, Options{Package: ".", Stdout: io.Discard, Stderr: io.Discard})
	if !errors.Is(err, exitcode.ErrInterrupted) {
		t.Errorf("Run: %v, want an error that wraps %v", err, exitcode.ErrInterrupted)
	}
}
