package rewrite

import (
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"strings"
	"testing"
)

// A literal names what it captures: by value what never changes, by address all else.
func TestCapturedVariables(t *testing.T) {
	for body, want := range map[string]string{
		`func f(a int, c chan int) { go func() { c <- a }() }`:                                                               "c, a)",
		`func f(a int) { a++; go func() { _ = a }() }`:                                                                       "&a)",
		`func f(a int) { go func() { a = 2 }() }`:                                                                            "&a)",
		`func f(a int) { p := &a; go func() { _, _ = a, p }() }`:                                                             "&a, p)",
		`func f() (a int) { go func() { _ = a }(); return 1 }`:                                                               "&a)",
		`func f(a [2]int) { go func() { _ = a }() }`:                                                                         "&a)",
		`func f() { for i := range 3 { go func() { _ = i }() } }`:                                                            "i)",
		`func f() { for i := 0; i < 3; i++ { go func() { _ = i }() } }`:                                                      "&i)",
		`type m struct{ n int }; func (x *m) g() {}; func f() { var a m; a.g(); go func() { _ = a.n }() }`:                   "&a)",
		`func f(x any) { switch a := x.(type) { case int: go func() { _ = a }() } }`:                                         "a)",
		`func g(func()) {}; func f(a int) { g(func() { _ = a }) }`:                                                           "a)",
		`func f(a int) { go func() { a := a; func() { _ = a }() }() }`:                                                       "a)",
		`func h(int) {}; func f(a int) { go h(a) }`:                                                                          "explore__0)",
		`type m struct{ n int }; func f(a *m, b []int, c m) { a.n, b[0], c.n = 1, 2, 3; go func() { _, _, _ = a, b, c }() }`: "a, b, &c)",
		`type m struct{}; func (x *m) g() {}; func f(a *m) { go a.g() }`:                                                     "a.g, a)",
		`type m struct{}; func (x *m) g() {}; func f(a m) { go a.g() }`:                                                      "a.g, &a)",
		`var p int; func f() { go func() { p = 1 }() }`:                                                                      "})",
	} {
		text := rewritten(t, "package m\n"+body+"\n")
		_, lit, ok := strings.Cut(text, "explore__.Lit(")
		if at := strings.Index(lit, want); !ok || at < 0 {
			t.Errorf("%s\nbecame\n%s\nwant a literal with %q", body, text, want)
		}
	}
	// A copy of a value may be another one each time.
	text := rewritten(t, "package m\ntype m struct{}; func (x m) g() {}; func f(a *m) { go a.g() }\n")
	if strings.Contains(text, "a.g, ") {
		t.Errorf("a method with a copy of its receiver became\n%s", text)
	}
	// One code serves all instances of a generic function, so its literals are not known.
	for _, body := range []string{
		`func f[T any](a T) { go func() { _ = a }() }`,
		`type m[T any] struct{ n T }; func (x *m[T]) f() { go func() { _ = x }() }`,
		`func g(func(int) bool) {}; func f(a int) { g(func(b int) bool { return a < b }) }`,
	} {
		if text := rewritten(t, "package m\n"+body+"\n"); strings.Contains(text, ".Lit(") {
			t.Errorf("%s\nbecame\n%s\nwant no noted literal", body, text)
		}
	}
}

// rewritten returns the rewritten text of a file that imports nothing.
func rewritten(t *testing.T, text string) string {
	t.Helper()
	c := &checked{listed: &listed{}, fset: token.NewFileSet(), texts: [][]byte{[]byte(text)}}
	c.isStandard = func(string) bool { return false }
	file, err := parser.ParseFile(c.fset, "m.go", text, parser.SkipObjectResolution|parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	c.files = []*ast.File{file}
	c.info = types.Info{
		Types: map[ast.Expr]types.TypeAndValue{}, Defs: map[*ast.Ident]types.Object{},
		Uses: map[*ast.Ident]types.Object{}, Selections: map[*ast.SelectorExpr]*types.Selection{},
		Implicits: map[ast.Node]types.Object{}, Instances: map[*ast.Ident]types.Instance{},
	}
	if c.types, err = (&types.Config{}).Check("m", c.fset, c.files, &c.info); err != nil {
		t.Fatal(err)
	}
	out, err := c.rewrite(0)
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}
