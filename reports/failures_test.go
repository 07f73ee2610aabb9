package reports_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/semabench/semabench/reports"
)

// A line that is too long for benchfmt is one broken line, and later lines keep their numbers.
func TestReadSkipsLongLines(t *testing.T) {
	long := "BenchmarkX 1 1 ns/op " + strings.Repeat("x", 200_000)
	text := "BenchmarkX 1 1 ns/op\n" + long + "\nBenchmarkX 1 2 ns/op\nBenchmarkX 1 oops ns/op\n" + long
	log := read(t, text)
	if log.Files[0].Present != 2 || fmt.Sprint(log.Series[0].Lines) != "[1 3]" {
		t.Errorf("%d results in lines %v, want 2 in [1 3]", log.Files[0].Present, log.Series[0].Lines)
	}
	var got []string
	for _, b := range log.Broken {
		got = append(got, b.Error())
	}
	const msg = ": line is longer than 64 KiB, left out: BenchmarkX 1 1 ns/op xxx"
	if len(got) != 3 || got[1] != "a.txt:4: parsing measurement: invalid syntax: oops" ||
		!strings.HasPrefix(got[0], "a.txt:2"+msg) || !strings.HasPrefix(got[2], "a.txt:5"+msg) {
		t.Errorf("broken = %q", got)
	}
	for _, n := range []int{65534, 65535, 65536, 65537} { // around the limit
		line := "BenchmarkX 1 1 ns/op" + strings.Repeat(" ", n-21) + "\n"
		log := read(t, "BenchmarkX 1 1 ns/op\n"+line+"BenchmarkX 1 1 ns/op\n")
		if log.Files[0].Present+len(log.Broken) != 3 || (n < 65536) != (len(log.Broken) == 0) {
			t.Errorf("%d bytes: %d results, broken %v", n, log.Files[0].Present, log.Broken)
		}
	}
}

// The results of a failed program may look good. Every output must say that the program failed.
func TestFailuresAreSaid(t *testing.T) {
	const good = "BenchmarkX/impl=a 1 1 ns/op\n"
	for _, line := range []string{"FAIL", "FAIL\tx 1s", "--- FAIL: BenchmarkY", "panic: oh <b>",
		"fatal error: all goroutines are asleep", "exit status 2", "WARNING: DATA RACE"} {
		c := compare(t, "", good+line+"\n"+good)
		if len(c.Log.Failures) != 1 || c.Log.Failures[0].Line != 2 || c.Log.Files[0].Failed != 1 {
			t.Errorf("%q: failures %v", line, c.Log.Failures)
		}
		for name, write := range writers {
			if out := render(t, write, c); !strings.Contains(out, "the program failed") ||
				strings.Contains(out, "oh <b>") && (name == "html" || name == "markdown") {
				t.Errorf("%s does not say that the program failed, or not escaped:\n%s", name, out)
			}
		}
	}
	for _, line := range []string{"PASS", "ok  \tx 1s", "FAILURE", "panicking: no", "failed: no",
		"    x_test.go:1: FAIL", "--- BENCH: X"} {
		if log := read(t, good+line+"\n"); len(log.Failures) != 0 {
			t.Errorf("%q: failures %v, want none", line, log.Failures)
		}
	}
}

// A series knows the line of each of its values, also if lines have different units.
func TestLinesOfValues(t *testing.T) {
	log := read(t, "BenchmarkX 1 1 ns/op 1 B/op\nBenchmarkY 1 1 ns/op\nBenchmarkX 1 2 ns/op\n"+
		"planned-samples: 5\nBenchmarkX 1 4 ns/op 3 B/op 4 B/op\n")
	var got []string
	for _, s := range log.Series {
		got = append(got, s.Name)
		for _, v := range s.Units {
			got = append(got, fmt.Sprint(v.Unit, v.Values, v.Lines))
		}
	}
	want := "X sec/op[1e-09 2e-09] [1 3] B/op[1] [1] Y sec/op[1e-09] [2] " +
		"X sec/op[4e-09] [5] B/op[3 4] [5 5]"
	if strings.Join(got, " ") != want {
		t.Errorf("got %v\nwant %s", got, want)
	}
	c, err := reports.Compare(log, reports.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprintf("%.0g", c.Tables[0].Units[0].Cells[0][0].Values); got != "[1e-09 2e-09 4e-09]" {
		t.Errorf("the cell has %s, want all three in order", got)
	}
}
