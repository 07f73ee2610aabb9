package read_test

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/semabench/semabench/reports/read"
)

// onlyRows are the rows of the clean text, with a count that has a thousands separator in some forms.
const onlyRows = "BenchmarkX/impl=a-8         \t 1000000\t      1011.5 ns/op\t       3 B/op\n" +
	"BenchmarkX/impl=b_1-8       \t 2000000\t        12.5 ns/op\t       4 B/op\n"

// Rows in another form are refused with a command. The command makes a text of the same rows.
func TestCommandMakesAText(t *testing.T) {
	if _, err := exec.LookPath("sed"); errors.Is(err, exec.ErrNotFound) {
		t.Skip("needs sed")
	}
	want, err := readText(onlyRows)
	if err != nil {
		t.Fatal(err)
	}
	replaced := func(pairs ...string) func(string) string { return strings.NewReplacer(pairs...).Replace }
	around := func(before, after string) func(string) string {
		return func(s string) string {
			return eachLine(s, func(_ int, line string) string { return before + line + after })
		}
	}
	forms := map[string]func(string) string{
		"a table of Markdown": func(s string) string { return around("| ", " |")(replaced("\t", " | ")(s)) },
		"backticks":           around("`", "`"),
		"bold":                around("**", "**"),
		"CSV in quotes":       func(s string) string { return around(`"`, `"`)(replaced("\t", `","`)(s)) },
		"semicolons":          replaced("\t", ";"),
		"a logger's quotes":   func(s string) string { return around(`level=info msg="`, `"`)(replaced("\t", `\t`)(s)) },
		"a table of HTML": func(s string) string {
			return around("<tr><td>", "</td></tr>")(replaced("\t", "</td><td>")(s))
		},
		"a remark behind each row": around("", "  # warm"),
		"a remark in parentheses":  around("", " (cached)"),
		"thousands":                replaced("000000", ",000,000", "1011.5", "1,011.5"),
		"decimal commas":           replaced(".5", ",5"),
		"apostrophes":              replaced("000000", "'000'000", "1011.5", "1'011.5"),
		"typographic apostrophes":  replaced("000000", "’000’000"),
		"narrow spaces":            replaced("000000", "\u202f000\u202f000", "1011.5", "1\u202f011.5"),
		"cat -A":                   replaced("\t", "^I"),
	}
	for form, write := range forms {
		name := filepath.Join(t.TempDir(), "it's $x.txt")
		if err := os.WriteFile(name, []byte(write(onlyRows)), 0o666); err != nil {
			t.Fatal(err)
		}
		_, err := read.Read(read.Input{Name: name})
		if err == nil {
			t.Errorf("%s: read, want a refusal", form)
			continue
		}
		_, command, ok := strings.Cut(err.Error(), "to make a text of it: ")
		if !ok {
			t.Errorf("%s: no command in %v", form, err)
			continue
		}
		if out, err := exec.Command("sh", "-c", command).CombinedOutput(); err != nil {
			t.Fatalf("%s: %s: %v\n%s", form, command, err, out)
		}
		log, err := read.Read(read.Input{Name: name + ".txt"})
		if err != nil || !slices.Equal(rowsOf(log), rowsOf(want)) {
			t.Errorf("%s: after %s: %v, error %v, want %v", form, command, log, err, rowsOf(want))
		}
	}
	// A comma with three digits behind it may be either, so no command is named.
	if _, err := readText("BenchmarkX-8 100 1,234 ns/op\n"); err == nil || strings.Contains(err.Error(), "sed") {
		t.Errorf("1,234: %v, want a refusal without a command", err)
	}
}

// Events that another program wrote anew are refused with a command that puts each in a line again.
func TestCommandForEvents(t *testing.T) {
	if _, err := exec.LookPath("jq"); errors.Is(err, exec.ErrNotFound) {
		t.Skip("needs jq")
	}
	want, err := readText(clean)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSuffix(inEvents(clean), "\n"), "\n")
	for form, text := range map[string]string{
		"an array":           "[" + strings.Join(lines, ",\n") + "]\n",
		"an array, one line": "[" + strings.Join(lines, ",") + "]",
		"indented": strings.NewReplacer(`{"`, "{\n  \"", `","`, "\",\n  \"", `":"`, `": "`).Replace(
			strings.Join(lines, "\n")),
		"inside an object": "{\"log\": [\n" + strings.Join(lines, ",\n") + "]}\n",
	} {
		name := filepath.Join(t.TempDir(), "it's $x.json")
		if err := os.WriteFile(name, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		_, err := read.Read(read.Input{Name: name})
		if err == nil {
			t.Errorf("%s: read, want a refusal", form)
			continue
		}
		_, command, _ := strings.Cut(err.Error(), "in a line again: ")
		if out, failed := exec.Command("sh", "-c", command).CombinedOutput(); failed != nil {
			t.Fatalf("%s: %v: %s: %v\n%s", form, err, command, failed, out)
		}
		log, err := read.Read(read.Input{Name: name + ".txt"})
		if err != nil || !slices.Equal(rowsOf(log), rowsOf(want)) {
			t.Errorf("%s: after %s: %v, error %v, want %v", form, command, log, err, rowsOf(want))
		}
	}
}

// The output of another tool is refused by the name of the tool. The same line beside a row is output of
// some other step of a log, and the row is read.
func TestOtherTools(t *testing.T) {
	for text, want := range map[string]string{
		"fib 20      time:   [26.029 us 26.251 us 26.505 us]\n":                     "criterion.rs",
		"test bench_add ... bench:       1,234 ns/iter (+/- 56)\n":                  "cargo bench",
		"Name (time in us)     Min      Max\ntest_x   1.0    2.0\n":                 "pytest-benchmark",
		"Benchmark            Mode  Cnt  Score   Error  Units\nMyBench.x  thrpt\n":  "JMH",
		"Benchmark           Time             CPU   Iterations\nBM_X  5 ns  5 ns\n": "Google Benchmark",
		"Benchmark 1: sleep 1\n  Time (mean ± σ):     203.1 ms ±   2.2 ms\n":        "hyperfine",
		"| Method |     Mean |     Error |\n|------- |---------:|\n":                "BenchmarkDotNet",
		"RegExp#test x 4,161,532 ops/sec ±0.99% (89 runs sampled)\n":                "benchmark.js",
		"Showing nodes\n      flat  flat%   sum%        cum   cum%\n":               "go tool pprof",
		"goos: linux\n,old.txt,,new.txt\n,sec/op,CI,sec/op,CI,vs base,P\n":          "a table of benchstat",
		"record,table,unit,row,column,n,median\ncell,,sec/op,X,a,10,1e-06\n":        "a table of benchstat or semabench",
		"gate: PASS: 3 UNCHANGED of 3 rows (exit 0)\n":                              "semabench gate",
		"\x7fELF\x02\x01\x01\x00\x00\n":                                             "a binary file",
		"REGRESSED a.com/x.BenchmarkX/4B\n    24 % slower\n":                        "semabench gate",
		"PASS a.com/x.BenchmarkX (1.20s)\n\nDONE 2 tests in 3.213s\n":               "--format standard-verbose",
		`{"results":[{"command":"sleep 1","mean":1.0}]}` + "\n":                     "JSON without a benchmark line",
		"name      time/op\nEncode-8  1.00µs ± 2%\n":                                "a table of benchstat",
		"benchmark    old ns/op  new ns/op  delta\nBenchmarkX-8 9 8 -10.00%\n":      "a table of benchcmp",
		`[{"Name":"BenchmarkX","NsPerOp":5.5}]` + "\n":                              "JSON without a benchmark line",
		"name,n,ns/op\nBenchmarkX-8,100,5.5\n":                                      "a number without a unit",
		"FAIL\texample.com/a [build failed]\n":                                      "[build failed]; mend this, and then",
		"":                                                                          "it is empty",
	} {
		if _, err := readText(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
		if strings.Contains(text, "8 -10.00%") || strings.HasPrefix(text, "FAIL") {
			continue // its lines are broken rows, or a failure, also beside others
		}
		log, err := readText(text + onlyRows)
		if err != nil || log.Files[0].Present != 2 {
			t.Errorf("%q before rows: %v, %v, want the rows", text, log, err)
		}
	}
	if _, err := read.Read(read.Input{Name: t.TempDir()}); err == nil ||
		!strings.Contains(err.Error(), "it is a folder; name the texts in it") {
		t.Errorf("a folder: %v", err)
	}
}

// A sentence that begins with the word Benchmark is no broken row. A row that a print of its benchmark
// replaced is one.
func TestSentencesAreNoRows(t *testing.T) {
	for line, broken := range map[string]bool{
		"Benchmark results for v2:":      false,
		"Benchmarks were run on a lab":   false,
		"Benchmarking the parser":        false,
		"BenchmarkX is faster.":          false,
		"BenchmarkX: see below":          false,
		"BenchmarkY-8 \thello":           true,
		"BenchmarkY-8 hello":             true,
		"BenchmarkY      hello":          true,
		"BenchmarkY-8 5000 hello":        true,
		"Benchmarkx-8 \t 100\t 5 ns/op":  true,
		"BenchmarkY 100 FAIL 5 ns/op":    true,
		"BenchmarkY-8 \t 1000000\t 12.5": true,
	} {
		log, err := readText(onlyRows + line + "\nPASS\n")
		if err != nil {
			t.Fatal(err)
		}
		if got := len(log.Broken) == 1; got != broken || log.Files[0].Present != 2 {
			t.Errorf("%q: broken %v, %d rows, want broken %t", line, log.Broken, log.Files[0].Present, broken)
		}
	}
}

// A row that a terminal wrapped, at any column, is read whole or reported, and never read with a part of its
// units. Lines behind a row that only look alike change nothing.
func TestWrappedRows(t *testing.T) {
	row := strings.Split(onlyRows, "\n")[0]
	for at := 1; at < len(row); at++ {
		text := "BenchmarkA-8 1 1 ns/op\n" + row[:at] + "\n" + row[at:] + "\nBenchmarkB-8 1 1 ns/op\n"
		log, err := readText(text)
		if err != nil {
			t.Fatal(err)
		}
		whole := log.Files[0].Present == 3 && len(rowsOf(log)) == 4 &&
			slices.ContainsFunc(rowsOf(log), func(r string) bool {
				return strings.HasSuffix(r, "1011.5 ns/op") ||
					strings.Contains(r, "1.0115e-06 sec/op")
			})
		if !whole && (len(log.Broken) == 0 || log.Files[0].Present != 2) {
			t.Errorf("cut before %q: rows %q, broken %v", row[at:], rowsOf(log), log.Broken)
		}
	}
	for _, next := range []string{"  12 tests ran", "3 retries", "ok", "op", "    x_test.go:5: 3 apples", "    12",
		"12 13 14", "  12 tests", "PASS", ""} {
		log, err := readText(row + "\n" + next + "\n")
		if err != nil || log.Files[0].Present != 1 || len(log.Broken) > 0 {
			t.Errorf("%q behind a row: %v, %v", next, log, err)
		}
	}
}

// A row that a terminal wrapped is reported with a command that joins its lines, wherever the line was broken,
// also inside its name and with the spaces at the break lost. The command is run here.
func TestWrappedRowsAreJoined(t *testing.T) {
	if _, err := exec.LookPath("awk"); err != nil {
		t.Skip("no awk")
	}
	const row = "BenchmarkEncode/format=json/size=1048576-8       123456      9876.5 ns/op     123 B/op       4 allocs/op"
	want := rowsOf(wholeLog(t, row+"\n"))
	dir := t.TempDir()
	for at := len("BenchmarkE"); at < len(row); at++ {
		for _, first := range []string{row[:at], strings.TrimRight(row[:at], " ")} {
			path := filepath.Join(dir, "bench.txt")
			text := "goos: linux\n" + first + "\n" + row[at:] + "\nBenchmarkZ-8 1 1 ns/op\n"
			if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
			log, err := read.Read(read.Input{Name: path, Text: strings.NewReader(text)})
			if err != nil {
				t.Fatal(err)
			}
			if len(log.Broken) == 0 {
				if got := rowsOf(log); !slices.Contains(got, want[0]) {
					t.Errorf("cut before %q: read %q, and nothing is broken", row[at:], got)
				}
				continue
			}
			_, command, found := strings.Cut(log.Broken[0].Msg, "to join the two: ")
			if !found || len(log.Broken) != 1 {
				t.Errorf("cut before %q: broken %v, want one row and a command", row[at:], log.Broken)
				continue
			}
			joined, err := exec.Command("sh", "-c", command).Output()
			if err != nil {
				t.Fatalf("%s: %v", command, err)
			}
			if got := rowsOf(wholeLog(t, string(joined))); !slices.Contains(got, want[0]) {
				t.Errorf("cut before %q: %s gives %q, want %q", row[at:], command, got, want[0])
			}
		}
	}
	// A print of the benchmark behind its name, and figures in their place, are no wrapped name.
	for _, text := range []string{"BenchmarkX-8\nhello      10\t         5 ns/op\n", "BenchmarkX-8\nread 10 5 files\nBenchmarkX-8 10 5 ns/op\n",
		"BenchmarkX-8   \t\nnote      10\t         5 ns/op\n"} {
		if log := wholeLog(t, text); len(log.Broken) > 0 || log.Files[0].Present != 1 {
			t.Errorf("%q: broken %v", text, log.Broken)
		}
	}
}

// The command keeps a whole row that is as long as the broken one, and reads a file whose name has an equals
// sign. No command is given for a line with characters of several bytes, whose length depends on the awk.
func TestJoinedRowsBesideOthers(t *testing.T) {
	if _, err := exec.LookPath("awk"); err != nil {
		t.Skip("no awk")
	}
	t.Chdir(t.TempDir())
	const name, whole = "size=10.txt", "BenchmarkWhole-8    100  12.5 ns/op"
	const text = "goos: linux\n" + whole + "\n" + whole + "\nBenchmarkBroken-8   100  99.5 ns/op \n 3 B/op\n" +
		"BenchmarkBroken2-8  100  77.5 ns/op\n  3 B/op\n" + whole + "\nPASS\n"
	if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	log, err := read.Read(read.Input{Name: name, Text: strings.NewReader(text)})
	if err != nil || len(log.Broken) != 2 {
		t.Fatalf("%v, %v; want two broken rows", log, err)
	}
	_, command, _ := strings.Cut(log.Broken[1].Msg, "to join the two: ")
	joined, err := exec.Command("sh", "-c", command).Output()
	want := strings.Replace(text, "77.5 ns/op\n", "77.5 ns/op", 1)
	if err != nil || string(joined) != want {
		t.Errorf("%s: %v, %q, want %q", command, err, joined, want)
	}
	log = wholeLog(t, whole+"\nBenchmarkA/µ-8   100  99.5 ns/op\n  3 B/op\n")
	if len(log.Broken) != 1 || strings.Contains(log.Broken[0].Msg, "awk") {
		t.Errorf("%v, want a broken row without a command", log.Broken)
	}
}

func wholeLog(t *testing.T, text string) *read.Log {
	t.Helper()
	log, err := readText(text)
	if err != nil {
		t.Fatalf("%q: %v", text, err)
	}
	return log
}

// Two runs of go test that wrote to one text at once are recognized by the order of their headers and ends.
// The rows between belong to either.
func TestPackagesThatRanAtOnce(t *testing.T) {
	header := func(pkg string) string { return "goos: linux\ngoarch: amd64\npkg: " + pkg + "\n" }
	const row = "BenchmarkX-8 \t 100\t 5 ns/op\n"
	end := func(pkg string) string { return "PASS\nok  \t" + pkg + "\t1.2s\n" }
	for _, test := range []struct {
		name, text string
		rows       int
	}{
		{"one after the other", header("a") + row + end("a") + header("b") + row + end("b"), 2},
		{"without ends", header("a") + row + header("b") + row, 2},
		{"the same package again", header("a") + row + end("a") + header("a") + row + end("a"), 2},
		{"the end of the first is missing", header("a") + row + header("b") + row + end("b"), 2},
		{"at once", header("a") + row + header("b") + row + row + end("a") + row + end("b"), 2},
		{"at once, with a failure", header("a") + row + header("b") + row + "FAIL\ta\t1s\n" + row + end("b"), 2},
		{"three at once", header("a") + header("b") + header("c") + row + end("a") + end("b") + row + end("c"), 1},
		{"events", inEvents(header("a") + row + header("b") + row + end("a") + end("b")), 2},
	} {
		log, err := readText(test.text)
		if err != nil {
			t.Fatalf("%s: %v", test.name, err)
		}
		want := strings.Count(test.text, "5 ns/op") - test.rows
		if log.Files[0].Present != test.rows || len(log.Broken) != want {
			t.Errorf("%s: %d rows and broken %v, want %d and %d", test.name, log.Files[0].Present, log.Broken,
				test.rows, want)
		}
		if want > 0 && !strings.Contains(fmt.Sprint(log.Broken), "nothing says of which") {
			t.Errorf("%s: %v", test.name, log.Broken)
		}
	}
}

// A time of day may stand in the middle of a word of a prefix. Other numbers there tell programs apart.
func TestTimesInsideWords(t *testing.T) {
	for _, format := range []string{"[10:00:%02d]W:\t [Step 2/3] ", "ts=2026-11-30T10:00:%02dZ level=info ",
		"app|2026-11-30T10:00:%02d.1+01:00| ", "INFO:10:00:%02d,123: ", "2026-11-30_10:00:%02d "} {
		log, err := readText(behind(format)(onlyRows))
		if err != nil || log.Files[0].Present != 2 {
			t.Errorf("%q: %v, %v", format, log, err)
		}
	}
	for _, format := range []string{"v1.%d: ", "[run%d] ", "a=%d "} {
		if log, err := readText(behind(format)(onlyRows)); err == nil {
			t.Errorf("%q: %v, want a refusal", format, log)
		} else if !regexp.MustCompile(`remove it: sed -E`).MatchString(err.Error()) {
			t.Errorf("%q: %v", format, err)
		}
	}
}

// One text given twice is named; two runs whose exact counts agree are not.
func TestOneTextGivenTwice(t *testing.T) {
	const first = "BenchmarkX 1 5 ns/op 3 allocs/op\nBenchmarkX 1 6 ns/op 3 allocs/op\n"
	for second, same := range map[string]bool{
		first:                                 true,
		"goos: linux\n" + first + "PASS\n":    true, // the figures count
		strings.Replace(first, "6 ", "7 ", 1): false,
		first + first:                         false,
		strings.ReplaceAll(first, "X", "Y"):   false,
		"BenchmarkX 1 3 allocs/op\nBenchmarkX 1 3 allocs/op\n": false,
	} {
		log, err := read.Read(read.Input{Name: "a", Text: strings.NewReader(first)},
			read.Input{Name: "b", Text: strings.NewReader(second)})
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Contains(strings.Join(log.Notes, "\n"), "a and b hold the same figures"); got != same {
			t.Errorf("%q: notes %q, want a note: %t", second, log.Notes, same)
		}
	}
	counts := "BenchmarkX 1 3 allocs/op\nBenchmarkX 1 3 allocs/op\n"
	log, err := read.Read(read.Input{Name: "a", Text: strings.NewReader(counts)},
		read.Input{Name: "b", Text: strings.NewReader(counts)})
	if err != nil || len(log.Notes) > 0 {
		t.Errorf("equal counts: %q, %v, want no note", log.Notes, err)
	}
}
