package compare

import (
	"fmt"
	"slices"
	"testing"

	"golang.org/x/perf/benchfmt"
)

func TestShapes(t *testing.T) {
	tests := []struct {
		config     []Fact
		rows       []string
		want       string
		wantCommon string
	}{
		{nil, []string{"S/w=cpu/p=4-2", "S/w=cpu/p=8-2"}, "[p=4 p=8]", "S w=cpu gomaxprocs=2"},
		{[]Fact{{"w", "cpu"}}, []string{"S/w=cpu/p=4-2"}, "[S p=4 gomaxprocs=2]", "w=cpu"},
		{nil, []string{"A-2", "B-2"}, "[A B]", "gomaxprocs=2"},
		{nil, []string{"A/x", "A/x/x"}, "[A x A x x]", ""}, // both names would be empty
		{nil, []string{"A/x", "A/x/y"}, "[A x A x y]", ""}, // the first name would be empty
		{nil, []string{"A/x-2", "A/x-4"}, "[gomaxprocs=2 gomaxprocs=4]", "A x"},
	}
	for _, test := range tests {
		table := &Table{Config: test.config}
		for _, r := range test.rows {
			table.Rows = append(table.Rows, Row{Name: r})
		}
		other := &Table{Rows: []Row{{Name: "Other/z"}}}
		shortenRowNames(&Comparison{Tables: []*Table{table, other}})
		var got []string
		for _, r := range table.Rows {
			got = append(got, r.Shape)
		}
		if fmt.Sprint(got) != test.want || table.Common != test.wantCommon {
			t.Errorf("%v: got %v, common %q, want %s, %q", test.rows, got, table.Common, test.want,
				test.wantCommon)
		}
	}
}

// nameParts splits a name as benchfmt does.
func TestParts(t *testing.T) {
	for _, name := range []string{"", "X", "X-2", "X/a", "X/a=b-48", "X//", "/", "-2", "-", "X-", "X-2-",
		"X/a-b", "X/é/-4", "X-1/y"} {
		base, rest := benchfmt.Name(name).Parts()
		want := []string{string(base)}
		for _, p := range rest {
			want = append(want, string(p))
		}
		if got := nameParts(name); !slices.Equal(got, want) {
			t.Errorf("%q: parts = %q, want %q", name, got, want)
		}
	}
}
