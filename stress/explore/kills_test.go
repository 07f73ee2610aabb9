package explore_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/semabench/semabench/stress/explore"
	"github.com/semabench/semabench/stress/explore/schedrt"
	"github.com/semabench/semabench/stress/internal/mutant"
)

// needRace are the mutants that only the race detector sees, and that are therefore killed by the
// explorer in a build with -race; M40 needs a schedule, too.
var needRace = []string{"M2", "M36", "M40"}

// missed is the one that no finite schedule refutes: that a large request starves takes for ever.
const missed = "M33"

// Every mutant is refuted by the explorer alone, the clauses and the random programs of package
// stress aside, and most of them within a hundred schedules.
func TestKills(t *testing.T) {
	var table strings.Builder
	var counts []int
	for _, m := range mutant.All() {
		planted := m.ID[0] != 'M'
		if planted || m.ID == missed || slices.Contains(needRace, m.ID) && !schedrt.RaceEnabled {
			continue
		}
		t.Run(m.ID, func(t *testing.T) {
			r := explore.CheckSemaphore(t, explore.Options{Schedules: 2000, Time: 20 * time.Second}, m.Impl)
			if r.Verdict != "fail" || r.Schedules > 10_000 || len(r.Schedule) > 120 {
				t.Errorf("%s: %s after %d schedules, %q: %s", m.Name, r.Verdict, r.Schedules, r.Schedule, m.Defect)
			}
			counts = append(counts, r.Schedules)
			fmt.Fprintf(&table, "| %s | %s | %d | %s | %s | %s |\n",
				m.ID, m.Name, r.Schedules, r.Strategy, r.Schedule, r.What)
		})
	}
	if len(counts) == 0 {
		return
	}
	slices.Sort(counts)
	if median := counts[len(counts)/2]; median > 100 && len(counts) > 30 {
		t.Errorf("median of %d schedules, want at most 100", median)
	}
	t.Logf("%d killed, median %d, most %d\n%s", len(counts), counts[len(counts)/2], counts[len(counts)-1], table.String())
	if dir := os.Getenv("KILLS_DIR"); dir != "" {
		if err := os.WriteFile(filepath.Join(dir, "kills.md"), []byte(table.String()), 0o644); err != nil {
			t.Error(err)
		}
	}
}
