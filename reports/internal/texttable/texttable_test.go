package texttable_test

import (
	"os"
	"strings"
	"testing"

	"github.com/semabench/semabench/reports/internal/texttable"
)

func Example() {
	t := texttable.New("sec/op")
	t.Column("cond")
	t.Column("channel")
	t.Row("permits=4-2")
	t.Set(0, texttable.Cell{Center: "12.34µ", Spread: "2%"})
	t.Set(1, texttable.Cell{Center: "17.52µ", Spread: "3%", Delta: "+41.97%", Test: "(p=0.002 n=6)"})
	t.Row("permits=16-2")
	t.Set(0, texttable.Cell{Center: "1.2µ", Spread: "12%"})
	t.Write(os.Stdout)
	// Output:
	//              │     cond     │              channel               │
	//              │    sec/op    │   sec/op     vs base               │
	// permits=4-2    12.34µ ±  2%   17.52µ ± 3%  +41.97% (p=0.002 n=6)
	// permits=16-2     1.2µ ± 12%
}

// A heading that is wider than every cell widens its column, and the next column still begins
// below its own heading.
func TestWideHeading(t *testing.T) {
	table := texttable.New("sec/op")
	table.Column("a heading that is wider than its cells")
	table.Column("b")
	table.Row("row")
	table.Set(0, texttable.Cell{Center: "1", Spread: "1%"})
	table.Set(1, texttable.Cell{Center: "2", Spread: "2%", Delta: "~"})
	var out strings.Builder
	table.Write(&out)
	lines := strings.Split(out.String(), "\n")
	heading := []rune(lines[0])
	row := []rune(lines[2])
	var bars []int
	for i, r := range heading {
		if r == '│' {
			bars = append(bars, i)
		}
	}
	if at := strings.IndexRune(string(row), '2'); len(bars) != 3 || texttable.Width(string(row)[:at]) <= bars[1] {
		t.Errorf("bars at %v, but the cell of the second column is left of the second bar:\n%s", bars, out.String())
	}
}
