package gate

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/semabench/semabench/internal/page"
	"github.com/semabench/semabench/reports/internal/reporttest"
)

var outputs = []struct {
	ext   string
	write func(io.Writer, *Report) error
}{{"txt", WriteText}, {"md", WriteMarkdown}, {"xml", WriteJUnit}, {"json", WriteJSON}, {"html", WriteHTML}}

// Compares the outputs of a few reports with golden files, byte for byte. A
// failure leaves the actual output beside the golden file.
func TestGolden(t *testing.T) {
	run, options := sampleRun()
	invalid := runOf(row("BenchmarkX", 1.2, 0.02))
	invalid.Controls[1].Row = row("BenchmarkPlanted", 1.01, 0.02)
	invalid.Controls = invalid.Controls[1:]
	empty := runOf()
	empty.Controls, empty.Stopped = nil, "interrupted"
	head := "goos: linux\npkg: example.com/p\norder: interleaved\n"
	texts := fromTexts(t, head+textOf("BenchmarkX", 10, 100, "16 B/op 1 allocs/op"),
		head+textOf("BenchmarkX", 10, 110, "16 B/op 1 allocs/op"), Options{})
	for name, r := range map[string]*Report{
		"sample": Judge(run, options), "invalid": Judge(invalid, Options{}), "empty": Judge(empty, Options{}),
		"texts": texts, "hostile": Judge(hostileRun(), Options{}),
	} {
		for _, out := range outputs {
			var got bytes.Buffer
			if err := out.write(&got, r); err != nil {
				t.Fatal(err)
			}
			reporttest.SameAsGolden(t, "testdata/"+name+".golden."+out.ext, got.Bytes())
		}
	}
}

func TestHostileNamesAreShown(t *testing.T) {
	r := Judge(hostileRun(), Options{})
	for _, out := range outputs {
		var buf bytes.Buffer
		if err := out.write(&buf, r); err != nil {
			t.Fatal(err)
		}
		text := buf.String()
		for _, bad := range []string{"\x1b", "\u202e", "\xff", "\r"} {
			if out.ext != "json" && strings.Contains(text, bad) {
				t.Errorf("%s holds %q", out.ext, bad)
			}
		}
		live := map[string][]string{
			"html": {"<script", "<b>Bench", `href="javascript:`},
			"md":   {"<script", "<b>Bench", "[l]", "@everyone", "*y*"},
			"xml":  {"<script", "<b>Bench", "]]>"},
		}
		for _, bad := range live[out.ext] {
			if strings.Contains(text, bad) {
				t.Errorf("%s holds %q", out.ext, bad)
			}
		}
	}
}

func TestJUnitIsXML(t *testing.T) {
	for _, run := range []*Run{hostileRun(), manyRows(100)} {
		var buf bytes.Buffer
		if err := WriteJUnit(&buf, Judge(run, Options{})); err != nil {
			t.Fatal(err)
		}
		cases, failures := 0, 0
		for d := xml.NewDecoder(&buf); ; {
			token, err := d.Token()
			if errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				t.Fatal(err)
			}
			if e, ok := token.(xml.StartElement); ok {
				switch e.Name.Local {
				case "testcase":
					cases++
				case "failure", "error":
					failures++
				}
			}
		}
		rows := len(run.Rows) + len(run.OnlyOld)
		if cases != rows+1+len(run.Controls) || failures == 0 {
			t.Errorf("%d test cases for %d rows, %d controls and the run; %d failures", cases, rows, len(run.Controls), failures)
		}
	}
}

func TestJSONHasNoHoles(t *testing.T) {
	run, options := sampleRun()
	var buf bytes.Buffer
	if err := WriteJSON(&buf, Judge(run, options)); err != nil {
		t.Fatal(err)
	}
	var e Export
	if err := json.Unmarshal(buf.Bytes(), &e); err != nil {
		t.Fatal(err)
	}
	if len(e.Rows) != len(run.Rows)+2 || e.Exit != ExitRegression || e.Outcome != "regression" || len(e.Controls) != 2 {
		t.Errorf("%d rows, exit %d, %s, %d controls", len(e.Rows), e.Exit, e.Outcome, len(e.Controls))
	}
}

// 2000 rows have the names of this project, a fifth of them much longer.
func TestSizes(t *testing.T) {
	long := manyRows(2000)
	for i := range 400 {
		long.Rows[i*5].Name = strings.Repeat("<&\"|*_", 60) + long.Rows[i*5].Name
	}
	for name, run := range map[string]*Run{"plain": manyRows(2000), "long": long} {
		r := Judge(run, Options{})
		for _, out := range outputs {
			var buf bytes.Buffer
			if err := out.write(&buf, r); err != nil {
				t.Fatal(err)
			}
			t.Logf("%s %s: %d bytes", name, out.ext, buf.Len())
			most := map[string]int{"md": 60_000, "html": 600_000}[out.ext]
			if most > 0 && buf.Len() > most {
				t.Errorf("%s: %s of %d bytes, want %d at most", name, out.ext, buf.Len(), most)
			}
		}
	}
}

// A page loads nothing, and every element is closed.
func TestPageStandsAlone(t *testing.T) {
	run, options := sampleRun()
	var buf bytes.Buffer
	if err := WriteHTML(&buf, Judge(run, options)); err != nil {
		t.Fatal(err)
	}
	html := buf.String()
	for _, bad := range []string{"<script", "http://", "url(", "@import", "<img", "<link", "ZgotmplZ"} {
		if strings.Contains(html, bad) {
			t.Errorf("the page holds %s", bad)
		}
	}
	for _, tag := range []string{"table", "section", "details", "svg", "figure", "tr", "td", "th", "small", "p", "main"} {
		open := len(regexp.MustCompile("<"+tag+"[ >]").FindAllString(html, -1))
		if closed := strings.Count(html, "</"+tag+">"); open != closed {
			t.Errorf("%d <%s>, %d closed", open, tag, closed)
		}
	}
	for _, want := range []string{`id="row-1"`, `href="#row-1"`, `href="profiles/slow.old.pprof"`, "--l:", "Drift", "Layout"} {
		if !strings.Contains(html, want) {
			t.Errorf("the page lacks %s", want)
		}
	}
}

func TestContrast(t *testing.T) {
	css := string(page.Head{Style: page.Asset(assets, "page.css")}.CSS())
	blocks := regexp.MustCompile(`(?s):root(?::not\(\.printing\))? \{(.*?)\}`).FindAllStringSubmatch(css, -1)
	if len(blocks) != 4 { // light and dark, of all pages and of this one; print is light
		t.Fatalf("%d blocks of colours, want 4", len(blocks))
	}
	for i := range 2 {
		colours := make(map[string]string)
		theme := blocks[i][1] + blocks[i+2][1]
		for _, m := range regexp.MustCompile(`--(\w+): #(\w{6})`).FindAllStringSubmatch(theme, -1) {
			colours[m[1]] = m[2]
		}
		for _, pair := range []string{"ink paper", "quiet paper", "link paper", "slow paper", "fast paper", "open paper",
			"ink band", "ink up", "ink upmuch", "ink down", "ink downmuch", "ink panel", "ink warn", "ink good", "ink bad", "quiet panel"} {
			text, ground, _ := strings.Cut(pair, " ")
			if c := contrast(t, colours[text], colours[ground]); c < 4.5 {
				t.Errorf("theme %d: %s on %s has a contrast of %.2f, want 4.5", i, text, ground, c)
			}
		}
	}
}

// contrast returns the contrast ratio of WCAG 2: the quotient of the luminances,
// each with 0.05 of glare.
func contrast(t *testing.T, a, b string) float64 {
	la, lb := luminance(t, a), luminance(t, b)
	return (max(la, lb) + 0.05) / (min(la, lb) + 0.05)
}

func luminance(t *testing.T, hex string) (l float64) {
	t.Helper()
	for i, weight := range []float64{0.2126, 0.7152, 0.0722} {
		v, err := strconv.ParseUint(hex[2*i:2*i+2], 16, 8)
		if err != nil {
			t.Fatal(err)
		}
		c := float64(v) / 255
		if c <= 0.04045 {
			c /= 12.92
		} else {
			c = math.Pow((c+0.055)/1.055, 2.4)
		}
		l += weight * c
	}
	return l
}

// Programs read the JSON, so every key is lower case and explained.
func TestJSONKeysAreDocumented(t *testing.T) {
	text, err := os.ReadFile("../../docs/gate.md")
	if err != nil {
		t.Fatal(err)
	}
	var check func(reflect.Type)
	check = func(typ reflect.Type) {
		for typ.Kind() == reflect.Slice || typ.Kind() == reflect.Pointer {
			typ = typ.Elem()
		}
		if typ.Kind() != reflect.Struct {
			return
		}
		for i := range typ.NumField() {
			f := typ.Field(i)
			key, _, _ := strings.Cut(f.Tag.Get("json"), ",")
			if key == "" || key != strings.ToLower(key) || !bytes.Contains(text, []byte("`"+key+"`")) {
				t.Errorf("%s.%s: the key %q is not lower case, or docs/gate.md does not explain it", typ.Name(), f.Name, key)
			}
			check(f.Type)
		}
	}
	check(reflect.TypeFor[Export]())
}

// A row that is slower in time and in a count shows both in every output that people read, and IMPROVED shows
// the p of its own direction.
func TestSlowerInBothWays(t *testing.T) {
	both := slow
	both.Exact = counted.Exact
	both.Changed = "the source of the benchmark itself differs"
	r := Judge(runOf(both, row("BenchmarkFaster", 0.9, 0.02)), Options{})
	for _, out := range outputs {
		var text bytes.Buffer
		if err := out.write(&text, r); err != nil {
			t.Fatal(err)
		}
		for _, want := range []string{"1 allocation an operation (0 to 1)", "slower (", "benchmark itself"} {
			if !strings.Contains(strings.ReplaceAll(text.String(), "\\", ""), want) {
				t.Errorf("%s does not say %q", out.ext, want)
			}
		}
	}
	e := r.Export()
	if last := e.Rows[1]; last.Verdict != Improved || last.P > 0.01 || last.Corrected > 0.01 {
		t.Errorf("IMPROVED with p %v", last.P)
	}
	if old, new, ok := strings.Cut(r.Rows[1].Time.values(), " → "); !ok || old == new {
		t.Errorf("values %q", r.Rows[1].Time.values())
	}
}

// Each row that fails the gate is annotated at its benchmark. No name of a benchmark begins a command of its own, and
// GitHub shows ten annotations of a step.
func TestAnnotations(t *testing.T) {
	run, options := sampleRun()
	var text bytes.Buffer
	if err := WriteAnnotations(&text, Judge(run, options)); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"::error file=p/p_test.go,line=12,title=REGRESSED example.com/p.BenchmarkSlow/n=1::7.5 %25 slower (",
		"5 functions differ that the benchmark reaches, first example.com/p.sort",
		"::error title=FAILED example.com/p.BenchmarkPanics::new: panic: boom", "title=MISSING", "title=MORE WORK",
	} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("no %q in\n%s", want, text.String())
		}
	}
	if strings.Contains(text.String(), "UNCHANGED") || strings.Contains(text.String(), "INCONCLUSIVE ") {
		t.Errorf("rows that fail nothing are annotated:\n%s", text.String())
	}
	hostile := hostileRun()
	hostile.Rows = append(hostile.Rows, manyRows(200).Rows...)
	for i := range hostile.Rows {
		hostile.Rows[i].File = "a.go\r\n::error::b,line=1::c"
	}
	text.Reset()
	if err := WriteAnnotations(&text, Judge(hostile, Options{})); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(text.String()), "\n")
	for _, line := range lines {
		if strings.Count(line, "::") < 2 || strings.ContainsRune(line, '\r') ||
			!strings.HasPrefix(line, "::error title=") && !strings.HasPrefix(line, "::error file=a.go%0D%0A%3A%3Aerror%3A%3Ab%2Cline=1%3A%3Ac,line=") {
			t.Errorf("%q", line)
		}
	}
	if len(lines) != 10 {
		t.Errorf("%d annotations, want 10", len(lines))
	}
}

// A row with more functions than a table shows says how many are left, in each output.
func TestManyFunctions(t *testing.T) {
	many := slow
	for i := range 25 {
		many.Functions = append(many.Functions, Function{Name: fmt.Sprintf("example.com/p.f%02d", i), Old: 16, New: 32})
	}
	r := Judge(runOf(many), Options{})
	for _, out := range outputs {
		var text bytes.Buffer
		if err := out.write(&text, r); err != nil {
			t.Fatal(err)
		}
		got := text.String()
		switch shown := strings.Contains(got, "p.f09") && !strings.Contains(got, "p.f10"); {
		case out.ext == "xml":
		case out.ext == "json":
			if !strings.Contains(got, "p.f24") {
				t.Error("the JSON lacks a function")
			}
		case !shown || !strings.Contains(got, "15 more, in the JSON"):
			t.Errorf("%s: %s", out.ext, got)
		}
	}
}
