package history

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/semabench/semabench/reports/read"
)

const text = "goos: linux\ngoarch: amd64\npkg: example.com/a\ncpu: One\n" +
	"BenchmarkX/impl=a-8 100 10 ns/op 16 B/op 3 allocs/op 99 p99-ns\n" +
	"BenchmarkX/impl=a-8 100 12 ns/op 16 B/op 3 allocs/op 99 p99-ns\n" +
	"BenchmarkX/impl=a-8 100 14 ns/op 16 B/op 3 allocs/op 99 p99-ns\n" +
	"pkg: example.com/b\nBenchmarkX/impl=a-8 100 20 ns/op 50 MB/s\n"

func inputOf(text string) read.Input {
	return read.Input{Name: "bench.txt", Text: strings.NewReader(text)}
}

func stamp(commit string, days int) Stamp { return Stamp{commit, begin.AddDate(0, 0, days)} }

// mustAdd adds a text and returns the name of its file.
func mustAdd(t *testing.T, dir, text string, s Stamp) string {
	t.Helper()
	run, err := FromInput(s, inputOf(text))
	if err != nil {
		t.Fatal(err)
	}
	name, err := Add(dir, run, false)
	if err != nil {
		t.Fatal(err)
	}
	return name
}

// What is kept of a text is read again: medians, units, packages, facts and the place in the branch.
func TestTextIsKept(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new", "folder")
	mustAdd(t, dir, text, stamp("abcdef0123456789", 0))
	h, err := Load(dir, Options{})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, r := range h.Rows {
		got = append(got, fmt.Sprintf("%s %s %.4g %d", r.Name, r.Unit, r.Points[0].Value, r.Better))
	}
	want := "example.com/a.X/impl=a-8 sec/op 1.2e-08 -1,example.com/a.X/impl=a-8 B/op 16 -1," +
		"example.com/a.X/impl=a-8 allocs/op 3 -1,example.com/b.X/impl=a-8 sec/op 2e-08 -1," +
		"example.com/b.X/impl=a-8 B/s 5e+07 1"
	if strings.Join(got, ",") != want {
		t.Errorf("rows are\n%s\nwant\n%s", strings.Join(got, ","), want)
	}
	if run := h.Runs[0]; run.Commit != "abcdef0123456789" || !run.Date.Equal(begin) ||
		fmt.Sprint(run.Facts) != "[{goos linux} {goarch amd64} {cpu One}]" {
		t.Errorf("run is %+v", run)
	}
}

// The JSON of a gate becomes ratios; rows without one are left out.
func TestGateIsKept(t *testing.T) {
	const json = `{"outcome":"regression","old":{"name":"main","revision":"aaaa1111"},` +
		`"new":{"name":"x","revision":"bbbb2222"},"facts":[{"Key":"cpu","Value":"One"}],"rows":[` +
		`{"package":"p","name":"BenchmarkX-8","verdict":"REGRESSED","ratio":1.25,"pairs":40},` +
		`{"package":"p","name":"BenchmarkY-8","verdict":"IDENTICAL","ratio":null}]}`
	dir := t.TempDir()
	mustAdd(t, dir, json, Stamp{Date: begin})
	h, err := Load(dir, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if len(h.Rows) != 1 || h.Rows[0].Unit != Ratio || h.Rows[0].Points[0].Value != 1.25 ||
		len(h.Rows[0].Changes) != 1 || h.Rows[0].Changes[0].By != "gate" || h.Runs[0].Commit != "bbbb2222" {
		t.Errorf("history is %+v", h)
	}
	// A gate that judges by a count has a ratio near 1, and the row is worse all the same.
	counted, err := FromInput(stamp("cccc3333", 0), inputOf(strings.Replace(json, "1.25", "0.9999", 1)))
	if err != nil {
		t.Fatal(err)
	}
	h = mustNew(t, []Run{counted})
	if c := h.Rows[0].Changes; len(c) != 1 || !c[0].Worse || h.Size(c[0]) != "±0 %" {
		t.Errorf("changes are %+v, want one for the worse", c)
	}
	for json, want := range map[string]string{
		strings.Replace(json, `"facts"`, `"invalid":["a control failed"],"facts"`, 1): "a control failed",
		strings.Replace(json, "1.25", "null", 1):                                      "no row with a ratio",
		strings.Replace(json, `"bbbb2222"`, `"bbbb2222","dirty":true`, 1):             "no commit is named",
	} {
		if _, err := FromInput(Stamp{Date: begin}, inputOf(json)); err == nil ||
			!strings.Contains(err.Error(), want) {
			t.Errorf("%s: error is %v, want %q", json, err, want)
		}
	}
}

// Inputs that would become wrong points are refused by name, and the folder stays as it was.
func TestRunsThatAreRefused(t *testing.T) {
	for want, test := range map[string]struct {
		text  string
		stamp Stamp
	}{
		"broken lines, 1 in all":     {text + "BenchmarkY-8 1\n", stamp("abcd", 0)},
		"the program failed":         {text + "--- FAIL: BenchmarkY\n", stamp("abcd", 0)},
		"partial: 4 of 9":            {"planned-samples: 9\n" + text, stamp("abcd", 0)},
		"no benchmark line":          {"PASS\n", stamp("abcd", 0)},
		"it is JSON":                 {`{"rows": 3}`, stamp("abcd", 0)},
		"no commit is named":         {text, stamp("", 0)},
		"a commit with local":        {"commit: abcd+dirty\n" + text, stamp("", 0)},
		"want 4 to 64 letters":       {text, stamp("../../etc", 0)},
		"no date of the commit":      {text, Stamp{Commit: "abcd"}},
		"is in the future":           {text, Stamp{"abcd", time.Now().AddDate(0, 0, 2)}},
		"want 4 to 64 letters, digi": {text, stamp("abc", 0)},
	} {
		if _, err := FromInput(test.stamp, inputOf(test.text)); err == nil ||
			!strings.Contains(err.Error(), want) {
			t.Errorf("error is %v, want %q", err, want)
		}
	}
	if run, err := FromInput(stamp("", 0), inputOf("commit: abcd1234\n"+text)); err != nil ||
		run.Commit != "abcd1234" {
		t.Errorf("the commit of the text: %v, %q", err, run.Commit)
	}
}

// A commit has one run. A short name and a long one are the same commit, and replace writes anew.
func TestSameCommitTwice(t *testing.T) {
	dir := t.TempDir()
	first := mustAdd(t, dir, text, stamp("abcdef012345", 0))
	again, err := FromInput(stamp("abcdef0", 3), inputOf(strings.ReplaceAll(text, "12 ns", "13 ns")))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Add(dir, again, false); err == nil || !strings.Contains(err.Error(), first) ||
		!strings.Contains(err.Error(), "is in the history already") {
		t.Errorf("adding a commit twice: %v", err)
	}
	second, err := Add(dir, again, true)
	if err != nil {
		t.Fatal(err)
	}
	h, err := Load(dir, Options{})
	if err != nil || len(h.Runs) != 1 || h.Runs[0].File != second {
		t.Errorf("after replacing: %v, %+v", err, h)
	}
	// Two copies in the folder, as a merge of two caches makes them, are refused by both names.
	data, err := os.ReadFile(second)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "copy.txt"), data, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := Load(dir, Options{}); err == nil || !strings.Contains(err.Error(), "copy.txt") ||
		!strings.Contains(err.Error(), second) {
		t.Errorf("two copies: %v", err)
	}
}

// Broken files, clocks that go backwards, rows that vanish and units that change are named; the rest
// of the history is drawn.
func TestFlawsAreNamed(t *testing.T) {
	dir := t.TempDir()
	x := "BenchmarkX-8 100 10 ns/op\n"
	mustAdd(t, dir, x+"BenchmarkGone-8 100 10 ns/op\nBenchmarkU-8 100 10 ns/op\n", stamp("aaaa1111", 10))
	mustAdd(t, dir, "Unit points better=higher decides=yes\n"+x+"BenchmarkU-8 100 10 points\n",
		stamp("bbbb2222", 20))
	mustAdd(t, dir, x, stamp("cccc3333", 5))
	whole := mustAdd(t, dir, x+"BenchmarkY-8 1 1 ns/op\n", stamp("dddd4444", 1))
	data, err := os.ReadFile(whole)
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"cut.txt":   string(data[:len(data)-20]),
		"plain.txt": x,
		"empty.txt": "",
		"next.txt":  strings.Replace(string(data), "history: 1", "history: 9", 1),
		"date.txt":  strings.Replace(string(data), "commit-date: 2026", "commit-date: twenty", 1),
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Remove(whole); err != nil {
		t.Fatal(err)
	}
	h, err := Load(dir, Options{})
	if err != nil {
		t.Fatal(err)
	}
	broken := fmt.Sprint(h.Broken)
	for _, want := range []string{"cut.txt: cut off: 1 of 2 lines", "plain.txt: no text of a history",
		"empty.txt: it is empty", `next.txt: version "9"`, "date.txt: commit-date: parsing time"} {
		if !strings.Contains(broken, want) {
			t.Errorf("broken files are %s, want %q", broken, want)
		}
	}
	notes := strings.Join(h.Notes, "\n")
	for _, want := range []string{
		"cccc3333 (2026-01-06) was added after aaaa1111 (2026-01-11) and is dated before it",
		"row Gone-8 (sec/op) vanished: it is last in aaaa1111 (2026-01-11), 1 run ago",
		"row U-8 is in sec/op until aaaa1111 (2026-01-11) and in points from bbbb2222 (2026-01-21) on",
	} {
		if !strings.Contains(notes, want) {
			t.Errorf("notes are\n%s\nwant %q", notes, want)
		}
	}
	if _, err := Load(t.TempDir(), Options{}); err == nil || !strings.Contains(err.Error(), "holds no run") {
		t.Errorf("an empty folder: %v", err)
	}
}

// Rows of a package that was renamed vanish together; five are named.
func TestManyRowsVanish(t *testing.T) {
	runs := append(runsOf(1, 300, day, func(int, int) float64 { return 1 }),
		Run{Stamp: stamp("next1234", 9), Added: begin.AddDate(0, 0, 9), Rows: []Median{{Name: "New", Unit: "sec/op",
			Better: -1, Value: 1}}})
	h := mustNew(t, runs)
	if n := len(h.Notes); n != mostNotes+2 || h.Notes[mostNotes] != "295 more rows vanished" {
		t.Errorf("%d notes: %q", n, h.Notes)
	}
}

// A clock that went backwards for good concerns every later run; five are named.
func TestManyRunsAreLate(t *testing.T) {
	runs := runsOf(20, 1, day, func(int, int) float64 { return 1 })
	for i := range runs {
		runs[i].Added = begin.Add(-day * time.Duration(i)) // each is added before the run that is dated before it
	}
	h := mustNew(t, runs)
	const want = "14 more runs of this kind"
	if len(h.Notes) <= mostNotes || h.Notes[mostNotes] != want {
		t.Errorf("notes are %q, want %q as the sixth", h.Notes, want)
	}
}

// A change that comes with another processor says so, and one without does not.
func TestAnotherProcessorIsNamed(t *testing.T) {
	for _, cpu := range []string{"One", "Two"} {
		runs := runsOf(40, 1, day, func(run, _ int) float64 { return 1 + 0.001*float64(run*run%7) + float64(run/20) })
		for i := range runs {
			runs[i].Facts = []Fact{{"cpu", "One"}}
			if i >= 20 {
				runs[i].Facts = []Fact{{"cpu", cpu}}
			}
		}
		c := mustNew(t, runs).Rows[0].Changes
		if len(c) != 1 || c[0].Run != 20 || (c[0].Also == "cpu from One to Two") != (cpu == "Two") {
			t.Errorf("cpu %s: changes are %+v", cpu, c)
		}
	}
}

// Names from a text reach the page and the Markdown escaped, and the page loads nothing.
func TestHostileNames(t *testing.T) {
	runs := runsOf(30, 1, day, func(run, _ int) float64 { return 1 + float64(run/15) + 0.001*float64(run%5) })
	for i := range runs {
		runs[i].Rows[0].Name = "<script>alert(1)</script>|\x1b[2J\u202e*x*"
	}
	h := mustNew(t, runs)
	var page, markdown, plain bytes.Buffer
	for w, write := range map[*bytes.Buffer]func() error{
		&page:     func() error { return WriteHTML(&page, h) },
		&markdown: func() error { return WriteMarkdown(&markdown, h) },
		&plain:    func() error { return WriteText(&plain, h) },
	} {
		if err := write(); err != nil {
			t.Fatal(err)
		}
		if s := w.String(); strings.ContainsAny(s, "\x1b\u202e") {
			t.Errorf("control signs pass: %q", s)
		}
	}
	for _, bad := range []string{"<script", " style=", "src=", "href=\"http"} {
		if strings.Contains(page.String(), bad) {
			t.Errorf("the page has %q", bad)
		}
	}
	if !strings.Contains(page.String(), "default-src 'none'; style-src 'sha256-") {
		t.Error("the page has no policy")
	}
	if strings.Contains(markdown.String(), "<script") || strings.Contains(markdown.String(), "|*x") {
		t.Errorf("Markdown has the name as markup: %s", markdown.String())
	}
}

// A page of many rows stays below 600 kB and counts the rows that it leaves out.
func TestPageStaysSmall(t *testing.T) {
	h := mustNew(t, runsOf(40, 120, day, func(run, row int) float64 { return float64(1 + (run*7+row)%5) }))
	var page bytes.Buffer
	if err := WriteHTML(&page, h); err != nil {
		t.Fatal(err)
	}
	if page.Len() > 600_000 || !strings.Contains(page.String(), "more rows do not fit") {
		t.Errorf("the page has %d bytes, want at most 600000 and a count of the rest", page.Len())
	}
}
