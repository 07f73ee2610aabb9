package duel

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const two = `
func BenchmarkA(b *testing.B) { for b.Loop() {} }
func BenchmarkB(b *testing.B) { for b.Loop() {} }
`

// Compares a module below the top of a repository at a revision with its working
// tree.
func TestRevisions(t *testing.T) {
	top := t.TempDir()
	dir := filepath.Join(top, "sub", "module")
	write(t, dir, map[string]string{
		"go.mod":         "module scratch\n\ngo 1.26\n",
		"p_test.go":      benchmarks("p", two),
		"testdata/x":     "1",
		"gone/g_test.go": benchmarks("gone", "func BenchmarkGone(b *testing.B) { for b.Loop() {} }\n"),
		".gitattributes": "testdata export-ignore\n",
	})
	commit(t, top)
	if err := os.RemoveAll(filepath.Join(dir, "gone")); err != nil {
		t.Fatal(err)
	}
	write(t, dir, map[string]string{"p_test.go": benchmarks("p", strings.ReplaceAll(two, "BenchmarkB", "BenchmarkC"))})
	before := everything(t, top)
	run := measured(t, quick(Source{Revision: "HEAD", Dir: dir}, Source{Dir: dir}))
	mustEqual(t, "rows", names(run.Rows), []string{"BenchmarkA"})
	mustEqual(t, "rows of old only", run.OnlyOld, []string{"scratch.BenchmarkB", "scratch/gone.BenchmarkGone"})
	mustEqual(t, "rows of new only", run.OnlyNew, []string{"scratch.BenchmarkC"})
	if run.Old.Dirty || !run.New.Dirty || run.Old.Name != "HEAD" || run.Old.Revision == "" || run.Old.Revision != run.New.Revision {
		t.Errorf("sides %+v and %+v", run.Old, run.New)
	}
	mustEqual(t, "files in the repository", everything(t, top), before)
}

func everything(t *testing.T, dir string) (files []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		files = append(files, path)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// A checkout has all files of a revision, even files that git archive leaves out.
func TestCheckoutIsWhole(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, map[string]string{"testdata/x": "1", ".gitattributes": "testdata export-ignore\n"})
	commit(t, dir)
	write(t, dir, map[string]string{"testdata/x": "2"})
	temp := t.TempDir()
	s, err := checkout(context.Background(), dir, "HEAD", temp)
	if err != nil {
		t.Fatal(err)
	}
	if text, err := os.ReadFile(filepath.Join(s.Dir, "testdata/x")); err != nil || string(text) != "1" {
		t.Errorf("testdata/x is %q, %v; want 1", text, err)
	}
}

// A submodule is checked out at the commit that the revision links, and not at
// its present commit.
func TestCheckoutHasSubmodules(t *testing.T) {
	top := t.TempDir()
	lib := filepath.Join(top, "lib")
	write(t, top, map[string]string{"lib/inner/x": "1", "x": "1"})
	commit(t, filepath.Join(lib, "inner"))
	commit(t, lib)
	commit(t, top)
	write(t, top, map[string]string{"lib/inner/x": "2"})
	commit(t, filepath.Join(lib, "inner"))
	s, err := checkout(context.Background(), top, "HEAD", t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	if text, err := os.ReadFile(filepath.Join(s.Dir, "lib", "inner", "x")); err != nil || string(text) != "1" {
		t.Errorf("lib/inner/x is %q, %v; want 1", text, err)
	}
	if err := os.RemoveAll(filepath.Join(lib, ".git")); err != nil {
		t.Fatal(err)
	}
	commit(t, lib)
	_, err = checkout(context.Background(), top, "HEAD", t.TempDir())
	if err == nil || !strings.Contains(err.Error(), "submodule lib: ") || !strings.Contains(err.Error(), "git -C "+lib+" fetch") {
		t.Errorf("error %v, want one that names the submodule and says what to fetch", err)
	}
	if err := os.RemoveAll(lib); err != nil {
		t.Fatal(err)
	}
	if _, err = checkout(context.Background(), top, "HEAD", t.TempDir()); err != nil {
		t.Errorf("error %v where nobody has the submodule", err)
	}
}

func TestUnusable(t *testing.T) {
	good := scratch(t, map[string]string{"p_test.go": benchmarks("p", two)})
	commit(t, good)
	empty := scratch(t, map[string]string{"p.go": "package p\n"})
	early := scratch(t, map[string]string{"p_test.go": benchmarks("p", two+"func TestMain(m *testing.M) {}\n")})
	for name, c := range map[string]struct {
		old, new Source
		bench    string
		want     []string
	}{
		"unknown revision":   {Source{Revision: "nowhere", Dir: good}, Source{Dir: good}, "", []string{`old: no revision "nowhere"`, "git fetch"}},
		"an option for one":  {Source{Revision: "--all", Dir: good}, Source{Dir: good}, "", []string{`no revision "--all"`}},
		"no repository":      {Source{Revision: "HEAD", Dir: empty}, Source{Dir: good}, "", []string{"compare two directories"}},
		"no directory":       {Source{Dir: good}, Source{Dir: good + "/none"}, "", []string{"new: ", "name a directory"}},
		"no module":          {Source{Dir: good}, Source{Dir: t.TempDir()}, "", []string{"new: ", "packages must load"}},
		"no benchmarks":      {Source{Dir: empty}, Source{Dir: empty}, "", []string{"no benchmarks match"}},
		"none that matches":  {Source{Dir: good}, Source{Dir: good}, "Nothing", []string{`no benchmarks match -bench "Nothing"`}},
		"no run of TestMain": {Source{Dir: early}, Source{Dir: early}, "", []string{"scratch (TestMain did not come to m.Run)"}},
	} {
		t.Run(name, func(t *testing.T) {
			o := quick(c.old, c.new)
			o.Bench = c.bench
			_, err := measureIn(t, context.Background(), o)
			for _, want := range c.want {
				if err == nil || !strings.Contains(err.Error(), want) {
					t.Errorf("error %v, want %q in it", err, want)
				}
			}
		})
	}
}

func TestNoGit(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	_, err := checkout(context.Background(), t.TempDir(), "HEAD", t.TempDir())
	if err == nil || !strings.Contains(err.Error(), "install git") {
		t.Errorf("error %v, want one that says what to install", err)
	}
	if s := workingTree(context.Background(), "."); s.Revision != "" {
		t.Errorf("revision %q without git", s.Revision)
	}
}

func TestPatch(t *testing.T) {
	const source = `package testing
func runBenchmarks(a string, f func(x, y string) (bool, error), all []InternalBenchmark) bool { return true }
func (s *benchState) processBench(b *B) { r := b.doBench(); _ = r }
func (b *B) runN(n int) { runtime.GC() }
func (b *B) RunParallel(body func(*PB)) { go func() { pb := &PB{}; body(pb) }() }
`
	patched, err := patch([]byte(source))
	for _, want := range []string{
		"if duelBenchmarks(all, func(all []InternalBenchmark) bool { return runBenchmarks(a, f, all) }) { return true };",
		"r := b.duelBench()", "{ duelGC() }",
		"(body func(*PB)) { barrier := b.duelBarrier(); go", "pb := &PB{}; barrier.arrive(); body(pb)",
	} {
		if err != nil || !strings.Contains(string(patched), want) {
			t.Errorf("%v: no %q in\n%s", err, want, patched)
		}
	}
	_, err = patch([]byte(strings.Replace(source, "doBench", "doOther", 1)))
	if err == nil || !strings.Contains(err.Error(), "4 of the 5 places") {
		t.Errorf("error %v, want one that counts", err)
	}
	_, err = writeOverlay(t.TempDir(), t.TempDir())
	if !errors.Is(err, os.ErrNotExist) {
		t.Errorf("error %v of no Go distribution", err)
	}
}
