package stress

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/semabench/semabench/impls"
	"github.com/semabench/semabench/stress/internal/mutant"
)

var (
	matrixRuns = flag.Int("mutants.runs", 1, "how often each mutant meets each detector")
	matrixFile = flag.String("mutants.write", "", "file for the kill matrix")
)

// Every mutant is refuted by all that it names, and what most of them are made of by nothing.
//
// Each mutant lives and dies in processes of its own: it may hang, spin or panic, and under
// -race what catches it is held against the process.
func TestMutants(t *testing.T) {
	m := newMatrix(t)
	began := time.Now()
	for run := range *matrixRuns {
		m.play(t, run)
	}
	for _, row := range m.rows {
		t.Run(row.mutant.ID+"-"+row.mutant.Name, func(t *testing.T) { row.check(t, *matrixRuns) })
	}
	if *matrixFile != "" {
		if err := os.WriteFile(*matrixFile, m.markdown(time.Since(began)), 0o644); err != nil {
			t.Error(err)
		}
	}
}

// A clause that no mutant fails is a promise that nobody has seen broken.
func TestEveryClauseKills(t *testing.T) {
	for _, c := range Clauses() {
		ids := []string{c.ID}
		if c.ID == "R1" {
			ids = []string{"I", "W"} // its oracles
		}
		for _, id := range ids {
			kills := func(m mutant.Mutant) bool { return slices.Contains(m.KilledBy, id) }
			if !slices.ContainsFunc(mutant.All(), kills) {
				t.Errorf("no mutant is killed by %s %s", id, c.Name)
			}
		}
	}
}

// A matrix is what each detector made of each mutant.
type matrix struct {
	plain, raced string // test binaries
	rows         []*row
}

type row struct {
	mutant  mutant.Mutant
	mu      sync.Mutex
	catches map[string][]catch // by detector or clause
	broken  []string           // what children said that did not get to an end
}

func newMatrix(t *testing.T) *matrix {
	dir := t.TempDir()
	m := &matrix{plain: filepath.Join(dir, "plain.test"), raced: filepath.Join(dir, "raced.test")}
	for path, flags := range map[string][]string{m.plain: {"-race=false"}, m.raced: {"-race"}} {
		cmd := exec.Command("go", append([]string{"test", "-c", "-o", path}, flags...)...)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v: %v\n%s", cmd, err, out)
		}
	}
	reference := mutant.Mutant{Impl: mutant.Reference, ID: "–"}
	for _, mut := range append([]mutant.Mutant{reference}, mutant.All()...) {
		m.rows = append(m.rows, &row{mutant: mut, catches: map[string][]catch{}})
	}
	return m
}

// play lets every mutant meet every detector once, as many at a time as there are processors.
func (m *matrix) play(t *testing.T, run int) {
	var all sync.WaitGroup
	seats := make(chan struct{}, runtime.GOMAXPROCS(0))
	for _, row := range m.rows {
		for _, binary := range []string{m.plain, m.raced} {
			all.Go(func() {
				seats <- struct{}{}
				defer func() { <-seats }()
				row.meet(t, binary, run)
			})
		}
	}
	all.Wait()
}

// meet judges the mutant in a child. A child that does not end in time has said what it found so far.
func (r *row) meet(t *testing.T, binary string, run int) {
	cmd := exec.CommandContext(t.Context(), binary, "-test.run=^TestMutantChild$", "-test.timeout=60s")
	cmd.Env = append(os.Environ(), childVar+"="+r.mutant.Name)
	out, err := cmd.CombinedOutput()
	r.mu.Lock()
	defer r.mu.Unlock()
	done := false
	for line := range bytes.Lines(out) {
		text, ok := bytes.CutPrefix(line, []byte(childMark))
		if !ok {
			continue
		}
		var c catch
		if err := json.Unmarshal(text, &c); err != nil {
			t.Errorf("%s: %v in %q", r.mutant.Name, err, line)
		}
		done = done || c.By == "end"
		if c.By != "end" {
			r.catches[c.By] = append(r.catches[c.By], c)
		}
	}
	if !done {
		r.broken = append(r.broken, fmt.Sprintf("run %d: %v\n%s", run, err, firstLines(string(out), 30)))
	}
}

func (r *row) check(t *testing.T, runs int) {
	for _, b := range r.broken {
		t.Errorf("judged to no end: %s", b)
	}
	if r.mutant.Name == mutant.Reference.Name && len(r.catches) > 0 {
		t.Errorf("the correct reference was refuted: %v", r.catches)
	}
	killed := func(id string) bool { return len(r.catches[id]) == runs }
	if r.mutant.OnlyRaces() && slices.ContainsFunc(r.mutant.KilledBy, killed) {
		return
	}
	for _, id := range r.mutant.KilledBy {
		if !killed(id) {
			t.Errorf("%s refuted it in %d of %d runs: %s (refuted by %v)",
				id, len(r.catches[id]), runs, r.mutant.Defect, r.by())
		}
	}
}

// by lists what refuted the mutant in any run.
func (r *row) by() (ids []string) {
	for id := range r.catches {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return ids
}

// The columns of the matrix. The oracles of R1 are two, because they see different things.
var detectors = []struct{ letter, name string }{
	{"C", "clauses: the contract sentence by sentence, on schedules that are made"},
	{"R", "race detector, on a client that adds no order of its own (C30)"},
	{"H", "happens-before: a plain variable guarded by the semaphore alone, under -race (C29)"},
	{"I", "random programs: never more held than there is, all back in the end, results right (R1)"},
	{"L", "linearizability of the histories of random programs (C34)"},
	{"W", "watchdog on random programs: nobody waits who could be served (R1)"},
	{"K", "leaks: goroutines, callbacks and memory that waits leave behind (C31, C33)"},
}

// detectorOf returns the column that shows a clause.
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
		"**bold**: this detector must catch it; ✗: it must, and did not each time; · not caught, and not asked for.\n\n")
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
	return b.Bytes()
}

// cell sums up what a detector made of the mutant. For the clauses it names those that caught it.
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
		if detectorOf(id) == letter {
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
	if m.Ops > 0 { // they are not counted where the race detector looks
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

// writeMissed lists by name what native stress does not reliably see.
func (m *matrix) writeMissed(b *bytes.Buffer) {
	b.WriteString("\n## Missed\n\n")
	none := true
	for _, r := range m.rows[1:] {
		best := 0
		for _, c := range r.catches {
			best = max(best, len(c))
		}
		if best < *matrixRuns {
			none = false
			fmt.Fprintf(b, "- %s %s: %s. Killed in %d of %d runs.\n", r.mutant.ID, r.mutant.Name, r.mutant.Defect, best, *matrixRuns)
		}
	}
	if none {
		b.WriteString("None: every mutant was killed in every run by at least one detector.\n")
	}
}

// countedImpl counts the calls of its semaphores.
func countedImpl(impl impls.Impl, count func()) impls.Impl {
	inner := impl.New
	impl.New = func(size int64) impls.Semaphore { return counted{inner(size), count} }
	return impl
}
