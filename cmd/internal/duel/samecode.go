package duel

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/semabench/semabench/cmd/internal/reach"
	"github.com/semabench/semabench/internal/child"
	"github.com/semabench/semabench/reports/gate"
	"golang.org/x/sync/errgroup"
)

// findSame finds the benchmarks that need no measurement, by package. No error stops a run:
// what cannot be told is measured. The packages are compared at the same time,
// because nothing is timed here.
func (m *measurer) findSame(ctx context.Context) map[string]sameCode {
	same := map[string]sameCode{}
	if m.MeasureSame {
		return same
	}
	m.show("looking for equal code", 0, 0)
	id := &identity{m: m, sides: [2]*side{m.old, m.new}}
	id.reach = sync.OnceValues(func() (*compiled, error) { return id.compile(ctx) })
	if !id.comparable(ctx) || id.compareFiles() != nil || id.list(ctx) != nil {
		return same
	}
	var group errgroup.Group
	var mu sync.Mutex
	group.SetLimit(runtime.NumCPU())
	for path := range m.old.packages {
		if _, both := m.new.packages[path]; !both {
			continue
		}
		group.Go(func() error {
			s, ok := id.compare(ctx, path)
			if ok {
				mu.Lock()
				defer mu.Unlock()
				same[path] = s
				m.show("equal code: "+path, len(same), len(m.old.packages))
			}
			return nil
		})
	}
	_ = group.Wait() // the functions return no errors
	return same
}

// compare compares one package. ok is false if all of it has to be measured. The
// comparison of whole binaries comes first: it needs no knowledge of the content of a
// binary, so nothing that this program takes for granted can make it wrong.
func (id *identity) compare(ctx context.Context, path string) (same sameCode, ok bool) {
	if id.sides[0].packages[path].Error != nil || id.sides[1].packages[path].Error != nil {
		return same, false
	}
	for i := range id.sides {
		if _, ok := id.source(i, path); !ok {
			return same, false
		}
	}
	why := id.mayRead(path)
	if why == "" && id.sameSource(path) {
		if same, ok = id.compareBinaries(ctx, path); ok {
			return same, true
		}
	}
	return id.compareReach(path, why)
}

// compareBinaries compares the test binaries of a package, which are linked from
// equal source.
func (id *identity) compareBinaries(ctx context.Context, path string) (same sameCode, ok bool) {
	name := filepath.Join(id.m.temp, "plain", binaryName(path))
	var files [2]string
	for i, s := range id.sides {
		files[i] = fmt.Sprintf("%s-%d.test", name, i)
		if runtime.GOOS == "windows" {
			files[i] += ".exe"
		}
		defer os.Remove(files[i])
		if _, err := s.goTool().Run(ctx, "test", "-c", "-vet=off", "-trimpath", "-buildvcs=false",
			"-ldflags=-s -w -buildid=", "-o", files[i], path); err != nil {
			return same, false
		}
	}
	if !equalFiles(files[0], files[1]) {
		return same, false
	}
	var err error
	same.functions, err = id.benchmarks(ctx, files[0], id.sides[0].packages[path].Dir)
	same.why = "the test binaries of both sides are equal byte for byte" + id.whyFiles(path)
	return same, err == nil && len(same.functions) > 0
}

// binaryName returns a name for the test binary of a package that no other
// package has. Packages are compared at the same time: with a dash for each
// slash, a/b-c and a-b/c would write the same file, and one could be taken for
// the other.
func binaryName(path string) string { return fmt.Sprintf("%x", sha256.Sum256([]byte(path))) }

// benchmarks lists the benchmarks of a test binary that Options.Bench selects,
// without running them.
func (id *identity) benchmarks(ctx context.Context, path, dir string) ([]string, error) {
	ctx, cancel := context.WithTimeout(ctx, id.m.Silence)
	defer cancel()
	out, err := child.Output(ctx, dir, nil, path, "-test.list=^Benchmark")
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(listedLine.FindAllString(out, -1), func(name string) bool {
		return !selects(id.m.Bench, name)
	}), nil
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

// reasons is Duel.Reasons.
//
// The rows are recorded also where MaxTime is over, with the line of their benchmark: to find the line
// takes one parse of a file, while to compare takes seconds.
func (m *measurer) reasons(ctx context.Context, rows []int) error {
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
