package failure_test

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/semabench/semabench/stress/explore/internal/failure"
)

var update = flag.Bool("update", false, "write the golden files anew: read the diff before committing it")

// samples returns the names of the reports in testdata, which were recorded from wrong programs.
func samples(t *testing.T) (names []string) {
	t.Helper()
	files, err := filepath.Glob("testdata/*.json")
	if err != nil || len(files) < 4 {
		t.Fatalf("testdata has %d stories, %v; want at least 4", len(files), err)
	}
	for _, file := range files {
		names = append(names, strings.TrimSuffix(filepath.Base(file), ".json"))
	}
	return names
}

func read(t *testing.T, name string) *failure.Report {
	t.Helper()
	switch name {
	case "hostile":
		return hostile()
	case "crowd":
		return crowd(30, 300, "s.mu.Lock()")
	}
	text, err := os.ReadFile(filepath.Join("testdata", name+".json"))
	if err != nil {
		t.Fatal(err)
	}
	s := &failure.Report{}
	if err := json.Unmarshal(text, s); err != nil {
		t.Fatal(err)
	}
	return s
}

func page(t *testing.T, s *failure.Report) string {
	t.Helper()
	var b strings.Builder
	if err := s.WriteHTML(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func pageOf(t *testing.T, name string) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), name+".html")
	if err := os.WriteFile(path, []byte(page(t, read(t, name))), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

const evil = "</script><script>window.pwned = 1</script><img src=x onerror=\"window.pwned = 1\">" +
	"<b class=planted>\u202etxet desrever\u2066 \x1b[31mred\x00 {{.}} ' \" ` --> ]]>"

// hostile is a report in which every text tries to break out of its place.
func hostile() *failure.Report {
	at := failure.Place{File: evil, Line: 1}
	return &failure.Report{
		Test: evil, Subject: evil, Scenario: evil, What: evil, Message: evil + "\n" + evil, Remarks: []string{evil},
		Found: "found", Least: "least", Decision: &failure.Decision{Step: 1, Text: evil, At: at},
		Replay: evil, Stack: []failure.Frame{{Func: evil, At: at}},
		Goroutines: []failure.Goroutine{{ID: 0, Func: evil, At: at}, {ID: 1, Func: evil, At: at}},
		Objects:    []failure.Object{{ID: 1, Name: evil, Kind: evil}},
		Steps: []failure.Step{
			{N: 1, G: 0, Text: evil, Result: evil, At: at, Object: 1, State: []failure.State{{Object: 1, Text: evil}}},
			{N: 2, G: 1, Text: evil, At: at, Object: 1, Switch: failure.Preempted, After: []int{0},
				Blocks: []failure.Block{{G: 0, Op: evil, At: at}}},
		},
		End:   &failure.End{G: 1, Text: evil, At: at},
		Waits: []failure.Wait{{G: 0, Op: evil, At: at, For: evil, Could: []string{evil}}},
		Holds: []failure.Hold{{G: 1, Object: evil, How: evil, At: at, Step: 1}},
		Race: &failure.Race{Text: evil, Accesses: []failure.Access{
			{What: evil, At: at, Func: evil, G: 1, Stack: []failure.Frame{{Func: evil, At: at}}},
		}},
		History: &failure.History{
			Calls: []failure.Call{{Text: evil, Result: evil, From: 1}},
			Order: []string{evil}, Stuck: []string{evil}, Reason: evil,
		},
		Sources: []failure.Source{{File: evil, Lines: []failure.Line{{N: 1, Text: "\t" + evil}}}},
	}
}

// crowd is a report of many goroutines that take turns.
func crowd(goroutines, steps int, text string) *failure.Report {
	s := &failure.Report{What: "deadlock", Test: "TestCrowd", Replay: "go test"}
	for g := range goroutines {
		s.Goroutines = append(s.Goroutines, failure.Goroutine{ID: g, Func: "main.work"})
	}
	var lines []failure.Line
	for i := range steps {
		at := failure.Place{File: "pkg/file.go", Line: 10 + i}
		step := failure.Step{N: i + 1, G: i % goroutines, Text: text, At: at, Switch: failure.Forced, Object: 1,
			State: []failure.State{{Object: 1, Text: fmt.Sprint(i)}}}
		if i > 0 {
			step.After = []int{i - 1}
		}
		s.Steps = append(s.Steps, step)
		lines = append(lines, failure.Line{N: 10 + i, Text: "\t" + text})
	}
	s.Sources = []failure.Source{{File: "pkg/file.go", Lines: lines}}
	s.Objects = []failure.Object{{ID: 1, Name: "mu", Kind: "Mutex"}}
	return s
}

func text(t *testing.T, s *failure.Report) string {
	t.Helper()
	var b strings.Builder
	if err := s.WriteText(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestText(t *testing.T) {
	for _, name := range append(samples(t), "hostile") {
		got := text(t, read(t, name))
		golden := filepath.Join("testdata", name+".golden.txt")
		if *update {
			if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(golden)
		if err != nil {
			t.Fatal(err)
		}
		if got != string(want) {
			t.Errorf("%s differs from %s; with -update it is written anew:\n%s", name, golden, got)
		}
		if strings.ContainsAny(got, "\x1b\x00\u202e\u2066") {
			t.Errorf("%s: a terminal would execute a part of it", name)
		}
	}
}

// Two to eight goroutines fit into a line, each with a column of its own. With up to 24 the lines get
// longer, and still have all text.
func TestColumns(t *testing.T) {
	for _, goroutines := range []int{2, 3, 5, 8, 24} {
		const operation = "s.waiters.PushBack(): 12 → 13"
		got := text(t, crowd(goroutines, 60, operation))
		places := map[int]bool{}
		for line := range strings.Lines(got) {
			line = strings.TrimRight(line, "\n")
			if width := utf8.RuneCountInString(line); width > failure.Width && goroutines <= 8 {
				t.Errorf("%d goroutines: a line of %d characters, want %d at most: %s", goroutines, width, failure.Width, line)
			}
			if before, _, ok := strings.Cut(line, operation); ok {
				places[utf8.RuneCountInString(before)] = true
			}
		}
		if len(places) != goroutines {
			t.Errorf("%d goroutines have %d places:\n%s", goroutines, len(places), got)
		}
	}
}

// A page needs no other file, lets no other script run, and escapes its text.
func TestPageStandsAlone(t *testing.T) {
	for _, name := range append(samples(t), "hostile") {
		p := page(t, read(t, name))
		for _, bad := range []string{"http:", "https:", "url(", "@import", "<img", "<link", "ZgotmplZ", "<b class=planted",
			"\u202e", "\u2066", "\x1b", "\x00", "style=", "<script>window"} {
			if strings.Contains(p, bad) {
				t.Errorf("%s holds %q", name, bad)
			}
		}
		for _, part := range []string{"style", "script"} {
			body := regexp.MustCompile(`(?s)<` + part + `>(.*?)</` + part + `>`).FindStringSubmatch(p)
			sum := sha256.Sum256([]byte(body[1]))
			if hash := base64.StdEncoding.EncodeToString(sum[:]); !strings.Contains(p, part+"-src 'sha256-"+hash+"'") {
				t.Errorf("%s: the policy does not name the %s by its hash", name, part)
			}
		}
	}
}

// However long a schedule and its names are, a page can be sent and opened.
func TestPageSize(t *testing.T) {
	const most = 600_000
	for name, s := range map[string]*failure.Report{
		"many steps": crowd(8, 400, "s.mu.Lock()"), "many goroutines": crowd(400, 400, "s.mu.Lock()"),
		"long names": crowd(8, 400, strings.Repeat("<&'", 1000)),
	} {
		p := page(t, s)
		t.Logf("%s: %d bytes", name, len(p))
		if len(p) > most {
			t.Errorf("%s: %d bytes, want %d at most", name, len(p), most)
		}
	}
}

// The colours of the base style are not defined again, and the markers have the colours of the
// other pages.
func TestColours(t *testing.T) {
	own, err := os.ReadFile("page/page.css")
	if err != nil {
		t.Fatal(err)
	}
	known := map[string][]string{}
	colour := regexp.MustCompile(`--(\w+): (#\w{6})`)
	for _, path := range []string{
		"../../../../internal/page/base.css", "../../../../reports/draw/page/page.css", // their tests check the contrast
	} {
		theirs, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range colour.FindAllStringSubmatch(string(theirs), -1) {
			known[m[1]] = append(known[m[1]], m[2])
		}
	}
	seen := map[string]int{}
	for _, m := range colour.FindAllStringSubmatch(string(own), -1) {
		if theme := seen[m[1]]; theme >= len(known[m[1]]) || known[m[1]][theme] != m[2] {
			t.Errorf("--%s is %s, in the other pages %v", m[1], m[2], known[m[1]])
		}
		seen[m[1]]++
	}
	if len(known) < 15 || len(seen) != 8 {
		t.Errorf("%d colours of all pages and %d of this one found, want at least 15 and the 8 markers",
			len(known), len(seen))
	}
}

// A hundred goroutines that wait at one place are one line with a count, and the goroutine that waits for
// something else keeps its line. Three goroutines keep a line each.
func TestManyWaitAtOnePlace(t *testing.T) {
	at := failure.Place{File: "pool/pool.go", Line: 7}
	s := &failure.Report{What: "deadlock", Waits: []failure.Wait{{G: 0, Op: "wg.Wait()", At: at}}}
	for g := range 100 {
		s.Waits = append(s.Waits, failure.Wait{G: g + 1, Op: "<-jobs", At: at, For: "a send to jobs", Could: []string{
			"goroutine 0 waits", fmt.Sprintf("goroutine %d waits in <-jobs", (g+1)%100+1),
		}})
	}
	s.Waits = append(s.Waits, failure.Wait{G: 101, Op: "<-jobs", At: at, For: "a send to others"},
		failure.Wait{G: 102, Op: "<-jobs", At: at, For: "a send to jobs"})
	var b strings.Builder
	if err := s.WriteText(&b); err != nil {
		t.Fatal(err)
	}
	want := `deadlock
goroutine 0 waits in wg.Wait() at pool/pool.go:7
101 goroutines wait in <-jobs at pool/pool.go:7: goroutines 1 to 100, 102
    for a send to jobs
    goroutine 0 waits
    goroutines 1 to 100: waits in <-jobs
goroutine 101 waits in <-jobs at pool/pool.go:7
    for a send to others
`
	if b.String() != want {
		t.Errorf("got\n%s\nwant\n%s", &b, want)
	}
	s.Waits = s.Waits[1:4]
	b.Reset()
	_ = s.WriteText(&b)
	if n := strings.Count(b.String(), "\ngoroutine "); n != 3 {
		t.Errorf("three waits have %d lines:\n%s", n, &b)
	}
}

// Columns align however long a path is, and rows stay within the width however many goroutines there
// are.
func TestLongPathsAlign(t *testing.T) {
	long := "example.org/a/module/with/a/name/that/is/longer/than/a/column@v1.2.3/internal/deep/file.go"
	s := &failure.Report{What: "deadlock", Steps: []failure.Step{
		{N: 1, G: 0, Text: "zero()", At: failure.Place{File: "a.go", Line: 1}},
		{N: 2, G: 1, Text: "one()", At: failure.Place{File: long, Line: 2}},
		{N: 3, G: 0, Text: "zero()", At: failure.Place{File: "a.go", Line: 3}},
		{N: 4, G: 1, Text: "one()", At: failure.Place{File: "a.go", Line: 4}},
	}}
	var b strings.Builder
	if err := s.WriteText(&b); err != nil {
		t.Fatal(err)
	}
	var columns []int
	for line := range strings.Lines(b.String()) {
		if at := strings.Index(line, "one()"); at >= 0 {
			columns = append(columns, utf8.RuneCountInString(line[:at]))
		}
	}
	if len(columns) != 2 || columns[0] != columns[1] {
		t.Errorf("goroutine 1 is at columns %v:\n%s", columns, &b)
	}
	b.Reset()
	_ = crowd(100, 300, "mu.Lock()").WriteText(&b)
	for line := range strings.Lines(b.String()) {
		if utf8.RuneCountInString(line) > failure.Width {
			t.Errorf("a line of %d characters: %q", utf8.RuneCountInString(line), line)
		}
	}
	if !strings.Contains(b.String(), "file.go:309  99         mu.Lock()\n") {
		t.Errorf("the last step does not name its goroutine:\n%s", b.String()[max(0, b.Len()-300):])
	}
}

// The mark of a race stands at a goroutine of the race. Here goroutine 1 ended, and goroutine 2 raced at
// the beginning of its turn. A race whose goroutines are not known keeps its mark.
func TestRaceMarksItsGoroutines(t *testing.T) {
	for _, known := range []bool{true, false} {
		s := &failure.Report{
			Goroutines: []failure.Goroutine{{ID: 1, Func: "p.one"}, {ID: 2, Func: "p.two"}, {ID: 3, Func: "p.three"}},
			Steps: []failure.Step{
				{N: 1, G: 3, Text: "mu.Unlock()"}, {N: 2, G: 1, Text: "mu.Unlock()", Races: true}, {N: 3, G: 2, Text: "mu.Lock()"},
			},
		}
		r := &failure.Race{Accesses: []failure.Access{
			{G: -1, Stack: []failure.Frame{{Func: "p.two"}}}, {G: -1, Stack: []failure.Frame{{Func: "p.three"}}},
		}}
		if !known {
			r.Accesses[0].Stack, r.Accesses[1].Stack = nil, nil
		}
		r.Attribute(s)
		if s.Steps[1].Races == known || s.Steps[2].Races != known {
			t.Errorf("known %v: marks %v, %v", known, s.Steps[1].Races, s.Steps[2].Races)
		}
	}
}

// A goroutine that begins runs to its first operation at once. A race there is its own, and not of the goroutine that
// started it, though another one began with the same function, or though no operation tells its function. A goroutine
// that goes on after it has started another keeps its race.
func TestRaceOfANewGoroutine(t *testing.T) {
	for name, c := range map[string]struct {
		funcs       [4]string // of goroutines 0 to 3
		later       string    // function of the later access
		want, wants int       // goroutines of the later and the earlier access
		marked      int       // index of the step with the mark
	}{
		"same function":     {[4]string{"p.test", "p.work", "p.work", "p.other"}, "p.work", 2, 1, 2},
		"no operation":      {[4]string{"p.test", "", "", "p.other"}, "p.work", 2, -1, 2},
		"the creator":       {[4]string{"p.test", "p.work", "p.work", "p.other"}, "p.test", 0, -1, 0},
		"either of them":    {[4]string{"p.work", "p.one", "p.work", "p.other"}, "p.work", -1, -1, 0},
		"neither is named":  {[4]string{"", "", "", "p.other"}, "p.work", -1, -1, 0},
		"different workers": {[4]string{"p.test", "p.one", "p.work", "p.other"}, "p.work", 2, -1, 2},
	} {
		s := &failure.Report{Steps: []failure.Step{
			{N: 1, G: 0, Text: "wg.Go(work)", Races: true, Starts: []int{2}}, {N: 2, G: 1, Text: "mu.Lock()"}, {N: 3, G: 2, Text: "mu.Lock()"},
		}}
		for id, f := range c.funcs {
			s.Goroutines = append(s.Goroutines, failure.Goroutine{ID: id, Func: f})
		}
		r := &failure.Race{Accesses: []failure.Access{
			{G: -1, Stack: []failure.Frame{{Func: c.later}}}, {G: -1, Stack: []failure.Frame{{Func: "p.work"}}},
		}}
		r.Attribute(s)
		if r.Accesses[0].G != c.want || r.Accesses[1].G != c.wants {
			t.Errorf("%s: goroutines %d and %d, want %d and %d", name, r.Accesses[0].G, r.Accesses[1].G, c.want, c.wants)
		}
		for i := range s.Steps {
			if s.Steps[i].Races != (i == c.marked) {
				t.Errorf("%s: mark of step %d: %v, want it at step %d", name, i+1, s.Steps[i].Races, c.marked+1)
			}
		}
	}
}

// Of the trace that testify writes, the lines of the test stay, and the lines of the engine go.
func TestTestifyTrace(t *testing.T) {
	s := &failure.Report{What: "fails", Message: "Error Trace:\t/home/u/p/p_test.go:40\n" +
		"            \t/home/u/go/pkg/mod/github.com/semabench/semabench@v1.0.0/stress/explore/shim/testing/run.go:117\n" +
		"            \t/home/u/clone/stress/explore/run.go:46\n            \t/usr/local/go/src/runtime/asm_amd64.s:1771\n" +
		"            \t/home/u/p/stress/explorer/run.go:46\n"}
	var b strings.Builder
	if err := s.WriteText(&b); err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]bool{"p_test.go:40": true, "explorer/run.go:46": true, "shim/testing": false, "explore/run.go": false, "asm_amd64": false} {
		if strings.Contains(b.String(), text) != want {
			t.Errorf("%s stands in the text: %v, want %v:\n%s", text, !want, want, &b)
		}
	}
}
