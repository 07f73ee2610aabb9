package exploration

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"golang.org/x/mod/modfile"

	"github.com/semabench/semabench/internal/gotool"
	"github.com/semabench/semabench/internal/layout"
)

// The option Impls explores a module with this one test. The module stays in the user's cache,
// so that the next run need not build it again. A module of its own is needed because the
// working directory may be in no module, or in a module that does not require this suite. The
// replace directive makes it explore the source that this executable was built from.
const (
	implsModule = `module semabench_explored

go 1.26

require github.com/semabench/semabench v0.0.0

replace github.com/semabench/semabench => %s
`
	implsTest = `package explored

import (
	"testing"

	"github.com/semabench/semabench/impls"
	"github.com/semabench/semabench/stress/explore"
)

func TestImplementation(t *testing.T) {
	for _, impl := range impls.All() {
		t.Run(impl.Name, func(t *testing.T) { explore.Semaphore(t, impl) })
	}
}
`
)

// writeImplTests writes the module, and sets folder, Package and Run so that they select the tests
// of the implementations. The names are quoted in the pattern: a name may have a dot. The
// implementations are explored by an ordinary test, so that this verb has no way of its own into
// the explorer.
//
// A verb with its own way would need its own flags, results and replays, and each of them would
// have to stay equal to its counterpart in a test.
func (r *run) writeImplTests(ctx context.Context) error {
	source := layout.SourceDir()
	if source == "" {
		return errors.New("-impl needs the source of this suite, and this executable was built with " +
			"-trimpath " +
			"or its source is gone: write a test that calls explore.Semaphore, and name its package")
	}
	folder, err := implsFolder(source)
	if err != nil {
		return err
	}
	r.folder, r.Package = folder, "."
	names := strings.Join(r.Impls, ",")
	// With -mod=mod the go command adds to go.mod the modules that the suite needs.
	if _, err := (gotool.Tool{Dir: folder}).Run(ctx, "list", "-mod=mod", "-deps", "-test",
		"."); err != nil {
		return nothingExplored(ctx, "preparing the test of -impl "+names, err)
	}
	var patterns []string
	for _, name := range r.Impls {
		patterns = append(patterns, regexp.QuoteMeta(name))
	}
	r.Run = "^TestImplementation$/^(" + strings.Join(patterns, "|") + ")$"
	return nil
}

// implsFolder writes the module and returns its folder. Each source folder and each state of its
// go.mod and go.sum has a folder of its own. Two processes may write it at once: they write the
// same text.
//
// The key has everything that decides the content. A changed go.mod of the suite thus makes a
// new folder, and an old one is never updated under a process that builds in it.
func implsFolder(source string) (string, error) {
	gomod, err := os.ReadFile(filepath.Join(source, "go.mod"))
	if err != nil {
		return "", err
	}
	sum, err := os.ReadFile(filepath.Join(source, "go.sum"))
	if err != nil {
		return "", err
	}
	// A read-only home, as in many containers, has no place for a cache. The next run then builds
	// everything again.
	cache, err := os.UserCacheDir()
	if err != nil || os.MkdirAll(filepath.Join(cache, "semabench-explore"), 0o755) != nil {
		cache = os.TempDir()
	}
	key := sha256.Sum256([]byte(source + "\x00" + string(gomod) + string(sum) + implsModule +
		implsTest))
	folder := filepath.Join(cache, "semabench-explore", fmt.Sprintf("impls-%x", key[:8]))
	if _, err := os.Stat(filepath.Join(folder, "go.mod")); err == nil {
		return folder, nil
	}
	// go.mod is written last: its existence says that the module is whole.
	for _, file := range []struct{ name, text string }{
		{"explored_test.go", implsTest},
		{"go.sum", string(sum)},
		{"go.mod", fmt.Sprintf(implsModule, modfile.AutoQuote(source))},
	} {
		if err := gotool.WriteIfChanged(filepath.Join(folder, file.name), []byte(file.text)); err != nil {
			return "", err
		}
	}
	return folder, nil
}
