package exploration

import (
	"context"
	"flag"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/semabench/semabench/cmd/internal/layout"
	"github.com/semabench/semabench/internal/escape"
	"github.com/semabench/semabench/internal/gotool"
	"github.com/semabench/semabench/stress/explore"
	"github.com/semabench/semabench/stress/mutation"
)

// If the tests of a package do not import this suite, explore.Suite explores them as they are. The
// module need not require the suite: a go.work outside of the module names both. A test that calls
// explore.Tests would do the same, but the user would have to change a module, and may only want to
// look at it.

// knowsExplorer reports whether the tests of the package import package explore. It reports true as well
// if that cannot be told: the build then comes to the same error, and says what it was for.
func (r *run) knowsExplorer(ctx context.Context) bool {
	tool := gotool.Tool{Dir: r.folder, Env: r.env}
	out, err := tool.Run(ctx, "list", "-deps", "-test", "-tags="+r.Tags, "-f", "{{.ImportPath}}", r.Package)
	listed := strings.Fields(out)
	isBinary := func(path string) bool { return strings.HasSuffix(path, ".test") }
	first := slices.IndexFunc(listed, isBinary)
	if err != nil || first < 0 || slices.ContainsFunc(listed[first+1:], isBinary) {
		return true // no tests, or several packages
	}
	return slices.Contains(listed, explorePath)
}

// forTests are the flags that need a test which calls package explore. They are refused with the advice to write
// one, and not ignored: a page that was asked for and never written would look like "no failure".
var forTests = []string{"page", "perfetto", "strict", "scenario", "calls"}

// exploreUnmodified explores each test of the package in processes of its own, and returns the error
// that decides the exit code.
//
// The results become the events that a test would have reported. So the outcome, the summary and the forms for CI
// have one source, and a package does not change its exit code when its tests begin to call package explore.
func (r *run) exploreUnmodified(ctx context.Context) error {
	options, err := r.suiteOptions()
	if err != nil {
		return err
	}
	// Before the progress line: a module that cannot be put beside the suite has nothing to show.
	env, err := mutation.Workspace(ctx, mutation.Options{
		Package: r.Package, Tags: r.Tags, Suite: layout.SourceDir(),
	}, r.scratch)
	if err != nil {
		return nothingExplored(ctx, "exploring the unmodified tests of "+r.Package, err)
	}
	b := &testBinary{}
	// The forms for CI name the package, and files in its folder.
	tool := gotool.Tool{Dir: r.folder, Env: r.env}
	listed, err := tool.Run(ctx, "list", "-tags="+r.Tags, "-f", "{{.Dir}}\t{{.ImportPath}}", r.Package)
	if err != nil {
		return nothingExplored(ctx, "looking for package "+r.Package, err)
	}
	b.dir, b.name, _ = strings.Cut(strings.TrimSpace(listed), "\t")
	r.progress = newProgressLine(r.Stderr, r.Limit)
	s := explore.Suite{
		Package: r.Package, Tags: r.Tags, Race: r.Race, Env: env, Options: options, Replay: r.replayOf,
		OnResult: func(t explore.SuiteTest) {
			result := t.Result
			e := explore.Event{Test: t.Name, Call: 1, Doing: "done", Workers: options.Workers,
				Schedules: t.Schedules, Seconds: t.Took.Seconds(), Result: &result}
			b.begun, b.done = append(b.begun, e), append(b.done, e)
			r.progress.update(e)
		},
	}
	if first, _, _ := strings.Cut(r.Run, "/"); first != "" {
		s.Run = regexp.MustCompile(first) // the verb has checked it
	}
	r.progress.update(explore.Event{Test: r.Package, Doing: "building"})
	_, err = s.Explore(ctx)
	r.progress.line.Clear()
	if err != nil && ctx.Err() == nil {
		return nothingExplored(ctx, "exploring the unmodified tests of "+r.Package, err)
	}
	return r.report(ctx, b, nil)
}

// suiteOptions returns the options that the flags for the tests give. No test parses them here, so this process does.
// The zero of each flag is the zero of its option, which means the default of package explore; the defaults are thus
// in one place.
func (r *run) suiteOptions() (o explore.Options, err error) {
	f := flag.NewFlagSet("", flag.ContinueOnError)
	f.IntVar(&o.Schedules, "schedules", 0, "")
	f.DurationVar(&o.Time, "time", 0, "")
	f.Uint64Var(&o.Seed, "seed", 0, "")
	f.StringVar(&o.Strategy, "strategy", "", "")
	f.StringVar(&o.Schedule, "schedule", "", "")
	f.IntVar(&o.Steps, "steps", 0, "")
	f.IntVar(&o.Workers, "workers", 0, "")
	f.BoolVar(&o.NoDaemons, "nodaemons", false, "")
	f.BoolVar(&o.LazyClock, "lazyclock", false, "")
	f.BoolVar(&o.NoAlike, "noalike", false, "")
	f.StringVar(&o.Shard, "shard", "", "")
	f.StringVar(&o.ShardFile, "shardfile", "", "")
	f.StringVar(&o.Join, "join", "", "")
	preemptions := f.Int("preemptions", -1, "")
	for _, given := range r.Flags {
		name, value, _ := strings.Cut(strings.TrimPrefix(given, "-explore."), "=")
		if slices.Contains(forTests, name) {
			return o, fmt.Errorf("-%s needs a test that calls package explore, and the tests of %s do not "+
				"import %s: write one that calls explore.Tests(t, %q)", name, r.Package, explorePath, r.Package)
		}
		if err := f.Set(name, value); err != nil {
			return o, fmt.Errorf("-%s=%s: %w", name, value, err)
		}
	}
	switch { // in a flag a negative number means no bound; in Options 0 does
	case *preemptions == 0:
		o.Preemptions = -1
	case *preemptions > 0:
		o.Preemptions = *preemptions
	}
	return o, nil
}

// replayOf returns the command that plays a schedule of a test again, which a flag chooses. It repeats the
// race detector and the tags, since they decide which code runs: a schedule is a list of choices in exactly
// this code.
func (r *run) replayOf(test, flag, value string) string {
	command := "semabench explore "
	if r.Race {
		command += "-race "
	}
	if r.Tags != "" {
		command += "-tags=" + escape.Quote(r.Tags) + " "
	}
	return command + escape.Shell(r.Package) + " -run " + escape.Quote("^"+test+"$") + " -" + flag + "=" + value
}
