package model_test

import (
	"bufio"
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/semabench/semabench/stress/internal/model"
)

// What Parse reads from text, op by op. The same letters mean different things in the two tables.
func TestDialects(t *testing.T) {
	for _, c := range []struct {
		notation *model.Notation
		text     string
		want     model.Program
	}{
		{&model.StressNotation, "2: a1.3 w | c2.1 r1", model.Program{Size: 2, Workers: [][]model.Op{
			{{Kind: model.AcquireStoppable, N: 1, Lag: 3}, {Kind: model.Rest}},
			{{Kind: model.AcquireCancelled, N: 2, Lag: 1}, {Kind: model.Release, N: 1}},
		}}},
		{&model.StressNotation, "1: b1 y1 d1 t1 h1", model.Program{Size: 1, Workers: [][]model.Op{{
			{Kind: model.AcquireBackground, N: 1}, {Kind: model.AcquireCustom, N: 1}, {Kind: model.AcquireDone, N: 1},
			{Kind: model.Try, N: 1}, {Kind: model.HandOver, N: 1},
		}}}},
		{&model.ScenarioNotation, "2: a1 w2 r | c2 r1 x0", model.Program{Size: 2, Workers: [][]model.Op{
			{{Kind: model.AcquireBackground, N: 1}, {Kind: model.Rest, N: 2}, {Kind: model.Release, N: model.AllHeld}},
			{{Kind: model.AcquireCancelled, N: 2}, {Kind: model.Release, N: 1}, {Kind: model.Cancel}},
		}}},
		{&model.ScenarioNotation, "2: e1 | r0 p3 x0", model.Program{Size: 2, Workers: [][]model.Op{
			{{Kind: model.AcquireDeadline, N: 1}},
			{{Kind: model.Release}, {Kind: model.OverRelease, N: 3}, {Kind: model.Cancel}},
		}}},
		{&model.ScenarioNotation, "9223372036854775807: d1 y1 t9223372036854775807 p n", model.Program{
			Size: 9223372036854775807, Workers: [][]model.Op{{
				{Kind: model.AcquireDone, N: 1}, {Kind: model.AcquireCustom, N: 1}, {Kind: model.Try, N: 9223372036854775807},
				{Kind: model.OverRelease, N: model.AllHeld}, {Kind: model.Negative},
			}},
		}},
	} {
		got, err := c.notation.Parse(c.text)
		if err != nil || !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s %q = %+v, %v; want %+v", c.notation.Name, c.text, got, err, c.want)
		}
		if back := c.notation.Format(got); back != c.text {
			t.Errorf("%s %q was written as %q", c.notation.Name, c.text, back)
		}
	}
}

// A text that is not a program is refused with the part that is wrong.
func TestParseErrors(t *testing.T) {
	for _, c := range []struct {
		notation   *model.Notation
		text, want string
	}{
		{&model.ScenarioNotation, "1", "want SIZE"},
		{&model.ScenarioNotation, "-1: a1", "size"},
		{&model.ScenarioNotation, "1: q1", "one of the letters acdyetrwxpn"},
		{&model.ScenarioNotation, "1: a", "permits"},
		{&model.ScenarioNotation, "1: a-1", "permits"},
		{&model.ScenarioNotation, "1: a1.3", "permits"},
		{&model.ScenarioNotation, "1: w", "number of the rest"},
		{&model.ScenarioNotation, "1: n1", "n stands alone"},
		{&model.ScenarioNotation, "1: c1 | x2", "only workers 0 to 1"},
		{&model.StressNotation, "1: x0", "one of the letters abcydtrhw"},
		{&model.StressNotation, "1: w2", "w stands alone"},
		{&model.StressNotation, "1: t1.", "yields"},
	} {
		if _, err := c.notation.Parse(c.text); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s %q: %v, want an error with %q", c.notation.Name, c.text, err, c.want)
		}
	}
}

// Every program and scenario that was recorded in the documentation, the tests and the test data
// before the two notations shared a parser is still read, and written back as it was. The file says
// for each line which flag carries it.
func TestRecordedPrograms(t *testing.T) {
	file, err := os.Open("testdata/recorded.txt")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	read := map[string]int{}
	for lines := bufio.NewScanner(file); lines.Scan(); {
		flag, text, ok := strings.Cut(lines.Text(), "=")
		if !ok || strings.HasPrefix(flag, "#") {
			continue
		}
		notation := map[string]*model.Notation{
			"-stress.program": &model.StressNotation, "-explore.scenario": &model.ScenarioNotation,
		}[flag]
		if notation == nil {
			t.Fatalf("%q: no such flag", flag)
		}
		p, err := notation.Parse(text)
		if err != nil {
			t.Error(err)
		} else if got := notation.Format(p); got != text {
			t.Errorf("%s=%q was written as %q", flag, text, got)
		}
		read[flag]++
	}
	if read["-stress.program"] < 12 || read["-explore.scenario"] < 29 {
		t.Errorf("read %v lines, want at least 12 programs and 29 scenarios", read)
	}
}
