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

	"github.com/semabench/semabench/internal/longtest"
	"github.com/semabench/semabench/stress/internal/mutant"
	"github.com/semabench/semabench/stress/internal/race"
)

var (
	matrixRuns = flag.Int("mutants.runs", 1, "how often each detector runs on each mutant")
	matrixFile = flag.String("mutants.write", "", "file for the kill matrix")
	matrixFrom = flag.String("mutants.from", "", "ID of the first mutant to play, such as K70; "+
		"-mutants.write keeps the other rows of its file")
)

// Every mutant fails all clauses that it names, and the correct semaphore that most are made of
// passes.
//
// Each mutant runs in its own child processes, because it may hang, spin or panic, and because a
// race report fails the whole process.
//
// By default a mutant meets only the detectors that it names. SEMABENCH_LONG=1 and a file for the
// matrix let it meet all of them.
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
		page := m.markdown(time.Since(began))
		if *matrixFrom != "" {
			earlier, err := os.ReadFile(*matrixFile)
			if err != nil {
				t.Fatal(err)
			}
			page = m.addTo(earlier, page)
		}
		if err := os.WriteFile(*matrixFile, page, 0o644); err != nil {
			t.Error(err)
		}
	}
}

// planted returns the mutants of the matrix, and the mutants of the kinds that those do not show.
func planted() []mutant.Mutant { return slices.Concat(mutant.All(), mutant.Kinds()) }

// The documents give the numbers of mutants that there are.
func TestDocsCountMutants(t *testing.T) {
	for file, want := range map[string]string{
		"../README.md": fmt.Sprintf("%d semaphores that are broken on purpose", len(planted())),
		"doc.go": fmt.Sprintf("%d semaphores that are broken on purpose, 41 of them after bugs that were "+
			"published. stress/mutants.md lists which check finds which. %d more", len(mutant.All()), len(mutant.Kinds())),
	} {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if words := strings.Join(strings.Fields(strings.ReplaceAll(string(text), "//", "")), " "); !strings.Contains(words, want) {
			t.Errorf("%s does not say %q", file, want)
		}
	}
}

// Every clause must fail at least one mutant. Otherwise nothing shows that the clause can fail.
func TestEveryClauseKills(t *testing.T) {
	for _, c := range Clauses() {
		ids := []string{c.ID}
		if c.ID == "R1" {
			ids = []string{"I", "W"} // the two oracles of R1
		}
		for _, id := range ids {
			kills := func(m mutant.Mutant) bool { return slices.Contains(m.KilledBy, id) }
			if !slices.ContainsFunc(planted(), kills) {
				t.Errorf("no mutant is killed by %s %s", id, c.Name)
			}
		}
	}
}

// A matrix has the results of all detectors on all mutants.
type matrix struct {
	plain, raced string // test binaries
	rows         []*row
	narrow       []*row // the mutants with a Preempt once more, without it
}

type row struct {
	mutant  mutant.Mutant
	env     []string // of the child processes
	named   bool     // the children run only the detectors that the mutant names
	mu      sync.Mutex
	catches map[string][]catch // by detector or clause
	broken  []string           // output of children that did not run all detectors
}

func newMatrix(t *testing.T) *matrix {
	dir := t.TempDir()
	m := &matrix{plain: filepath.Join(dir, "plain.test"), raced: filepath.Join(dir, "raced.test")}
	// This binary is one of the two: a second build of it would cost a link under -race.
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	missing, flag := m.raced, "-race"
	if race.Enabled {
		missing, flag = m.plain, "-race=false"
		m.raced = self
	} else {
		m.plain = self
	}
	cmd := exec.Command("go", "test", "-c", "-ldflags=-w", "-o", missing, flag)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %v\n%s", cmd, err, out)
	}
	every := longtest.Asked() || *matrixFile != ""
	if !every {
		t.Log("each mutant meets the detectors that it names; SEMABENCH_LONG=1 runs all, as make test-long does")
	}
	all := planted()
	if *matrixFrom != "" {
		first := slices.IndexFunc(all, func(m mutant.Mutant) bool { return m.ID == *matrixFrom })
		if first < 0 {
			t.Fatalf("-mutants.from=%s: no mutant has this ID", *matrixFrom)
		}
		all = all[first:]
	}
	reference := mutant.Mutant{Impl: mutant.Reference, ID: "–"}
	for _, mut := range append([]mutant.Mutant{reference}, all...) {
		env := append(os.Environ(), childVar+"="+mut.Name)
		named := !every && mut.ID != reference.ID
		if named {
			env = append(env, namedVar+"=1")
		}
		m.rows = append(m.rows, &row{mutant: mut, env: env, named: named, catches: map[string][]catch{}})
		if mut.Narrow && *matrixFile != "" { // the rows are only for the report
			env = append(slices.Clone(env), bareVar+"=1")
			m.narrow = append(m.narrow, &row{mutant: mut, env: env, catches: map[string][]catch{}})
		}
	}
	return m
}

// play runs every detector on every mutant once, in parallel.
func (m *matrix) play(t *testing.T, run int) {
	var all sync.WaitGroup
	slots := make(chan struct{}, runtime.GOMAXPROCS(0)+2) // some children only wait for a mutant that hangs
	for _, row := range slices.Concat(m.rows, m.narrow) {
		for _, binary := range []string{m.plain, m.raced} {
			if row.named && !row.needs(binary == m.raced) {
				continue // the child would run no detector
			}
			all.Go(func() {
				slots <- struct{}{}
				defer func() { <-slots }()
				row.runChild(t, binary, run)
			})
		}
	}
	all.Wait()
}

// needs reports whether some detector that the mutant names runs with the race detector, or else
// without it. The two sets have no detector in common: see runNamed.
func (r *row) needs(raced bool) bool {
	return slices.ContainsFunc(r.mutant.KilledBy, func(id string) bool { return raced == (id == "C29" || id == "C30") })
}

// runChild runs the detectors on the mutant in a child process. The catches of a child that does
// not end in time count.
func (r *row) runChild(t *testing.T, binary string, run int) {
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
		t.Errorf("not all detectors ran: %s", b)
	}
	if r.mutant.Name == mutant.Reference.Name && len(r.catches) > 0 {
		t.Errorf("the correct reference failed: %v", r.catches)
	}
	killed := func(id string) bool { return len(r.catches[id]) == runs }
	if r.mutant.OnlyRaces() && slices.ContainsFunc(r.mutant.KilledBy, killed) {
		return
	}
	for _, id := range r.mutant.KilledBy {
		if !killed(id) {
			t.Errorf("%s found it in %d of %d runs: %s (found by %v)",
				id, len(r.catches[id]), runs, r.mutant.Defect, r.by())
		}
	}
}

// by lists the detectors that found the defect in any run.
func (r *row) by() (ids []string) {
	for id := range r.catches {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return ids
}
