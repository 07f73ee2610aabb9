package duel

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/semabench/semabench/internal/longtest"
	"github.com/semabench/semabench/reports"
	"github.com/semabench/semabench/reports/gate"
)

const two = `
func BenchmarkA(b *testing.B) { for b.Loop() {} }
func BenchmarkB(b *testing.B) { for b.Loop() {} }
`

// Compares a module below the top of a repository at a revision with its working
// tree.
func TestRevisions(t *testing.T) {
	longtest.NeedCI(t, "TestCheckoutIsWhole, TestPatch and TestARunOfEqualCode")
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
	within := func(path string) map[string]string {
		return map[string]string{"p.go": "package p\n", path + "/p_test.go": benchmarks("q", two)}
	}
	files := within("_bench/go/sub")
	files["_bench/go/go.mod"] = "module q\n"
	module, hidden, data := scratch(t, files), scratch(t, within("_bench/deep")), scratch(t, within("testdata/q"))
	for name, c := range map[string]struct {
		old, new Source
		bench    string
		want     []string
	}{
		"unknown revision":   {Source{Revision: "nowhere", Dir: good}, Source{Dir: good}, "", []string{`old: no revision "nowhere"`, "git fetch"}},
		"an option for one":  {Source{Revision: "--all", Dir: good}, Source{Dir: good}, "", []string{`no revision "--all"`}},
		"no repository":      {Source{Revision: "HEAD", Dir: empty}, Source{Dir: good}, "", []string{"compare two directories"}},
		"no directory":       {Source{Dir: good}, Source{Dir: good + "/none"}, "", []string{"new: ", "name a directory"}},
		"no module":          {Source{Dir: good}, Source{Dir: t.TempDir()}, "", []string{"new: ", "go mod init"}},
		"no benchmarks":      {Source{Dir: empty}, Source{Dir: empty}, "", []string{"no benchmarks match"}},
		"none that matches":  {Source{Dir: good}, Source{Dir: good}, "Nothing", []string{`no benchmarks match -bench "Nothing"`, "correct the pattern; the source has Benchmark"}},
		"a typing error":     {Source{Dir: good}, Source{Dir: good}, "^BenchmrakB$/x", []string{"(did you mean BenchmarkB?)"}},
		"no run of TestMain": {Source{Dir: early}, Source{Dir: early}, "", []string{"scratch (TestMain did not come to m.Run)"}},
		"a module within":    {Source{Dir: module}, Source{Dir: module}, "", []string{"_bench/go has some", "run the gate in that folder"}},
		"a hidden folder":    {Source{Dir: hidden}, Source{Dir: hidden}, "", []string{"./_bench/deep has some", "name it"}},
		"only testdata":      {Source{Dir: data}, Source{Dir: data}, "", []string{"build tag"}},
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

// What a side lacks is named with the next step. None of these comes as far as a build.
func TestWhatASideLacks(t *testing.T) {
	bench := benchmarks("p", "func BenchmarkA(b *testing.B) { for b.Loop() {} }")
	git := func(t *testing.T, dir string, args ...string) {
		t.Helper()
		cmd := exec.Command("git", args...)
		cmd.Dir = dir
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v: %v\n%s", cmd, err, out)
		}
	}
	for name, c := range map[string]struct {
		make func(t *testing.T) (dir, revision string)
		want string // "" for no error
	}{
		"no go.mod": {func(t *testing.T) (string, string) {
			dir := t.TempDir()
			write(t, dir, map[string]string{"p_test.go": bench})
			commit(t, dir)
			return dir, "HEAD"
		}, "go mod init"},
		"no repository": {func(t *testing.T) (string, string) { return t.TempDir(), "HEAD" }, "compare two directories"},
		"shallow": {func(t *testing.T) (string, string) {
			dir := scratch(t, map[string]string{"p_test.go": bench})
			commit(t, dir)
			return dir, "HEAD~1"
		}, "fetch-depth: 0"},
		"blobless": {func(t *testing.T) (string, string) {
			from, dir := scratch(t, map[string]string{"p_test.go": bench}), filepath.Join(t.TempDir(), "clone")
			commit(t, from)
			git(t, from, "config", "uploadpack.allowFilter", "true")
			git(t, filepath.Dir(dir), "clone", "-q", "--no-checkout", "--filter=blob:none", "file://"+from, dir)
			git(t, dir, "remote", "set-url", "origin", "file://"+filepath.Join(from, "gone"))
			return dir, "HEAD"
		}, "clone without --filter"},
		"a workspace": {func(t *testing.T) (string, string) {
			dir := scratch(t, map[string]string{"a/p_test.go": bench, "a/go.mod": "module a\n", "go.work": "go 1.24\n\nuse ./a\n"})
			if err := os.Remove(filepath.Join(dir, "go.mod")); err != nil {
				t.Fatal(err)
			}
			commit(t, dir)
			return dir, "HEAD"
		}, "modules of this workspace: ./a/..."},
		"a clone of a depth": {func(t *testing.T) (string, string) {
			from, dir := scratch(t, map[string]string{"p_test.go": bench}), filepath.Join(t.TempDir(), "clone")
			commit(t, from)
			write(t, from, map[string]string{"README": ""})
			git(t, from, "add", "README")
			git(t, from, "-c", "user.name=a", "-c", "user.email=a@example.com", "commit", "-q", "-m", "more")
			git(t, filepath.Dir(dir), "clone", "-q", "--depth=1", "file://"+from, dir)
			return dir, "HEAD^"
		}, "git fetch --unshallow origin"},
		"an object that is gone": {func(t *testing.T) (string, string) {
			dir := scratch(t, map[string]string{"p_test.go": bench})
			commit(t, dir)
			object, err := exec.Command("git", "-C", dir, "rev-parse", "HEAD:p_test.go").Output()
			if err != nil {
				t.Fatal(err)
			}
			if err := os.Remove(filepath.Join(dir, ".git/objects", string(object[:2]), strings.TrimSpace(string(object[2:])))); err != nil {
				t.Fatal(err)
			}
			return dir, "HEAD"
		}, "git fetch --refetch origin"},
		"whole": {func(t *testing.T) (string, string) {
			dir := scratch(t, map[string]string{"p_test.go": bench})
			commit(t, dir)
			return dir, "HEAD"
		}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			dir, revision := c.make(t)
			_, err := checkout(t.Context(), dir, revision, t.TempDir())
			if err == nil {
				s := &side{Side: gate.Side{Dir: dir}, packages: map[string]pkg{}}
				err = s.findPackages(t.Context(), []string{"./..."})
			}
			if (err != nil) != (c.want != "") || err != nil && !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v, want %q", err, c.want)
			}
		})
	}
}

// A package that fails on a revision only, beside files that git ignores, gets a hint; the same failure on both
// sides, or without such files, gets none.
func TestIgnoredFiles(t *testing.T) {
	dir := scratch(t, map[string]string{".gitignore": "gen.go\n", "p.go": "package p\n", "q/q.go": "package q\n"})
	commit(t, dir)
	write(t, dir, map[string]string{"gen.go": "package p\n"})
	packages := map[string]pkg{"p": {Dir: dir}, "q": {Dir: filepath.Join(dir, "q")}}
	m := &measurer{old: &side{tree: "somewhere", packages: packages}, new: &side{packages: packages}}
	failed := errors.New("undefined: K")
	for _, c := range []struct {
		path     string
		old, new error
		hint     bool
	}{{"p", failed, nil, true}, {"p", failed, failed, false}, {"p", nil, failed, false}, {"p", nil, nil, false},
		{"q", failed, nil, false}} {
		if hint := m.ignoredFiles(t.Context(), c.path, c.old, c.new); strings.Contains(hint, "gen.go") != c.hint {
			t.Errorf("%s, %v, %v: hint %q", c.path, c.old, c.new, hint)
		}
	}
}

// Binaries that do not run under valgrind are not counted, and the run says so.
func TestInstrumentedBuildsAreNotCounted(t *testing.T) {
	for flags, named := range map[string]string{"-race": "-race", "-tags=a -asan": "-asan", "'-msan'": "-msan"} {
		s := &side{Side: gate.Side{Facts: []reports.Fact{{Key: "goflags", Value: flags}}}}
		m := &measurer{old: s, new: s, run: &gate.Run{}}
		m.findMeter(t.Context())
		if m.meter != nil || len(m.run.Facts) != 1 || !strings.Contains(m.run.Facts[0].Value, named) {
			t.Errorf("%s: facts %v", flags, m.run.Facts)
		}
	}
	if flag := flagsThatInstrument.FindString("-tags=race,x -ldflags=-race-free=1"); flag != "" {
		t.Errorf("%q was taken for a flag", flag)
	}
}

// What this machine cannot run is refused before anything is compiled. What it can run is not.
func TestBeyondProcessor(t *testing.T) {
	for _, test := range []struct {
		level, here string
		fits        bool
	}{{"v1", "v1", true}, {"v3", "v3", true}, {"v2", "v4", true}, {"", "v1", true}, {"v4", "v3", false}, {"v2", "v1", false}} {
		err := beyondProcessor(test.level, test.here)
		if (err == nil) != test.fits || err != nil && !strings.Contains(err.Error(), "set GOAMD64="+test.here) {
			t.Errorf("%+v: %v", test, err)
		}
	}
	if level := levelOfProcessor(); runtime.GOARCH == "amd64" && beyondProcessor("v1", level) != nil {
		t.Errorf("this processor is of level %q and runs nothing", level)
	}
}

// What a user tells the linker stays, beside what the gate tells it: -X may set what a benchmark does.
func TestLdflags(t *testing.T) {
	for goflags, want := range map[string]string{
		"": "", "-trimpath -race": "", "-ldflags=-s": "-s", "--ldflags=-s -trimpath": "-s",
		"'-ldflags=-s -w -X main.n=7' -trimpath": "-s -w -X main.n=7", `-race "-ldflags=-X 'p.v=a b'"`: "-X 'p.v=a b'",
		"-ldflags=-s -ldflags=-w": "-w", "-gcflags=-ldflags=-s": "", "-ldflags=": "", "'-ldflags=-s": "-s",
	} {
		if got := ldflagsOf(goflags); got != want {
			t.Errorf("%q: %q, want %q", goflags, got, want)
		}
	}
	s := &side{Side: gate.Side{Facts: []reports.Fact{{Key: "goflags", Value: "'-ldflags=-X p.n=7'"}}}}
	if got := s.ldflags(3); got != "-ldflags=-X p.n=7 -s -w -randlayout=3" {
		t.Error(got)
	}
	if got := (&side{}).ldflags(3); got != "-ldflags=-s -w -randlayout=3" {
		t.Error(got)
	}
}

func TestNotRunnable(t *testing.T) {
	for _, test := range []struct{ flags, goos, goarch, want string }{
		{"-trimpath", "linux", "amd64", ""},
		{"-buildmode=pie", "linux", "amd64", ""},
		{"-tags=plugin", "linux", "amd64", ""},
		{"", "linux", "386", ""},
		{"-trimpath -buildmode=plugin", "linux", "amd64", "-buildmode=plugin in GOFLAGS"},
		{"'-buildmode=c-shared'", "linux", "amd64", "-buildmode=c-shared in GOFLAGS"},
		{"--buildmode=shared", "linux", "amd64", "-buildmode=shared in GOFLAGS"},
		{"", "linux", "arm64", "the build is for linux/arm64"},
		{"", "windows", "amd64", "this machine is linux/amd64"},
		{"", "js", "wasm", "unset GOOS and GOARCH"},
	} {
		err := notRunnable(map[string]string{"GOFLAGS": test.flags, "GOOS": test.goos, "GOARCH": test.goarch}, "linux", "amd64")
		if (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
			t.Errorf("%+v: %v", test, err)
		}
	}
}
