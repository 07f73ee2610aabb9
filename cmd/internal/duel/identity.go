package duel

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/semabench/semabench/cmd/internal/reach"
)

// An identity knows which benchmarks run the same code on the same files on both
// sides. They need no measurement, since they cannot differ.
//
// All benchmarks of a package are the same under two conditions. Every source file of
// its test binary outside of the standard library is equal on both sides. And the two
// test binaries, linked from that source without random layouts, are equal byte for
// byte. Otherwise each benchmark is judged by the code that it can reach
// (compareReach). In both cases the files that differ between the sides, wherever
// they are in the repository, must be files that the benchmarks cannot read: by
// the source of the whole binary (reader.mayRead), or because the benchmark
// reaches no code that opens files.
//
// Whatever cannot be told is measured: another Go version or environment on one
// side, cgo, profiles for -pgo, code from folders outside of the repository, flags
// that replace files or tools, and everything that does not build or list.
//
// Files outside of the repository are not compared. Both sides run on one
// machine and find the same ones, unless a path such as ../../x leaves the
// repository. compareFiles and list fill the fields; then compare only reads
// them, from several goroutines, but for scans and what is made once.
type identity struct {
	m       *measurer
	sides   [2]*side
	tops    [2]string           // the folders whose files were compared
	env     map[string]string   // of the go command, the same on both sides
	changed []string            // files that differ, below the tops, with slashes
	deps    [2]map[string]*deps // packages of test binaries, by ID of go list
	scans   sync.Map            // mention by path of a package's folder and ID
	reach   func() (*compiled, error)
}

// deps is a package as go list -deps -test describes it.
type deps struct {
	ImportPath, Dir, ForTest           string
	Standard                           bool
	Module                             *struct{ Main bool }
	GoFiles, CgoFiles, SFiles, HFiles  []string
	EmbedFiles, TestEmbedFiles         []string
	XTestEmbedFiles                    []string
	CFiles, CXXFiles, MFiles, FFiles   []string
	SwigFiles, SwigCXXFiles, SysoFiles []string
	Imports, Deps                      []string
	DefaultGODEBUG                     string
	Error                              *struct{ Err string }
}

// files returns all files that go into the package.
func (d *deps) files() []string {
	return slices.Concat(d.GoFiles, d.SFiles, d.HFiles, d.EmbedFiles, d.TestEmbedFiles,
		d.XTestEmbedFiles)
}

// foreign reports whether the package has code that the Go compiler does not
// compile. Such code may depend on libraries that are no part of the binary.
func (d *deps) foreign() bool {
	return len(d.CgoFiles)+len(d.CFiles)+len(d.CXXFiles)+len(d.MFiles)+len(d.FFiles)+
		len(d.SwigFiles)+len(d.SwigCXXFiles)+len(d.SysoFiles) > 0
}

// A sameCode is the benchmarks of a package that need not be measured.
type sameCode struct {
	functions []string // benchmark functions that Options.Bench selects; sub-benchmarks are unknown
	why       string   // what the verdict rests on
	rest      bool     // the package has other benchmarks, which are measured
}

// compiled is the archives of all packages on both sides, as the go command keeps
// them in its cache.
type compiled struct {
	reader *reach.Reader
	export [2]map[string]string // path of the archive, by ID of go list
}

// flagsThatReplace are flags in GOFLAGS that put other files or tools into a
// build, or run binaries by another program. With -pgo the compiler decides by
// line numbers.
var flagsThatReplace = regexp.MustCompile(
	`(^|\s)['"]?--?(overlay|toolexec|modfile|buildmode|linkshared|pgo|exec|compiler|pkgdir|C)\b`)

// comparable reports whether both sides are built by the same distribution in
// the same environment, and lie at the same place in folders that can be
// compared. Paths inside of the sides are made relative, since the same file
// has another absolute path on either side.
func (id *identity) comparable(ctx context.Context) bool {
	var envs [2]map[string]string
	for i, s := range id.sides {
		env, err := s.goTool().Variables(ctx)
		if err != nil || flagsThatReplace.MatchString(env["GOFLAGS"]) {
			return false
		}
		envs[i] = env
	}
	id.findTops(ctx, envs)
	for i, env := range envs {
		for _, place := range []string{"GOMOD", "GOWORK"} {
			if rel, err := filepath.Rel(id.tops[i], env[place]); err == nil && filepath.IsLocal(rel) {
				env[place] = rel
			}
		}
		delete(env, "GOGCCFLAGS") // has the name of a temporary folder
	}
	rel, err := filepath.Rel(id.tops[0], id.sides[0].Dir)
	other, otherErr := filepath.Rel(id.tops[1], id.sides[1].Dir)
	id.env = envs[0]
	return err == nil && otherErr == nil && rel == other && maps.Equal(envs[0], envs[1])
}

// findTops finds the folder of all files that belong to each side: its
// repository, or the folder of its go.work or go.mod where there is none. Two
// folders of one repository take the latter too, because their places in it
// differ. Too large a folder costs time. Too small a folder would miss files
// that a benchmark can read.
func (id *identity) findTops(ctx context.Context, envs [2]map[string]string) {
	var roots [2]string
	for i, s := range id.sides {
		roots[i] = s.Dir
		for _, name := range []string{"GOMOD", "GOWORK"} {
			if file := envs[i][name]; filepath.IsAbs(file) && file != os.DevNull {
				roots[i] = filepath.Dir(file)
			}
		}
		id.tops[i] = s.tree
		if s.tree != "" {
			continue
		}
		top, err := git(ctx, s.Dir, nil, "rev-parse", "--show-toplevel")
		if id.tops[i] = top; err != nil {
			id.tops[i] = roots[i]
		}
	}
	if id.tops[0] == id.tops[1] && id.sides[0].Dir != id.sides[1].Dir {
		id.tops = roots
	}
}

// compareFiles finds the files that differ. Both folders are walked, since a file may
// be on one side only. The cost is one read of every file that has the same
// size on both sides.
func (id *identity) compareFiles() error {
	seen := map[string]bool{}
	for i, top := range id.tops {
		err := filepath.WalkDir(top, func(path string, d fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			rel, err := filepath.Rel(top, path)
			if err != nil || rel == "." {
				return err
			}
			if d.Name() == ".git" { // the revisions differ, so mayRead asks for it by itself
				if d.IsDir() {
					return filepath.SkipDir
				}
				return nil
			}
			if d.IsDir() || seen[rel] {
				return nil
			}
			seen[rel] = true
			if !equalFiles(path, filepath.Join(id.tops[1-i], rel)) {
				id.changed = append(id.changed, filepath.ToSlash(rel))
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	slices.Sort(id.changed)
	return nil
}

// list asks the go command which packages and files each test binary is made of.
func (id *identity) list(ctx context.Context) error {
	const fields = "ImportPath,Dir,ForTest,Standard,Module,GoFiles,CgoFiles,SFiles,HFiles,EmbedFiles," +
		"TestEmbedFiles,XTestEmbedFiles,CFiles,CXXFiles,MFiles,FFiles,SwigFiles,SwigCXXFiles," +
		"SysoFiles,Imports,Deps,DefaultGODEBUG,Error"
	for i, s := range id.sides {
		args := slices.Concat([]string{"-e", "-deps", "-test", "-json=" + fields},
			slices.Sorted(maps.Keys(s.packages)))
		out, err := s.goTool().Run(ctx, "list", args...)
		if err != nil {
			return err
		}
		id.deps[i] = map[string]*deps{}
		for d := json.NewDecoder(strings.NewReader(out)); ; {
			var p deps
			if err := d.Decode(&p); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				return err
			}
			id.deps[i][p.ImportPath] = &p
		}
	}
	return nil
}

// sameSource reports whether the test binary of a package is made of the same
// source on both sides.
func (id *identity) sameSource(path string) bool {
	old, okOld := id.source(0, path)
	new, okNew := id.source(1, path)
	return okOld && okNew && slices.EqualFunc(old, new, func(a, b *deps) bool {
		return a.ImportPath == b.ImportPath && slices.Equal(a.files(), b.files()) && id.equalFolder(a, b)
	})
}

// source returns the packages of a test binary outside of the standard library.
// ok is false if some of them cannot be compared: they do not load, or have code
// that the Go compiler does not compile, or the compiler decides by a profile.
func (id *identity) source(i int, path string) (packages []*deps, ok bool) {
	binary, tested := id.deps[i][path+".test"], id.deps[i][path]
	if binary == nil || binary.Error != nil || tested == nil || tested.Standard {
		return nil, false
	}
	for _, dep := range binary.Deps {
		d := id.deps[i][dep]
		switch {
		case d == nil && dep == "C", d != nil && d.Standard:
			continue
		case d == nil || d.Error != nil || d.foreign() || slices.Contains(d.Imports, "C"):
			return nil, false
		}
		if _, err := os.Lstat(filepath.Join(d.Dir, "default.pgo")); err == nil {
			return nil, false
		}
		packages = append(packages, d)
	}
	return packages, true
}

// equalFolder reports whether all files of a package are equal on both sides.
// Both have either the same folder, in the cache of modules, or folders at the
// same place in their sides.
func (id *identity) equalFolder(a, b *deps) bool {
	relA, errA := filepath.Rel(id.tops[0], a.Dir)
	relB, errB := filepath.Rel(id.tops[1], b.Dir)
	if errA != nil || errB != nil || !filepath.IsLocal(relA) || !filepath.IsLocal(relB) {
		return a.Dir == b.Dir
	}
	if relA != relB {
		return false
	}
	for _, file := range a.files() {
		rel := filepath.ToSlash(filepath.Join(relA, file))
		if _, differs := slices.BinarySearch(id.changed, rel); differs {
			return false
		}
	}
	return true
}

// mayRead returns why the benchmarks of a package may read a file that differs, on
// either side, or "" if they read none.
func (id *identity) mayRead(path string) string {
	for i := range id.sides {
		packages, _ := id.source(i, path)
		r, err := id.reader(i, path, packages)
		if err != nil {
			return err.Error()
		}
		if why := r.mayRead(id.changed); why != "" {
			return why
		}
	}
	return ""
}

// readsItself reports whether the code of a package may read its own binary, on
// either side.
func (id *identity) readsItself(path string) bool {
	for i := range id.sides {
		packages, _ := id.source(i, path)
		if r, err := id.reader(i, path, packages); err != nil || r.readsItself() {
			return true
		}
	}
	return false
}

// reader collects what the source of a test binary of a side says about files. The
// standard library is left out, since both sides have the same one.
func (id *identity) reader(i int, path string, packages []*deps) (*reader, error) {
	rel, err := filepath.Rel(id.tops[i], id.sides[i].packages[path].Dir)
	if err != nil {
		return nil, err
	}
	r := &reader{mention: newMention(), dir: filepath.ToSlash(rel), imports: map[string]bool{}}
	for _, d := range packages {
		for _, imported := range d.Imports {
			if of := id.deps[i][imported]; of == nil || of.Standard {
				r.imports[imported] = true
			}
		}
	}
	if !r.opensFiles() {
		return r, nil // what the source mentions does not matter
	}
	for _, d := range packages {
		found, err := id.scan(d)
		if err != nil {
			return nil, err
		}
		maps.Copy(r.literals, found.literals)
		maps.Copy(r.names, found.names)
		if hasAny(found.names, findingSource) != "" && hasAny(found.names, opening) != "" {
			r.locates = append(r.locates, d.ImportPath)
		}
	}
	return r, nil
}

func newMention() mention { return mention{map[string]bool{}, map[string]bool{}} }

// scan scans the source of a package, once for all test binaries that it is in.
// The generated main package of a test binary has no source of its own. Two
// goroutines may scan the same package at once. Both come to the same result,
// so no lock is needed.
func (id *identity) scan(d *deps) (mention, error) {
	key := d.Dir + " " + d.ImportPath
	if found, ok := id.scans.Load(key); ok {
		return found.(mention), nil
	}
	found := newMention()
	for _, name := range d.GoFiles {
		if !filepath.IsAbs(name) {
			name = filepath.Join(d.Dir, name)
		}
		source, err := os.ReadFile(name)
		if err != nil {
			return found, err
		}
		mentionsOf(name, source, &found)
	}
	id.scans.Store(key, found)
	return found, nil
}

// whyFiles says why the files that differ do not matter to a package.
func (id *identity) whyFiles(path string) string {
	packages, _ := id.source(0, path)
	r, err := id.reader(0, path, packages)
	switch {
	case len(id.changed) == 0:
		return ", and no file of the sides differs"
	case err == nil && !r.opensFiles():
		return "; their code opens no files"
	}
	return fmt.Sprintf("; their code names none of the %d files that differ, lists no folders and "+
		"starts no programs", len(id.changed))
}
