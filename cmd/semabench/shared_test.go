package main

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/semabench/semabench/cmd/internal/sampling"
	"github.com/semabench/semabench/impls"
	"github.com/semabench/semabench/internal/exitcode"
)

// sharedCommand runs the command with two implementations that processes share, beside the table.
// One of them cannot be made on this system.
func sharedCommand(t *testing.T, args ...string) (code int, stdout, stderr string) {
	becomeCommand(t) // in case a command is not refused
	table := testTable()
	here, nowhere := table[0], table[0]
	here.Name, nowhere.Name = "shared", "nowhere"
	nowhere.New = func(int64) impls.Semaphore { panic(errors.New("needs what is not there")) }
	var out, complaint bytes.Buffer
	a := app{table: table, shared: []impls.Impl{here, nowhere}, maker: sampling.Self, stdout: &out,
		stderr: &complaint}
	code = a.main(context.Background(), args)
	return code, out.String(), complaint.String()
}

// Implementations that processes share have names, but the name all does not include them.
func TestSharedByName(t *testing.T) {
	code, all, stderr := sharedCommand(t, "policies")
	if code != exitcode.OK || strings.Contains(all, "shared") {
		t.Errorf("policies of all exits %d, %s, with\n%s", code, stderr, all)
	}
	code, named, stderr := sharedCommand(t, "policies", "-impl", "nowhere,shared,cond")
	if code != exitcode.OK || strings.Count(named, "\nshared ")+strings.Count(named,
		"\nnowhere ") != 2 {
		t.Errorf("policies of those named exits %d, %s, with\n%s", code, stderr, named)
	}
}

// An implementation that is missing on this system is refused by name before anything is measured
// or played.
func TestSharedThatIsMissing(t *testing.T) {
	for _, args := range [][]string{
		{"run", "-impl", "cond,nowhere", "-o", t.TempDir() + "/out"},
		{"stress", "-impl", "shared,nowhere", "-time", "1ms"},
	} {
		code, _, stderr := sharedCommand(t, args...)
		if code != exitcode.Refused || !strings.Contains(stderr, "-impl nowhere: not to be had here") ||
			!strings.Contains(stderr, "needs what is not there") {
			t.Errorf("%v exits %d: %s", args, code, stderr)
		}
	}
	if _, _, stderr := sharedCommand(t, "run", "-impl", "pond"); !strings.Contains(stderr,
		"shared, nowhere, or all") {
		t.Errorf("the error for an unknown name is %q, want all known names in it", stderr)
	}
}
