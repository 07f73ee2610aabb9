package main

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/semabench/semabench/impls"
	"github.com/semabench/semabench/internal/exitcode"
	"github.com/semabench/semabench/internal/sampling"
)

// sharedCommand has, beside the table, two that processes share. One cannot be made on this system.
func sharedCommand(t *testing.T, args ...string) (code int, stdout, stderr string) {
	becomeCommand(t) // for what should be refused and is not
	table := testTable()
	here, nowhere := table[0], table[0]
	here.Name, nowhere.Name = "shared", "nowhere"
	nowhere.New = func(int64) impls.Semaphore { panic(errors.New("needs what is not there")) }
	var out, complaint bytes.Buffer
	a := app{table: table, shared: []impls.Impl{here, nowhere}, maker: sampling.Self, stdout: &out, stderr: &complaint}
	code = a.main(context.Background(), args)
	return code, out.String(), complaint.String()
}

// Those that processes share are known by name. All is all others, as it was before there were any.
func TestSharedByName(t *testing.T) {
	code, all, stderr := sharedCommand(t, "policies")
	if code != exitcode.OK || strings.Contains(all, "shared") {
		t.Errorf("policies of all exits %d, %s, with\n%s", code, stderr, all)
	}
	code, named, stderr := sharedCommand(t, "policies", "-impl", "nowhere,shared,cond")
	if code != exitcode.OK || strings.Count(named, "\nshared ")+strings.Count(named, "\nnowhere ") != 2 {
		t.Errorf("policies of those named exits %d, %s, with\n%s", code, stderr, named)
	}
}

// What is missing on a system is refused before anything is measured or played, and says what it
// is.
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
	if _, _, stderr := sharedCommand(t, "run", "-impl", "pond"); !strings.Contains(stderr, "shared, nowhere, or all") {
		t.Errorf("who is unknown hears %q, want all names in it", stderr)
	}
}
