package explore_test

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/semabench/semabench/stress/explore"
	"github.com/semabench/semabench/stress/explore/schedrt"
	"github.com/semabench/semabench/stress/internal/mutant"
)

// needRace are the mutants that only the race detector finds, so that the explorer refutes them in
// a build with -race only. M40 needs the right schedule as well.
var needRace = []string{"M2", "M36", "M40"}

// missed is the mutant that no scenario refutes: it lets large requests starve. The directed program “passed
// for ever” refutes it.
const missed = "M33"

// The package comment gives the same numbers of mutants, and of refuted mutants, as the table.
func TestDocCountsMutants(t *testing.T) {
	comment, err := os.ReadFile("doc.go")
	if err != nil {
		t.Fatal(err)
	}
	var all, literature, alone, raced, later, laterRefuted int
	kept := keptKills(t)
	for _, m := range mutant.All() {
		cells := kept[m.ID]
		if len(cells) == 0 {
			t.Fatalf("%s has no row in %s: make mutants", m.ID, killsPage)
		}
		refuted := cells[0] != "·"
		all++
		switch {
		case m.ID[0] != 'M':
			later++
			if refuted {
				laterRefuted++
			}
			continue
		case strings.HasSuffix(cells[0], "ʳ"):
			raced++
		case refuted:
			alone++
		}
		literature++
	}
	if raced != len(needRace) {
		t.Errorf("%d mutants need the race detector, want %d", raced, len(needRace))
	}
	text := strings.Join(strings.Fields(strings.ReplaceAll(string(comment), "//", "")), " ")
	for _, want := range []string{
		fmt.Sprintf("proven by %d mutants", all),
		fmt.Sprintf("Of the %d from the literature, schedules alone refute %d, and the race "+
			"detector on them three", literature, alone),
		fmt.Sprintf("Of the %d that were added later, the explorer refutes %d;",
			later, laterRefuted),
	} {
		if !strings.Contains(text, want) {
			t.Errorf("doc.go does not say %q", want)
		}
	}
}

// The explorer alone refutes every mutant of the literature, without the clauses and the random
// programs of package stress. It needs at most a hundred schedules for most of them.
func TestKills(t *testing.T) {
	var table strings.Builder
	var counts []int
	for _, m := range mutant.All() {
		addedLater := m.ID[0] != 'M'
		if addedLater || m.ID == missed || slices.Contains(needRace, m.ID) && !schedrt.RaceEnabled {
			continue
		}
		t.Run(m.ID, func(t *testing.T) {
			r := explore.CheckSemaphore(t, explore.Options{Schedules: 2000, Time: 20 * time.Second},
				m.Impl)
			if r.Verdict != explore.Fail || r.Schedules > 10_000 || len(r.Schedule) > 120 {
				t.Errorf("%s: %s after %d schedules, %q: %s", m.Name, r.Verdict, r.Schedules,
					r.Schedule, m.Defect)
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
	t.Logf("%d refuted, median %d schedules, most %d\n%s", len(counts), counts[len(counts)/2],
		counts[len(counts)-1], table.String())
}
