package strategy_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/semabench/semabench/stress/explore/internal/strategy"
	"github.com/semabench/semabench/stress/explore/schedrt"
)

// inParts explores as several processes do: budget schedules of one part, then of the next one. The
// rest of each part is split, and travels as JSON.
func inParts(
	t *testing.T, newTree func() strategy.Tree, limits schedrt.Limits, budget int, program func(),
) counts {
	t.Helper()
	x := schedrt.New(limits)
	defer x.Close()
	all := counts{classes: map[string]int{}, endings: map[schedrt.Ending]int{}, complete: true}
	for queue := []*strategy.Part{{}}; len(queue) > 0; queue = queue[1:] {
		tree := newTree()
		tree.Resume(queue[0])
		more := true
		for range budget {
			tree.Begin(x)
			if out := x.Play(tree, program); out.Kind == schedrt.Pruned {
				all.pruned++
			} else {
				all.played++
				all.classes[strategy.Class(&x.Trace)]++
				all.endings[out.Kind]++
			}
			if more = tree.Done(x); !more {
				break
			}
		}
		if more {
			rest := tree.Rest(x)
			parts := append(rest.Split(1+all.played%3), rest)
			queue = append(queue, throughJSON(t, parts)...)
		}
	}
	return all
}

// throughJSON writes parts as JSON and reads them back.
func throughJSON(t *testing.T, parts []*strategy.Part) (again []*strategy.Part) {
	t.Helper()
	text, err := json.Marshal(parts)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &again); err != nil {
		t.Fatal(err)
	}
	return again
}

// However a tree is split, its parts together have the same schedules, each of them once.
func TestPartsHaveAllSchedules(t *testing.T) {
	skipRaced(t)
	all := map[string]func(){}
	for name, program := range programs {
		all[name] = program
	}
	for seed := range randomPrograms(t) {
		all[fmt.Sprint(seed)] = drawn(seed)
	}
	pruned := 0
	for name, program := range all {
		t.Run(name, func(t *testing.T) {
			most := 5_000
			dfs := explore(&strategy.DFS{Preemptions: -1}, schedrt.Limits{}, most, program)
			if !dfs.complete || dfs.endings[schedrt.Panicked] > 0 {
				return
			}
			dpor := explore(&strategy.DPOR{}, schedrt.Limits{AskAlways: true}, most, program)
			for _, budget := range []int{1, 2, 7} {
				newDFS := func() strategy.Tree { return &strategy.DFS{Preemptions: -1} }
				got := inParts(t, newDFS, schedrt.Limits{}, budget, program)
				mustBeSame(t, "DFS", got, dfs)
				newDPOR := func() strategy.Tree { return &strategy.DPOR{} }
				got = inParts(t, newDPOR, schedrt.Limits{AskAlways: true}, budget, program)
				mustBeSame(t, "DPOR", got, dpor)
				pruned += got.pruned - dpor.pruned
			}
		})
	}
	t.Logf("splitting pruned %d schedules more", pruned)
}

// mustBeSame compares the classes that the parts and the whole tree have played.
func mustBeSame(t *testing.T, name string, got, want counts) {
	t.Helper()
	if got.played != want.played || len(got.classes) != len(want.classes) {
		t.Errorf("%s in parts: %d schedules in %d classes; as a whole: %d in %d",
			name, got.played, len(got.classes), want.played, len(want.classes))
	}
	for class, n := range want.classes {
		if got.classes[class] != n {
			t.Fatalf("%s in parts: class played %d times, want %d:\n%s", name, got.classes[class],
				n, class)
		}
	}
}
