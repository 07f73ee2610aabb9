package rewrite

import (
	"maps"
	"os"
	"path/filepath"
	"strings"
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

// A stampedModule is the module on disk, with a cache.
type stampedModule struct {
	t        *testing.T
	top      string
	location gotool.Location
	packages map[string]*listed // as the go command listed them last
}

// newStampedModule writes the module, and returns it with the options of a build.
func newStampedModule(t *testing.T) (*stampedModule, Options) {
	t.Helper()
	t.Setenv("GOWORK", "off")
	top, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	m := &stampedModule{t: t, top: top}
	for name, text := range stamped {
		m.write(name, text)
	}
	o := Options{Dir: filepath.Join(top, "m"), Suite: true}
	if m.location, err = o.tool().Locate(t.Context()); err != nil {
		t.Fatal(err)
	}
	return m, o
}

// cached returns the path of a file in the folder of the cache.
func (m *stampedModule) cached(elements ...string) string {
	return filepath.Join(append([]string{m.top, "cache", "key"}, elements...)...)
}

func (m *stampedModule) write(name, text string) {
	m.t.Helper()
	path := filepath.Join(m.top, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		m.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		m.t.Fatal(err)
	}
}

// prepared returns the copies that a build would build, and the paths of all copies that are Go files.
// The go command lists the packages again only if the source has changed: each time costs half a second.
func (m *stampedModule) prepared(o Options, source bool) (*copies, []string) {
	m.t.Helper()
	var err error
	if source {
		if m.packages, err = list(m.t.Context(), o); err != nil {
			m.t.Fatal(err)
		}
	}
	f, err := openFolder(m.t.Context(), filepath.Join(m.top, "cache"), "key")
	if err != nil {
		m.t.Fatal(err)
	}
	defer f.unlock()
	c := &copies{folder: f, suite: o.Suite, location: m.location,
		overlay: gotool.Overlay{}, replaced: map[string]*moduleCopy{}}
	if err := c.prepare(m.t.Context(), o, m.packages); err != nil {
		m.t.Fatal(err)
	}
	paths := []string{m.cached("mod", "example.org", "d", "d.go")}
	for _, copied := range c.overlay {
		paths = append(paths, copied)
	}
	return c, paths
}

// markAll adds the mark to files, and marked counts the files that have it.
func (m *stampedModule) markAll(paths []string) {
	m.t.Helper()
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err == nil {
			err = os.WriteFile(path, append(text, mark...), 0o644)
		}
		if err != nil {
			m.t.Fatal(err)
		}
	}
}

func (m *stampedModule) marked(paths []string) (n int) {
	m.t.Helper()
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			m.t.Fatal(err)
		}
		if strings.HasSuffix(string(text), mark) {
			n++
		}
	}
	return n
}

// Copies are taken as they are if the program is the same, and made anew after every change that
// could change them.
func TestStamp(t *testing.T) {
	m, options := newStampedModule(t)
	first, paths := m.prepared(options, true)
	if len(paths) < 4 {
		t.Fatalf("copies %v, want d.go, m.go and both tests at least", paths)
	}
	race, other := options, options
	race.Race, other.Tags = true, "other"
	more := func(name string) func() { return func() { m.write(name, stamped[name]+"// more\n") } }
	for _, change := range []struct {
		name         string
		make         func()
		with         Options
		source, anew bool // whether the change is one of the source; whether copies are made anew
	}{
		{"nothing", func() {}, options, false, false},
		{"the race detector", func() {}, race, false, false},
		{"a file of no package", func() { m.write("d/unix/u.go", "package unix\n") }, options, true, false},
		{"a comment", more("m/m.go"), options, true, true},
		{"a comment of a test", more("m/m_test.go"), options, true, true},
		{"the other module", more("d/d.go"), options, true, true},
		{"an embedded file", func() { m.write("m/text.txt", "two") }, options, true, true},
		{"the language version", func() { m.write("d/go.mod", "module example.org/d\n\ngo 1.25\n") },
			options, true, true},
		{"a tag", func() {}, other, false, true},
		{"a copy that is gone", func() { os.Remove(m.cached("mod", "example.org", "d", "go.mod")) },
			other, false, true},
		{"a stamp that was cut off", func() { os.Truncate(m.cached(stampFile), 20) }, other, false, true},
		{"an interrupted build", func() { os.Remove(m.cached(stampFile)) }, other, false, true},
	} {
		m.markAll(paths)
		change.make()
		var c *copies
		c, paths = m.prepared(change.with, change.source)
		want := len(paths)
		if change.anew {
			want = 0
		}
		if got := m.marked(paths); got != want {
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
