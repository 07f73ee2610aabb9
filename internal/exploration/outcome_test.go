package exploration

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/semabench/semabench/internal/exitcode"
	"github.com/semabench/semabench/stress/explore"
)

// A crash beside refused explorations is a failure: it is not hidden by "nothing was explored". Refusals
// alone are none, and neither are they one if the flag strict lets them fail the tests.
func TestCrashBesideRefusals(t *testing.T) {
	refused := explore.Event{Test: "TestA", Result: &explore.Result{Verdict: explore.Refused}}
	begun := explore.Event{Test: "TestB"}
	exit := errors.New("exit status 2")
	for name, c := range map[string]struct {
		begun []explore.Event
		ended error
		flags []string
		code  int
		text  string
	}{
		"refused":             {[]explore.Event{refused}, nil, nil, exitcode.Refused, "nothing was explored"},
		"refused, strict":     {[]explore.Event{refused}, exit, []string{"-explore.strict=true"}, exitcode.Refused, "nothing was explored"},
		"and another crashes": {[]explore.Event{refused}, exit, nil, exitcode.Failed, "the panic"},
		"strict and a crash":  {[]explore.Event{refused, begun}, exit, []string{"-explore.strict"}, exitcode.Failed, "the panic"},
		"and one has no end":  {[]explore.Event{refused, begun}, nil, nil, exitcode.Failed, "not by a schedule"},
	} {
		r := &run{Options: Options{Flags: c.flags, Stdout: io.Discard, Stderr: io.Discard}}
		b := &testBinary{begun: c.begun, done: []explore.Event{refused}}
		b.output.WriteString("the panic")
		err := r.report(context.Background(), b, c.ended)
		if err == nil || exitcode.Of(err) != c.code || !strings.Contains(err.Error(), c.text) {
			t.Errorf("%s: %v, exit code %d; want %d with %q", name, err, exitcode.Of(err), c.code, c.text)
		}
	}
}
