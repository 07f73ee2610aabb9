package layout

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/semabench/semabench/impls"
	"github.com/semabench/semabench/internal/spelling"
)

// A Constructor is an exported function of some package that makes semaphores. A function All is a
// table: it returns a slice of impls.Impl, whose implementations have their own names and declare
// their own policies.
// The fields below the empty line are found out later: Parse fills the first ones from the text
// alone.
type Constructor struct {
	Name string // of the implementation, in benchmark names
	Path string // of the package: an import path once the package is found
	Func string // New, for example

	given   string // as the user wrote it
	pkg     string // name of the package
	folder  string // of the package
	dir     string // folder of the package, if it is in the module where the program is built
	private bool   // below a folder named internal
}

// String returns the constructor as Parse reads it. It means the same in every folder of the
// module.
//
// A plan is stored as text and may be resumed from another folder, so a relative path would be
// read as another package.
func (c Constructor) String() string {
	function := c.Path + "." + c.Func
	if c.Name == "" {
		return function
	}
	return c.Name + "=" + function
}

// IsTable reports whether c returns implementations and not a semaphore.
func (c Constructor) IsTable() bool { return c.Func == "All" }

// suite is the module that the tables come from. Everything that redirects the go command asks for it.
const suite = "github.com/semabench/semabench"

// rivals is a module of its own within the suite: its dependencies are not the suite's.
const rivals = suite + "/bench/rivals"

// Rivals returns the constructor of the table in package bench/rivals.
func Rivals() Constructor {
	return Constructor{Path: rivals, Func: "All", given: "rivals"}
}

// constructorForm splits an optional name, a package and a function. The last dot is the one
// before the function, because import paths have dots as well.
var constructorForm = regexp.MustCompile(`^(?:([^=]*)=)?(.*)\.([^./\\=]+)$`)

// Parse reads ./folder.New, import/path.New or name=import/path.New. It returns false and no error
// if s looks like the name of an implementation: a word without dots, slashes and equals signs. It
// looks at the form only. Whether the package exists is asked by find.
//
// A plain word is never a constructor, so a new implementation in the table cannot change the
// meaning of an old command line.
func Parse(s string) (c Constructor, ok bool, err error) {
	if !strings.ContainsAny(s, `./\=`) {
		return c, false, nil
	}
	m := constructorForm.FindStringSubmatch(s)
	if m == nil || !token.IsIdentifier(m[3]) || !token.IsExported(m[3]) {
		return c, false, fmt.Errorf("%q: want ./folder.New, import/path.New or name=import/path.New, "+
			"with an exported function", s)
	}
	c = Constructor{Name: m[1], Path: m[2], Func: m[3], given: s}
	if c.Path == "" {
		c.Path = "." // .New is in the working directory
	}
	if strings.HasPrefix(s, "=") {
		return c, false, fmt.Errorf("%q: want a name before =", s)
	}
	if c.IsTable() && c.Name != "" {
		return c, false, fmt.Errorf("%q: the implementations of a table have their own names", s)
	}
	return c, true, nil
}

// setName checks the name that the user gave, or makes a free name: the package for a function New,
// package.Func for others and if that is taken, and then a number behind it. A table has no name
// here, because only the program knows the names in it.
//
// Names of benchmarks must differ, or two implementations would share a row and their samples
// would be one.
func (c *Constructor) setName(taken []string) error {
	if c.IsTable() {
		return nil
	}
	if c.Name != "" {
		named := impls.Impl{Name: c.Name, New: func(int64) impls.Semaphore { return nil }}
		if err := named.Validate(); err != nil {
			return err
		}
		if slices.Contains(taken, c.Name) {
			return fmt.Errorf("%s: another implementation is named %s", c.given, c.Name)
		}
		return nil
	}
	c.Name = c.pkg
	if full := c.pkg + "." + c.Func; c.Func != "New" || slices.Contains(taken, c.Name) {
		c.Name = full
		for n := 2; slices.Contains(taken, c.Name); n++ {
			c.Name = fmt.Sprintf("%s-%d", full, n)
		}
	}
	return nil
}

// others returns which function the user may have meant, for an error that says that the package has no c.Func. Without
// a near name it lists what the package has: New is too short for a guess by typing errors.
func (c Constructor) others() string {
	files, err := filepath.Glob(filepath.Join(c.folder, "*.go"))
	if c.folder == "" || err != nil {
		return ""
	}
	var names []string
	for _, file := range files {
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
		if err != nil || strings.HasSuffix(file, "_test.go") {
			continue // the compiler speaks of a file that does not parse
		}
		for _, d := range parsed.Decls {
			f, ok := d.(*ast.FuncDecl)
			if ok && f.Recv == nil && f.Name.IsExported() && f.Type.Params.NumFields() == 1 && f.Type.Results.NumFields() == 1 {
				names = append(names, f.Name.Name)
			}
		}
	}
	slices.Sort(names)
	names = slices.Compact(names) // two files of two systems may have one
	if slices.Contains(names, c.Func) {
		return "" // in a file that this system leaves out
	}
	const shown = 5
	if near := spelling.Suggest(c.Func, names, strings.TrimSuffix(c.given, c.Func)); near != "" {
		return near
	}
	switch {
	case len(names) == 0:
		return "; no exported function of the package has one parameter and one result"
	case len(names) > shown:
		return fmt.Sprintf("; the package has %s and %d more", strings.Join(names[:shown], ", "), len(names)-shown)
	}
	return "; the package has " + strings.Join(names, ", ")
}
