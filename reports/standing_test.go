package reports_test

import (
	"strings"
	"testing"

	"github.com/semabench/semabench/reports"
)

const (
	unranked  = reports.Unranked
	best      = reports.Best
	tie       = reports.Tie
	worse     = reports.Worse
	undecided = reports.Undecided
)

var (
	ten    = samples("a", 10, 11, 12, 13, 14, 15)
	twenty = samples("b", 20, 21, 22, 23, 24, 25)
)

var standings = []struct {
	name, text     string
	a, b           reports.Standing
	ratioA, ratioB float64
}{
	{"worse", ten + twenty, best, worse, 1, 1.8},
	{"higher is better", inUnit("MB/s", ten+twenty), worse, best, 1.8, 1},
	{"direction unknown", inUnit("furlongs", ten+twenty), unranked, unranked, 0, 0},
	{"direction stated", "Unit furlongs better=higher\n" + inUnit("furlongs", ten+twenty),
		worse, best, 1.8, 1},
	// The medians are equal, but their interval reaches from 0.7 to 1.4: no tie.
	{"equal medians", ten + samples("b", 10, 11, 12, 13, 14, 16), best, undecided, 1, 1},
	{"equal medians and a narrow interval", samples("a", around(100, 0)...) +
		samples("b", around(100, 1)...), best, tie, 1, 1},
	{"not told apart", ten + samples("b", 10.5, 11, 12.9, 13, 14, 15), best, undecided, 1, 1.036},
	// Equal throughout: there is no winner.
	{"all equal", samples("a", 5, 5, 5, 5) + samples("b", 5, 5, 5, 5), tie, tie, 1, 1},
	{"one sample each", samples("a", 10) + samples("b", 20), best, undecided, 1, 2},
	{"one sample each, equal", samples("a", 10) + samples("b", 10), best, undecided, 1, 1},
	{"three each", samples("a", 1, 2, 3) + samples("b", 7, 8, 9), best, undecided, 1, 4},
	{"four each", samples("a", 1, 2, 3, 4) + samples("b", 10, 10, 10, 10), best, worse, 1, 4},
	{"one against six", samples("a", 2) + samples("b", 4, 4, 4, 4, 4, 4), best, undecided, 1, 2},
	{"zero against zero", inUnit("B/op", samples("a", 0, 0, 0, 0)+samples("b", 0, 0, 0, 0)),
		tie, tie, 1, 1},
	{"something against zero",
		inUnit("B/op", samples("a", 0, 0, 0, 0)+samples("b", 8, 8, 8, 8)), best, worse, 1, 0},
	{"zero where more is better",
		inUnit("MB/s", samples("a", 0, 0, 0, 0)+samples("b", 8, 8, 8, 8)), worse, best, 0, 1},
	{"negative", inUnit("B/op", samples("a", -4, -4, -4, -4)+samples("b", 2, 2, 2, 2)), best, worse, 1, 0},
	{"exact, one sample", "Unit ns/op assume=exact\n" + samples("a", 1) + samples("b", 2), best,
		worse, 1, 2},
	{"exact and equal", "Unit ns/op assume=exact\n" + samples("a", 2) + samples("b", 2), tie,
		tie, 1, 1},
	{"said to be exact, but is not", "Unit ns/op assume=exact\n" + samples("a", 1) +
		samples("b", 2, 2, 3), best, undecided, 1, 2},
}

func TestStanding(t *testing.T) {
	for _, test := range standings {
		t.Run(test.name, func(t *testing.T) {
			cells := compare(t, "", test.text).Tables[0].Units[0].Cells[0]
			a, b := cells[0], cells[1]
			if a.Standing != test.a || b.Standing != test.b {
				t.Errorf("standing = %v, %v, want %v, %v", a.Standing, b.Standing, test.a, test.b)
			}
			if !near(a.Ratio, test.ratioA) || !near(b.Ratio, test.ratioB) {
				t.Errorf("ratio = %v, %v, want %v, %v", a.Ratio, b.Ratio, test.ratioA, test.ratioB)
			}
			if open := b.Standing == reports.Undecided; open != (b.Why != "") {
				t.Errorf("why = %q with standing %v; Undecided says what leaves it open", b.Why,
					b.Standing)
			}
			if b.Standing == reports.Undecided && b.Serves {
				t.Error("an undecided cell is recommended")
			}
		})
	}
}

// The best of cells that cannot be told apart is not a winner, in its row and overall.
func TestBestAmongUndecided(t *testing.T) {
	c := compare(t, "", samples("a", 1)+samples("b", 2))
	u := c.Tables[0].Units[0]
	if u.Cells[0][0].Why == "" || u.Cells[0][0].Serves || !u.Overall[0].Unknown {
		t.Errorf("why = %q, overall %+v, want a reason and undecided", u.Cells[0][0].Why, u.Overall[0])
	}
	if out := render(t, reports.WriteHTML, c); strings.Contains(out, `<td class="best"`) {
		t.Error("the page shows it as the best")
	}
}

func near(a, b float64) bool { return a == b || (a > b*0.99 && a < b*1.01) }

func TestAloneInItsRow(t *testing.T) {
	c := compare(t, "", samples("a", 1, 2, 3, 4)).Tables[0].Units[0].Cells[0][0]
	if c.Standing != reports.Unranked || c.Ratio != 0 {
		t.Errorf("got %v, ratio %v, want unranked and none: nothing is best of one", c.Standing,
			c.Ratio)
	}
}
