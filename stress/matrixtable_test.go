package stress

import (
	"bytes"
	"fmt"
	"os"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"
)

// The columns of the matrix. R1 has two columns: its two oracles find different defects.
var detectors = []struct{ letter, name string }{
	{"C", "clauses: the contract sentence by sentence, on schedules that the check enforces"},
	{"R", "race detector, on a client that adds no happens-before edges (C30)"},
	{"H", "happens-before: a plain variable guarded by the semaphore alone, under -race (C29)"},
	{"I", "random programs: capacity, conservation and results (R1)"},
	{"L", "linearizability of the histories of random programs (C34)"},
	{"W", "watchdog on random programs: no request waits that could be granted (R1)"},
	{"K", "leaks: goroutines, callbacks and memory that are left after a wait (C31, C33)"},
}

// detectorOf returns the letter of the column that shows a clause.
func detectorOf(id string) string {
	switch id {
	case "C29":
		return "H"
	case "C30":
		return "R"
	case "C31", "C33":
		return "K"
	case "C34":
		return "L"
	case "I", "W":
		return id
	}
	return "C"
}

func (m *matrix) markdown(took time.Duration) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "# Kill matrix\n\nMade by `make mutants`: %d mutants, %d run(s), %v on %d processors (%s/%s, %s).\n\n",
		len(m.rows)-1, *matrixRuns, took.Round(time.Second), runtime.GOMAXPROCS(0), runtime.GOOS, runtime.GOARCH, runtime.Version())
	b.WriteString("A cell is the fewest operations and the time to the first catch (medians over the runs); k/n: caught in k of n runs;\n" +
		"**bold**: this detector must catch the mutant; ✗: it must, and missed the mutant in some run; ·: not caught, and not required;\n" +
		"…: the mutant hangs, so the other clauses were not played.\n\n")
	for _, d := range detectors {
		fmt.Fprintf(&b, "- **%s** %s\n", d.letter, d.name)
	}
	b.WriteString("\n| | mutant |")
	for _, d := range detectors {
		fmt.Fprintf(&b, " %s |", d.letter)
	}
	b.WriteString("\n| :-- | :-- |" + strings.Repeat(" :-- |", len(detectors)) + "\n")
	for _, r := range m.rows {
		fmt.Fprintf(&b, "| %s | %s |", r.mutant.ID, r.mutant.Name)
		for _, d := range detectors {
			fmt.Fprintf(&b, " %s |", r.cell(d.letter))
		}
		b.WriteByte('\n')
	}
	m.writeMissed(&b)
	fmt.Fprintf(&b, "\nThe columns of the schedule explorer are in [%s](%s).\n", explorerTable, explorerTable)
	return b.Bytes()
}

// addTo puts the rows of page into an earlier page, behind its other rows, and says which rows are of this run.
// A whole run takes twelve minutes of two processors, and some new mutants take two.
func (m *matrix) addTo(earlier, page []byte) []byte {
	again := map[string]bool{}
	for _, r := range m.rows[1:] {
		again[r.mutant.ID] = true
	}
	id := func(line string) string { // of a row, or of an entry of the list without preemption
		for _, prefix := range []string{"| ", "- "} {
			if rest, ok := strings.CutPrefix(line, prefix); ok {
				return strings.Fields(rest)[0]
			}
		}
		return ""
	}
	var rows, bare []string
	narrow := len(m.narrow)
	for line := range strings.Lines(string(page)) {
		switch {
		case !again[id(line)]:
		case line[0] == '|':
			rows = append(rows, line)
		case strings.Contains(line, ": ") && !strings.Contains(line, "Killed in"):
			bare = append(bare, line)
		}
	}
	var b strings.Builder
	inTable, inBare := false, false
	for line := range strings.Lines(string(earlier)) {
		if again[id(line)] {
			continue
		}
		if inBare && strings.HasPrefix(line, "- ") {
			narrow++
		}
		if inTable && !strings.HasPrefix(line, "|") {
			b.WriteString(strings.Join(rows, ""))
			inTable = false
		}
		if inBare && strings.HasPrefix(line, "The columns of") {
			text := strings.TrimRight(b.String(), "\n") + "\n"
			b.Reset()
			b.WriteString(text + strings.Join(bare, "") + "\n")
		}
		inTable = inTable || strings.HasPrefix(line, "| –")
		inBare = inBare || strings.HasPrefix(line, "## Without")
		b.WriteString(line)
	}
	text := b.String()
	text = mutantsMade.ReplaceAllString(text, fmt.Sprintf("${1}%d mutants; the rows from %s on are of a later run. The others: ",
		len(planted()), m.rows[1].mutant.ID))
	return []byte(narrowMade.ReplaceAllString(text, fmt.Sprintf("The windows of %d mutants", narrow)))
}

var (
	mutantsMade = regexp.MustCompile("(Made by `make mutants`: )\\d+ mutants(?:; the rows .* The others: )?,? ?")
	narrowMade  = regexp.MustCompile(`The windows of \d+ mutants`)
)

// The matrix names the file with the columns of the schedule explorer, whose own tests check it.
// There is no copy of that table: a copy was stale whenever only one command had run.
func TestMatrixNamesTheExplorersTable(t *testing.T) {
	matrix, err := os.ReadFile("mutants.md")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(matrix, []byte("("+explorerTable+")")) || bytes.Contains(matrix, []byte("| pct3 |")) {
		t.Errorf("stress/mutants.md should name %s and have none of its columns: make mutants", explorerTable)
	}
	if _, err := os.Stat(explorerTable); err != nil {
		t.Errorf("stress/mutants.md names a file that is missing: %v", err)
	}
}

// explorerTable is the only place of the explorer's columns.
const explorerTable = "explore/kills.md"

// cell returns the result of one detector on the mutant. The column C lists the clauses that
// failed.
func (r *row) cell(letter string) string {
	must, missed := false, false
	for _, id := range r.mutant.KilledBy {
		if detectorOf(id) == letter {
			must = true
			missed = missed || len(r.catches[id]) < *matrixRuns
		}
	}
	var ids []string
	var caught []catch
	for _, id := range r.by() {
		if id == "…" && letter == "C" {
			ids = append(ids, id)
		} else if detectorOf(id) == letter {
			ids = append(ids, id)
			if c := r.catches[id]; len(c) > len(caught) || len(c) == len(caught) && median(c).Ops < median(caught).Ops {
				caught = c
			}
		}
	}
	if len(caught) == 0 {
		if must && !r.mutant.OnlyRaces() {
			return "✗"
		}
		return "·"
	}
	m := median(caught)
	s := m.Took.Round(10 * time.Microsecond).String()
	if m.Ops > 0 { // operations are not counted under the race detector
		s = fmt.Sprintf("%d ops, %s", m.Ops, s)
	}
	if letter == "C" {
		s = strings.Join(ids, " ") + ": " + s
	}
	if len(caught) < *matrixRuns {
		s = fmt.Sprintf("%d/%d: %s", len(caught), *matrixRuns, s)
	}
	switch {
	case must && missed && !r.mutant.OnlyRaces():
		return "✗ " + s
	case must:
		return "**" + s + "**"
	}
	return s
}

func median(all []catch) catch {
	sorted := slices.SortedFunc(slices.Values(all), func(a, b catch) int { return int(a.Ops - b.Ops) })
	return sorted[len(sorted)/2]
}

// writeMissed lists the mutants that native stress does not find in every run. Then it lists the
// mutants that it finds only because they yield in their window.
func (m *matrix) writeMissed(b *bytes.Buffer) {
	b.WriteString("\n## Missed\n\n")
	none := true
	for _, r := range m.rows[1:] {
		if best := r.best(); best < *matrixRuns {
			none = false
			fmt.Fprintf(b, "- %s %s: %s. Killed in %d of %d runs.\n", r.mutant.ID, r.mutant.Name, r.mutant.Defect, best, *matrixRuns)
		}
	}
	if none {
		b.WriteString("None: every mutant was killed in every run by at least one detector.\n")
	}
	fmt.Fprintf(b, "\n## Without the planted preemption\n\nThe windows of %d mutants are a few instructions wide and hold a "+
		"runtime.Gosched that\nstands for a preemption. Taken out, this is how often each detector kills them in %d run(s):\n\n",
		len(m.narrow), *matrixRuns)
	for _, r := range m.narrow {
		var by []string
		for _, id := range r.by() {
			by = append(by, fmt.Sprintf("%s %d", strings.Replace(id, "…", "hangs", 1), len(r.catches[id])))
		}
		if len(by) == 0 {
			by = []string{"none"}
		}
		fmt.Fprintf(b, "- %s %s: %s\n", r.mutant.ID, r.mutant.Name, strings.Join(by, ", "))
	}
}

// best returns how often the most reliable detector found the defect.
func (r *row) best() (most int) {
	for id, c := range r.catches {
		if id != "…" {
			most = max(most, len(c))
		}
	}
	return most
}
