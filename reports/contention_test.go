package reports_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/semabench/semabench/reports"
)

// withFairness writes eight samples of the columns a and b with a time and an index of fairness each.
func withFairness(aTime, aJain, bTime, bJain float64) string {
	var b strings.Builder
	b.WriteString("Unit jain better=higher assume=nothing\n")
	for i := range 8 {
		noise := 1 + 0.001*float64(i)
		fmt.Fprintf(&b, "BenchmarkX/impl=a 100 %g ns/op %g jain\n", aTime*noise, aJain*noise)
		fmt.Fprintf(&b, "BenchmarkX/impl=b 100 %g ns/op %g jain\n", bTime*noise, bJain*noise)
	}
	return b.String()
}

// A ratio that comes from goroutines that hardly met is named; the same ratio between two fair
// columns is not, nor an unfair column that is not the best.
func TestGoroutinesThatHardlyMet(t *testing.T) {
	const said = "in 1 row goroutines hardly met in the best column (most: X b ×6000 behind a, whose " +
		"Jain's index is 0.042)"
	for _, test := range []struct {
		name, text string
		want       bool
	}{
		{"a few goroutines did all", withFairness(1, 0.042, 6000, 0.99), true},
		{"both are fair", withFairness(1, 0.9, 6000, 0.99), false},
		{"both are unfair", withFairness(1, 0.042, 6000, 0.05), false},
		{"the unfair one is worse", withFairness(6000, 0.042, 1, 0.99), false},
		{"a small difference", withFairness(1, 0.042, 1.5, 0.99), false},
		{"no index", strings.ReplaceAll(withFairness(1, 0.042, 6000, 0.99), "jain", "apples"), false},
	} {
		c := compare(t, "", test.text)
		if notes := strings.Join(c.Notes, "\n"); strings.Contains(notes, said) != test.want ||
			!test.want && notes != "" {
			t.Errorf("%s: notes are %q, want the ratio to be named: %t", test.name, notes, test.want)
		}
	}
}

// Cells that were too short for latencies are counted, with the flag that would give them.
func TestTooFewTurnsAreNamed(t *testing.T) {
	var short, long strings.Builder
	for i := range 8 {
		fmt.Fprintf(&short, "BenchmarkX/impl=a 100 %d ns/op 1.2 turns/goroutine\n", 100+i)
		fmt.Fprintf(&short, "BenchmarkX/impl=b 100 %d ns/op 99 p99-ns\n", 300+i)
		fmt.Fprintf(&long, "BenchmarkX/impl=a 100 %d ns/op 99 p99-ns\n", 100+i)
		fmt.Fprintf(&long, "BenchmarkX/impl=b 100 %d ns/op 99 p99-ns\n", 300+i)
	}
	want := "in 1 cell samples were too short: each goroutine had fewer than 20 turns (1.2 in X a), so " +
		"percentiles, fairness and their prices are left out there; to have them, measure 25 times as " +
		"long: -benchtime"
	if notes := strings.Join(compare(t, "", short.String()).Notes, "\n"); notes != want {
		t.Errorf("notes are %q, want %q", notes, want)
	}
	if notes := compare(t, "", long.String()).Notes; len(notes) > 0 {
		t.Errorf("notes are %q, want none", notes)
	}
}

// The answers say how much of the user's operation the choice changes: the worst against the best.
func TestShareOfTheOperation(t *testing.T) {
	text := rowOf("n=1", 100, 3100) + rowOf("n=2", 100, 200)
	for _, test := range []struct {
		operation time.Duration
		text      string
		want      string
	}{
		{0, text, ""},
		{10 * time.Microsecond, text, "of an operation of 10µs that needs this once, the choice changes at most " +
			"30.1 % (n=1, 3.109µs against 100.2ns), and less than 1.0 % in 0 of 2 rows"},
		{time.Millisecond, text, "of an operation of 1ms that needs this once, the choice changes at most 0.3 % " +
			"(n=1, 3.109µs against 100.2ns), and less than 1.0 % in 2 of 2 rows"},
		{time.Millisecond, inUnit("allocs/op", text), ""},
	} {
		c, err := reports.Compare(read(t, test.text), reports.Options{Operation: test.operation})
		if err != nil {
			t.Fatal(err)
		}
		if got := c.Requirement(); got != test.want {
			t.Errorf("%v: got %q, want %q", test.operation, got, test.want)
		}
	}
}
