package duel

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/semabench/semabench/reports/gate"
)

// The steadiest of all rows is the control, whatever it differs by, and its binaries are kept until then.
func TestOffer(t *testing.T) {
	dir := t.TempDir()
	linked := func(name string) pool {
		write(t, dir, map[string]string{name: ""})
		return pool{{path: filepath.Join(dir, name)}}
	}
	row := func(name string, contended bool, ratios ...float64) *plan {
		p := &plan{ops: plantable}
		p.Name, p.Mode, p.Contended = name, gate.Sliced, contended
		for _, r := range ratios {
			p.Pairs = append(p.Pairs, gate.Pair{Old: 1, New: r})
		}
		return p
	}
	failed, several := row("failed", false), row("several", true, 1, 1.3, 0.8)
	failed.Mode = gate.Failed
	m := &match{controls: []*plan{failed, several}}
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
	offer := func(name string, plans ...*plan) {
		old := linked(name)
		m.offer(plans, old)
		m.release(old)
	}
	offer("a", failed, several, row("noisy", false, 1, 1.2, 0.9))
	left("the first package", "a")
	offer("b", row("twice as slow", false, 2, 2.01, 2.02), row("steady, contended", true, 1.5, 1.5, 1.5))
	left("a steadier one", "b")
	coarse := row("coarse", false, 1, 1, 1)
	coarse.ops = 1
	offer("c", row("not so steady", false, 1, 1.05, 0.95), coarse)
	left("one that is not", "b")
	for i, want := range []string{"twice as slow", "steady, contended"} {
		if got := m.stakes[i].row.Name; got != want {
			t.Errorf("control %d is %s, want %s", i, got, want)
		}
	}
}
