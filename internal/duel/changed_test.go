package duel

import (
	"strings"
	"testing"
)

// A benchmark that differs between the sides, and testdata that do, are named; a comment and another benchmark are
// not.
func TestChangedBenchmarks(t *testing.T) {
	const before = `
var size = 3
func helper() {}
func BenchmarkA(b *testing.B) { for b.Loop() { helper() } }
func BenchmarkB(b *testing.B) { for b.Loop() {} }
func TestX(t *testing.T) {}
`
	for name, c := range map[string]struct{ from, to, a, b string }{
		"equal":         {"", "", "", ""},
		"comment":       {"func BenchmarkA", "// BenchmarkA is fast.\nfunc  BenchmarkA", "", ""},
		"inner comment": {"{ helper() }", "{ /* why */ helper() }", "", ""},
		"benchmark":     {"{ helper() }", "{ helper(); helper() }", "benchmark itself", ""},
		"helper":        {"helper() {}", "helper() { _ = 1 }", "other code", "other code"},
		"variable":      {"size = 3", "size = 4", "other code", "other code"},
		"test":          {"TestX(t *testing.T) {}", "TestX(t *testing.T) { t.Log() }", "", ""},
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
