package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const table = `# Page

- load when a family began: 0.50, 0.60

| figure | target | measured |
| :-- | :-- | :-- |
| alarms | at most 0.5 % | 0 of 10 (0 %) |
| uncontended%s: +5 %% found | at least 85 %% | %M |
| only here |  | 1 |

| row | contended | pairs | time |
| :-- | :-- | --: | --: |
`

// A figure of the busy page stands beside the figure of the same name, and nowhere else.
func TestBeside(t *testing.T) {
	quiet := strings.NewReplacer("%s", "", "%M", "90 of 100", "%%", "%").Replace(table)
	busy := strings.NewReplacer("%s", " (pairs drawn repeatedly)", "%M", "80 of 100", "%%", "%", "only here", "only there",
		"0.50, 0.60", "9.00, 20.00").Replace(table)
	dir := t.TempDir()
	if got, err := withBusy(quiet, dir); err != nil || got != quiet {
		t.Errorf("without a busy page: %v\n%s", err, got)
	}
	if err := os.WriteFile(filepath.Join(dir, busyPage), []byte(busy), 0o644); err != nil {
		t.Fatal(err)
	}
	got, err := withBusy(quiet, dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"began: 0.50, 0.60\n- load when a family of [selftest-busy.md](selftest-busy.md) began: 9.00, 20.00\n\n| figure",
		"| figure | target | measured | on a busy machine |\n| :-- | :-- | :-- | :-- |\n",
		"| uncontended: +5 % found | at least 85 % | 90 of 100 | 80 of 100; pairs drawn repeatedly |\n",
		"| only here |  | 1 |  |\n", "| row | contended | pairs | time |\n",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("the page lacks %q:\n%s", want, got)
		}
	}
	if strings.Contains(got, "only there") {
		t.Errorf("a figure without a neighbour is on the page:\n%s", got)
	}
}
