package mutation

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/semabench/semabench/internal/excerpt"
	"github.com/semabench/semabench/internal/gotool"
	"github.com/semabench/semabench/stress/explore"
)

const enginePath = "github.com/semabench/semabench/stress/explore"

// Workspace returns the environment in which the explorer can be built into the tests of a package. Of
// the options, Dir, Package, Tags and Suite count. The folder scratch must last as long as the
// environment is used.
func Workspace(ctx context.Context, o Options, scratch string) (env []string, err error) {
	r := &run{Options: o, scratch: scratch}
	err = r.workspace(ctx)
	return r.env, err
}

// workspace sets the environment in which the explorer can be built into the tests. The instrumented
// copies import the explorer. A module that requires this suite needs nothing. Any other module is put
// into a workspace with the source of the suite: a go.work in the scratch folder, as go.mod of the
// user must not change. In the workspace the go command chooses the newest version that either needs
// of each module.
func (r *run) workspace(ctx context.Context) error {
	tool := gotool.Tool{Dir: r.Dir}
	if _, err := tool.Run(ctx, "list", "-deps", "-tags="+r.Tags, "-f", "{{.Dir}}", enginePath); err == nil {
		return nil
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if r.Suite == "" {
		return fmt.Errorf("the module does not require this suite, and the source of the suite is not on this " +
			"machine: run “go get -tool github.com/semabench/semabench/cmd/semabench”, and start “go tool semabench”")
	}
	location, err := tool.Locate(ctx)
	if err != nil {
		return err
	}
	path, err := r.writeWorkspace(ctx, location)
	if err != nil {
		return fmt.Errorf("making a workspace with the explorer: %w", err)
	}
	r.env = []string{"GOWORK=" + path, "GOFLAGS=" + inWorkspace(location.GoFlags)}
	if _, err := (gotool.Tool{Dir: r.Dir, Env: r.env}).Run(ctx, "list", "-deps", "-f", "{{.Dir}}",
		enginePath, r.Package); err != nil {
		return fmt.Errorf("putting the module into a workspace with the explorer: %w", err)
	}
	return nil
}

// writeWorkspace writes the go.work and returns its path. A workspace that is in force already is
// copied, so its modules stay together. The go command does the edit: it raises the Go version of the
// workspace to the version of the suite. The settings of GODEBUG stay those of the user's version.
func (r *run) writeWorkspace(ctx context.Context, user gotool.Location) (string, error) {
	dir := filepath.Join(r.scratch, "work")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	path := filepath.Join(dir, "go.work")
	tool := gotool.Tool{Dir: dir, Env: []string{"GOWORK=" + path, "GOFLAGS="}}
	original, err := gotool.ReadManifest(user.Manifest())
	if err != nil {
		return "", err
	}
	m := original
	if user.GoWork == "" {
		tool.Env[0] = "GOWORK="
		if _, err := tool.Run(ctx, "work", "init", filepath.Dir(user.GoMod)); err != nil {
			return "", err
		}
		tool.Env[0] = "GOWORK=" + path
		if m, err = gotool.ReadManifest(path); err != nil {
			return "", err
		}
	}
	if err := m.KeepSettings(original); err != nil {
		return "", err
	}
	if _, err := m.WriteTo(dir); err != nil {
		return "", err
	}
	_, err = tool.Run(ctx, "work", "use", r.Suite)
	return path, err
}

// inWorkspace returns GOFLAGS without the flags that the go command refuses in a workspace.
func inWorkspace(goFlags string) string {
	return strings.Join(slices.DeleteFunc(strings.Fields(goFlags), func(f string) bool {
		f = strings.TrimLeft(f, "-")
		return strings.HasPrefix(f, "mod=") || strings.HasPrefix(f, "modfile=")
	}), " ")
}

// suite returns the tests of the package as the explorer takes them, with a share of the time for
// each.
func (r *run) suite(tests []string, share time.Duration) explore.Suite {
	o := r.Explore
	o.Time, o.Seed = share, r.Seed
	s := explore.Suite{
		Dir: r.Dir, Package: r.Package, Tags: r.Tags, Race: r.Race, Env: r.env, Options: o,
		Replay: func(test, flag, value string) string {
			return fmt.Sprintf("this test and %s are %s %s", flag, test, value)
		},
	}
	pattern := r.Run
	if tests != nil {
		pattern = "^(" + strings.Join(tests, "|") + ")$"
	}
	if pattern, _, _ = strings.Cut(pattern, "/"); pattern != "" { // what follows a slash chooses subtests
		s.Run = regexp.MustCompile(pattern)
	}
	return s
}

// originalTimes is how much longer the original is explored than a mutant. A test that fails by itself
// in some schedule should do so here, and then does not judge mutants.
const originalTimes = 3

// exploreOriginal explores the tests of the original, and chooses the tests that judge mutants. If the
// explorer cannot be built into the package at all, go test alone judges, and the report says why.
func (r *run) exploreOriginal(ctx context.Context) error {
	r.step("exploring the tests of %s", r.target.ImportPath)
	var all []explore.SuiteTest
	err := r.workspace(ctx)
	if err == nil {
		s := r.suite(nil, originalTimes*r.share(testCount(r.target)))
		s.OnResult = func(t explore.SuiteTest) { r.step("explored %s", t.Name) }
		all, err = s.Explore(ctx)
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil {
		r.report.NotExplored = excerpt.Lines(err.Error(), 5)
		return nil
	}
	for _, t := range all {
		row := Test{Name: t.Name, Verdict: string(t.Verdict), Complete: t.Complete, Schedules: t.Schedules}
		switch {
		case t.Skipped || t.Verdict == explore.Refused || t.Verdict == explore.Fail:
			row.Why, _, _ = strings.Cut(t.Text, "\n")
		default:
			r.tests = append(r.tests, t.Name)
			row.Judges = true
		}
		r.report.Tests = append(r.report.Tests, row)
	}
	if len(r.tests) == 0 {
		r.report.NotExplored = "no test can judge: each is refused, skips itself, or fails in a schedule of the original"
	}
	return nil
}

// share is the time for one of n tests. A test needs some time to draw its first schedules, so many
// tests may take longer than Time together.
func (r *run) share(n int) time.Duration {
	return max(r.Time/time.Duration(max(1, n)), 250*time.Millisecond)
}

// testCount bounds the number of tests from above by the files that have them; before the build the
// names are not known. Three tests in a file are usual.
func testCount(t *target) int { return 3 * (len(t.TestGoFiles) + len(t.XTestGoFiles)) }

// explored has the explorer judge a mutant. It stops at the first test that fails. A test that no
// longer comes back to the scheduler, or takes memory without end, notices the mutant too: the
// same test of the original did neither.
func (r *run) explored(ctx context.Context, overlay map[string]string) Outcome {
	if r.report.NotExplored != "" || ctx.Err() != nil {
		return Outcome{Verdict: NotAsked}
	}
	within, cancel := context.WithCancel(ctx)
	defer cancel()
	s := r.suite(r.tests, r.share(len(r.tests)))
	s.Overlay = overlay
	o := Outcome{Verdict: Passed, Complete: true}
	endless := "" // a test of which no schedule came to its end
	s.OnResult = func(t explore.SuiteTest) {
		o.Seconds += t.Took.Seconds()
		o.Schedules += t.Schedules
		o.Complete = o.Complete && t.Complete
		if t.Verdict == explore.Fail || neverEnds(t) {
			o.Verdict, o.Test, o.Why, o.Schedule, o.Text = Noticed, t.Name, t.What, t.Schedule, t.Text
			if t.What == "" {
				o.Why = "no end"
			}
			cancel()
		} else if !t.Complete {
			if t.Verdict == explore.Unknown && t.Schedules == 0 {
				endless = t.Name
			}
			line, _, _ := strings.Cut(t.Text, "\n")
			o.Why = t.Name + ": " + line
		}
	}
	end := watchMemory(r.Memory)
	_, err := s.Explore(within) // context.Canceled after the first failure, by cancel above
	if endless != "" && o.Verdict != Noticed && ctx.Err() == nil {
		r.confirmEndless(ctx, overlay, endless, &o)
	}
	switch used := end(); {
	case used > 0:
		return Outcome{Verdict: Noticed, Test: o.Test, Why: fmt.Sprintf("used %d MB of memory, and was killed", used>>20)}
	case o.Verdict == Noticed || ctx.Err() != nil:
		return o
	case err != nil && !errors.Is(err, context.Canceled):
		return Outcome{Verdict: Undecided, Why: excerpt.Lines(err.Error(), 3)}
	}
	return o
}

// endlessTime is longer than package explore lets a goroutine run or wait outside of its control.
const endlessTime = 15 * time.Second

// confirmEndless explores a test of a mutant again, of which no schedule came to its end in its share of
// the time. The original came to many ends in such a share. But a share may be short, and a machine
// busy, so the mutant gets the time in which the explorer gives a goroutine up.
func (r *run) confirmEndless(ctx context.Context, overlay map[string]string, test string, o *Outcome) {
	s := r.suite([]string{test}, endlessTime)
	s.Overlay = overlay
	all, err := s.Explore(ctx)
	if err != nil || len(all) != 1 {
		return
	}
	t := all[0]
	if neverEnds(t) || t.Verdict == explore.Unknown && t.Schedules == 0 {
		o.Verdict, o.Test, o.Why, o.Text = Noticed, test, fmt.Sprintf("no end within %v", endlessTime), t.Text
	}
}

// neverEnds reports whether a test was given up because its code did not come back to the scheduler. The
// tests of the original did. Package explore says so in words only; TestEndless holds them.
func neverEnds(t explore.SuiteTest) bool {
	switch t.Verdict {
	case explore.Refused:
		return strings.Contains(t.What, "no end within") || strings.Contains(t.What, "out of control")
	case explore.Unknown:
		return strings.Contains(t.Text, "had not come to an operation")
	}
	return false
}
