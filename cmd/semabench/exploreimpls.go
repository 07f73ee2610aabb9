package main

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/semabench/semabench/internal/layout"
)

// A module of one test is what -impl explores. It is kept in the user's cache, and so is what is
// built of it.
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

// writeImplTests makes the tests of implementations what is explored.
func (e *exploration) writeImplTests(ctx context.Context) error {
	chosen, err := chooseImpls(e.impls, e.table)
	if err != nil {
		return err
	}
	source := layout.SourceDir()
	if source == "" {
		return errors.New("-impl needs the source of this suite, and this executable was built with -trimpath or from what is " +
			"gone: write a test that calls explore.Semaphore, and name its package")
	}
	if e.where, err = implsDir(source); err != nil {
		return err
	}
	// The go command adds to go.mod what the suite needs.
	out, err := e.goCommand(ctx, "list", "-mod=mod", "-deps", "-test", ".").Output()
	if err != nil || len(out) == 0 {
		return complaint(ctx, "preparing the test of -impl "+e.impls, err)
	}
	var names []string
	for _, impl := range chosen {
		names = append(names, regexp.QuoteMeta(impl.Name))
	}
	e.run = "^TestImplementation$/^(" + strings.Join(names, "|") + ")$"
	return nil
}

// implsDir returns the folder of the module, which is another one for another source.
func implsDir(source string) (string, error) {
	gomod, err := os.ReadFile(filepath.Join(source, "go.mod"))
	if err != nil {
		return "", err
	}
	sum, err := os.ReadFile(filepath.Join(source, "go.sum"))
	if err != nil {
		return "", err
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		cache = os.TempDir()
	}
	key := sha256.Sum256([]byte(source + "\x00" + string(gomod) + string(sum) + implsModule + implsTest))
	dir := filepath.Join(cache, "semabench-explore", fmt.Sprintf("impls-%x", key[:8]))
	if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
		return dir, nil
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	for name, text := range map[string]string{
		"explored_test.go": implsTest, "go.sum": string(sum), "go.mod": fmt.Sprintf(implsModule, modPath(source)),
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			return "", err
		}
	}
	return dir, nil
}

// modPath writes a path as go.mod has it.
func modPath(path string) string {
	if strings.ContainsAny(path, " \t'\"`()[]{},") {
		return fmt.Sprintf("%q", path)
	}
	return path
}
