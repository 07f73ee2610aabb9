package rewrite

import (
	"fmt"
	"go/ast"
	"go/doc"
	"go/types"
	"path/filepath"
	"strings"
	"unicode"
	"unicode/utf8"
)

// findTests finds the Test, Fuzz and Example functions of a package, and the reasons why they cannot be
// explored. They are found by their types as well as their names, as the go command does it.
func (c *checked) findTests() (*suite, error) {
	s := &suite{listed: c.listed, name: c.files[0].Name.Name, funcs: map[types.Object]bool{},
		examples: map[string]*doc.Example{}}
	for _, file := range c.files {
		if err := c.refuseInSuite(file); err != nil {
			return nil, err
		}
		if !strings.HasSuffix(c.fset.File(file.FileStart).Name(), "_test.go") {
			continue
		}
		for _, d := range file.Decls {
			f, ok := d.(*ast.FuncDecl)
			if !ok || f.Recv != nil {
				continue
			}
			object := c.info.Defs[f.Name]
			if isTest(f.Name.Name, "Test") && takes(object, "*testing.T") || isFuzz(object) {
				s.tests, s.funcs[object] = append(s.tests, f.Name.Name), true
			}
		}
		s.findExamples(c, file)
	}
	c.suite = s
	return s, nil
}

// findExamples adds the Example functions of a file that go test runs: those with a comment for their
// output. The others are only compiled.
func (s *suite) findExamples(c *checked, file *ast.File) {
	for _, e := range doc.Examples(file) {
		if e.Output == "" && !e.EmptyOutput {
			continue
		}
		name := "Example" + e.Name
		f, ok := c.types.Scope().Lookup(name).(*types.Func)
		if !ok || f.Signature().Params().Len()+f.Signature().Results().Len() > 0 {
			continue
		}
		s.examples[name] = e
		s.tests, s.funcs[f] = append(s.tests, name), true
	}
}

// exampleCall returns the call that explores an Example. The function takes no T, so the wrapper compares
// the output.
func (s *suite) exampleCall(name string) string {
	e := s.examples[name]
	return fmt.Sprintf("explore__testing.ExploreExample(t, %q, explore__%s, %q, %v)", name, name, e.Output, e.Unordered)
}

// isTest reports whether go test takes a function with this name for a test: the rest of the name does
// not begin with a lower-case letter.
func isTest(name, prefix string) bool {
	rest, ok := strings.CutPrefix(name, prefix)
	first, _ := utf8.DecodeRuneInString(rest)
	return ok && !unicode.IsLower(first)
}

// isFuzz reports whether a function is a fuzz test.
func isFuzz(f types.Object) bool { return isTest(f.Name(), "Fuzz") && takes(f, "*testing.F") }

// takes reports whether a function has one parameter, of this type.
func takes(f types.Object, typ string) bool {
	signature, ok := f.Type().(*types.Signature)
	return ok && signature.Params().Len() == 1 && signature.Params().At(0).Type().String() == typ
}

// RunName returns the name by which the flag -test.run of a Binary finds one of its Tests. Go test
// demands the parameter of a fuzz test for each function FuzzX, and calls an ExampleX without a T.
func RunName(test string) string {
	switch {
	case strings.HasPrefix(test, "Fuzz"):
		return "TestSeeds__" + test
	case strings.HasPrefix(test, "Example"):
		return "TestOutput__" + test
	}
	return test
}

// refuseInSuite returns the reason why the tests of a file cannot be explored: they explore themselves.
func (c *checked) refuseInSuite(file *ast.File) error {
	for _, spec := range file.Imports {
		if strings.Trim(spec.Path.Value, `"`) == engine {
			return fmt.Errorf("%v: tests that call package explore are explored by go test",
				c.fset.Position(spec.Pos()))
		}
	}
	return nil
}

// rename renames the Test, Fuzz and Example functions, wherever they are used. A test may be called by another
// function of the package, which then calls the controlled form: it already runs under control
// itself.
func (w *writer) rename(id *ast.Ident) {
	s := w.pkg.suite
	if s == nil {
		return
	}
	object := w.pkg.info.Defs[id]
	if object == nil {
		object = w.pkg.info.Uses[id]
	}
	if s.funcs[object] {
		w.replace(id.Pos(), id.End(), func() string { return "explore__" + id.Name })
	}
}

// tested reports whether a package is the tested package or its external tests. Other packages are
// compiled anew for the test, too, because they import the tested one. Only these two have tests of
// their own that the binary runs.
func (s *suite) tested() bool {
	path, _, _ := strings.Cut(s.ImportPath, " ")
	return s.ForTest != "" && strings.TrimSuffix(path, "_test") == s.ForTest
}

// addWrappers adds the files with the functions of the old names, and loads package explore from
// the external test package. The tested package itself cannot import it, as package explore may
// import that package. The external test package may import both. If the user has none, one is
// added that does nothing else.
func (c *copies) addWrappers() error {
	loads := false
	var last *suite
	for _, s := range c.suites {
		if !s.tested() {
			continue
		}
		external := strings.HasSuffix(s.name, "_test")
		file := "explore__suite_test.go"
		if external {
			file = "explore__suite_x_test.go"
		}
		if len(s.tests) > 0 || external {
			text := []byte(s.wrappers(external))
			if err := c.write(s.listed, filepath.Join(s.Dir, file), text); err != nil {
				return err
			}
			last, loads = s, loads || external
		}
	}
	if last == nil {
		return nil
	}
	if !loads {
		text := fmt.Sprintf("package %s_test\n%s", last.name, loading)
		return c.write(last.listed, filepath.Join(last.Dir, "explore__suite_x_test.go"), []byte(text))
	}
	return nil
}

// loading imports package explore, and makes the binary a player if a parent process started it.
const loading = "\nimport explore__ \"" + engine + "\"\n\nvar _ = explore__.Serve()\n"

// wrappers returns the text of an added file.
func (s *suite) wrappers(loads bool) string {
	var b strings.Builder
	fmt.Fprintf(&b, "package %s\n", s.name)
	if loads {
		b.WriteString(strings.TrimSuffix(loading, "\nvar _ = explore__.Serve()\n"))
	}
	if len(s.tests) > 0 {
		fmt.Fprintf(&b, "\nimport (\n\texplore__go \"testing\"\n\texplore__testing %q\n)\n",
			engine+"/shim/testing")
	}
	if loads {
		b.WriteString("\nvar _ = explore__.Serve()\n")
	}
	for _, test := range s.tests {
		call := fmt.Sprintf("explore__testing.Explore(t, explore__%s)", test)
		switch {
		case strings.HasPrefix(test, "Fuzz"):
			call = fmt.Sprintf("explore__testing.ExploreFuzz(t, %q, explore__%s)", test, test)
		case s.examples[test] != nil:
			call = s.exampleCall(test)
		}
		fmt.Fprintf(&b, "\nfunc %s(t *explore__go.T) { %s }\n", RunName(test), call)
	}
	return b.String()
}

// testDir returns the folder of the tested package.
func (c *copies) testDir(o Options) string {
	for _, s := range c.suites {
		if s.tested() {
			return s.Dir
		}
	}
	return o.Dir
}

// testNames returns the tests that can be explored, in the order of the source.
func (c *copies) testNames() (names []string) {
	for _, s := range c.suites {
		if s.tested() {
			names = append(names, s.tests...)
		}
	}
	return names
}
