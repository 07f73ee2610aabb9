package explore_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/semabench/semabench/internal/longtest"
	"github.com/semabench/semabench/stress/explore"
	"github.com/semabench/semabench/stress/explore/schedrt"
	"github.com/semabench/semabench/stress/internal/mutant"
)

var (
	killsFile = flag.String("kills.write", "",
		"write the table of the mutants that each strategy refutes to this file")
	killsRows = flag.String("kills.rows", "",
		"write the rows of the mutants that need the race detector to this file")
)

// killsPage is the file of the table, and its only place; stress/mutants.md links to it.
const killsPage = "kills.md"

// strategies are the columns. The first one is the default of an exploration.
var strategies = []string{"", "random", "pct3", "pos", "dpor", "dfs"}

const (
	// killsWithin bounds the schedules of all scenarios together.
	killsWithin = 10_000

	// killsAgain bounds the cells that TestKillsOfToday plays again, by their schedules. Most cells
	// are below it, and playing all of them takes seconds.
	killsAgain = 150
)

// A killRow is a row of the table. After has for each strategy the number of schedules until the
// mutant was refuted, or 0 if it was not.
type killRow struct {
	ID, Name string
	After    []int
	Raced    bool // found with the race detector only
}

func kill(t *testing.T, m mutant.Mutant, strategy string, within int) (after int) {
	t.Helper()
	const scenarios = 29
	r := explore.CheckSemaphore(t, explore.Options{
		Strategy: strategy, Schedules: max(1, within/scenarios), Time: 5 * time.Minute,
	}, m.Impl)
	if r.Verdict != explore.Fail || r.Schedules > killsWithin {
		return 0
	}
	return r.Schedules
}

// TestKillMatrix explores every mutant with every strategy and writes the table. Without
// -kills.write it does nothing; TestKillsOfToday checks the table.
func TestKillMatrix(t *testing.T) {
	if *killsFile == "" && *killsRows == "" && !isPlayer() {
		t.Skip("writes the table for make mutants, which sets -kills.write")
	}
	var rows []killRow
	for _, m := range mutant.All() {
		if slices.Contains(needRace, m.ID) != schedrt.RaceEnabled {
			continue
		}
		row := killRow{ID: m.ID, Name: m.Name, Raced: schedrt.RaceEnabled}
		for _, strategy := range strategies {
			after := 0
			t.Run(
				m.ID+"/"+nameOf(strategy),
				func(t *testing.T) { after = kill(t, m, strategy, killsWithin) },
			)
			row.After = append(row.After, after)
		}
		rows = append(rows, row)
	}
	if *killsRows != "" {
		mustWriteJSON(t, *killsRows, rows)
	}
	if *killsFile != "" {
		rows = append(rows, racedKills(t)...)
		slices.SortStableFunc(rows, func(a, b killRow) int { return placeOf(a.ID) - placeOf(b.ID) })
		if err := os.WriteFile(*killsFile, []byte(killsTable(rows)), 0o644); err != nil {
			t.Error(err)
		}
	}
}

// racedKills runs this test in a build with the race detector, and returns its rows.
func racedKills(t *testing.T) (rows []killRow) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "rows")
	cmd := exec.Command(
		"go",
		"test",
		"-race",
		"-count=1",
		"-timeout=30m",
		"-run=^TestKillMatrix$",
		".",
		"-kills.rows="+path,
	)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %v\n%s", cmd, err, out)
	}
	text, err := os.ReadFile(path)
	if err == nil {
		err = json.Unmarshal(text, &rows)
	}
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

func mustWriteJSON(t *testing.T, path string, v any) {
	t.Helper()
	text, err := json.Marshal(v)
	if err == nil {
		err = os.WriteFile(path, text, 0o644)
	}
	if err != nil {
		t.Error(err)
	}
}

func nameOf(strategy string) string {
	if strategy == "" {
		return "all in turn"
	}
	return strategy
}

func placeOf(id string) int {
	return slices.IndexFunc(mutant.All(), func(m mutant.Mutant) bool { return m.ID == id })
}

func killsTable(rows []killRow) string {
	var b strings.Builder
	fmt.Fprintf(
		&b,
		"## Schedule explorer\n\nMade by `make mutants`. After how many schedules of all %s together "+
			"`explore.Semaphore` refutes\neach mutant, by strategy, within %d; seed 1. The counts are no measurements: they are "+
			"the same on every\nmachine and with any number of processes. “All in turn” is the default of the explorer; "+
			"ʳ needs\nthe race detector; · not refuted.\n\n| | mutant |",
		"scenarios",
		killsWithin,
	)
	for _, strategy := range strategies {
		fmt.Fprintf(&b, " %s |", nameOf(strategy))
	}
	b.WriteString("\n| :-- | :-- |" + strings.Repeat(" --: |", len(strategies)) + "\n")
	for _, r := range rows {
		fmt.Fprintf(&b, "| %s | %s |", r.ID, r.Name)
		for _, after := range r.After {
			fmt.Fprintf(&b, " %s |", killCell(after, r.Raced))
		}
		b.WriteByte('\n')
	}
	for _, sum := range killSums(rows) {
		fmt.Fprintf(&b, "| | %s |", sum.name)
		for column := range strategies {
			fmt.Fprintf(&b, " **%s** |", sum.of(killsIn(rows, column)))
		}
		b.WriteByte('\n')
	}
	return b.String()
}

func killCell(after int, raced bool) string {
	switch {
	case after == 0:
		return "·"
	case raced:
		return fmt.Sprint(after, "ʳ")
	}
	return fmt.Sprint(after)
}

type killSum struct {
	name string
	of   func(after []int) string
}

// killSums returns the rows at the end of the table. They count the mutants of the literature, M1
// to M41.
func killSums(rows []killRow) []killSum {
	all := 0
	for _, r := range rows {
		if r.ID[0] == 'M' {
			all++
		}
	}
	return []killSum{
		{
			fmt.Sprintf("refuted of M1 to M%d", all),
			func(after []int) string { return fmt.Sprint(len(after)) },
		},
		{"median of these", func(after []int) string {
			if len(after) == 0 {
				return "·"
			}
			return fmt.Sprint(after[len(after)/2])
		}},
	}
}

// killsIn returns the counts of a column, sorted, for the mutants of the literature.
func killsIn(rows []killRow, column int) (after []int) {
	for _, r := range rows {
		if r.ID[0] == 'M' && r.After[column] > 0 {
			after = append(after, r.After[column])
		}
	}
	slices.Sort(after)
	return after
}

// The table agrees with the explorer. Cells with more than killsAgain schedules are not played
// again, and cells that need another build are left to that build.
func TestKillsOfToday(t *testing.T) {
	longtest.NeedCI(t, "TestKills")
	kept := keptKills(t)
	played := longtest.Or(t, "strategy of the table", len(strategies), 1)
	for _, m := range mutant.All() {
		row, ok := kept[m.ID]
		if !ok || len(row) != len(strategies) {
			t.Errorf("%s has no row of %d in %s: make mutants", m.ID, len(strategies), killsPage)
			continue
		}
		if slices.Contains(needRace, m.ID) != schedrt.RaceEnabled {
			continue
		}
		for i, strategy := range strategies[:played] {
			var after int
			if _, err := fmt.Sscan(row[i], &after); err != nil || after > killsAgain {
				continue
			}
			t.Run(m.ID+"/"+nameOf(strategy), func(t *testing.T) {
				got := killCell(kill(t, m, strategy, killsWithin), schedrt.RaceEnabled)
				if got != row[i] {
					t.Errorf("refuted after %s schedules, and %s says %s: make mutants", got,
						killsPage, row[i])
				}
			})
		}
	}
}

// keptKills reads the cells of each mutant from the file.
func keptKills(t *testing.T) map[string][]string {
	t.Helper()
	text, err := os.ReadFile(killsPage)
	if err != nil {
		t.Fatalf("%v: make mutants", err)
	}
	rows := map[string][]string{}
	for line := range strings.Lines(string(text)) {
		cells := strings.Split(strings.Trim(line, "| \n"), " | ")
		if len(cells) > 2 {
			rows[cells[0]] = cells[2:]
		}
	}
	return rows
}
