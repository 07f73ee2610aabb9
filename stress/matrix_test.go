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
	"sync"
	"testing"
	"time"

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
	narrow       []*row // those with a Preempt again, without it
}

type row struct {
	mutant  mutant.Mutant
	env     []string // of the children
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
		env := append(os.Environ(), childVar+"="+mut.Name)
		m.rows = append(m.rows, &row{mutant: mut, env: env, catches: map[string][]catch{}})
		if mut.Narrow && *matrixFile != "" { // it is for reading only
			env = append(slices.Clone(env), bareVar+"=1")
			m.narrow = append(m.narrow, &row{mutant: mut, env: env, catches: map[string][]catch{}})
		}
	}
	return m
}

// play lets every mutant meet every detector once, as many at a time as there are processors.
func (m *matrix) play(t *testing.T, run int) {
	var all sync.WaitGroup
	seats := make(chan struct{}, runtime.GOMAXPROCS(0)+2) // some only wait for what hangs
	for _, row := range slices.Concat(m.rows, m.narrow) {
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
	cmd.Env = r.env
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
		if c.By == "end" {
			done = true
		} else {
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
