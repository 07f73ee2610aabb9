package longtest_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/semabench/semabench/internal/longtest"
)

// A recorder keeps the messages of a test. All its other methods come from a real test.
type recorder struct {
	testing.TB
	skipped, logged string
}

func (r *recorder) Helper() {}

func (r *recorder) Skipf(format string, args ...any) { r.skipped = fmt.Sprintf(format, args...) }
func (r *recorder) Logf(format string, args ...any)  { r.logged = fmt.Sprintf(format, args...) }

func (r *recorder) Name() string { return "TestX/case" }

func TestTiers(t *testing.T) {
	for value, runs := range map[string]struct{ ci, long bool }{
		"": {}, "0": {}, "CI": {}, "ci": {ci: true}, "1": {ci: true, long: true},
	} {
		t.Setenv("SEMABENCH_LONG", value)
		mustChoose(t, value, longtest.Need, longtest.Or, runs.long, "SEMABENCH_LONG=1 runs it; see TestShort",
			"2 programs; SEMABENCH_LONG=1 tries 9, as make test-long does")
		mustChoose(t, value, longtest.NeedCI, longtest.OrCI, runs.ci,
			"SEMABENCH_LONG=ci go test -run '^TestX$' runs it, as make test-race does; see TestShort",
			"2 programs; SEMABENCH_LONG=ci tries 9, as make test-race does")
		if longtest.Asked() != runs.long || longtest.AskedCI() != runs.ci {
			t.Errorf("%q: Asked is %v, AskedCI is %v", value, longtest.Asked(), longtest.AskedCI())
		}
	}
}

// mustChoose fails t unless the functions of one tier run a test exactly if they should, and
// otherwise say why and how many.
func mustChoose(t *testing.T, value string, need func(testing.TB, string),
	or func(testing.TB, string, int, int) int, runs bool, reason, log string) {
	t.Helper()
	r := &recorder{TB: t}
	need(r, "TestShort")
	if strings.Contains(r.skipped, reason) == runs {
		t.Errorf("%q: skipped with the reason %q", value, r.skipped)
	}
	want := 2
	if runs {
		want, log = 9, ""
	}
	if got := or(r, "programs", 9, 2); got != want || r.logged != log {
		t.Errorf("%q: returns %d and logs %q; want %d and %q", value, got, r.logged, want, log)
	}
}

// make test-race runs those tests of the raced packages once more that make test skips or shortens.
// It finds them by a pattern in the Makefile, which must name each of them and no other test.
func TestMakefileNamesTheTestsThatRunOnce(t *testing.T) {
	makefile, err := os.ReadFile("../../Makefile")
	if err != nil {
		t.Fatal(err)
	}
	value := func(name string) string {
		found := regexp.MustCompile(`(?m)^` + name + ` := (.*)$`).FindSubmatch(makefile)
		if found == nil {
			t.Fatalf("the Makefile has no %s", name)
		}
		return string(found[1])
	}
	once := regexp.MustCompile(value("ONCE"))
	named := map[string]bool{}
	for _, name := range strings.Split(value("ONCE"), "|") {
		named[name] = false
	}
	in := strings.Fields(value("ONCE_IN"))
	for name, dir := range raced(t) {
		if !once.MatchString(name) || !slices.Contains(in, "./"+dir) {
			t.Errorf("make test-race does not run %s of %s: name it in ONCE and ONCE_IN", name, dir)
		}
		named[once.FindString(name)] = true
	}
	for name, found := range named {
		if !found {
			t.Errorf("ONCE names %s, which make test runs whole", name)
		}
	}
}

// raced returns the folders of the tests that call the functions of the tier of CI, by name, in the
// packages that make test runs under the race detector. Such a call must stand in the test itself.
func raced(t *testing.T) map[string]string {
	tests := map[string]string{}
	for _, root := range []string{"impls", "stress"} {
		err := filepath.WalkDir("../../"+root, func(path string, d os.DirEntry, err error) error {
			dir := strings.TrimPrefix(filepath.ToSlash(filepath.Dir(path)), "../../")
			if d != nil && d.IsDir() && (d.Name() == "cluster" || d.Name() == "explore" || d.Name() == "mutation") {
				return filepath.SkipDir // not raced in make test
			}
			if err != nil || !strings.HasSuffix(path, "_test.go") {
				return err
			}
			file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
			if err != nil {
				return err
			}
			for _, decl := range file.Decls {
				f, ok := decl.(*ast.FuncDecl)
				if ok && asksCI(f) {
					tests[f.Name.Name] = dir
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if len(tests) == 0 {
		t.Fatal("no raced test runs once, so this test looks in the wrong place")
	}
	return tests
}

// asksCI reports whether a function calls NeedCI, OrCI or AskedCI.
func asksCI(f *ast.FuncDecl) (asks bool) {
	ast.Inspect(f, func(n ast.Node) bool {
		s, ok := n.(*ast.SelectorExpr)
		asks = asks || ok && slices.Contains([]string{"NeedCI", "OrCI", "AskedCI"}, s.Sel.Name)
		return !asks
	})
	return asks
}
