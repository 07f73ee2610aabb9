package rewrite

import (
	"encoding/json"
	"errors"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/semabench/semabench/internal/gotool"
)

// unobservable are the variables of instrumented packages that may keep what a schedule put there:
// pools of buffers, constants, and registries, whose functions are refused (onceOnly).
var unobservable = []string{
	"log.bufferPool", "log/slog.groupPool", "log/slog.jsonEncoderPool",
	"database/sql.drivers", "database/sql.driversMu", "net/rpc.DefaultServer", "net/rpc.debug",
	"net/textproto.colon", "net/textproto.commonHeader", "net/textproto.commonHeaderOnce",
	"net/textproto.crnl", "net/textproto.dotcrnl", "net/textproto.nl",
}

// Each variable of an instrumented package that can change is in the list, or no program can see
// its value. A Go release that adds a variable makes this test fail.
func TestInstrumentedVariablesAreKept(t *testing.T) {
	packages := standardPackages(t, slices.Sorted(maps.Keys(instrumented))...)
	for path, kept := range instrumented {
		if p := packages[path]; p == nil || len(p.GoFiles) == 0 {
			// Only a package of a later Go release may be missing.
			if path != "net/http/internal/http2" {
				t.Errorf("%s is not in the standard library", path)
			}
			continue
		}
		c, err := check(packages[path], packages)
		if err != nil {
			t.Fatal(err)
		}
		found := findState([]*checked{c})
		for _, init := range c.info.InitOrder {
			for _, v := range init.Lhs {
				if key := variableName(v); key != "" && c.hasState(init.Rhs) {
					found.changes[key] = true
				}
			}
		}
		known := slices.Clone(unobservable)
		for _, name := range kept {
			known = append(known, path+"."+strings.TrimPrefix(name, "*"))
		}
		for _, name := range c.types.Scope().Names() {
			key := variableName(c.types.Scope().Lookup(name))
			if key == "" || slices.Contains(known, key) {
				continue
			}
			if found.changes[key] {
				t.Errorf("%s can change, and is not kept", key)
			}
		}
	}
}

// standardPackages lists packages of the standard library and what they import.
func standardPackages(t *testing.T, paths ...string) map[string]*listed {
	t.Helper()
	args := append([]string{"-e", "-deps", "-export", "-json"}, paths...)
	out, err := gotool.Tool{Dir: "."}.Run(t.Context(), "list", args...)
	if err != nil {
		t.Fatal(err)
	}
	packages := map[string]*listed{}
	for d := json.NewDecoder(strings.NewReader(out)); ; {
		p := &listed{}
		if err := d.Decode(p); errors.Is(err, io.EOF) {
			return packages
		} else if err != nil {
			t.Fatal(err)
		}
		packages[p.ImportPath] = p
	}
}

// A Go release in the module cache is replaced by way of links; another one directly.
func TestStandardPath(t *testing.T) {
	modCache, dir := t.TempDir(), t.TempDir()
	goRoot := filepath.Join(modCache, "golang.org", "toolchain@v1")
	file := filepath.Join(goRoot, "src", "log", "log.go")
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte("package log"), 0o644); err != nil {
		t.Fatal(err)
	}
	for range 2 { // the links are there the second time
		c := &copies{folder: &folder{dir: dir}, location: gotool.Location{ModCache: modCache, GoRoot: goRoot}}
		path, err := c.standardPath(file)
		if err != nil {
			t.Fatal(err)
		}
		if text, err := os.ReadFile(path); err != nil || string(text) != "package log" || inside(path, modCache) {
			t.Errorf("%s: %q, %v", path, text, err)
		}
	}
	c := &copies{folder: &folder{dir: dir}, location: gotool.Location{ModCache: t.TempDir(), GoRoot: goRoot}}
	if path, err := c.standardPath(file); err != nil || path != file || c.goRoot != "" {
		t.Errorf("%s, %v", path, err)
	}
}

// A standard package is reached through the test's own packages only. Imports of the engine and of
// standard packages that are not instrumented do not count.
func TestReachStandard(t *testing.T) {
	packages := map[string]*listed{
		"a.test":   {ImportPath: "a.test", Imports: []string{"a", "expvar"}},
		"a":        {ImportPath: "a", Imports: []string{"log/slog", engine}},
		"expvar":   {ImportPath: "expvar", Standard: true, Imports: []string{"log"}},
		"log/slog": {ImportPath: "log/slog", Standard: true, Imports: []string{"log"}},
		"log":      {ImportPath: "log", Standard: true},
	}
	if seen := reached(packages); !seen["log/slog"] || !seen["log"] || seen["expvar"] {
		t.Errorf("%v, want log/slog and log", seen)
	}
	packages["a"].Imports = []string{"expvar", engine}
	if seen := reached(packages); seen["log/slog"] || seen["log"] {
		t.Errorf("%v, want no standard package", seen)
	}
}
