package gotool_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/semabench/semabench/internal/gotool"
)

func mustRead(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// A build with the copy must find the module that only the copy requires, and the user's files must
// stay as they are.
func TestRedirectOfAModule(t *testing.T) {
	const gomod = "module example.org/m // kept\n\ngo 1.26\n\nrequire example.org/near v0.0.0\n\n" +
		"replace example.org/near => ../near\n"
	dir := writeFiles(t, map[string]string{
		"m/go.mod": gomod, "m/go.sum": "a\nb", // no end of line
		"m/m.go":      "package m\n\nimport (\n\t_ \"example.org/far\"\n\t_ \"example.org/near\"\n)\n",
		"near/go.mod": "module example.org/near\n\ngo 1.26\n", "near/near.go": "package near\n",
		"far/go.mod": "module example.org/far\n\ngo 1.26\n", "far/far.go": "package far\n",
	})
	m, err := gotool.ReadManifest(filepath.Join(dir, "m", "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	m.AddSums([]byte("c\n"))
	if err := m.Require("example.org/far", "v0.0.0"); err != nil {
		t.Fatal(err)
	}
	if err := m.Replace("example.org/far", "", filepath.Join(dir, "far")); err != nil {
		t.Fatal(err)
	}
	if err := m.Use("x"); err == nil {
		t.Error("a go.mod uses a folder, want an error")
	}
	copied := t.TempDir()
	if _, err := m.WriteTo(copied); err != nil {
		t.Fatal(err)
	}
	if sums := mustRead(t, filepath.Join(copied, "go.sum")); sums != "a\nb\nc\n" {
		t.Errorf("checksums %q", sums)
	}
	if text := mustRead(t, filepath.Join(copied, "go.mod")); !strings.Contains(text, "// kept") {
		t.Errorf("the copy lost its comment:\n%s", text)
	}
	if err := os.Remove(filepath.Join(copied, "go.sum")); err != nil { // no checksums of anything
		t.Fatal(err)
	}
	m2, err := gotool.ReadManifest(filepath.Join(copied, "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	tool, err := m2.Redirect(gotool.Tool{Dir: filepath.Join(dir, "m"), Env: hermetic}, copied)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tool.Run(t.Context(), "build", "./..."); err != nil {
		t.Errorf("building with the copy: %v", err)
	}
	if text := mustRead(t, filepath.Join(dir, "m", "go.mod")); text != gomod {
		t.Errorf("the user's go.mod is now\n%s", text)
	}
}

// Relative folders of a go.work must mean the same from the folder of the copy.
func TestRedirectOfAWorkspace(t *testing.T) {
	const gowork = "go 1.26\n\nuse (\n\t./a\n\t./b // kept\n)\n\nreplace example.org/near => ./near\n"
	dir := writeFiles(t, map[string]string{
		"go.work": gowork, "go.work.sum": "sum\n",
		"a/go.mod": "module example.org/a\n\ngo 1.26\n\nrequire example.org/near v0.0.0\n",
		"a/a.go": "package a\n\nimport (\n\t_ \"example.org/b\"\n\t_ \"example.org/extra\"\n" +
			"\t_ \"example.org/near\"\n)\n",
		"b/go.mod": "module example.org/b\n\ngo 1.26\n", "b/b.go": "package b\n",
		"near/go.mod": "module example.org/near\n\ngo 1.26\n", "near/near.go": "package near\n",
		"extra/go.mod": "module example.org/extra\n\ngo 1.26\n", "extra/extra.go": "package extra\n",
	})
	m, err := gotool.ReadManifest(filepath.Join(dir, "go.work"))
	if err != nil {
		t.Fatal(err)
	}
	if err := m.Use(filepath.Join(dir, "extra")); err != nil {
		t.Fatal(err)
	}
	if err := m.Require("x", "v1.0.0"); err == nil {
		t.Error("a go.work requires a module, want an error")
	}
	tool, err := m.Redirect(gotool.Tool{Dir: filepath.Join(dir, "a"), Env: hermetic}, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tool.Run(t.Context(), "build", "."); err != nil {
		t.Errorf("building with the copy: %v", err)
	}
	if text := mustRead(t, filepath.Join(dir, "go.work")); text != gowork {
		t.Errorf("the user's go.work is now\n%s", text)
	}
}

func TestABrokenManifestIsNamed(t *testing.T) {
	dir := writeFiles(t, map[string]string{"go.mod": "module m\n\nnonsense\n"})
	_, err := gotool.ReadManifest(filepath.Join(dir, "go.mod"))
	if err == nil || !strings.Contains(err.Error(), filepath.Join(dir, "go.mod")+":3") {
		t.Errorf("ReadManifest: %v, want the file and the line", err)
	}
}

// A module may have a replacement for one version beside that for all others. Both stay, with
// absolute paths.
func TestReplacementsOfOneModuleStay(t *testing.T) {
	dir := writeFiles(t, map[string]string{"go.work": "go 1.26\n\nuse ./m\n\nreplace (\n" +
		"\texample.org/a => ./x\n\texample.org/a v1.0.0 => ./y\n\texample.org/b v1.0.0 => example.org/c v1.1.0\n)\n",
		"m/go.mod": "module example.org/m\n"})
	m, err := gotool.ReadManifest(filepath.Join(dir, "go.work"))
	if err != nil {
		t.Fatal(err)
	}
	if err := m.Replace("example.org/d", "v1.0.0", "/d"); err != nil {
		t.Fatal(err)
	}
	path, err := m.WriteTo(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	text := mustRead(t, path)
	for _, want := range []string{
		"example.org/a => " + filepath.Join(dir, "x") + "\n",
		"example.org/a v1.0.0 => " + filepath.Join(dir, "y") + "\n",
		"example.org/b v1.0.0 => example.org/c v1.1.0\n", "example.org/d v1.0.0 => /d\n",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no line %q in\n%s", want, text)
		}
	}
	if _, err := gotool.ReadManifest(path); err != nil {
		t.Errorf("the copy cannot be read again: %v", err)
	}
}

// The settings are the user's, whatever version the workspace rises to. A setting in the manifest goes
// before the one of the version.
func TestKeepSettings(t *testing.T) {
	for text, want := range map[string]string{
		"module m\n":            "go 1.26.0 godebug default=go1.16",
		"module m\n\ngo 1.18\n": "go 1.26.0 godebug default=go1.18",
		"module m\n\ngo 1.21\n\ngodebug (\n\tpanicnil=1\n\tdefault=go1.20\n)\n": "go 1.26.0 godebug ( default=go1.20 panicnil=1 )",
	} {
		dir := t.TempDir()
		for name, text := range map[string]string{"go.mod": text, "go.work": "go 1.26.0\n"} {
			if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		m, err := gotool.ReadManifest(filepath.Join(dir, "go.mod"))
		if err != nil {
			t.Fatal(err)
		}
		w, err := gotool.ReadManifest(filepath.Join(dir, "go.work"))
		if err != nil {
			t.Fatal(err)
		}
		if err := w.KeepSettings(m); err != nil {
			t.Fatal(err)
		}
		path, err := w.WriteTo(t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(strings.Fields(mustRead(t, path)), " "); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}
