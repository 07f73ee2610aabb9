package strategy_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/semabench/semabench/stress/explore/internal/strategy"
	"github.com/semabench/semabench/stress/explore/schedrt"
)

// inParts explores as several processes do: a few schedules of one part, then of the next, and what
// is left of each is split and goes through text.
func inParts(t *testing.T, newTree func() strategy.Tree, limits schedrt.Limits, budget int, program func()) tally {
	t.Helper()
	x := schedrt.New(limits)
	defer x.Close()
	all := tally{classes: map[string]int{}, endings: map[schedrt.Ending]int{}, complete: true}
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
			queue = append(queue, throughText(t, parts)...)
		}
	}
	return all
}

func throughText(t *testing.T, parts []*strategy.Part) (again []*strategy.Part) {
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

// However a tree is cut, its parts have the same schedules between them, and each of them once.
func TestPartsHaveTheSchedulesOfTheWhole(t *testing.T) {
	skipRaced(t)
	all := map[string]func(){}
	for name, program := range programs {
		all[name] = program
	}
	for seed := range uint64(300) {
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
				got := inParts(t, func() strategy.Tree { return &strategy.DFS{Preemptions: -1} }, schedrt.Limits{}, budget, program)
				mustBeSame(t, "DFS", got, dfs)
				got = inParts(t, func() strategy.Tree { return &strategy.DPOR{} }, schedrt.Limits{AskAlways: true}, budget, program)
				mustBeSame(t, "DPOR", got, dpor)
				pruned += got.pruned - dpor.pruned
			}
		})
	}
	t.Logf("%d schedules more were given up half way", pruned)
}

func mustBeSame(t *testing.T, name string, got, want tally) {
	t.Helper()
	if got.played != want.played || len(got.classes) != len(want.classes) {
		t.Errorf("%s in parts: %d schedules in %d classes; as a whole: %d in %d",
			name, got.played, len(got.classes), want.played, len(want.classes))
	}
	for class, n := range want.classes {
		if got.classes[class] != n {
			t.Fatalf("%s in parts: %d times, want %d:\n%s", name, got.classes[class], n, class)
		}
	}
}
