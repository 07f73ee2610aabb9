package read_test

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/semabench/semabench/reports/read"
)

// clean is the output of go test for two packages that have a benchmark of the same name.
const clean = "goos: linux\ngoarch: amd64\npkg: example.com/a\ncpu: Some CPU @ 2.00GHz\n" +
	"BenchmarkX/impl=a-8         \t     100\t        11.5 ns/op\t       3 B/op\n" +
	"BenchmarkX/impl=b_1-8       \t     200\t        12.5 ns/op\t       4 B/op\n" +
	"BenchmarkX/impl=a-8         \t     100\t        13.5 ns/op\t       5 B/op\n" +
	"PASS\nok  \texample.com/a\t1.234s\n" +
	"goos: linux\ngoarch: amd64\npkg: example.com/b\ncpu: Some CPU @ 2.00GHz\n" +
	"BenchmarkX/impl=a-8         \t 5000000\t        0.25 ns/op\t         7.5 p99-ns\n" +
	"PASS\nok  \texample.com/b\t1.234s\n"

// readText reads one text under the name bench.txt.
func readText(text string) (*read.Log, error) {
	return read.Read(read.Input{Name: "bench.txt", Text: strings.NewReader(text)})
}

// rowsOf lists the values of log with their packages, names and units.
func rowsOf(log *read.Log) []string {
	var list []string
	for _, s := range log.Series {
		for _, u := range s.Units {
			for _, v := range u.Values {
				list = append(list, fmt.Sprint(s.Config("pkg"), " ", s.Name, " ", v, " ", u.Unit))
			}
		}
	}
	slices.Sort(list)
	return list
}

// eachLine puts f(i, line) in place of each line.
func eachLine(text string, f func(i int, line string) string) string {
	lines := strings.SplitAfter(strings.TrimSuffix(text, "\n"), "\n")
	for i, line := range lines {
		lines[i] = f(i, strings.TrimSuffix(line, "\n")) + "\n"
	}
	return strings.Join(lines, "")
}

// behind puts a prefix before each line. The prefix is a format for the number of the line.
func behind(format string) func(string) string {
	return func(text string) string {
		return eachLine(text, func(i int, line string) string {
			if strings.Contains(format, "%") {
				return fmt.Sprintf(format, i) + line
			}
			return format + line
		})
	}
}

func inUTF16(order binary.AppendByteOrder, mark bool) func(string) string {
	return func(text string) string {
		if mark {
			text = "\uFEFF" + text
		}
		var b []byte
		for _, unit := range utf16.Encode([]rune(text)) {
			b = order.AppendUint16(b, unit)
		}
		return string(b)
	}
}

func crlf(text string) string { return strings.ReplaceAll(text, "\n", "\r\n") }

// inEvents writes text as go test -json does, with a row in two events.
func inEvents(text string) string {
	var out strings.Builder
	pkg := "example.com/a"
	event := func(action, output string) {
		b, err := json.Marshal(map[string]string{"Time": "2026-01-02T03:04:05Z", "Action": action,
			"Package": pkg, "Output": output})
		if err != nil {
			panic(err)
		}
		// go test writes the time first
		out.WriteString(strings.Replace(string(b), `{"Action"`, `{"Time":"x","Action"`, 1) + "\n")
	}
	event("start", "")
	for line := range strings.SplitAfterSeq(text, "\n") {
		if strings.HasPrefix(line, "pkg: ") {
			pkg = strings.TrimSpace(line[5:])
		}
		if name, figures, ok := strings.Cut(line, "\t"); ok && strings.HasPrefix(name, "Benchmark") {
			event("output", name+"\t")
			line = figures
		}
		if line != "" {
			event("output", line)
		}
	}
	event("pass", "")
	return out.String()
}

// wraps are the kinds of texts that a reader sees in the wild. Each must give the rows of the
// clean text.
var wraps = []struct {
	name string
	wrap func(string) string
	said string // a part of the note, or "" for none
}{
	{"as it is", func(s string) string { return s }, ""},
	{"byte order mark", func(s string) string { return "\uFEFF" + s }, ""},
	{"byte order mark in the middle", func(s string) string {
		return strings.Replace(s, "BenchmarkX", "\uFEFFBenchmarkX", 1)
	}, ""},
	{"UTF-16 little", inUTF16(binary.LittleEndian, true), ""},
	{"UTF-16 big", inUTF16(binary.BigEndian, true), ""},
	{"UTF-16 without mark", inUTF16(binary.LittleEndian, false), ""},
	{"UTF-16 with CRLF", func(s string) string { return inUTF16(binary.LittleEndian, true)(crlf(s)) },
		""},
	{"CRLF", crlf, ""},
	{"CR alone", func(s string) string { return strings.ReplaceAll(s, "\n", "\r") }, ""},
	{"CR CR LF", func(s string) string { return strings.ReplaceAll(s, "\n", "\r\r\n") }, ""},
	{"go test -json", inEvents, ""},
	{"go test -json with CRLF", func(s string) string { return crlf(inEvents(s)) }, ""},
	{"go test -json behind a time", func(s string) string {
		return behind("2026-01-02T03:04:%02d.5Z ")(inEvents(s))
	}, "2026-01-02"},
	{"ANSI colours", func(s string) string {
		return eachLine(s, func(_ int, line string) string {
			return "\x1b[32m" + strings.ReplaceAll(line, "\t", "\x1b[0m\t\x1b[1m") + "\x1b[0m"
		})
	}, ""},
	{"ANSI erase and title", behind("\x1b]0;title\x07\x1b[2K\x1b[1G"), ""},
	{"BuildKit", behind("#12 %d.456 "), `"#12 4.456 "`},
	{"GitHub", behind("2026-01-02T03:04:%02d.1234567Z "), "2026-01-02T"},
	{"gh run view", behind("test (1.22)\tRun bench\t2026-01-02T03:04:%02d.1234567Z "), "test (1.22)"},
	{"GitLab", behind("2026-01-02T03:04:%02d.123456Z 01O "), "01O"},
	{"Jenkins", behind("[2026-01-02T03:04:%02d.123Z] "), "[2026-"},
	{"journal", behind("Nov %d 16:23:21 host bench[123]: "), "bench[123]"},
	{"Compose", behind("bench-1  | "), "bench-1  | "},
	{"Kubernetes", behind("[pod/bench-x7k2p/main] "), "pod/bench"},
	{"grep -n", behind("%d:"), `4:"`},
	{"grep -H", behind("old.txt:"), "old.txt:"},
	{"cat -n", behind("%6d\t"), "the prefix"},
	{"elapsed", behind("[%d.5s] "), "s] "},
	{"duration", behind("%dms | "), "ms | "},
	{"indentation", behind("    "), "indentation"},
	{"tab", behind("\t"), "indentation"},
	{"label", behind("BEFORE:"), `"BEFORE:"`},
	{"label and space", behind("BEFORE: "), `"BEFORE: "`},
	{"quoted mail", behind("> "), `"> "`},
	{"added in a diff", behind("+"), `"+"`},
	{"colour before a prefix", behind("\x1b[36m#7 \x1b[0m%d.1 "), "#7 "},
	{"GitHub with colours", behind("2026-01-02T03:04:%02d.1234567Z \x1b[0m"), "2026-01-02T"},
	{"hard spaces", func(s string) string { return strings.ReplaceAll(s, "\t", "\u00A0\u00A0") }, ""},
	{"spaces for tabs", func(s string) string { return strings.ReplaceAll(s, "\t", "    ") }, ""},
	{"underscores", func(s string) string {
		return strings.ReplaceAll(strings.ReplaceAll(s, "5000000", "5_000_000"), "     100\t", "1_00\t")
	}, ""},
	{"go test -v", func(s string) string {
		return eachLine(s, func(_ int, line string) string {
			if strings.HasPrefix(line, "Benchmark") {
				return "=== RUN   BenchmarkX\nBenchmarkX\n" + line
			}
			return line
		})
	}, ""},
	{"prints that split rows", printing("hello\nmore\n"), "put together again: 4"},
	{"prints without newline", printing("hello "), "put together again: 4"},
	{"messages of package log", printing("2026/11/30 10:00:00 listening on :80\n"), "put together again: 4"},
	{"messages with dashes", printing("2026-11-30 10:00:00 listening\n"), "put together again: 4"},
	{"messages of zerolog", printing("10:00AM INF 3 listeners\n"), "put together again: 4"},
	{"prints of empty lines", printing("\n\n"), "put together again: 4"},
	{"prints of numbers", printing("100\n"), "put together again: 4"},
	{"prints behind a prefix", func(s string) string {
		return behind("#12 %d.456 ")(printing("hello\n")(s) +
			"BenchmarkX/impl=a-8 1 1 whole\n")
	}, "put together again: 4"},
	{"names alone", func(s string) string {
		return strings.ReplaceAll(s, "-8         \t", "-8\n\t") +
			""
	}, "put together again"},
	{"progress", func(s string) string {
		return strings.ReplaceAll(s, "BenchmarkX", "50 %\r100 %\rBenchmarkX")
	}, ""},
	{"go test -json written anew", func(s string) string {
		return strings.ReplaceAll(strings.ReplaceAll(inEvents(s), `":"`, `": "`), `","`, `", "`)
	}, ""},
	{"TeamCity messages", inServiceMessages, ""},
	{"TeamCity messages behind a time", func(s string) string {
		return behind("[12:00:%02d]: ")(inServiceMessages(s))
	}, "[12:00:"},
	{"TeamCity log", behind("[12:00:%02d] :\t [Step 1/2] "), "Step 1/2"},
	{"Azure", behind("##[debug]"), "##[debug]"},
	{"Buildkite times", behind("\x1b_bk;t=17000000%05d\x07"), ""},
	{"Bazel", behind("(12:00:%02d) INFO: "), "INFO"},
	{"GitLab, lines in two steps", func(s string) string {
		n := 0
		return behind("2026-01-02T03:04:05.123456Z 01O ")(regexp.MustCompile(`(?m)^(Bench\S+ *\t)`).
			ReplaceAllStringFunc(s, func(name string) string {
				n++
				return name + fmt.Sprintf("\n2026-01-02T03:04:%02d.123456Z 01O+", n)
			}) + "BenchmarkX 1 1 whole\n")
	}, "put together again"},
	{"Compose in colour", behind("\x1b[36mapp-1  | \x1b[0m"), "app-1"},
	{"kubectl logs --timestamps", behind("2026-01-02T03:04:%02d.123456789Z "), "2026-01-02T"},
	{"gotestsum", func(s string) string {
		return s + "\n=== Failed\n=== FAIL: example.com/b BenchmarkX (0.00s)\n" +
			regexp.MustCompile("(?m)^BenchmarkX.*0.25.*\n").FindString(s) + "\nDONE 3 tests in 2.3s\n"
	}, "repeated, counted once: 1"},
}

// inServiceMessages writes text as TeamCity passes on the output of a test, the names of rows apart
// from their figures.
func inServiceMessages(text string) string {
	var out strings.Builder
	escapes := strings.NewReplacer("|", "||", "'", "|'", "[", "|[", "]", "|]", "\n", "|n", "\r", "|r")
	for line := range strings.SplitAfterSeq(text, "\n") {
		name, _, _ := strings.Cut(line, "\t")
		for _, part := range []string{name, strings.TrimPrefix(line, name)} {
			if part != "" {
				fmt.Fprintf(&out, "##teamcity[testStdOut name='BenchmarkX' out='%s' flowId='1']\n",
					escapes.Replace(part))
			}
		}
	}
	return out.String()
}

// printing splits each row by what its benchmark printed.
func printing(printed string) func(string) string {
	return func(text string) string {
		return eachLine(text, func(_ int, line string) string {
			if name, figures, ok := strings.Cut(line, "\t"); ok && strings.HasPrefix(name, "Bench") {
				return name + "\t" + printed + figures
			}
			return line
		})
	}
}

func TestTextsOfTheWildGiveTheSameRows(t *testing.T) {
	for _, w := range wraps {
		t.Run(w.name, func(t *testing.T) {
			text := clean
			log, err := readText(w.wrap(text))
			if err != nil {
				t.Fatal(err)
			}
			want, err := readText(text)
			if err != nil {
				t.Fatal(err)
			}
			got := slices.DeleteFunc(rowsOf(log), func(row string) bool {
				return strings.HasSuffix(row, "whole")
			})
			if !slices.Equal(got, rowsOf(want)) || len(log.Broken) > 0 || len(log.Failures) > 0 {
				t.Errorf("got %q\nwant %q\nbroken %v, failures %v", got, rowsOf(want), log.Broken,
					log.Failures)
			}
			if notes := strings.Join(log.Notes, "\n"); w.said == "" && notes != "" ||
				!strings.Contains(strings.ReplaceAll(notes, `\t`, "\t"), w.said) {
				t.Errorf("notes = %q, want %q", notes, w.said)
			}
		})
	}
}

// Each text has rows that nothing assigns for certain. The reader must name them.
func TestTextsThatAreNotClear(t *testing.T) {
	const row, next = "BenchmarkX-8 \t 10\t 5 ns/op\n", "BenchmarkY-8 \t 10\t 6 ns/op\n"
	tests := []struct {
		name, text string
		rows       int    // values that are read
		refused    bool   // the whole text
		want       string // a part of the error or of the broken lines
	}{
		{"a prefix in the middle", row + "#12 1.5 " + next, 1, false,
			`bench.txt:2: the row stands behind the prefix "#12 1.5 ", other rows do not; ` +
				`to remove it: sed -E 's/^#12[[:space:]]+[0-9][0-9:.,TZ+/-]*[[:space:]]+//' bench.txt`},
		{"indented in the middle", row + "  " + next, 1, false, `indentation "  "`},
		{"a log before the row", row + "hello" + next, 1, false, `the prefix "hello"`},
		{"two labels", "BEFORE: " + row + "AFTER: " + row, 0, true,
			`bench.txt:2: this row has the prefix "AFTER: ", the rows before have the prefix ` +
				`"BEFORE: "`},
		{"two versions", "v1: " + row + "v2: " + row, 0, true, `the prefix "v2: "`},
		{"two steps", "#12 1.5 " + row + "#15 1.5 " + row, 0, true, `the prefix "#15 1.5 "`},
		{"a matrix", "test (1.22)\t" + row + "test (1.23)\t" + row, 0, true, "(1.23)"},
		{"a diff", "-" + row + "+" + row, 0, true, `the prefix "+"`},
		{"two files", "old.txt:" + row + "new.txt:" + row, 0, true, "sed -E 's/^old"},
		{"plain after a prefix", "#12 1.5 " + row + next, 0, true, "this row has no prefix"},
		{"conflict", "<<<<<<< HEAD\n" + row + "=======\n" + row + ">>>>>>> x\n", 2, false, ""},
		{"events cut off", inEvents(row)[:len(inEvents(row))-20], 1, false, "cut off or broken"},
		{"an event in the middle", row + inEvents(next)[:250] + "\n" + row, 2, false, "cut off"},
		{"a name cut off", row + "BenchmarkY", 1, false, "bench.txt:2: the text ends in the name of a benchmark"},
		{"a name alone", row + "BenchmarkY\n", 1, false, ""},
		{"an event cut off early", inEvents(row) + `{"Ti`, 1, false, "go test -json is cut off: {\"Ti"},
		{"other JSON behind events", inEvents(row) + `{"Ti` + "\n", 1, false, ""},
		{"zero bytes at the end", row + strings.Repeat("\x00", 512), 1, false, "bench.txt:2: 512 zero bytes"},
		{"zero bytes before a row", row + strings.Repeat("\x00", 99) + row, 2, false, "bench.txt:2: 99 zero bytes"},
		{"zero bytes in a row", row + "BenchmarkY-8 \t 10\t 5 n" + strings.Repeat("\x00", 99) + row, 2, false,
			"bench.txt:2: 99 zero bytes"},
		{"zero bytes behind a count", row + "BenchmarkY-8 \t 10" + strings.Repeat("\x00", 16) + "ok\n" + row, 2, false,
			"bench.txt:2: 16 zero bytes"},
		{"a hole between lines", row + strings.Repeat("\x00", 512) + "\n" + row, 2, false, "bench.txt:2: 512 zero bytes"},
		{"a key that the program prints", row + "key " + strings.Repeat("\x00", 16) + " of a row\n" + row, 2, false, ""},
		{"an empty buffer that the program prints", row + strings.Repeat("\x00", 511) + "\n" + row, 2, false, ""},
		{"a benchmark that prints a key", "BenchmarkX-8 \t" + strings.Repeat("\x00", 16) + "\n       10\t        12.0 ns/op\n",
			1, false, ""},
		{"a few zero bytes", row + "printed: \x00\x00\x00\n", 1, false, ""},
		{"a table of benchcmp", row + "BenchmarkY-8 1000 900 -10.00%\n", 1, false,
			`a number stands in the place of a unit: "-10.00%"`},
		{"a speedup of benchcmp", row + "BenchmarkY-8 1000 900 2.00x\n", 1, false, `"2.00x"`},
		{"spaces in thousands", row + "BenchmarkY-8 1 000 000 1234 ns/op\n", 1, false, `unit: "000"`},
		{"figures without units", row + "BenchmarkY-8 100 5.5 1\n", 1, false, `unit: "1"`},
		{"units with digits", row + "BenchmarkY-8 10 5 ns/op 1 95%-ns 2 2xx/op 3 % 4 0.99-quantile\n", 6, false, ""},
		{"a clock that was set back", row + "BenchmarkY-8 10 -5 ns/op\n" + row, 2, false, "bench.txt:2: measurement is -5 ns/op"},
		{"a metric below zero", row + "BenchmarkY-8 10 5 ns/op -5 °C -1 B/op\n", 4, false, ""},
		{"no space before the unit", row + "BenchmarkY-8 10 5.5ns/op\n", 1, false, "invalid syntax: 5.5ns/op"},
		{"thousands in a metric", row + "BenchmarkY-8 10 5 ns/op 425,488 req/s\n", 1, false, "invalid syntax: 425,488"},
		{"two rows in a line", row + "BenchmarkY-8 10 5 ns/op | BenchmarkY-8 10 5 ns/op\n", 1, false, "syntax: |"},
		{"no figures", row + "BenchmarkY-8 \thello\n" + row, 2, false,
			"bench.txt:2: parsing iteration count"},
		{"no figures at the end", row + "BenchmarkY-8 \t", 1, false, "missing iteration count"},
		{"two names", row + "BenchmarkY-8 \thello\nBenchmarkZ-8 \thello\n 10\t 5 ns/op\n", 1, false,
			"figures after two names"},
		{"two results", row + "BenchmarkY-8 \thello\n 10\t 5 ns/op\n 10\t 6 ns/op\n", 1, false,
			"two results follow"},
		{"no name", row + "      10\t 5 ns/op\n", 1, false, "figures without the name"},
		{"UTF-16 behind UTF-8", row + inUTF16(binary.LittleEndian, false)(next), 1, false, "UTF-16"},
		{"a row in a comment", "// BenchmarkX-8 10 5 ns/op\n" + next, 0, true, `"// "`},
		{"thousands", row + "BenchmarkY-8 1,000 5 ns/op\n", 1, false, "parsing iteration count"},
		{"a cell of HTML", row + "BenchmarkY-8 10 5 ns/op 1 allocs/op</td>\n", 1, false,
			`signs that go test does not print stand behind the unit: "allocs/op</td>"`},
		{"a unit of one's own in brackets", row + "BenchmarkY-8 10 5 ns/op 1 steps(p99)\n", 3, false, ""},
		{"containers", "app-1  | " + row + "app-2  | " + row, 0, true,
			`sed -E 's/^app-[0-9]+[[:space:]]+\|[[:space:]]+//' bench.txt`},
		{"TeamCity cut off", row + "##teamcity[testStdOut name='X' out='BenchmarkY-8 10 5 ns\n", 1, false,
			"event of TeamCity is cut off"},
		{"gzip", "\x1f\x8b\x08\x00rest", 0, true, "gzip -dc bench.txt > bench.txt.txt"},
		{"bzip2", "BZh91AY&SY", 0, true, "compressed by bzip2"},
		{"letters like bzip2", "BZhello\n" + row, 1, false, ""},
		{"zstd", "\x28\xb5\x2f\xfd\x04", 0, true, "compressed by zstd"},
		{"zip", "PK\x03\x04" + row, 0, true, "a zip file"},
		{"UTF-32", "\xff\xfe\x00\x00B\x00\x00\x00", 0, true, "iconv -f UTF-32"},
		{"JSON of a CI system", `[{"message":"BenchmarkX-8 \t 10\t 5 ns/op\r\n","type":"out"}]`, 0, true,
			"it is JSON, and not the output of go test -json; to take the texts out of it: jq -r"},
		{"brackets and no JSON", "[INFO] nothing here\n", 0, true, "no benchmark line in it; measure"},
		{"shortened", row + "BenchmarkY-8 10 5 ns/op 1 alloc…\n", 1, false, `behind the unit: "alloc…"`},
		{"bold", row + "**BenchmarkY-8 10 5 ns/op**\n", 1, false, `the row stands behind the prefix "**"`},
		{"bold alone", "**BenchmarkY-8 10 5 ns/op**\n", 0, true, `behind the unit: "ns/op**"`},
		{"the end of a sentence", row + "BenchmarkY-8 10 5 ns/op.\n", 1, false, `behind the unit: "ns/op."`},
		{"a unit of one's own with a dot", row + "BenchmarkY-8 10 5 ns/op 1 p99.9\n", 3, false, ""},
		{"rows in a logger's quotes", `level=INFO msg="BenchmarkX-8 \t 10\t 5 ns/op" stream=out` + "\n", 0, true,
			"line 1 has a name and a time in a form that go test does not print: level=INFO"},
		{"underscores at the end", row + "BenchmarkY-8 1000_ 5 ns/op\n", 1, false, "parsing"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			log, err := readText(test.text)
			if test.refused {
				if err == nil || !strings.Contains(err.Error(), test.want) {
					t.Errorf("error %v, want %s", err, test.want)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			var said []string
			for _, b := range log.Broken {
				said = append(said, b.Error())
			}
			if len(rowsOf(log)) != test.rows || !strings.Contains(strings.Join(said, "\n"), test.want) ||
				test.want == "" && len(said) > 0 {
				t.Errorf("rows %q, want %d; broken %q, want %s", rowsOf(log), test.rows, said, test.want)
			}
		})
	}
}

// A message names the word that benchfmt could not read, in any place of a text that is longer than its buffers.
func TestWordOfABrokenLine(t *testing.T) {
	const row = "BenchmarkX-8 \t 10\t 5 ns/op\n"
	for _, before := range []int{0, 1, 3000, 30000} {
		log, err := readText("pkg: a\n" + strings.Repeat(row, before) + "BenchmarkY-8 10 5 ns/op 1.5.5 x\n" +
			strings.Repeat(row, 30000-before) + "BenchmarkZ-8 10 5 ns/op 7,5 x\n")
		want := fmt.Sprintf("[bench.txt:%d: parsing measurement: invalid syntax: 1.5.5 bench.txt:30003: parsing "+
			"measurement: invalid syntax: 7,5]", before+2)
		if err != nil || fmt.Sprint(log.Broken) != want {
			t.Errorf("%d rows before: %v, %v, want %s", before, log.Broken, err, want)
		}
	}
}

// Each of many broken lines gets its own word, also where the lines behind it were read before.
func TestWordsOfBrokenLines(t *testing.T) {
	var text strings.Builder
	text.WriteString("BenchmarkX-8 \t 10\t 5 ns/op\n")
	const lines = 20000
	for i := range lines {
		fmt.Fprintf(&text, "BenchmarkY-8 10 5 ns/op 1.%d.5 x\n%s", i, strings.Repeat("a print\n", i%3))
	}
	log, err := readText(text.String())
	if err != nil || len(log.Broken) != lines {
		t.Fatalf("%v, %v, want %d broken lines", log, err, lines)
	}
	for i, b := range log.Broken {
		if want := fmt.Sprintf(": 1.%d.5", i); !strings.HasSuffix(b.Error(), want) {
			t.Fatalf("broken line %d: %v, want %s", i, b, want)
		}
	}
}

// A row with two values in one unit counts both, and a note says so.
func TestUnitTwiceInARow(t *testing.T) {
	for text, want := range map[string]string{
		"BenchmarkX 1 5 ns/op 6 ns/op\nBenchmarkX 1 5 ns/op 7 ns/op\n": "two values in sec/op, which both count as " +
			"samples although they are of one run: 2",
		"BenchmarkX 1 5 ns/op 6 p50-ns/op\n": "",
	} {
		log, err := readText(text)
		if notes := fmt.Sprint(log.Notes); err != nil || want == "" && notes != "[]" || !strings.Contains(notes, want) {
			t.Errorf("%q: notes %s, %v, want %s", text, notes, err, want)
		}
	}
}

// A report of failure on the line of a row is a failure, and the row counts if it is whole.
func TestFailureOnTheLineOfARow(t *testing.T) {
	const row = "BenchmarkX-8 \t 10\t 5 ns/op\n"
	for text, rows := range map[string]int{
		row + "BenchmarkY-8 \t--- FAIL: BenchmarkY-8\n    y_test.go:3: no\nFAIL\n": 1,
		row + "BenchmarkY-8 \tpanic: no\n\ngoroutine 1\n":                          1,
		"BenchmarkX-8 \t 10\t 5 ns/op\t--- FAIL: BenchmarkX\n":                     1,
		"BenchmarkX-8 \t 10\t 5 ns/opFAIL\texample.com/a 1s\n":                     1,
		"BenchmarkX-8 \t 10\t 5 ns/op FAIL\n" + row:                                2,
	} {
		log, err := readText(text)
		if err != nil {
			t.Fatal(err)
		}
		if len(log.Failures) == 0 || len(rowsOf(log)) != rows {
			t.Errorf("%q: rows %q, failures %v, want %d and one or more", text, rowsOf(log),
				log.Failures, rows)
		}
	}
	if log, err := readText(row + "BenchmarkY-8 \t--- SKIP: BenchmarkY-8\n"); err != nil ||
		len(log.Failures)+len(log.Broken) > 0 {
		t.Errorf("a benchmark that skips: %v %v %v, want nothing", err, log.Failures, log.Broken)
	}
	events := inEvents(row) + `{"Time":"x","Action":"fail","Package":"example.com/a"}` + "\n"
	if log, err := readText(events); err != nil || len(log.Failures) != 1 {
		t.Errorf("event of failure: %v, %v", err, log)
	}
}

// Line numbers count the lines of the text, also where the reader puts lines together.
func TestPlacesInWrappedTexts(t *testing.T) {
	const text = "BenchmarkX-8 \thello\n 10\t 5 ns/op\nBenchmarkY-8 1 1 ns/op\nBenchmarkZ 1\n"
	log, err := readText(text)
	if err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(log.Series[0].Lines, log.Series[1].Lines, log.Broken); got !=
		"[2] [3] [bench.txt:4: missing measurements]" {
		t.Errorf("places = %s", got)
	}
	if log, err = readText(inEvents(text)); err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(log.Series[0].Lines, log.Series[1].Lines); got != "[4] [5]" {
		t.Errorf("places in events = %s", got)
	}
}

// The command that a refusal names makes the text readable.
func TestCommandRemovesThePrefix(t *testing.T) {
	if _, err := exec.LookPath("sed"); errors.Is(err, exec.ErrNotFound) {
		t.Skip("needs sed")
	}
	want, err := readText(clean)
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range wraps {
		if !strings.Contains(w.said, `"`) && !strings.Contains(w.said, "2026") {
			continue
		}
		name := filepath.Join(t.TempDir(), "it's $x.txt")
		text := w.wrap(clean) + "BenchmarkX 1 1 ns/op\n"
		if err := os.WriteFile(name, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		_, err := read.Read(read.Input{Name: name})
		if err == nil {
			t.Fatalf("%s: a plain row after it was not refused", w.name)
		}
		_, command, ok := strings.Cut(err.Error(), "remove it: ")
		if !ok {
			t.Fatalf("%s: no command in %v", w.name, err)
		}
		out, err := exec.Command("sh", "-c", command).Output()
		if err != nil {
			t.Fatalf("%s: %s: %v", w.name, command, err)
		}
		log, err := readText(string(out))
		if err != nil || len(rowsOf(log)) != len(rowsOf(want))+1 {
			t.Errorf("%s: after %s: %v", w.name, command, err)
		}
	}
}

// FuzzWrapped wraps a text in two random ways, and damages it. The reader must give the rows of
// the clean text, or name what it left out. It must never give fewer rows in silence.
func FuzzWrapped(f *testing.F) {
	for i := range uint64(len(wraps)) {
		f.Add(i, i*7, "x: ")
	}
	f.Fuzz(func(t *testing.T, first, second uint64, label string) {
		if len(label) > 40 || strings.Contains(label, "Benchmark") {
			t.Skip("the label holds a row of its own")
		}
		checkWrapped(t, clean, first, second, label)
	})
}

func checkWrapped(t *testing.T, text string, first, second uint64, label string) {
	want, err := readText(text)
	if err != nil {
		t.Fatal(err)
	}
	a, b := wraps[first%uint64(len(wraps))], wraps[second%uint64(len(wraps))]
	wrapped := a.wrap(text)
	if label != "" {
		wrapped = eachLine(wrapped, func(i int, line string) string {
			if i%2 == 0 || first%2 == 0 { // each line, or every other line
				return label + line
			}
			return line
		})
	}
	wrapped = b.wrap(wrapped)
	log, err := readText(wrapped)
	if err != nil {
		return // refused, with a reason
	}
	if len(log.Broken) == 0 && len(rowsOf(log)) < len(rowsOf(want)) {
		t.Errorf("%s, label %q, %s: %d of %d values, and nothing is said\n%q", a.name, label, b.name,
			len(rowsOf(log)), len(rowsOf(want)), wrapped)
	}
}

// Random pairs of wraps, with seeds that do not change.
func TestWrappedTwice(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	labels := []string{"", "", "x: ", "v1 ", "\t", "12 ", "a|", "(", "µ", "\x00", "\r", "{"}
	for range 1000 {
		checkWrapped(t, clean, rng.Uint64(), rng.Uint64(), labels[rng.IntN(len(labels))])
	}
}

// A text in the code page of Windows is read, and a note says why its names look odd. Names in UTF-8
// of any script get no note.
func TestTextInACodePage(t *testing.T) {
	for text, want := range map[string]bool{
		"BenchmarkGr\xf6\xdfe-8 \t 10\t 5 ns/op\n": true,
		"BenchmarkX-8 \t 10\t 5 \xb5s/op\n":        true,
		"BenchmarkGröße/名=前-8 \t 10\t 5 µs/op\n":   false,
	} {
		log, err := readText(text)
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Contains(strings.Join(log.Notes, "\n"),
			"iconv -f CP1252 -t UTF-8 bench.txt > bench.txt.txt"); got != want || len(rowsOf(log)) != 1 {
			t.Errorf("%q: rows %q, notes %q, want the command: %t", text, rowsOf(log), log.Notes, want)
		}
	}
}
