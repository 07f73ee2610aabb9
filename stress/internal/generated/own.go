package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/semabench/semabench/internal/child"
	"github.com/semabench/semabench/internal/gotool"
	"github.com/semabench/semabench/stress/internal/mutate"
)

// A copy of this module in which one mutant at a time replaces a file. Tests of a package need the
// package under its own import path, which the packages of a workshop do not have. An overlay would do
// for plain tests; but tests that explore build a player from the module, and the player has an overlay of its own.
type ownCopy struct {
	dir  string
	tool gotool.Tool
	s    *subject
	skip []string // files of tests that explore: the first steps go without them, which links faster
}

// newOwnCopy makes a copy for one worker. It stays in the user's cache, so the go command builds only what changed.
func (o options) newOwnCopy(s *subject, worker int) (*ownCopy, error) {
	dir, err := gotool.CacheFolder(fmt.Sprintf("semabench-own-%d", worker))
	if err != nil {
		return nil, err
	}
	c := &ownCopy{dir: dir, s: s, tool: gotool.Tool{Dir: dir, Env: []string{"GOWORK=off"}}}
	if err := os.RemoveAll(dir); err != nil {
		return nil, err
	}
	return c, filepath.WalkDir(o.root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, err := filepath.Rel(o.root, path)
		if err != nil {
			return err
		}
		switch {
		case d.Name() == ".git" || name == "results":
			if d.IsDir() {
				return filepath.SkipDir
			}
			return nil
		case d.IsDir():
			return os.MkdirAll(filepath.Join(dir, name), 0o755)
		case !d.Type().IsRegular():
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if filepath.Dir(name) == filepath.FromSlash(s.dir) && strings.HasSuffix(name, "_test.go") &&
			strings.Contains(string(text), module+"/stress/explore\"") {
			c.skip = append(c.skip, filepath.Join(dir, name))
		}
		return os.WriteFile(filepath.Join(dir, name), text, 0o644)
	})
}

// An ownStep is one way to run the tests of a package.
type ownStep struct {
	name     string
	build    []string // flags of the build
	run      string   // the tests that only this step runs; "" is all
	explores bool     // with the tests that explore: they build a player for each mutant, which takes half a minute
}

// Only survivors of one step meet the next one. The late steps come after all other judges.
var (
	quickSteps = []ownStep{{name: "plain"}}
	lateSteps  = []ownStep{{name: "race", build: []string{"-race"}}, {name: "explored", run: "Every|Enumerated|Wrong|HandOff", explores: true}}
)

// unfinished is the verdict on a survivor of the quick steps.
const unfinished = "unknown: the late steps are missing"

// ownAll judges by the tests of the subject's package, in some steps. A survivor gets the given verdict.
func (o options) ownAll(ctx context.Context, s *subject, ids []string, v *verdicts, steps []ownStep, survivor string) error {
	byID := map[string]mutate.Mutant{original + "-" + s.name: {ID: original + "-" + s.name}}
	for _, m := range s.all {
		byID[m.ID] = m
	}
	queue := make(chan string, len(ids))
	for _, id := range ids {
		queue <- id
	}
	close(queue)
	errs := make(chan error, o.workers)
	for worker := range o.workers {
		go func() {
			errs <- func() error {
				c, err := o.newOwnCopy(s, worker)
				if err != nil {
					return err
				}
				for id := range queue {
					said, err := o.own(ctx, c, byID[id], steps)
					if err != nil {
						return err
					}
					if said == survived {
						said = survivor
					}
					if err := v.tell(id, said, func(r *result) { r.Own = said }); err != nil {
						return err
					}
				}
				return nil
			}()
		}()
	}
	var err error
	for range o.workers {
		err = errors.Join(err, <-errs)
	}
	return err
}

// own returns the first test that refutes m, or survived.
func (o options) own(ctx context.Context, c *ownCopy, m mutate.Mutant, steps []ownStep) (said string, err error) {
	put := func(text string) error {
		if m.Text == "" {
			return nil // the original
		}
		return os.WriteFile(filepath.Join(c.dir, filepath.FromSlash(c.s.dir), m.File), []byte(text), 0o644)
	}
	if err := put(m.Text); err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, put(c.s.source.Files[m.File])) }()
	for _, step := range steps {
		overlay := filepath.Join(c.dir, "overlay.json")
		var absent []string
		if !step.explores {
			for _, path := range c.skip {
				absent = append(absent, fmt.Sprintf("%q: \"\"", path))
			}
		}
		text := "{\"Replace\": {" + strings.Join(absent, ", ") + "}}"
		if err := os.WriteFile(overlay, []byte(text), 0o644); err != nil {
			return "", err
		}
		binary := filepath.Join(c.dir, step.name+".test")
		flags := append([]string{"-c", "-vet=off", "-ldflags=-w", "-overlay", overlay, "-o", binary}, step.build...)
		if _, err := c.tool.Run(ctx, "test", append(flags, "./"+c.s.dir)...); err != nil {
			return "", fmt.Errorf("mutant %s: %w", m.ID, err)
		}
		watched := o
		if step.explores {
			watched.idle = silence // the process is idle while the go command builds the player
		}
		said, err := watched.test(ctx, binary, filepath.Join(c.dir, filepath.FromSlash(c.s.dir)), step.run)
		if err != nil || refutes(said) {
			return said, err
		}
	}
	return survived, nil
}

var testOf = regexp.MustCompile(`^(=== RUN|\s*--- FAIL:)\s+(Test[^/\s]*|Example[^/\s]*)`)

// test runs a test binary until the first test fails, as stress does with clauses.
func (o options) test(ctx context.Context, binary, dir, pattern string) (string, error) {
	hung, cancel := context.WithCancel(ctx)
	defer cancel()
	cmd := exec.CommandContext(hung, binary, "-test.v", "-test.failfast", "-test.run="+pattern)
	cmd.Dir = dir
	child.KillOnDone(cmd)
	out, in := io.Pipe()
	cmd.Stdout, cmd.Stderr = in, in
	if err := cmd.Start(); err != nil {
		return "", err
	}
	ended := make(chan error, 1)
	go func() { err := cmd.Wait(); ended <- err; _ = in.Close() }()
	go o.watch(hung, cmd.Process.Pid, cancel)
	running, failed := "", ""
	for lines := bufio.NewReader(out); ; {
		line, err := lines.ReadString('\n')
		if m := testOf.FindStringSubmatch(line); m != nil && failed == "" {
			if running = m[2]; !strings.HasPrefix(m[1], "===") {
				failed = m[2]
			}
		}
		if err != nil {
			break
		}
	}
	return outcome(ctx, hung, <-ended, running, failed)
}
