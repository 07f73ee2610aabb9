// Package findings has the helper of the programs below this folder. Each shows a fault of a public
// module at its newest version; docs/findings.md describes them.
//
// A module has a package of its own. A module that starts a goroutine as it is loaded would hide the
// deadlocks of other modules in its program, as that goroutine can always go on.
package findings

import (
	"strings"
	"testing"
	"time"

	"github.com/semabench/semabench/stress/explore"
)

// MustFail explores the program. It must fail, and the report must have each of the words: the
// name of the fault, and where in the module it is. Timers fire when nothing else can move.
func MustFail(t *testing.T, program func(*explore.T), words ...string) {
	t.Helper()
	mustFail(t, explore.Options{LazyClock: true}, program, words)
}

// MustFailInTime does the same for faults that need a timer to fire beside other goroutines.
func MustFailInTime(t *testing.T, program func(*explore.T), words ...string) {
	t.Helper()
	mustFail(t, explore.Options{}, program, words)
}

func mustFail(t *testing.T, o explore.Options, program func(*explore.T), words []string) {
	t.Helper()
	o.Time = time.Minute
	r := explore.Check(t, o, program)
	t.Log(r.Text)
	if r.Verdict != explore.Fail {
		t.Fatalf("%s, want a failure", r.Verdict)
	}
	for _, word := range words {
		if !strings.Contains(r.What+"\n"+r.Text, word) {
			t.Errorf("%q does not have %q", r.What, word)
		}
	}
}
