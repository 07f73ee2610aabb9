package gotool_test

import (
	"context"
	"errors"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/semabench/semabench/internal/child"
	"github.com/semabench/semabench/internal/gotool"
)

// writeFiles writes files below a new folder, and returns the folder without symbolic links.
func writeFiles(t *testing.T, files map[string]string) string {
	t.Helper()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// hermetic is an environment in which the go command asks no server and finds no foreign workspace.
var hermetic = []string{"GOPROXY=off", "GOFLAGS=", "GOWORK=", "GOTOOLCHAIN=local"}

func TestRun(t *testing.T) {
	dir := writeFiles(t, map[string]string{"go.mod": "module example.org/m\n\ngo 1.26\n",
		"m.go": "package m\n"})
	tool := gotool.Tool{Dir: dir, Env: hermetic}
	if out, err := tool.Run(t.Context(), "list", "./..."); out != "example.org/m" || err != nil {
		t.Errorf("go list = %q, %v", out, err)
	}
	_, err := tool.Run(t.Context(), "list", "./absent")
	var failure *child.Failure
	if !errors.As(err, &failure) || !strings.Contains(failure.Stderr, "absent") ||
		!strings.HasPrefix(err.Error(), "go list: ") {
		t.Errorf("go list of an absent package: %v, want go list and what it wrote", err)
	}
	tool.Flags = []string{"-f", "{{.Name}}"}
	if out, err := tool.Run(t.Context(), "list", "."); out != "m" || err != nil {
		t.Errorf("go list with flags = %q, %v", out, err)
	}
}

func TestWithoutGo(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	if _, err := (gotool.Tool{}).Run(t.Context(), "version"); !errors.Is(err, gotool.ErrNoGo) {
		t.Errorf("Run: %v, want %v", err, gotool.ErrNoGo)
	}
}

func TestADoneContextEndsTheCommand(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), time.Nanosecond)
	defer cancel()
	<-ctx.Done()
	if _, err := (gotool.Tool{}).Run(ctx, "version"); err != context.DeadlineExceeded {
		t.Errorf("Run: %v, want %v", err, context.DeadlineExceeded)
	}
}

func TestLocate(t *testing.T) {
	dir := writeFiles(t, map[string]string{
		"plain/go.mod": "module example.org/plain\n",
		"work/go.work": "go 1.26\n\nuse ./a\n", "work/a/go.mod": "module example.org/a\n\ngo 1.26\n",
		"none/readme": "",
	})
	for name, want := range map[string]struct{ manifest, root string }{
		"plain": {"plain/go.mod", "plain"}, "work/a": {"work/go.work", "work"}, "work": {"work/go.work", "work"},
	} {
		l, err := gotool.Tool{Dir: filepath.Join(dir, name), Env: hermetic}.Locate(t.Context())
		if err != nil || l.Manifest() != filepath.Join(dir, want.manifest) ||
			l.Root() != filepath.Join(dir, want.root) {
			t.Errorf("Locate in %s = %+v, %v", name, l, err)
		}
	}
	_, err := gotool.Tool{Dir: filepath.Join(dir, "none"), Env: hermetic}.Locate(t.Context())
	if !errors.Is(err, gotool.ErrNoModule) {
		t.Errorf("Locate outside of a module: %v, want %v", err, gotool.ErrNoModule)
	}
	off := append([]string{}, hermetic...)
	l, err := gotool.Tool{Dir: filepath.Join(dir, "work", "a"),
		Env: append(off, "GOWORK=off")}.Locate(t.Context())
	if err != nil || l.GoWork != "" || l.Root() != filepath.Join(dir, "work", "a") {
		t.Errorf("Locate with GOWORK=off = %+v, %v", l, err)
	}
}

func TestOverlay(t *testing.T) {
	dir := writeFiles(t, map[string]string{"go.mod": "module example.org/m\n\ngo 1.26\n",
		"shown.txt": "package shown\n"})
	path := filepath.Join(dir, "out", "overlay.json")
	overlay := gotool.Overlay{filepath.Join(dir, "m.go"): filepath.Join(dir, "shown.txt")}
	if err := overlay.WriteFile(path); err != nil {
		t.Fatal(err)
	}
	tool := gotool.Tool{Dir: dir, Env: hermetic}
	if out, err := tool.Run(t.Context(), "list", "-overlay="+path, "-f",
		"{{.Name}}"); out != "shown" || err != nil {
		t.Errorf("go list with an overlay = %q, %v", out, err)
	}
	old := time.Now().Add(-time.Hour).Truncate(time.Second)
	if err := os.Chtimes(path, old, old); err != nil {
		t.Fatal(err)
	}
	if err := maps.Clone(overlay).WriteFile(path); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(path); err != nil || !info.ModTime().Equal(old) {
		t.Errorf("the same overlay was written again: %v, %v", info.ModTime(), err)
	}
}

// A binary without DWARF keeps the variables that the linker sets by the user's GOFLAGS.
func TestWithoutDebugging(t *testing.T) {
	dir := writeFiles(t, map[string]string{"go.mod": "module example.org/m\n\ngo 1.26\n",
		"m.go": "package main\n\nvar version = \"none\"\n\nfunc main() { println(version) }\n"})
	for flags, want := range map[string]string{"-buildvcs=false": "none", "-ldflags=-X=main.version=v1": "v1"} {
		tool := gotool.Tool{Dir: dir, Env: append([]string{"GOFLAGS=" + flags}, hermetic[:1]...)}
		tool.Env = append(tool.Env, "GOWORK=off")
		location, err := tool.Locate(t.Context())
		if err != nil || location.GoFlags != flags {
			t.Fatalf("Locate = %+v, %v, want GOFLAGS %q", location, err, flags)
		}
		path := filepath.Join(dir, "m.exe")
		args := append(gotool.WithoutDebugging(location.GoFlags), "-o", path, ".")
		if _, err := tool.Run(t.Context(), "build", args...); err != nil {
			t.Fatal(err)
		}
		out, err := exec.Command(path).CombinedOutput()
		if got := strings.TrimSpace(string(out)); err != nil || got != want {
			t.Errorf("with GOFLAGS=%q the version is %q, %v, want %q", flags, got, err, want)
		}
	}
}

// An error that the machine causes says what to do about it. An error of the code stays as it is.
func TestAdvice(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the go command of this test is a shell script")
	}
	for complaint, want := range map[string]string{
		"go: go.mod requires go >= 1.99 (running go 1.26.8; GOTOOLCHAIN=local)":                    "install a newer one, or unset GOTOOLCHAIN",
		"go: -race requires cgo; enable cgo by setting CGO_ENABLED=1":                              "the race detector needs a C compiler",
		"runtime/cgo\ncgo: C compiler \"gcc\" not found: exec: \"gcc\": executable file not found": "install a C compiler",
		"failed to initialize build cache at /x: mkdir /x: permission denied":                      "set GOCACHE",
		"go: example.org/m@v1.0.0: module lookup disabled by GOPROXY=off":                          "go mod download",
		"./p.go:3:9: undefined: y":              "go vet: exit status 1",
		"./p.go:3: the comment says: not found": "go vet: exit status 1",
	} {
		dir := writeFiles(t, map[string]string{"go": "#!/bin/sh\necho '" + complaint + "' >&2\nexit 1\n"})
		if err := os.Chmod(filepath.Join(dir, "go"), 0o755); err != nil {
			t.Fatal(err)
		}
		t.Setenv("PATH", dir)
		_, err := (gotool.Tool{}).Run(t.Context(), "vet")
		var failure *child.Failure
		if err == nil || !errors.As(err, &failure) || !strings.HasPrefix(err.Error(), want) && !strings.Contains(strings.SplitN(err.Error(), ": go vet", 2)[0], want) {
			t.Errorf("%s\nbecomes %v\nwant %q", complaint, err, want)
		}
	}
}
