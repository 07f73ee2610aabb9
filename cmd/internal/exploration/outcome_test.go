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

// The code for several packages is the worst one, and what was refused beside others is never a pass.
func TestOutcomeOfAll(t *testing.T) {
	for _, c := range []struct {
		codes []int
		want  int
		text  string
	}{
		{[]int{exitcode.OK, exitcode.OK}, exitcode.OK, ""},
		{[]int{exitcode.OK, exitcode.Refused}, exitcode.Unknown, "0 came to a bound and 1 were refused"},
		{[]int{exitcode.Unknown, exitcode.OK}, exitcode.Unknown, "of 3 packages with tests (2 more have none), 1 came to a bound"},
		{[]int{exitcode.Refused, exitcode.Refused}, exitcode.Refused, "2 were refused"},
		{nil, exitcode.Refused, "none has a test that matches -run"},
		{[]int{exitcode.Refused, exitcode.Failed, exitcode.Interrupted}, exitcode.Failed, "1 failed"},
		{[]int{exitcode.OK, exitcode.Interrupted}, exitcode.Interrupted, "nothing had failed"},
	} {
		codes := map[int]int{}
		for _, code := range c.codes {
			codes[code]++
		}
		err := outcomeOfAll(codes, 3, 2)
		if exitcode.Of(err) != c.want || err != nil && !strings.Contains(err.Error(), c.text) {
			t.Errorf("%v: %v, exit code %d; want %d with %q", c.codes, err, exitcode.Of(err), c.want, c.text)
		}
	}
}

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
