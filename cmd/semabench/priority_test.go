package main

import (
	"io"
	"strings"
	"testing"

	"github.com/semabench/semabench/internal/machine"
)

// Measured processes take the cores from others if the flag says so, and in CI unless it says no.
func TestPriorityIsAsked(t *testing.T) {
	defer machine.RaisePriority(false)
	for _, c := range []struct {
		ci, args string
		want     bool
	}{
		{"", "", false}, {"false", "", false}, {"no boolean", "", false}, {"true", "", true}, {"1", "", true},
		{"", "-priority", true}, {"", "-priority=false", false}, {"true", "-priority=false", false},
	} {
		t.Setenv("CI", c.ci)
		f := app{stdout: io.Discard}.flags("run", "", "")
		p := f.priorityFlag()
		if err := f.parse(strings.Fields(c.args)); err != nil {
			t.Fatal(err)
		}
		p.use()
		if got := !strings.HasSuffix(machine.Priority(), machine.NotWanted); got != c.want {
			t.Errorf("CI=%s semabench run %s: raised: %v, want %v", c.ci, c.args, got, c.want)
		}
	}
}
