package layout

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/semabench/semabench/internal/filelock"
	"github.com/semabench/semabench/internal/gotool"
)

// A Nested is a module with one test, outside of the user's folders and below the user's module
// path. The go command decides by the import path whether a package may import an internal one, so
// the test may import whatever the user's own tests may.
//
// An overlay, as for the program of samples, would not do: the explorer rewrites the packages of a
// test with an overlay of its own, and the go command takes one.
type Nested struct {
	Dir          string   // folder of the module and of its test
	Env          []string // for every go command there, and for the test
	Constructors []Constructor

	linker *Linker
	unlock func() error
}

// nested is the last element of the module's path.
const nested = "semabench_explored"

// Nest writes the module into a folder below cache. One module of the user gets the same folder again,
// whatever the constructors, because the explorer compiles every package anew for a new folder. test
// is the text of a test file in package explored, where Made() returns the implementations of the
// constructors. The working directory is in the user's module.
//
// The caller must call Close. Until then the folder belongs to this process: another run at the same
// time takes the next folder.
func Nest(ctx context.Context, constructors []Constructor, taken []string, cache, test string) (*Nested, error) {
	l, err := newLinker(ctx, "", constructors, taken)
	if err != nil {
		return nil, err
	}
	n := &Nested{Constructors: l.Constructors, linker: l, unlock: nothing}
	if err := errors.Join(n.write(ctx, cache, test), l.Close()); err != nil {
		return nil, errors.Join(err, n.Close())
	}
	return n, nil
}

// Close lets other runs use the folder, which stays for the next one.
func (n *Nested) Close() error { return n.unlock() }

// Explain turns the complaints of a command in the module into words about the constructors. err is the
// error of the command, and a *child.Failure.
func (n *Nested) Explain(err error, complaint string) error { return n.linker.failed(err, complaint) }

func (n *Nested) write(ctx context.Context, cache, test string) error {
	where, err := (gotool.Tool{}).Locate(ctx)
	if err != nil {
		return err
	}
	manifest, err := gotool.ReadManifest(filepath.Join(n.linker.tmp, filepath.Base(where.Manifest())))
	if err != nil {
		return err
	}
	parent, err := n.parent(ctx)
	if err != nil {
		return err
	}
	if n.Dir, n.unlock, err = freeFolder(cache, where.Manifest()+"\x00"+parent); err != nil {
		return err
	}
	n.Env = environment(where, n.Dir)
	files := []file{{tableFile, n.linker.table("explored")}, {"explored_test.go", test}}
	if where.GoWork == "" {
		err = manifest.Below(parent+"/"+nested, n.linker.root)
	} else { // a further module of the workspace
		gomod := "module " + parent + "/" + nested + "\n\ngo 1.26\n"
		if err = gotool.WriteIfChanged(filepath.Join(n.Dir, "go.mod"), []byte(gomod)); err == nil {
			err = manifest.Use(n.Dir)
		}
	}
	if err != nil {
		return err
	}
	return writeNested(n.Dir, manifest, files)
}

// freeFolder returns the first folder of a key that no other process uses, and locks it.
func freeFolder(cache, key string) (dir string, unlock func() error, err error) {
	sum := sha256.Sum256([]byte(key))
	for slot := 0; ; slot++ {
		dir = filepath.Join(cache, fmt.Sprintf("impls-%x-%d", sum[:8], slot))
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return "", nothing, err
		}
		unlock, ok, err := filelock.TryLock(dir + ".lock")
		if err != nil {
			return "", nothing, err
		}
		if ok {
			return dir, unlock, nil
		}
	}
}

func nothing() error { return nil }

type file struct{ name, text string }

// writeNested writes the files, unless the folder has them already. They cannot be compared with the
// folder: the go command adds to go.mod what a build needs. A file of its own has what was written,
// and is written last, so a run that dies half way leaves nothing that counts.
func writeNested(dir string, manifest *gotool.Manifest, files []file) error {
	const record = "written"
	key := sha256.New()
	fmt.Fprint(key, manifest.Text())
	for _, f := range files {
		fmt.Fprintf(key, "\x00%s\x00%s", f.name, f.text)
	}
	want := fmt.Sprintf("%x", key.Sum(nil))
	if had, err := os.ReadFile(filepath.Join(dir, record)); err == nil && string(had) == want {
		return nil
	}
	for _, f := range files {
		if err := gotool.WriteIfChanged(filepath.Join(dir, f.name), []byte(f.text)); err != nil {
			return err
		}
	}
	if _, err := manifest.WriteTo(dir); err != nil {
		return err
	}
	return gotool.WriteIfChanged(filepath.Join(dir, record), []byte(want))
}

// parent returns the import path below which every package can be imported that a constructor is in.
// Of two internal packages the deeper parent serves both, if it can: with two in different trees the
// go command refuses one of them by name. Without an internal package it is the module's path.
func (n *Nested) parent(ctx context.Context) (string, error) {
	deepest := ""
	for _, c := range n.Constructors {
		if before := beforeInternal(c.Path); c.private && c.dir != "" && len(before) > len(deepest) {
			deepest = before
		}
	}
	if deepest != "" {
		return deepest, nil
	}
	tool := gotool.Tool{Dir: n.linker.root, Env: n.linker.tool.Env, Flags: n.linker.tool.Flags}
	out, err := tool.Run(ctx, "list", "-m", "-f", "{{.Path}}\t{{.Dir}}")
	if err != nil {
		return "", err
	}
	for line := range strings.Lines(out) { // a workspace has several
		path, dir, _ := strings.Cut(strings.TrimSpace(line), "\t")
		if dir == n.linker.root {
			return path, nil
		}
	}
	path, _, _ := strings.Cut(out, "\t")
	return path, nil
}

// beforeInternal returns the path in front of the last element internal: packages below it may
// import the package.
func beforeInternal(path string) string {
	elements := strings.Split(path, "/")
	slices.Reverse(elements)
	i := slices.Index(elements, "internal")
	elements = elements[i+1:]
	slices.Reverse(elements)
	return strings.Join(elements, "/")
}

// environment returns the variables for go commands in the nested module. The user's GOFLAGS stay,
// but for flags that choose another go.mod or a vendor folder: the nested module has its own go.mod
// and no vendor folder.
func environment(where gotool.Location, dir string) []string {
	var kept []string
	for flag := range strings.FieldsSeq(where.GoFlags) {
		name, _, _ := strings.Cut(strings.TrimLeft(flag, "-"), "=")
		if name != "mod" && name != "modfile" && name != "overlay" {
			kept = append(kept, flag)
		}
	}
	work := "off"
	if where.GoWork != "" {
		work = filepath.Join(dir, "go.work")
	} else {
		kept = append(kept, "-mod=mod") // lets the go command add what the explorer needs
	}
	return []string{"GOFLAGS=" + strings.Join(kept, " "), "GOWORK=" + work}
}
