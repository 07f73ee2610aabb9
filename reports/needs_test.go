package reports_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/semabench/semabench/reports"
)

// declarations of three columns: a is the fastest and lacks a need, b meets all, c declares nothing
// of quiet.
const declarations = "Unit /impl require=quiet,fair\n" +
	"Unit /impl=a quiet=is-loud fair=yes small=yes\n" +
	"Unit /impl=b quiet=yes fair=yes small=no\n" +
	"Unit /impl=c fair=yes small=yes\n"

func answersOf(t *testing.T, o reports.Options, text string) (*reports.Comparison, []string) {
	t.Helper()
	log, err := reports.Read(reports.Input{Name: "x", Text: strings.NewReader(text)})
	if err != nil {
		t.Fatal(err)
	}
	c, err := reports.Compare(log, o)
	if err != nil {
		t.Fatal(err)
	}
	var answers []string
	for _, a := range c.Answers() {
		answers = append(answers, a.String())
	}
	return c, answers
}

// The best column is not recommended if it lacks a need, and the answer says what that costs.
func TestAnswersMeetTheNeeds(t *testing.T) {
	abc := rowOf("n=1", 100, 200, 300) + rowOf("n=2", 100, 300, 310)
	for _, test := range []struct {
		name, text string
		require    []string
		want       string
	}{
		{"the needs of the text", declarations + abc, nil,
			"b; a is ×3.00 faster, 100.2ns against 300.8ns (n=2), and is loud"},
		{"no needs", declarations + abc, []string{}, "a"},
		{"one need", declarations + abc, []string{"fair"}, "a"},
		{"silence is no promise", declarations + rowOf("n=1", 300, 200, 100), nil,
			"b; c is ×2.00 faster, 100.3ns against 200.6ns (X n=1), and does not declare quiet"},
		{"two columns meet", declarations + abc, []string{"small"}, "a"},
		{"none meets", "Unit /impl require=x\n" + rowOf("n=1", 1, 2), nil, "no answer: no column meets x"},
		{"the recommended is the best", declarations + rowOf("n=1", 300, 100, 200), nil, "b"},
		// The verdict between the columns that meet is their own: a is noisy and lacks a need.
		{"a tie of the others", "Unit /impl require=q\nUnit /impl=a q=no\nUnit /impl=b q=yes\n" +
			"Unit /impl=c q=yes\n" + rowOf("n=1", 100, 200, 201), nil,
			"b or c: a tie; a is ×2.00 faster, 100.2ns against 200.6ns (X n=1), and lacks q"},
		{"an old text", abc, nil, "a"},
		{"none meets, and other tables have some that do", declarations + abc + "workload: w\n" +
			samples("a", around(1, 1)...) + samples("c", around(2, 1)...), nil,
			"b; a is ×3.00 faster, 100.2ns against 300.8ns (n=2), and is loud\n" +
				"no answer: no column meets quiet and fair"},
		{"a table of one column", declarations + abc + "workload: w\n" + samples("a", around(1, 1)...), nil,
			"b; a is ×3.00 faster, 100.2ns against 300.8ns (n=2), and is loud\na alone: X 1.003ns"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, got := answersOf(t, reports.Options{Require: test.require}, test.text)
			if strings.Join(got, "\n") != test.want {
				t.Errorf("got  %q\nwant %q", got, test.want)
			}
		})
	}
}

// An undecided difference is no price: the other column is not known to be faster.
func TestUndecidedIsNoPrice(t *testing.T) {
	text := declarations + strings.ReplaceAll(ten+samples("b", 10.5, 11, 12.9, 13, 14, 15), "X/", "X/n=1/")
	_, got := answersOf(t, reports.Options{}, text)
	if len(got) != 1 || got[0] != "b" {
		t.Errorf("got %q, want b and nothing of a, which may be as fast", got)
	}
}

// A need that no column declares is probably misspelled. The error lists the needs.
func TestUnknownNeed(t *testing.T) {
	log, err := reports.Read(reports.Input{Name: "x",
		Text: strings.NewReader(declarations + rowOf("n=1", 1, 2))})
	if err != nil {
		t.Fatal(err)
	}
	_, err = reports.Compare(log, reports.Options{Require: []string{"quick"}})
	if err == nil || !strings.Contains(err.Error(), "fair, quiet, small") {
		t.Errorf("requiring an unknown need: %v, want an error with the known ones", err)
	}
}

// The weight chooses the unit that decides.
func TestWeightDecides(t *testing.T) {
	var text strings.Builder
	text.WriteString("Unit cpu-ns/op better=lower\nUnit acquire-p99-ns better=lower\n")
	for i := range 8 {
		for _, line := range []string{
			"a 1 100. ns/op 300. cpu-ns/op 300. acquire-p99-ns", "b 1 200. ns/op 100. cpu-ns/op 200. acquire-p99-ns",
			"c 1 300. ns/op 200. cpu-ns/op 100. acquire-p99-ns"} {
			text.WriteString("BenchmarkX/impl=" + strings.ReplaceAll(line, ".", "."+string(rune('0'+i))) + "\n")
		}
	}
	for weight, want := range map[reports.Weight]string{
		reports.Throughput: "a", reports.CPU: "b", reports.Latency: "c",
	} {
		c, _ := answersOf(t, reports.Options{Weight: weight}, text.String())
		if a := c.Answers()[0]; len(a.Use) != 1 || a.Use[0] != want {
			t.Errorf("%v: %v, want %s", weight, a, want)
		}
	}
	_, got := answersOf(t, reports.Options{Weight: reports.Latency}, rowOf("n=1", 1, 2))
	if got[0] != "no answer: the text has no unit for latency" {
		t.Errorf("latency of a text without one: %q", got)
	}
}

// A unit that decides is the primary one: a is quick because it refuses.
func TestUnitDecides(t *testing.T) {
	var text strings.Builder
	text.WriteString("Unit ns/grant better=lower decides=yes\n")
	for i := range 8 {
		text.WriteString(strings.ReplaceAll("BenchmarkX/impl=a 1 100. ns/op 300. ns/grant\n"+
			"BenchmarkX/impl=b 1 200. ns/op 200. ns/grant\n", ".", "."+string(rune('0'+i))))
	}
	if _, got := answersOf(t, reports.Options{}, text.String()); got[0] != "b" {
		t.Errorf("got %q, want b, which is the faster per grant", got)
	}
}

// The brief has an aligned line for each table, and no price. What is left is counted.
func TestBrief(t *testing.T) {
	c, _ := answersOf(t, reports.Options{}, "workload: first\n"+rowOf("n=1", 100, 100, 300)+
		"workload: second one\n"+rowOf("n=2", 300, 100, 200)+
		"workload: v\n"+rowOf("n=1", 100, 300, 300)+rowOf("n=2", 300, 100, 300))
	want := []string{"first       a or b: a tie", "second one  b", "v           it depends; the safest is a, ×3.00 of the best in its worst row, surely at most ×3.00"}
	if got := c.Brief(9); !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	if got := c.Brief(1); !slices.Equal(got, []string{"first  a or b: a tie", "and 2 tables more"}) {
		t.Errorf("of one line: %q", got)
	}
	if c, _ = answersOf(t, reports.Options{}, samples("a", 1, 2, 3)); c.Brief(9) != nil {
		t.Errorf("the brief of one column is %q", c.Brief(9))
	}
}

// The summary counts the tables that each column serves.
func TestSummary(t *testing.T) {
	c, _ := answersOf(t, reports.Options{}, declarations+
		"workload: w\n"+rowOf("n=1", 100, 200, 300)+"workload: v\n"+rowOf("n=2", 300, 100, 200))
	want := "answer: of 2 tables, use b in 2; a is ×2.00 faster, 100.2ns against 200.6ns (n=1), and is loud"
	if got := c.Summary(); got != want {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	c, _ = answersOf(t, reports.Options{}, "workload: w\n"+rowOf("n=1", 100, 100, 300)+"workload: v\n"+
		rowOf("n=2", 300, 100, 200))
	want = "answer: of 2 tables, use b in 2, a in 1 (1 tie, counted for each of its columns)"
	if got := c.Summary(); got != want {
		t.Errorf("a tie: got  %q\nwant %q", got, want)
	}
	c, _ = answersOf(t, reports.Options{}, rowOf("n=1", 100, 300, 300)+rowOf("n=2", 300, 100, 300))
	if got, want := c.Summary(), "answer: of 1 table, no single choice in 1"; got != want {
		t.Errorf("it depends: got  %q\nwant %q", got, want)
	}
	if c, _ = answersOf(t, reports.Options{}, samples("a", 1, 2, 3)); c.Summary() != "" {
		t.Errorf("the summary of one column is %q", c.Summary())
	}
}

// The JSON has the answers with what they were asked for: a build or a bot reads them there.
func TestAnswersInJSON(t *testing.T) {
	c, _ := answersOf(t, reports.Options{Require: []string{"small"}, Weight: reports.Throughput}, declarations+
		rowOf("n=1", 300, 200, 400)+rowOf("n=2", 310, 200, 290))
	var got struct {
		Require []string
		Weight  string
		Answers []struct {
			Text, Why, Safest string
			Use               []string
			Rows              []struct {
				Row string
				Use []string
			}
			Unfit struct {
				Column string
				Times  float64
				But    []string
			}
		}
	}
	if err := json.Unmarshal([]byte(render(t, reports.WriteJSON, c)), &got); err != nil {
		t.Fatal(err)
	}
	if len(got.Answers) != 1 || !slices.Equal(got.Require, []string{"small"}) || got.Weight != "throughput" {
		t.Fatalf("answers are %+v", got)
	}
	a := got.Answers[0]
	if len(a.Use) != 0 || a.Safest != "a" || len(a.Rows) != 2 || !slices.Equal(a.Rows[0].Use, []string{"a"}) ||
		!slices.Equal(a.Rows[1].Use, []string{"c"}) || a.Unfit.Column != "b" || a.Text != c.Answers()[0].String() {
		t.Errorf("the answer is %+v", a)
	}
}
