package rewrite

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"sync"

	"github.com/semabench/semabench/internal/gotool"
)

// A stamp says which program the copies in a folder were made from. A build of the same program
// takes the copies as they are: it neither parses nor type-checks a package. For a test that
// imports net/http and runs under the race detector, that is five of six seconds of CPU.
//
// The stamp is removed before the first copy is written, and written after the last one. So a
// build that was interrupted, or that failed in between, leaves no stamp, and the next build makes
// every copy anew. The lock of the folder keeps other builds away meanwhile.
type stamp struct {
	Program  string               // see program
	Overlay  gotool.Overlay       // as copies.overlay
	Replaced map[string]stampCopy // as copies.replaced
	GoRoot   string               // as copies.goRoot
	Dir      string               // of the tested package
	Tests    []string             // that can be explored
}

// A stampCopy is a moduleCopy in a stamp. The module itself is not there: the listing has it.
type stampCopy struct{ Version, Dir string }

// stampFile is the name of the stamp in its folder.
const stampFile = "stamp.json"

// program returns the hash of everything that decides the copies: the program that rewrites, which
// changes with the rules of the rewrite, the options and the places of the build, and the packages.
// Race is not among the options, as it changes no copy.
//
// A package is known by the line of its listing. That line has the path of its export data, which
// is a file in the cache of the go command, named by the hash of its content. The content begins
// with the build ID. That is made from the text of every file of the package, with comments and embedded
// files, from its flags, and from the build IDs of its imports. A package without
// export data is package unsafe, whose files never change, or a main package, whose files are hashed.
//
// The second result is false if the rewriting program cannot be read. The build then goes without
// a stamp.
func (c *copies) program(o Options, packages map[string]*listed) (string, bool) {
	rewriter, err := ownHash()
	if err != nil {
		return "", false
	}
	h := sha256.New()
	o.Cache, o.temp, o.Race = "", "", false
	if err := json.NewEncoder(h).Encode([]any{rewriter, o, c.location}); err != nil {
		return "", false
	}
	for _, path := range slices.Sorted(maps.Keys(packages)) {
		p := packages[path]
		if err := json.NewEncoder(h).Encode(p); err != nil {
			return "", false
		}
		if p.Export != "" || p.Standard {
			continue
		}
		for _, name := range p.GoFiles {
			if !filepath.IsAbs(name) { // the go command writes the main file of a test into its own cache
				name = filepath.Join(p.Dir, name)
			}
			if err := hashFile(h, name); err != nil {
				return "", false
			}
		}
	}
	return hex.EncodeToString(h.Sum(nil)), true
}

// ownHash returns the hash of the running executable. Reading 40 MB takes some 30 ms, once for each
// process.
var ownHash = sync.OnceValues(func() (string, error) {
	path, err := os.Executable()
	if err != nil {
		return "", err
	}
	h := sha256.New()
	if err := hashFile(h, path); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
})

// hashFile adds the content of a file to a hash.
func hashFile(h hash.Hash, path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	_, err = io.Copy(h, f)
	return err
}

// readStamp returns the stamp of the folder, if it is for the program and every copy that it names
// is still there. A user may have removed a part of the cache. Whether the go command can build the
// copies is not asked: it would complain about them in the same way if they were made anew.
func (c *copies) readStamp(program string) (*stamp, bool) {
	text, err := os.ReadFile(filepath.Join(c.dir, stampFile))
	if err != nil {
		return nil, false
	}
	s := &stamp{}
	if err := json.Unmarshal(text, s); err != nil || s.Program != program {
		return nil, false
	}
	for _, copied := range s.Overlay {
		if !isFile(copied) {
			return nil, false
		}
	}
	for _, module := range s.Replaced {
		if !isFile(filepath.Join(module.Dir, "go.mod")) {
			return nil, false
		}
	}
	return s, true
}

func isFile(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}

// take makes c what it was after the rewrite that wrote the stamp.
func (c *copies) take(s *stamp) {
	c.overlay, c.goRoot = s.Overlay, s.GoRoot
	for path, m := range s.Replaced {
		c.replaced[path] = &moduleCopy{module: &module{Path: path, Version: m.Version}, dir: m.Dir}
	}
	c.dirOfTests, c.tests = s.Dir, s.Tests
}

// removeStamp is called before the first copy is written.
func (c *copies) removeStamp() error {
	err := os.Remove(filepath.Join(c.dir, stampFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// writeStamp is called after the last copy is written. A stamp that was cut off, by a full disk for
// example, is no JSON, and readStamp does not take it.
func (c *copies) writeStamp(program string) error {
	s := stamp{
		Program: program, Overlay: c.overlay, Replaced: map[string]stampCopy{}, GoRoot: c.goRoot,
		Dir: c.dirOfTests, Tests: c.tests,
	}
	for path, m := range c.replaced {
		s.Replaced[path] = stampCopy{Version: m.module.Version, Dir: m.dir}
	}
	text, err := json.Marshal(s)
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(c.dir, stampFile), text, 0o644); err != nil {
		return fmt.Errorf("writing the stamp of the copies: %w", err)
	}
	return nil
}
