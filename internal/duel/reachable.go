package duel

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"regexp"
	"slices"
	"strings"

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
	c, err := id.reach()
	if err != nil || id.deps[0][path+".test"].DefaultGODEBUG != id.deps[1][path+".test"].DefaultGODEBUG {
		return same, false
	}
	var linked [2]*reach.Binary
	for i := range id.sides {
		archives, ok := id.archives(c, i, path)
		if !ok {
			return same, false
		}
		if linked[i], err = c.reader.Link(archives); err != nil {
			return same, false
		}
	}
	entry := fmt.Sprintf("_rt0_%s_%s", id.env["GOARCH"], id.env["GOOS"])
	found, err := reach.Compare(linked[0], linked[1], entry, isHarmless)
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
