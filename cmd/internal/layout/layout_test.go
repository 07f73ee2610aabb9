package layout

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/semabench/semabench/internal/longtest"
)

const fifo = `package fifo

import "golang.org/x/sync/semaphore"

func New(n int64) *semaphore.Weighted    { return semaphore.NewWeighted(n) }
func NewInt(n int) *semaphore.Weighted   { return semaphore.NewWeighted(int64(n)) }
func NewText(s string) *semaphore.Weighted { return nil }
func NewNothing(n int64) int             { return 0 }
`

// The working directory may be in a module with or without a requirement of the suite, in a
// workspace with or without the suite. TestSeedDecidesLayout builds in the suite itself.
func TestConstructorsAreBuiltIn(t *testing.T) {
	for name, test := range map[string]struct{ mod, work string }{
		"requires":          {goMod + requiringSuite, ""},
		"does not require":  {goMod, ""},
		"workspace with it": {goMod, "go 1.26.0\n\nuse (\n\t.\n\tSUITE\n)\n"},
		"workspace without": {goMod, "go 1.26.0\n\nuse .\n"},
	} {
		t.Run(name, func(t *testing.T) {
			if name == "requires" || name == "workspace without" {
				longtest.Need(t, "the other modules")
			}
			if name == "workspace with it" {
				longtest.NeedCI(t, "does not require")
			}
			files := map[string]string{
				"go.mod": test.mod, "fifo/fifo.go": fifo, "a/internal/fifo/fifo.go": fifo, "main.go": "package main",
			}
			if test.work != "" {
				files["go.work"] = test.work
			}
			dir := module(t, files)
			before := tree(t, dir)
			l := mustPrepare(t, "./fifo.New", "lim=example.org/mine/fifo.NewInt", "./a/internal/fifo.New")
			path := mustBuild(t, l, 1).Path
			for _, impl := range []string{"fifo", "lim", "fifo.New", "cond"} {
				mustSample(t, path, impl)
			}
			if after := tree(t, dir); !maps.Equal(before, after) {
				t.Errorf("the module was changed: it has %v now", after)
			}
			if err := l.Close(); err != nil {
				t.Error(err)
			}
			if _, err := os.Stat(path); err == nil {
				t.Errorf("%s was left behind", path)
			}
		})
	}
}

// Another seed changes the order of functions and not the code. The same seed makes the same bytes,
// with another temporary folder too.
func TestSeedDecidesLayout(t *testing.T) {
	one, again := mustBuild(t, mustPrepare(t), 1), mustBuild(t, mustPrepare(t), 1)
	two := mustBuild(t, mustPrepare(t), 2)
	mustSample(t, one.Path, "spin")
	if one.Code != two.Code || one.Code != again.Code || len(one.Code) != 12 {
		t.Errorf("code = %q, %q, %q, want the same 12 digits", one.Code, two.Code, again.Code)
	}
	if order(t, one) == order(t, two) {
		t.Error("functions lie in the same order with seeds 1 and 2")
	}
	if !bytes.Equal(content(t, one), content(t, again)) {
		t.Error("seed 1 makes other bytes in another folder")
	}
}

// A dependency that changes inside, and not in its exported API, changes the code.
func TestCodeChangesWithTheCode(t *testing.T) {
	longtest.NeedCI(t, "TestSeedDecidesLayout")
	dir := module(t, map[string]string{"go.mod": goMod + requiringSuite, "fifo/fifo.go": fifo})
	l := mustPrepare(t, "./fifo.New")
	before := mustBuild(t, l, 1)
	changed := strings.Replace(fifo, "NewWeighted(n)", "NewWeighted(n + 0*2 + 1)", 1)
	if err := os.WriteFile(filepath.Join(dir, "fifo", "fifo.go"), []byte(changed), 0o666); err != nil {
		t.Fatal(err)
	}
	if after := mustBuild(t, l, 2); after.Code == before.Code {
		t.Errorf("code = %q before and after a change", after.Code)
	}
}

func order(t *testing.T, p Program) string {
	t.Helper()
	out, err := exec.Command("go", "tool", "nm", "-n", p.Path).Output()
	if err != nil {
		t.Fatal(err)
	}
	var names strings.Builder
	for line := range strings.Lines(string(out)) {
		if field := strings.Fields(line); len(field) == 3 {
			fmt.Fprintln(&names, field[2])
		}
	}
	return names.String()
}

func content(t *testing.T, p Program) []byte {
	t.Helper()
	text, err := os.ReadFile(p.Path)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// An error names the constructor as the user wrote it, and has the cause from the compiler.
func TestRefusals(t *testing.T) {
	dir := module(t, map[string]string{
		"go.mod": goMod + requiringSuite, "fifo/fifo.go": fifo,
		"broken/broken.go": "package broken\n\nfunc New(n int64) int { return m }\n",
		"main.go":          "package main\n\nfunc New() {}\n",
	})
	before := tree(t, dir)
	for given, want := range map[string][]string{
		"./nowhere.New":     {"./nowhere.New: looking for func New in package ./nowhere", "nowhere"},
		"./fifo.Missing":    {"./fifo.Missing: undefined: fifo.Missing"},
		"./fifo.NewText":    {"./fifo.NewText: want one whole number", "string"},
		"./fifo.NewNothing": {"./fifo.NewNothing: int has no Acquire"},
		"./broken.New":      {filepath.FromSlash("broken/broken.go:3:32: undefined: m")},
		"./.New":            {"is a program"},
		"./....New":         {"want one package, and ./... is not one"},
		"cond=./fifo.New":   {"another implementation is named cond"},
		"a/b=./fifo.New":    {`implementation name "a/b"`},
	} {
		err := build(t, given)
		if err == nil {
			t.Errorf("%s: built, want an error with %q", given, want)
			continue
		}
		for _, w := range want {
			if !strings.Contains(err.Error(), w) || strings.Contains(err.Error(), program) {
				t.Errorf("%s: %v, want %q, and nothing of %s", given, err, w, program)
			}
		}
	}
	if after := tree(t, dir); !maps.Equal(before, after) {
		t.Errorf("the module was changed: it has %v now", after)
	}
}

// New needs a module that knows the suite, and a go command.
func TestNowhereToBuild(t *testing.T) {
	module(t, map[string]string{"go.mod": goMod})
	if _, err := prepare(t); err == nil || !strings.Contains(err.Error(), "does not name "+suite) {
		t.Errorf("New in a module without the suite = %v, want that it says so", err)
	}
	t.Chdir(t.TempDir())
	if _, err := New(context.Background(), Sampler, nil, nil); err == nil ||
		!strings.Contains(err.Error(), "no Go module") {
		t.Errorf("New outside of modules = %v, want that it says so", err)
	}
	t.Setenv("PATH", "")
	if _, err := New(context.Background(), Sampler, nil, nil); err == nil ||
		!strings.Contains(err.Error(), "no go tool") {
		t.Errorf("New without a go tool = %v, want that it says so", err)
	}
}

func TestParse(t *testing.T) {
	for s, want := range map[string]Constructor{
		"./mine.New":              {Path: "./mine", Func: "New"},
		".New":                    {Path: ".", Func: "New"},
		"./.New":                  {Path: "./", Func: "New"},
		"gopkg.in/sem.v3.NewFair": {Path: "gopkg.in/sem.v3", Func: "NewFair"},
		"lim=example.org/lim.New": {Name: "lim", Path: "example.org/lim", Func: "New"},
	} {
		got, ok, err := Parse(s)
		got.given = ""
		if !ok || err != nil || got != want {
			t.Errorf("Parse(%q) = %+v, %v, %v, want %+v", s, got, ok, err, want)
		}
	}
	if _, ok, err := Parse("cond"); ok || err != nil {
		t.Errorf("Parse of a name = %v, %v, want false, nil", ok, err)
	}
	for _, s := range []string{"./mine", "./mine.new", "example.org/lim", "=./mine.New",
		"./mine.New[int]", "a=b"} {
		if _, ok, err := Parse(s); ok || err == nil {
			t.Errorf("Parse(%q) = %v, %v, want an error", s, ok, err)
		}
	}
}
