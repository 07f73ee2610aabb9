package explore_test

import ("testing";"github.com/semabench/semabench/stress/explore";"sort")

func TestZZ(t *testing.T) {
	var names []string
	for name := range wrong { names = append(names, name) }
	sort.Strings(names)
	for _, name := range names {
		t.Run(name, func(t *testing.T) {
			r := explore.Check(t, explore.Options{}, wrong[name].program)
			t.Log("\n"+r.Text)
		})
	}
}
