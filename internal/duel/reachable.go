package duel

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/semabench/semabench/internal/reach"
	"github.com/semabench/semabench/reports/gate"
)

// compiled is the archives of all packages on both sides, as the go command keeps
// them in its cache.
type compiled struct {
	reader *reach.Reader
	export [2]map[string]string // path of the archive, by ID of go list
}

// flagsThatHide are flags in GOFLAGS whose effect no archive shows: the linker
// writes values into variables, or the go command adds code to test binaries.
var flagsThatHide = regexp.MustCompile(`[\s='"]-X\b|(^|\s)['"]?--?(cover|msan|asan)`)

// compile compiles the test binaries of both sides, up to the link. The archives
// are the archives that go test links, with line numbers as they are.
func (id *identity) compile(ctx context.Context) (*compiled, error) {
	if flagsThatHide.MatchString(id.env["GOFLAGS"]) {
		return nil, errors.New("GOFLAGS has flags whose effect no archive shows")
	}
	c := &compiled{}
	var err error
	if c.reader, err = reach.NewReader(id.env["GOROOT"]); err != nil {
		return nil, err
	}
	for i, s := range id.sides {
		out, err := s.goTool().Run(ctx, "list", slices.Concat([]string{"-e", "-export", "-deps", "-test",
			"-trimpath", "-buildvcs=false", "-json=ImportPath,Export"}, slices.Sorted(maps.Keys(s.packages)))...)
		if err != nil {
			return nil, err
		}
		c.export[i] = map[string]string{}
		for d := json.NewDecoder(strings.NewReader(out)); ; {
			var p struct{ ImportPath, Export string }
			if err := d.Decode(&p); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				return nil, err
			}
			c.export[i][p.ImportPath] = p.Export
		}
	}
	return c, nil
}

// compareReach finds the benchmarks of a package that reach the same code and data
// on both sides. mayRead says why benchmarks of the package may read a file that
// differs; it does not matter to a benchmark that reaches no code which opens files.
func (id *identity) compareReach(path, mayRead string) (same sameCode, ok bool) {
	if id.deps[0][path+".test"].DefaultGODEBUG != id.deps[1][path+".test"].DefaultGODEBUG {
		return same, false
	}
	found, err := id.linkAndCompare(path)
	if err != nil {
		return same, false
	}
	files := mayRead != "" || id.readsItself(path)
	for _, name := range found.Benchmarks() {
		switch {
		case !selects(id.m.Bench, name):
		case found.Difference(name) == "" && (found.Opens(name) == "" || !files):
			same.functions = append(same.functions, name)
		default:
			same.rest = true
		}
	}
	selected := func(name string) bool { return selects(id.m.Bench, name) }
	same.rest = same.rest || slices.ContainsFunc(found.OnlyOne(), selected)
	code := gate.OnlyPlace
	if id.sameSource(path) { // then not even the place differs
		code = "the test binaries of both sides are built from equal source"
	}
	same.why = code + "; the code that the benchmark reaches opens no files"
	if !files {
		same.why = code + id.whyFiles(path)
	}
	return same, len(same.functions) > 0
}

// linkAndCompare compares what all benchmarks of a package reach.
func (id *identity) linkAndCompare(path string) (*reach.Comparison, error) {
	c, err := id.reach()
	if err != nil {
		return nil, err
	}
	var linked [2]*reach.Binary
	for i := range id.sides {
		archives, ok := id.archives(c, i, path)
		if !ok {
			return nil, fmt.Errorf("%s was not compiled as a whole", path)
		}
		if linked[i], err = c.reader.Link(archives); err != nil {
			return nil, err
		}
	}
	entry := fmt.Sprintf("_rt0_%s_%s", id.env["GOARCH"], id.env["GOOS"])
	return reach.Compare(linked[0], linked[1], entry, isHarmless)
}

// Reasons finds, for rows given by their indices in the run, the functions that their benchmarks reach and whose
// machine code differs, and the line of each benchmark.
//
// It comes after all measuring, since few rows need it. It compiles nothing anew: the go command has the archives
// in its cache. A row whose functions cannot be told has none: the verdict does not need them. The error is about
// writing the run.
func (d *Duel) Reasons(ctx context.Context, rows []int) error {
	m := d.m
	const least = 10 * time.Second // what listing and comparing may take on a busy machine
	if len(rows) == 0 {
		return nil
	}
	hasTime := m.MaxTime == 0 || m.left() >= least
	ctx, cancel := m.within(ctx)
	defer cancel()
	m.show("looking for functions that differ", 0, 0)
	id := &identity{m: m, sides: [2]*side{m.old, m.new}}
	id.reach = sync.OnceValues(func() (*compiled, error) { return id.compile(ctx) })
	canCompare := id.comparable(ctx) && hasTime && id.list(ctx) == nil
	compared := map[string]*reach.Comparison{}
	var plans []*plan
	for _, i := range rows {
		p := m.recorded[i]
		plans = append(plans, p)
		p.File, p.Line = id.place(p.Package, functionOf(p.Name))
		if !canCompare {
			continue
		}
		c, known := compared[p.Package]
		if !known && id.deps[0][p.Package+".test"] != nil && id.deps[1][p.Package+".test"] != nil {
			c, _ = id.linkAndCompare(p.Package) // nil on an error
			compared[p.Package] = c
		}
		if c == nil {
			continue
		}
		changes, err := c.Changes(functionOf(p.Name))
		if err != nil {
			continue
		}
		p.Functions = nil
		for _, f := range changes[:min(len(changes), mostChanges)] {
			p.Functions = append(p.Functions, gate.Function(f))
		}
	}
	return m.record(plans)
}

// mostChanges bounds the functions of a row in the run. A change of a package that everything imports may have
// thousands.
const mostChanges = 100

// place returns the file and the line of a benchmark function on the new side, below the top of its repository, with
// slashes. It returns "" if it is not found there.
func (id *identity) place(path, function string) (file string, line int) {
	p := id.sides[1].packages[path]
	files := token.NewFileSet()
	for _, name := range append(slices.Clone(p.TestGoFiles), p.XTestGoFiles...) {
		parsed, err := parser.ParseFile(files, filepath.Join(p.Dir, name), nil, parser.SkipObjectResolution)
		if err != nil {
			continue
		}
		for _, d := range parsed.Decls {
			f, ok := d.(*ast.FuncDecl)
			if !ok || f.Recv != nil || f.Name.Name != function {
				continue
			}
			rel, err := filepath.Rel(id.tops[1], filepath.Join(p.Dir, name))
			if err != nil || !filepath.IsLocal(rel) {
				return "", 0
			}
			return filepath.ToSlash(rel), files.Position(f.Pos()).Line
		}
	}
	return "", 0
}

// archives returns everything that is linked into the test binary of a package.
// Packages that are compiled anew for a test have IDs such as "p [p.test]".
func (id *identity) archives(c *compiled, i int, path string) (list []reach.Archive, ok bool) {
	binary := id.deps[i][path+".test"]
	list = append(list, reach.Archive{Path: "main", File: c.export[i][binary.ImportPath]})
	for _, dep := range binary.Deps {
		if dep == "unsafe" || dep == "C" {
			continue // no code
		}
		name, _, _ := strings.Cut(dep, " ")
		d := id.deps[i][dep]
		list = append(list, reach.Archive{Path: name, File: c.export[i][dep], Std: d != nil && d.Standard})
	}
	return list, !slices.ContainsFunc(list, func(a reach.Archive) bool { return a.File == "" })
}
