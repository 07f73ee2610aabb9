package stress_test

import (
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/semabench/semabench/stress"
	"github.com/semabench/semabench/stress/internal/mutant"
)

// Every mutant is refuted by each of the clauses that it names, and what most of them are made of
// by none.
//
// They are judged in child processes: under -race a mutant that is caught by its data race fails
// the test that catches it, whatever that test expects. Only the mutants that nothing but the
// race detector can see are built with it.
func TestMutants(t *testing.T) {
	plain := judgeInChild(t)
	raced := judgeInChild(t, "-race")
	if failed := plain[mutant.Reference.Name]; len(failed) > 0 {
		t.Errorf("the correct reference fails %v: %v", failed, stress.Check(mutant.Reference))
	}
	for _, m := range mutant.All() {
		t.Run(m.ID+"-"+m.Name, func(t *testing.T) {
			if m.OnlyRaces() {
				killed := func(id string) bool { return slices.Contains(raced[m.Name], id) }
				if !slices.ContainsFunc(m.KilledBy, killed) {
					t.Errorf("none of %v refuted: %s", m.KilledBy, m.Defect)
				}
				return
			}
			failed := plain[m.Name]
			for _, id := range m.KilledBy {
				if !slices.Contains(failed, id) {
					t.Errorf("%s did not refute: %s (refuted by %v)", id, m.Defect, failed)
				}
			}
		})
	}
}

// A clause that no mutant fails is a promise that nobody has seen broken.
func TestEveryClauseKills(t *testing.T) {
	for _, c := range stress.Clauses() {
		kills := func(m mutant.Mutant) bool { return slices.Contains(m.KilledBy, c.ID) }
		if !slices.ContainsFunc(mutant.All(), kills) {
			t.Errorf("no mutant is killed by %s %s", c.ID, c.Name)
		}
	}
}

const (
	childVar    = "STRESS_TEST_CHILD"
	verdictMark = "failing clauses of "
)

// judgeInChild returns the IDs of the failing clauses by the name of the mutant.
func judgeInChild(t *testing.T, flags ...string) map[string][]string {
	args := append([]string{"test", "-count=1", "-v", "-run=^TestMutantChild$", "."}, flags...)
	cmd := exec.Command("go", args...)
	races := slices.Contains(flags, "-race")
	cmd.Env = append(os.Environ(), fmt.Sprintf("%s=%v", childVar, races))
	out, err := cmd.CombinedOutput()
	failed := map[string][]string{}
	for line := range strings.Lines(string(out)) {
		if verdict, ok := strings.CutPrefix(line, verdictMark); ok {
			name, ids, _ := strings.Cut(verdict, ":")
			failed[name] = strings.Fields(ids)
		}
	}
	if len(failed) == 0 || err != nil && !races { // with races go test exits 1, as it should
		t.Fatalf("%v: %v\n%s", cmd, err, out)
	}
	return failed
}

// TestMutantChild is what judgeInChild runs. By itself it has nothing to judge.
func TestMutantChild(t *testing.T) {
	switch os.Getenv(childVar) {
	case "true":
		for _, m := range mutant.All() {
			if m.OnlyRaces() {
				printFailing(m.Name, stress.JudgeOnly(m.Impl, m.KilledBy...))
			}
		}
	case "false":
		printFailing(mutant.Reference.Name, stress.Judge(mutant.Reference))
		for _, m := range mutant.All() {
			if !m.OnlyRaces() {
				printFailing(m.Name, stress.Judge(m.Impl))
			}
		}
	}
}

func printFailing(name string, verdicts []stress.Verdict) {
	var failed []string
	for _, v := range verdicts {
		if v.Outcome == stress.Fail {
			failed = append(failed, v.ID)
		}
	}
	fmt.Printf("\n%s%s: %s\n", verdictMark, name, strings.Join(failed, " "))
}
