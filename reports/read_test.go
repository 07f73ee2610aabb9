package reports_test

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"

	"github.com/semabench/semabench/reports"
)

func read(t *testing.T, texts ...string) *reports.Log {
	t.Helper()
	log, err := readText(texts...)
	if err != nil {
		t.Fatal(err)
	}
	return log
}

// readText names its texts a.txt, b.txt and so on.
func readText(texts ...string) (*reports.Log, error) {
	var inputs []reports.Input
	for i, text := range texts {
		name := fmt.Sprintf("%c.txt", 'a'+i)
		inputs = append(inputs, reports.Input{Name: name, Text: strings.NewReader(text)})
	}
	return reports.Read(inputs...)
}

// Every broken line is reported with its place, and does not affect other lines.
func TestReadKeepsBrokenLines(t *testing.T) {
	const good = "BenchmarkGood 10 5 ns/op 3 wakes/op\n"
	tests := []struct{ name, line, broken string }{
		{"no number", "BenchmarkX/a-2 \n", "a.txt:2: missing iteration count"},
		{"count only", "BenchmarkX/a-2 100\n", "a.txt:2: missing measurements"},
		{"cut number", "BenchmarkX/a-2 100 12", "a.txt:2: missing units"},
		{"cut unit", "BenchmarkX/a-2 100 12 ns/o",
			`a.txt:2: line has no end, and its last unit "ns/o" is on no other line: cut short`},
		{"cut second unit", "BenchmarkX 100 12 ns/op 3 wakes/",
			`a.txt:2: line has no end, and its last unit "wakes/" is on no other line: cut short`},
		{"bad count", "BenchmarkX many 12 ns/op\n",
			"a.txt:2: parsing iteration count: invalid syntax: many"},
		{"zero count", "BenchmarkX 0 12 ns/op\n", "a.txt:2: iteration count 0, want 1 or more"},
		{"negative count", "BenchmarkX -1 12 ns/op\n",
			"a.txt:2: iteration count -1, want 1 or more"},
		{"bad number", "BenchmarkX 100 1.2.3 ns/op\n",
			"a.txt:2: parsing measurement: invalid syntax: 1.2.3"},
		{"too large", "BenchmarkX 100 1e999 ns/op\n",
			"a.txt:2: parsing measurement: value out of range: 1e999"},
		{"nan", "BenchmarkX 100 NaN ns/op\n", "a.txt:2: measurement is NaN ns/op"},
		{"infinity", "BenchmarkX 100 1 ns/op -Inf B/op\n", "a.txt:2: measurement is -Inf B/op"},
		{"unit line", "Unit wakes/op better\n", "a.txt:2: expected key=value"},
		{"plan", "planned-samples: many\nBenchmarkX 1 1 ns/op\n",
			`a.txt:3: planned-samples above this line is not a count: "many"`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			log := read(t, good+test.line)
			if len(log.Broken) != 1 || log.Broken[0].Error() != test.broken {
				t.Errorf("broken = %v, want %s", log.Broken, test.broken)
			}
			if log.Files[0].Broken != 1 {
				t.Errorf("broken lines of the file = %d, want 1", log.Files[0].Broken)
			}
			if log.Series[0].Name != "Good" {
				t.Errorf("first series = %s, want Good", log.Series[0].Name)
			}
		})
	}
}

func TestReadPassesOverOtherLines(t *testing.T) {
	for _, line := range []string{
		"PASS\n", "ok  \texample.com/x\t1.234s\n", "--- BENCH: BenchmarkX-2\n",
		"    x_test.go:5: hello\n",
		"=== RUN   BenchmarkX\n", "BenchmarkX\n", "BenchmarkX/a-2\n", "\n",
		"{\"Action\":\"run\"}\n", "\x00\xff\n",
	} {
		log := read(t, line+"BenchmarkGood 10 5 ns/op\n"+line)
		if log.Files[0].Present != 1 || len(log.Broken) != 0 {
			t.Errorf("%q: %d results, %v broken, want 1 and none", line, log.Files[0].Present,
				log.Broken)
		}
	}
}

// A last line without a newline is complete if all its units are known.
func TestReadKeepsAWholeLastLine(t *testing.T) {
	for _, text := range []string{
		"BenchmarkX 10 5 ns/op",
		"Unit wakes/op better=lower\nBenchmarkX 10 5 wakes/op",
		"BenchmarkX 10 5 wakes/op\nBenchmarkX 10 6 wakes/op",
		"BenchmarkX 10 5 wakes/op\nPASS",
		"BenchmarkX 10 -5 wakes/op\r\n", // negative values are results
	} {
		if log := read(t, text); len(log.Broken) != 0 {
			t.Errorf("%q: broken = %v, want none", text, log.Broken)
		}
	}
}

func TestReadRefuses(t *testing.T) {
	tests := []struct{ name, text, want string }{
		{"empty", "", "reading benchmarks: a.txt: it is empty; " +
			"measure again with: go test -run='^$' -bench=. -count=10"},
		{"no benchmark", "goos: linux\nPASS\n",
			"reading benchmarks: a.txt: no benchmark line in it; measure"},
		{"only broken", "PASS\nBenchmarkX 1\nBenchmarkX 1 NaN ns/op\n",
			"reading benchmarks: a.txt: no benchmark line in it can be read, 2 broken, " +
				"the first is a.txt:2: missing measurements; measure"},
	}
	for _, test := range tests {
		log, err := readText(test.text)
		if log != nil || err == nil || !strings.HasPrefix(err.Error(), test.want) {
			t.Errorf("%s: got %v, %v\nwant nil, %s", test.name, log, err, test.want)
		}
	}
	// An error in the second input fails the whole Read: half a comparison must not pass for a
	// whole one.
	if log, err := readText("BenchmarkX 1 1 ns/op\n", ""); log != nil || err == nil ||
		!strings.Contains(err.Error(), "b.txt") {
		t.Errorf("got %v, %v, want nil and an error that names b.txt", log, err)
	}
	if log, err := reports.Read(); log != nil || err == nil {
		t.Errorf("no input: got %v, %v, want an error", log, err)
	}
	missing := filepath.Join(t.TempDir(), "missing.txt")
	if log, err := reports.Read(reports.Input{Name: missing}); log != nil ||
		!errors.Is(err, fs.ErrNotExist) {
		t.Errorf("missing file: got %v, %v, want a not-exist error", log, err)
	}
}

func TestPartial(t *testing.T) {
	const line = "BenchmarkX 1 1 ns/op\n"
	tests := []struct {
		name, text       string
		planned, present int
		partial          bool
	}{
		{"no plan", line, 0, 1, false},
		{"whole", "planned-samples: 2\n" + line + line, 2, 2, false},
		{"part", "planned-samples: 3\n" + line + line, 3, 2, true},
		{"a broken line is not present", "planned-samples: 2\n" + line + "BenchmarkX 1\n", 2, 1,
			true},
		{"said twice", "planned-samples: 2\n" + line + "planned-samples: 2\n" + line, 2, 2, false},
		{"two runs in one file", "planned-samples: 2\n" + line + "planned-samples: 3\n" + line, 5,
			2, true},
	}
	for _, test := range tests {
		f := read(t, test.text).Files[0]
		if f.Planned != test.planned || f.Present != test.present || f.Partial() != test.partial {
			t.Errorf("%s: got %+v partial=%v, want %d planned, %d present, partial=%v",
				test.name, f, f.Partial(), test.planned, test.present, test.partial)
		}
	}
}

// Every output says that a text is partial, with the numbers, and lists the broken lines.
func TestEveryOutputWarns(t *testing.T) {
	c := compare(t, "",
		"planned-samples: 216\nBenchmarkX/impl=a 1 1 ns/op\nBenchmarkX/impl=b 1 oops ns/op\n")
	for name, write := range writers {
		var out bytes.Buffer
		if err := write(&out, c); err != nil {
			t.Fatal(err)
		}
		for _, want := range []string{"1 of 216 planned samples", "1 broken line",
			"a.txt:3: parsing measurement: invalid syntax"} {
			if !strings.Contains(out.String(), want) {
				t.Errorf("%s does not say %q:\n%s", name, want, out.String())
			}
		}
	}
}

// benchfmt leaves 0 ns/op in ns/op, while 1 ns/op becomes sec/op.
func TestZerosShareTheUnitOfTheOthers(t *testing.T) {
	c := compare(t, "", samples("a", 0, 1))
	if units := c.Tables[0].Units; len(units) != 1 || units[0].Name != "sec/op" {
		t.Errorf("%d units, the first %s, want sec/op alone", len(units), units[0].Name)
	}
}

// A file given twice is two files, not one file with twice the samples.
func TestSameNameTwice(t *testing.T) {
	log, err := reports.Read(
		reports.Input{Name: "x", Text: strings.NewReader("BenchmarkX 1 1 ns/op\n")},
		reports.Input{Name: "x", Text: strings.NewReader("BenchmarkX 1 2 ns/op\n")})
	if err != nil {
		t.Fatal(err)
	}
	if got := log.Files[0].Label + " " + log.Files[1].Label; got != "x#0 x#1" {
		t.Errorf("labels = %s, want x#0 x#1", got)
	}
}
