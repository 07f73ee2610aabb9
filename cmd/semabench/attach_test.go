package main

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/semabench/semabench/internal/exitcode"
)

// The page on a text of this module shows the declared policies of its implementations. With a
// summary of stress it shows their failures too.
func TestPageHasPoliciesAndStressVerdicts(t *testing.T) {
	dir := t.TempDir()
	sample := filepath.Join("..", "..", "reports", "sample", "bench.txt")
	soak := write(t, dir, "soak.json", `{"version":1,"seed":7,"gomaxprocs":"1,2","race_detector":true,"ended":"in peace",
		"implementations":[{"name":"cond","programs":3,"operations":77,"histories":2,"undecided":0,"failures":0},
		{"name":"spin","programs":3,"operations":88,"histories":2,"undecided":1,"failures":4},{"name":"idle"}]}`)
	code, page, stderr := command(t, "", "report", "-format", "html", "-stress", soak, sample)
	if code != exitcode.OK {
		t.Fatalf("exits %d: %s", code, stderr)
	}
	mustContain(t, "the page", page, "Declared policies", "first come, first served",
		"Stress verdicts",
		"under the race detector", "from seed 7")
	for _, want := range []struct{ sign, count string }{{"✓", "0"}, {"✗", "4"}, {"?", "0"}} {
		if !strings.Contains(page, want.sign) {
			t.Errorf("the page lacks the sign %s for %s failures", want.sign, want.count)
		}
	}
	// The text of another package may have a column of the same name.
	other := write(t, dir, "other.txt", "pkg: example.org/x\nBenchmarkX/impl=cond 1 5 "+
		"ns/op\nBenchmarkX/impl=b 1 5 ns/op\n")
	_, page, _ = command(t, "", "report", "-format", "html", other)
	if strings.Contains(page, "Declared policies") {
		t.Error("a column of another package has the policies of ours")
	}
	if code, _, stderr = command(t, "", "report", "-stress", other, sample); code != exitcode.Refused {
		t.Errorf("a benchmark text as the summary of a soak exits %d: %s", code, stderr)
	}
}
