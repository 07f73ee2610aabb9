package rewrite

import (
	"maps"
	"os"
	"path/filepath"
	"testing"

	"github.com/semabench/semabench/internal/gotool"
)

// stamped is a module with a test, an embedded file, and another module in a folder beside it, of
// which a whole copy is made.
var stamped = map[string]string{
	"m/go.mod": "module example.org/m\n\ngo 1.26\n\nrequire example.org/d v1.0.0\n\n" +
		"replace example.org/d v1.0.0 => ../d\n",
	"m/m.go": "package m\n\nimport (\n\t_ \"embed\"\n\n\t\"example.org/d\"\n)\n\n" +
		"//go:embed text.txt\nvar text string\n\nfunc F() { go d.G() }\n",
	"m/text.txt":    "one",
	"m/m_test.go":   "package m\n\nimport \"testing\"\n\nfunc TestF(t *testing.T) { F() }\n",
	"m/x_test.go":   "package m_test\n\nimport \"testing\"\n\nfunc TestX(t *testing.T) { go func() {}() }\n",
	"d/go.mod":      "module example.org/d\n\ngo 1.26\n",
	"d/d.go":        "package d\n\nfunc G() { go func() {}() }\n",
	"d/unix/u.go":   "package unix // imported by no package\n",
	"d/d_windows.x": "not a file of the build",
}

// mark is added to a copy by the test. A copy that was made anew has no mark.
const mark = "\n// the mark of the test\n"

// Copies are taken as they are if the program is the same, and made anew after every change that
// could change them.
func TestStamp(t *testing.T) {
	top, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	write := func(name, text string) {
		t.Helper()
		path := filepath.Join(top, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for name, text := range stamped {
		write(name, text)
	}
	t.Setenv("GOWORK", "off")
	cache := filepath.Join(top, "cache")
	options := Options{Dir: filepath.Join(top, "m"), Suite: true}
	location, err := options.tool().Locate(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var packages map[string]*listed
	// prepared returns what a build would build, and the paths of all copies that are Go files. The
	// go command lists the packages again only if the source has changed: each time costs half a second.
	prepared := func(o Options, source bool) (*copies, []string) {
		t.Helper()
		if source {
			if packages, err = list(t.Context(), o); err != nil {
				t.Fatal(err)
			}
		}
		f, err := openFolder(t.Context(), cache, "key")
		if err != nil {
			t.Fatal(err)
		}
		defer f.unlock()
		c := &copies{folder: f, suite: o.Suite, location: location,
			overlay: gotool.Overlay{}, replaced: map[string]*moduleCopy{}}
		if err := c.prepare(t.Context(), o, packages); err != nil {
			t.Fatal(err)
		}
		paths := []string{filepath.Join(f.dir, "mod", "example.org", "d", "d.go")}
		for _, copied := range c.overlay {
			paths = append(paths, copied)
		}
		return c, paths
	}
	marked := func(paths []string) (n int) {
		for _, path := range paths {
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if len(text) > len(mark) && string(text[len(text)-len(mark):]) == mark {
				n++
			}
		}
		return n
	}
	first, paths := prepared(options, true)
	if len(paths) < 4 {
		t.Fatalf("copies %v, want d.go, m.go and both tests at least", paths)
	}
	race := options
	race.Race = true
	other := options
	other.Tags = "other"
	stamp := filepath.Join(cache, "key", stampFile)
	for _, change := range []struct {
		name         string
		make         func()
		with         Options
		source, anew bool // whether the change is one of the source; whether copies are made anew
	}{
		{"nothing", func() {}, options, false, false},
		{"the race detector", func() {}, race, false, false},
		{"a file of no package", func() { write("d/unix/u.go", "package unix\n") }, options, true, false},
		{"a comment", func() { write("m/m.go", stamped["m/m.go"]+"// more\n") }, options, true, true},
		{"a comment of a test", func() { write("m/m_test.go", stamped["m/m_test.go"]+"// more\n") },
			options, true, true},
		{"the other module", func() { write("d/d.go", stamped["d/d.go"]+"// more\n") }, options, true, true},
		{"an embedded file", func() { write("m/text.txt", "two") }, options, true, true},
		{"the language version", func() { write("d/go.mod", "module example.org/d\n\ngo 1.25\n") },
			options, true, true},
		{"a tag", func() {}, other, false, true},
		{"a copy that is gone", func() { os.Remove(filepath.Join(cache, "key", "mod", "example.org", "d", "go.mod")) },
			other, false, true},
		{"a stamp that was cut off", func() { os.Truncate(stamp, 20) }, other, false, true},
		{"an interrupted build", func() { os.Remove(stamp) }, other, false, true},
	} {
		for _, path := range paths {
			text, err := os.ReadFile(path)
			if err == nil {
				err = os.WriteFile(path, append(text, mark...), 0o644)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		change.make()
		var c *copies
		c, paths = prepared(change.with, change.source)
		want := len(paths)
		if change.anew {
			want = 0
		}
		if got := marked(paths); got != want {
			t.Errorf("%s: %d of %d copies were taken, want %d", change.name, got, len(paths), want)
		}
		if !maps.Equal(c.overlay, first.overlay) || c.dirOfTests != first.dirOfTests ||
			len(c.tests) != 2 || len(c.replaced) != 1 ||
			c.replaced["example.org/d"].dir != first.replaced["example.org/d"].dir ||
			c.replaced["example.org/d"].module.Version != "v1.0.0" {
			t.Errorf("%s: builds %+v, want %+v", change.name, c, first)
		}
	}
}
