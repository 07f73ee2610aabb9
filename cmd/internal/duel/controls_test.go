package duel

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/semabench/semabench/reports/gate"
)

// The steadiest of all rows becomes the control, whatever its ratio. Its binaries
// stay until then, and all others are removed.
func TestConsiderControls(t *testing.T) {
	dir := t.TempDir()
	linked := func(name string) binaries {
		write(t, dir, map[string]string{name: ""})
		return binaries{{path: filepath.Join(dir, name)}}
	}
	row := func(name string, contended bool, ratios ...float64) *plan {
		p := &plan{ops: plantableOps}
		p.Name, p.Mode, p.Contended = name, gate.Sliced, contended
		for _, r := range ratios {
			p.Pairs = append(p.Pairs, gate.Pair{Old: 1, New: r})
		}
		return p
	}
	failed, contended := row("failed", false), row("contended", true, 1, 1.3, 0.8)
	failed.Mode = gate.Failed
	m := &measurer{likelyControls: []*plan{failed, contended}}
	left := func(after string, want ...string) {
		t.Helper()
		var got []string
		found, err := os.ReadDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range found {
			got = append(got, f.Name())
		}
		mustEqual(t, "binaries after "+after, got, want)
	}
	consider := func(name string, plans ...*plan) {
		old := linked(name)
		m.considerControls(plans, old)
		m.release(old)
	}
	consider("a", failed, contended, row("noisy", false, 1, 1.2, 0.9))
	left("the first package", "a")
	consider("b", row("twice as slow", false, 2, 2.01, 2.02),
		row("steady, contended", true, 1.5, 1.5, 1.5))
	left("a steadier package", "b")
	long := row("long operations", false, 1, 1, 1)
	long.ops = 1
	consider("c", row("not so steady", false, 1, 1.05, 0.95), long)
	left("a less steady package", "b")
	for i, want := range []string{"twice as slow", "steady, contended"} {
		if got := m.controls[i].row.Name; got != want {
			t.Errorf("control %d is %s, want %s", i, got, want)
		}
	}
}

// Where MaxTime took the pairs of all likely controls, a row that has pairs becomes the control: the one whose
// operations can be planted into, or else the cheapest. A row without pairs and a failed one never do.
func TestLastControls(t *testing.T) {
	row := func(name string, ops, pairs int, cost time.Duration) *plan {
		p := &plan{ops: ops, cost: cost}
		p.Name, p.Mode, p.Pairs = name, gate.Sliced, make([]gate.Pair, pairs)
		return p
	}
	failed := row("failed", plantableOps, 6, 1)
	failed.Mode = gate.Failed
	without, long, cheap := row("without", plantableOps, 0, 1), row("long", 1, 6, 9), row("cheap", 1, 6, 5)
	plantable := row("plantable", plantableOps, 6, 99)
	for _, test := range []struct {
		plans []*plan
		want  string
	}{
		{[]*plan{failed, without}, ""},
		{[]*plan{failed, without, long, cheap}, "cheap"},
		{[]*plan{long, cheap, plantable}, "plantable"},
	} {
		got := ""
		for _, c := range (&measurer{plans: test.plans}).lastControls() {
			got = c.row.Name
		}
		if got != test.want {
			t.Errorf("the control is %q, want %q", got, test.want)
		}
	}
}
