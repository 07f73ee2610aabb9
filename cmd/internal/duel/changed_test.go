package duel

import (
	"strings"
	"testing"
)

// A benchmark that differs between the sides, and testdata that do, are named, and so is code that the benchmark
// mentions, directly or not, or that runs with each benchmark. A comment, another benchmark, and code that only a test
// mentions are not.
func TestChangedBenchmarks(t *testing.T) {
	const before = `
var size, other = 3, 4
var cases = []int{1}
var (
	table = []int{1}
	lines = []int{1}
)
type made struct{}
func (m *made) method() {}
func init() { table = nil }
func deep() { _ = size; _ = made{} }
func helper() { deep() }
func BenchmarkA(b *testing.B) { for b.Loop() { helper() } }
func BenchmarkB(b *testing.B) { for b.Loop() {} }
func TestX(t *testing.T) { _ = cases }
`
	for name, c := range map[string]struct{ from, to, a, b string }{
		"equal":         {"", "", "", ""},
		"comment":       {"func BenchmarkA", "// BenchmarkA is fast.\nfunc  BenchmarkA", "", ""},
		"inner comment": {"{ helper() }", "{ /* why */ helper() }", "", ""},
		"benchmark":     {"{ helper() }", "{ helper(); helper() }", "benchmark itself", ""},
		"helper":        {"helper() { deep", "helper() { _ = 1; deep", "other code", ""},
		"deep helper":   {"_ = size;", "_ = 2 * size;", "other code", ""},
		"variable":      {"= 3, 4", "= 4, 4", "other code", ""},
		"method":        {"method() {}", "method() { _ = 1 }", "other code", ""},
		"init":          {"table = nil", "table = []int{2}", "other code", "other code"},
		"its variable":  {"table = []int{1}", "table = []int{3}", "other code", "other code"},
		"of a test":     {"cases = []int{1}", "cases = []int{2}", "", ""},
		"added":         {"var cases", "var more = 1\nvar cases", "", ""},
		"test":          {"{ _ = cases }", "{ t.Log(cases) }", "", ""},
		"testdata":      {"", "", "testdata/a.txt", "testdata/a.txt"},
	} {
		t.Run(name, func(t *testing.T) {
			var sides [2]*side
			for i, text := range []string{before, strings.Replace(before, c.from, c.to, 1)} {
				dir := scratch(t, map[string]string{"p_test.go": benchmarks("p", text), "testdata/b.txt": "same"})
				if name == "testdata" && i == 1 {
					write(t, dir, map[string]string{"testdata/a.txt": "new"})
				}
				p := pkg{ImportPath: "p", Dir: dir, TestGoFiles: []string{"p_test.go"}}
				sides[i] = &side{packages: map[string]pkg{"p": p}}
			}
			m := &measurer{old: sides[0], new: sides[1]}
			changed := m.changedBenchmarks("p")
			for function, want := range map[string]string{"BenchmarkA": c.a, "BenchmarkB": c.b} {
				if got := changed(function); !strings.Contains(got, want) || (want == "") != (got == "") {
					t.Errorf("%s: %q, want %q", function, got, want)
				}
			}
		})
	}
}

func TestWhySkipped(t *testing.T) {
	l := listing{skipped: map[string]string{"BenchmarkA": "p_test.go:3: no database", "BenchmarkB/x": ""}}
	for name, want := range map[string]string{
		"BenchmarkA": "the new side skips it: p_test.go:3: no database", "BenchmarkA/b/c": "the new side skips it: p_test.go:3: no database",
		"BenchmarkB/x": "the new side skips it", "BenchmarkB": "", "BenchmarkC": "",
	} {
		if got := l.whySkipped("new", name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}
