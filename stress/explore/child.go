package explore

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"runtime/debug"
	"strings"
	"sync"
	"testing"

	"github.com/semabench/semabench/stress/explore/internal/rewrite"
	"github.com/semabench/semabench/stress/explore/sched"
)

// Under plain go test a door builds the tests of the package once more, instrumented, and runs the
// same test in that binary, in one process or several. Two variables guard it: a child never starts
// a child.
const (
	nthVar    = "SEMABENCH_EXPLORE_NTH" // which door of the test is meant
	optionVar = "SEMABENCH_EXPLORE_OPTIONS"
)

// A Result is what an exploration came to.
type Result struct {
	Verdict   string // pass, fail or unknown
	Text      string // for people: the schedule that fails, or what was played
	What      string // what is wrong, in a line
	Bound     string // of an unknown one: schedules, time, steps, preemptions or interrupted
	Schedule  string // that shows what is wrong, for Replay
	Scenario  string // that it is of, for Semaphore
	Schedules int    // played until then
	Pruned    int    // given up half way, for they would have been like others
	Strategy  string // that found it

	// Pairs counts the pairs of places with dependent operations of which the second was seen right after
	// the first, and Reversed those of them that were seen the other way round, too. With several
	// processes they may differ by a few: each looks where it has not seen the like.
	Pairs, Reversed int
}

// doors counts the doors of each test that were passed in this process.
var doors struct {
	sync.Mutex
	passed map[string]int
}

func nthDoor(test string) int {
	doors.Lock()
	defer doors.Unlock()
	if doors.passed == nil {
		doors.passed = map[string]int{}
	}
	doors.passed[test]++
	return doors.passed[test]
}

// explore explores in children, or is what a child does. In a child, doors other than the one that
// is meant come to no result, and nothing comes after the one that is.
func explore(t *testing.T, o Options, programs func(o Options) ([]program, error)) *Result {
	t.Helper()
	o = o.withDefaults()
	nth := nthDoor(t.Name())
	if meant := os.Getenv(nthVar); meant != "" {
		if !instrumented {
			t.Fatal("explore: the child is not instrumented: was it started with -tags?")
		}
		if meant != fmt.Sprint(nth) {
			return &Result{Verdict: "unknown", Text: "explored in another process"}
		}
		serve(t, programs)
		t.SkipNow()
	}
	all, err := programs(o)
	if err == nil {
		err = o.check(len(all))
	}
	if err != nil {
		t.Fatalf("explore: %v", err)
	}
	r, err := inChildren(t, nth, o, all)
	if err != nil {
		t.Fatalf("explore: %v", err)
	}
	return r
}

func inChildren(t *testing.T, nth int, o Options, programs []program) (*Result, error) {
	c := &crew{progress: newProgress(t.Name(), nth)}
	select {
	case <-stopped():
		return &Result{Verdict: "unknown", Bound: "interrupted", Text: "interrupted before it began"}, nil
	default:
	}
	c.progress.show("building")
	var err error
	if c.job, err = newJob(t, nth, o); err != nil {
		return nil, err
	}
	var names []string
	for _, p := range programs {
		names = append(names, p.name)
	}
	r, err := c.run(o, names)
	if err == nil {
		c.progress.end(r)
	}
	return r, err
}

func tell(t *testing.T, r *Result) {
	t.Helper()
	switch r.Verdict {
	case "pass":
		t.Log(r.Text)
	case "unknown":
		t.Log("unknown: " + r.Text)
	default:
		t.Error(r.Text)
	}
}

// built is the instrumented binary of this package, which all doors of this process share.
var built = sync.OnceValues(func() (string, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		cache = os.TempDir()
	}
	return rewrite.Build(rewrite.Options{
		Dir: ".", Cache: filepath.Join(cache, "semabench-explore"), Race: sched.Raced, Tags: buildTags(),
	})
})

// exactly returns the pattern of -run that matches this test and no other.
func exactly(test string) string {
	parts := strings.Split(test, "/")
	for i, p := range parts {
		parts[i] = "^" + regexp.QuoteMeta(p) + "$"
	}
	return strings.Join(parts, "/")
}

// buildTags returns the tags that chose the files of this binary.
func buildTags() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return ""
	}
	for _, s := range info.Settings {
		if s.Key == "-tags" {
			return s.Value
		}
	}
	return ""
}
