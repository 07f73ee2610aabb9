package gate

import (
	"fmt"
	"strings"
	"testing"

	"github.com/semabench/semabench/reports"
)

// textOf is n lines of a benchmark with times about ns, and what follows them.
func textOf(name string, n int, ns float64, rest string) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "%s-2 1000 %.3f ns/op %s\n", name, ns*(1+0.002*float64(i*7%n)), rest)
	}
	return b.String()
}

func read(t *testing.T, name, text string) *reports.Log {
	t.Helper()
	log, err := reports.Read(reports.Input{Name: name, Text: strings.NewReader(text)})
	if err != nil {
		t.Fatal(err)
	}
	return log
}

func fromTexts(t *testing.T, old, new string, o Options) *Report {
	t.Helper()
	r, err := FromTexts(read(t, "old.txt", old), read(t, "new.txt", new), o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestTexts(t *testing.T) {
	head := "goos: linux\npkg: example.com/p\ncpu: c\n"
	exact := "Unit allocs/op assume=exact\n"
	base := textOf("BenchmarkX", 10, 100, "16 B/op 1 allocs/op")
	for _, test := range []struct {
		name     string
		old, new string
		options  Options
		verdict  Verdict
		why      string
		exit     int
	}{
		{"same", head + base, head + base, Options{}, Unchanged, "all within", 0},
		{"slower", head + base, head + textOf("BenchmarkX", 10, 110, "16 B/op 1 allocs/op"), Options{}, Regressed, "10 % slower", 3},
		{"slower and trusted", head + base, head + textOf("BenchmarkX", 10, 110, "16 B/op 1 allocs/op"), Options{TrustTexts: true}, Regressed, "10 % slower", 1},
		{"faster", head + base, head + textOf("BenchmarkX", 10, 80, "16 B/op 1 allocs/op"), Options{}, Improved, "20 % faster", 0},
		{"too few", head + textOf("BenchmarkX", 3, 100, ""), head + textOf("BenchmarkX", 3, 150, ""), Options{}, Inconclusive, "too few for 1 test", 3},
		{"one more allocation", head + base, head + textOf("BenchmarkX", 10, 100, "16 B/op 2 allocs/op"), Options{}, Regressed, "2, was 1 allocs/op", 1},
		{"another commit", "commit: a\n" + head + base, "commit: b\n" + head + base, Options{}, Unchanged, "", 0},
		{"another processor", head + base, strings.Replace(head, "cpu: c", "cpu: d", 1) + base, Options{}, Unchanged, "", 4},
		{"row on one side", head + base, head + textOf("BenchmarkY", 10, 1, ""), Options{}, Missing, "only in the", 2},
		{"row on one side allowed", head + base, head + base + textOf("BenchmarkY", 10, 1, ""), Options{AllowMissing: true}, Missing, "only in the", 0},
		{"all rows on one side", head + base, head + textOf("BenchmarkY", 10, 1, ""), Options{AllowMissing: true}, Missing, "only in the", 2},
		{"exact that contradicts itself", exact + head + base + textOf("BenchmarkX", 1, 100, "16 B/op 2 allocs/op"), exact + head + base, Options{}, Unmeasured, "said to be exact", 2},
		{"one value that is exact", exact + head + textOf("BenchmarkX", 1, 100, "1 allocs/op"), exact + head + textOf("BenchmarkX", 1, 100, "2 allocs/op"), Options{}, Regressed, "2, was 1", 1},
		{"one value that is not", head + textOf("BenchmarkX", 1, 100, "1 allocs/op"), head + textOf("BenchmarkX", 1, 100, "2 allocs/op"), Options{}, Inconclusive, "", 3},
		{"failed program", head + base, head + base + "--- FAIL: TestX\nFAIL\n", Options{}, Unchanged, "", 2},
	} {
		r := fromTexts(t, test.old, test.new, test.options)
		if j := r.Rows[0]; j.Verdict != test.verdict || !strings.Contains(j.Why, test.why) || r.Exit() != test.exit {
			t.Errorf("%s: %s because %q, exit %d, want %s, %q, %d; %q %q", test.name, j.Verdict, j.Why, r.Exit(),
				test.verdict, test.why, test.exit, r.Errors, r.Invalid)
		}
		if r.Advisory == "" {
			t.Errorf("%s: not called advisory", test.name)
		}
	}
}

func TestTextsMeasuredTogether(t *testing.T) {
	head := "order: interleaved\nsession: 1\n"
	slow := textOf("BenchmarkX", 10, 120, "")
	if r := fromTexts(t, head+textOf("BenchmarkX", 10, 100, ""), head+slow, Options{}); r.Advisory != "" || r.Exit() != ExitRegression {
		t.Errorf("one session: advisory %q, exit %d", r.Advisory, r.Exit())
	}
	other := strings.Replace(head, "1", "2", 1)
	if r := fromTexts(t, head+textOf("BenchmarkX", 10, 100, ""), other+slow, Options{}); !strings.Contains(r.Advisory, "one after the other") {
		t.Errorf("two sessions: advisory %q", r.Advisory)
	}
}

func TestTextsOfSeveralPackages(t *testing.T) {
	text := func(ns float64) string {
		return "pkg: a\n" + textOf("BenchmarkX", 10, 100, "") + "pkg: b\n" + textOf("BenchmarkX", 10, ns, "")
	}
	r := fromTexts(t, text(100), text(150), Options{})
	if len(r.Rows) != 2 || r.Rows[0].ID != "b.BenchmarkX-2" || r.Rows[0].Verdict != Regressed || r.Family != 2 {
		t.Errorf("%d rows, first %+v, family %d", len(r.Rows), r.Rows[0], r.Family)
	}
}

func TestTextsThatCannotBeCompared(t *testing.T) {
	log := read(t, "a.txt", textOf("BenchmarkX", 10, 100, ""))
	for name, logs := range map[string][2]*reports.Log{"none": {nil, log}, "the same": {log, log}, "empty": {log, {}}} {
		if _, err := FromTexts(logs[0], logs[1], Options{}); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
