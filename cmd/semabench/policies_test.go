package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/semabench/semabench/impls"
	"github.com/semabench/semabench/internal/exitcode"
)

// everyPolicy has each value of each policy, so that a new implementation does not change the
// golden files.
var everyPolicy = []impls.Impl{
	{Name: "plain", Doc: "declares nothing"},
	{Name: "line", Doc: "first come, first served", Order: impls.FIFO},
	{Name: "line-set", Doc: "the same, and sets what FIFO implies", Order: impls.FIFO, StarvationFree: true},
	{Name: "try", Doc: "a line | and who tries passes it", Order: impls.FIFO, TryBarges: true},
	{Name: "pushy", Doc: "TryBarges without a line promises nothing", Order: impls.Barging, TryBarges: true},
	{Name: "fair-pushy", Doc: "may be passed, but not forever", Order: impls.Barging, StarvationFree: true,
		Waits: impls.Spinning, ZeroWeight: impls.ZeroPanics},
	{Name: "far", Doc: "waits in the kernel", Waits: impls.Elsewhere, OverRelease: impls.OverReleaseCorrupts},
	{Name: "known-wrong", Doc: "of other packages", UnitWeights: true, Teaching: true,
		Defects: map[string]string{"C12": "negative weights are ignored", "C10": "Release blocks"}},
}

func TestPolicies(t *testing.T) {
	for _, test := range []struct {
		golden string
		args   []string
	}{
		{"policies.txt", []string{"policies"}},
		{"policies.md", []string{"policies", "-md"}},
		{"policies-some.txt", []string{"policies", "-impl", "try,plain"}},
	} {
		var out, complaint bytes.Buffer
		a := app{table: everyPolicy, stdout: &out, stderr: &complaint}
		if code := a.main(context.Background(), test.args); code != exitcode.OK || complaint.Len() > 0 {
			t.Errorf("%q exits %d: %s", test.args, code, &complaint)
		}
		mustEqualGolden(t, test.golden, out.Bytes())
	}
}

// What limiters of one permit lack is named beside their weights.
func TestWeightsOfLimiters(t *testing.T) {
	for want, impl := range map[string]impls.Impl{
		"any":                         {},
		"1 only":                      {UnitWeights: true},
		"1 only, no TryAcquire":       {UnitWeights: true, NoTry: true},
		"any, a done context may win": {DoneContext: impls.DoneMayWin},
	} {
		if got := weights(impl); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// Each implementation of the real table has a row.
func TestPoliciesOfAll(t *testing.T) {
	_, stdout, _ := command(t, "", "policies")
	for _, impl := range impls.All() {
		mustContain(t, "policies", stdout, "\n"+impl.Name+" ", impl.Doc)
	}
}

func mustEqualGolden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, got, 0o666); err != nil {
			t.Fatal(err)
		}
		return
	}
	if want := read(t, path); string(got) != want {
		t.Errorf("%s differs (-update accepts it); got\n%s\nwant\n%s", path, got, want)
	}
}
