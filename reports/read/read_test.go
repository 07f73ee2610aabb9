package read

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/perf/benchfmt"
)

// mustRead reads texts that must be accepted, under the names a, b and so on.
func mustRead(t *testing.T, texts ...string) *Log {
	t.Helper()
	var inputs []Input
	for i, text := range texts {
		inputs = append(inputs, Input{Name: string(rune('a' + i)), Text: strings.NewReader(text)})
	}
	log, err := Read(inputs...)
	if err != nil {
		t.Fatal(err)
	}
	return log
}

// ns returns what benchunit makes of v nanoseconds: the product of floats, and not the nearest float.
func ns(v float64) float64 { return v * 1e-9 }

func mustHaveErrors(t *testing.T, what string, got []*benchfmt.SyntaxError, want ...string) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s = %v, want %d lines", what, got, len(want))
	}
	for i, w := range want {
		if !strings.Contains(got[i].Error(), w) {
			t.Errorf("%s %d = %v, want %q in it", what, i, got[i], w)
		}
	}
}

// Series are in the order of their first lines, and each value knows its line.
func TestSeriesOfInterleavedLines(t *testing.T) {
	log := mustRead(t, "goos: linux\nBenchmarkB 1 20 ns/op\nBenchmarkA 1 10 ns/op\nPASS\n"+
		"BenchmarkB 1 22 ns/op\n")
	if len(log.Series) != 2 || log.Series[0].Name != "B" || log.Series[1].Name != "A" {
		t.Fatalf("series = %v, want B and A", log.Series)
	}
	b := log.Series[0]
	if !slices.Equal(b.Lines, []uint32{2, 5}) || !slices.Equal(b.Units[0].Lines, b.Lines) {
		t.Errorf("lines = %v and %v, want 2 and 5 for both", b.Lines, b.Units[0].Lines)
	}
	if u := b.Units[0]; u.Unit != "sec/op" || !slices.Equal(u.Values, []float64{ns(20), ns(22)}) {
		t.Errorf("values = %v, want 20 and 22 ns in seconds", u)
	}
	if b.Config("goos") != "linux" || b.Config("goarch") != "" || b.File() != "a" {
		t.Errorf("goos %q, goarch %q, file %q", b.Config("goos"), b.Config("goarch"), b.File())
	}
	if !SameConfig(b, log.Series[1]) {
		t.Error("series of one configuration do not share it")
	}
}

// A unit that a line lacks, or has twice, gets a list of lines of its own.
func TestLinesOfUnevenUnits(t *testing.T) {
	log := mustRead(t, "BenchmarkA 1 1 ns/op 5 x\nBenchmarkA 1 2 ns/op\nBenchmarkA 1 3 ns/op 6 x 7 x\n")
	s := log.Series[0]
	for i, want := range []Values{
		{"sec/op", []float64{ns(1), ns(2), ns(3)}, []uint32{1, 2, 3}},
		{"x", []float64{5, 6, 7}, []uint32{1, 3, 3}},
	} {
		got := s.Units[i]
		if got.Unit != want.Unit || !slices.Equal(got.Values, want.Values) ||
			!slices.Equal(got.Lines, want.Lines) {
			t.Errorf("unit %d = %v, want %v", i, got, want)
		}
	}
}

// A configuration that comes back is the same one: its lines join the series from before.
func TestConfigurationComesBack(t *testing.T) {
	log := mustRead(t, "k: 1\nBenchmarkA 1 1 x\nk: 2\nBenchmarkA 1 2 x\nk: 1\nBenchmarkA 1 3 x\n")
	if len(log.Series) != 2 || !slices.Equal(log.Series[0].Units[0].Values, []float64{1, 3}) {
		t.Errorf("series = %v, want two, the first with 1 and 3", log.Series)
	}
}

// Zero gets the base unit as well, or it would be in a table of its own.
func TestZeroHasTheUnitOfOthers(t *testing.T) {
	log := mustRead(t, "BenchmarkA 1 0 ns/op\nBenchmarkA 1 12 ns/op\n")
	if s := log.Series[0]; len(s.Units) != 1 || s.Units[0].Unit != "sec/op" {
		t.Errorf("units = %v, want sec/op alone", s.Units)
	}
}

// Lines that are no measurement go to Broken with their place, and the rest is read.
func TestBrokenLines(t *testing.T) {
	long := "BenchmarkLong " + strings.Repeat("1", maxLine)
	log := mustRead(t, "BenchmarkA 1 1 ns/op\nBenchmarkA 0 1 ns/op\nBenchmarkA 1 NaN ns/op\n"+
		"BenchmarkA 1 +Inf ns/op\nBenchmarkA 1 x ns/op\n"+long+"\nBenchmarkA 1 -7 delta\n")
	mustHaveErrors(t, "broken", log.Broken, "a:2: iteration count 0", "a:3: measurement is NaN ns/op",
		"a:4: measurement is +Inf ns/op", "a:5: ", "a:6: line is longer than 64 KiB")
	if f := log.Files[0]; f.Present != 2 || f.Broken != 5 {
		t.Errorf("file = %+v, want 2 lines and 5 broken ones", f)
	}
	if lines := log.Series[0].Lines; !slices.Equal(lines, []uint32{1, 7}) {
		t.Errorf("lines = %v, want 1 and 7: a long line must count", lines)
	}
}

// A last line without newline is dropped only if its last unit is on no other line.
func TestCutShort(t *testing.T) {
	const whole = "BenchmarkA 1 1 ns/op 5 widgets\n"
	for last, dropped := range map[string]bool{
		"BenchmarkA 1 2 ns/o":             true,
		"BenchmarkA 1 2 ns/op":            false, // a unit of package testing
		"BenchmarkA 1 2 ns/op 6 widg":     true,
		"BenchmarkA 1 2 ns/op 6 widgets":  false, // on a line before
		"BenchmarkA 1 2 ns/op 6 gadget\n": false, // the line has its end
		"BenchmarkNew 1 2 gad":            true,
	} {
		log := mustRead(t, whole+last)
		if got := len(log.Broken) == 1; got != dropped {
			t.Errorf("%q: broken = %v, want dropped %v", last, log.Broken, dropped)
		}
		if got := log.Files[0].Present == 1; got != dropped {
			t.Errorf("%q: %d lines are present, want dropped %v", last, log.Files[0].Present, dropped)
		}
		if len(log.Series) > 1 {
			t.Errorf("%q: a series without lines is left: %v", last, log.Series)
		}
	}
	declared := mustRead(t, "Unit gadget better=lower\n"+whole+"BenchmarkA 1 2 gadget")
	if declared.Broken != nil {
		t.Errorf("broken = %v, want none: a Unit line declares the unit", declared.Broken)
	}
}

func TestFailures(t *testing.T) {
	log := mustRead(t, "BenchmarkA 1 1 x\n--- FAIL: TestB\npanic: "+strings.Repeat("é", 200)+
		"\nFAILURE is a word\nFAIL")
	mustHaveErrors(t, "failures", log.Failures, "a:2: --- FAIL: TestB", "a:3: panic: ", "a:5: FAIL")
	if msg := log.Failures[1].Msg; len(msg) > 170 || !strings.HasSuffix(msg, "é…") {
		t.Errorf("message = %q, want 160 bytes at most, cut between characters", msg)
	}
}

// The plans of texts that were concatenated add up; a plan that is set again does not.
func TestPlan(t *testing.T) {
	log := mustRead(t, PlannedKey+": 2\nBenchmarkA 1 1 x\n"+PlannedKey+": 2\nBenchmarkA 1 1 x\n"+
		PlannedKey+": 3\nBenchmarkA 1 1 x\n", "BenchmarkA 1 1 x\n")
	if f := log.Files[0]; f.Planned != 5 || !f.Partial() {
		t.Errorf("file = %+v, want 5 planned of which 3 are present", f)
	}
	if f := log.Files[1]; f.Planned != 0 || f.Partial() {
		t.Errorf("file = %+v, want no plan, and so not partial", f)
	}
	if keys := log.Keys(); slices.Contains(keys, PlannedKey) {
		t.Errorf("keys = %v: the plan describes the file and not the machine", keys)
	}
	broken := mustRead(t, PlannedKey+": many\nBenchmarkA 1 1 x\n")
	mustHaveErrors(t, "broken", broken.Broken, `not a count: "many"`)
}

func TestRestrict(t *testing.T) {
	log := mustRead(t, "goos: linux\ncommit: 1\nBenchmarkA 1 1 x\ncommit: 2\nBenchmarkA 1 2 x\n")
	if keys := log.Keys(); !slices.Equal(keys, []string{"goos", "commit"}) {
		t.Fatalf("keys = %v, want goos and commit", keys)
	}
	kept := log.Restrict([]string{"goos"})
	if keys := kept.Keys(); !slices.Equal(keys, []string{"goos"}) || len(kept.Series) != 2 {
		t.Errorf("restricted: keys %v, %d series, want goos and 2", keys, len(kept.Series))
	}
	if len(log.Keys()) != 2 {
		t.Error("Restrict changed the log that it was called on")
	}
}

// Inputs of one name are numbered; names of their own stay.
func TestLabels(t *testing.T) {
	got := distinctLabels([]Input{{Name: "a"}, {Name: "b"}, {Name: "a"}})
	if want := []string{"a#0", "b", "a#1"}; !slices.Equal(got, want) {
		t.Errorf("labels = %v, want %v", got, want)
	}
}

// An input without results is an error: an empty comparison would look like a good one.
func TestNothingToRead(t *testing.T) {
	for text, want := range map[string]string{
		"":                          "it is empty; measure again",
		"PASS\n":                    "no benchmark line in it; measure again",
		`{"Action":"start"}` + "\n": "no benchmark line in it; measure again", // events are read
		"BenchmarkA 0 1 ns/op\n":    "1 broken, the first is a:1: iteration count 0",

		"    │  old.txt   │        new.txt        │\n    │   sec/op   │  sec/op  vs base      │\nA-8   12n ± 1%   13n ± 1%\n": "a table of benchstat",
		"name   old time/op  new time/op  delta\nA-8  12.0ns ± 1%  13.0ns ± 1%  +8.33%\n":                                     "a table of benchstat",
	} {
		log, err := Read(Input{Name: "a", Text: strings.NewReader(text)})
		if log != nil || err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Read of %q = %v, %v, want an error with %q", text, log, err, want)
		}
	}
	if _, err := Read(); err == nil {
		t.Error("Read without inputs = nil, want an error")
	}
	_, err := Read(Input{Name: filepath.Join(t.TempDir(), "missing.txt")})
	if !errors.Is(err, os.ErrNotExist) {
		t.Errorf("Read of a missing file = %v, want %v", err, os.ErrNotExist)
	}
}

// An error of the reader in the middle of a text is an error of Read, and no short text.
func TestReaderFails(t *testing.T) {
	cause := errors.New("disk on fire")
	text := io.MultiReader(strings.NewReader("BenchmarkA 1 1 x\nBench"), failing{cause})
	if _, err := Read(Input{Name: "a", Text: text}); !errors.Is(err, cause) {
		t.Errorf("Read = %v, want %v", err, cause)
	}
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

// Elements stay in order over the ends of chunks, and truncate makes room that append reuses.
func TestChunked(t *testing.T) {
	var list chunked[int]
	for i := range 2*chunkLen + 1 {
		list.append(i)
	}
	list.truncate(chunkLen + 1)
	chunks := len(list.chunks)
	list.append(-1)
	if list.n != chunkLen+2 || list.at(chunkLen) != chunkLen || list.at(chunkLen+1) != -1 {
		t.Errorf("n %d, last elements %d and %d", list.n, list.at(chunkLen), list.at(chunkLen+1))
	}
	if len(list.chunks) != chunks {
		t.Errorf("%d chunks, want the %d from before", len(list.chunks), chunks)
	}
	n := 0
	for v := range list.all() {
		if v != n && v != -1 {
			t.Fatalf("element %d = %d", n, v)
		}
		if n++; n == 5 {
			break // the sequence must stop here and not panic
		}
	}
}
