package explore

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime/debug"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/semabench/semabench/stress/explore/internal/rewrite"
	"github.com/semabench/semabench/stress/explore/internal/story"
	"github.com/semabench/semabench/stress/explore/sched"
)

// Under plain go test a door builds the tests of the package once more, instrumented, and runs the
// same test in that binary. Two variables guard it: a child never starts a child.
const (
	resultVar = "SEMABENCH_EXPLORE_RESULT" // where the child is to write its result
	nthVar    = "SEMABENCH_EXPLORE_NTH"    // which door of the test is meant
	optionVar = "SEMABENCH_EXPLORE_OPTIONS"
)

// A Result is what an exploration came to.
type Result struct {
	Verdict   string // pass, fail, unknown, or refused: it does what cannot be put under control
	Text      string // for people: the schedule that fails, or what was played
	What      string // what is wrong, in a line
	Schedule  string // that shows it, for Replay
	Schedules int    // played until then
	Strategy  string // that found it
	Complete  bool   // all schedules were played, or one of each class
	Endless   int    // of the schedules, that were cut off at the bound on their steps
	Left      int    // goroutines that a test of a suite left behind in a schedule, at most
	Skipped   bool   // a test of a suite that skips itself

	// Preemptions is how often a goroutine loses its turn in Schedule though it could go on.
	Preemptions int

	// Story is what Text says, with more of it, for WriteHTML. It is nil if no schedule failed.
	Story *story.Story
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

// explore explores here if this binary is instrumented and in a child if it is not. In the child,
// doors other than the one that is meant come to no result.
func explore(t *testing.T, o Options, here func(o Options) *Result) *Result {
	t.Helper()
	nth := nthDoor(t.Name())
	if file := os.Getenv(resultVar); file != "" {
		if !instrumented {
			t.Fatal("explore: the child is not instrumented: was it started with -tags?")
		}
		if os.Getenv(nthVar) == fmt.Sprint(nth) {
			if err := json.Unmarshal([]byte(os.Getenv(optionVar)), &o); err != nil {
				t.Fatalf("explore: reading %s: %v", optionVar, err)
			}
			o.stuck = func(stacks string) { giveUp(file, stacks) }
			r := here(o)
			if err := write(file, r); err != nil {
				t.Fatal(err)
			}
			return r
		}
		return &Result{Verdict: "unknown", Text: "explored in another process"}
	}
	r, err := inChild(t, nth, o)
	if err != nil {
		t.Fatalf("explore: %v", err)
	}
	return r
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
		keepPage(t, r)
	}
}

func write(file string, r *Result) error {
	text, err := json.Marshal(r)
	if err != nil {
		return err
	}
	return os.WriteFile(file, text, 0o644)
}

const outOfControl = "out of control"

// giveUp ends a child of which a goroutine does not come back.
func giveUp(file, stacks string) {
	err := write(file, &Result{Verdict: "fail", What: outOfControl, Text: outOfControl + ": a goroutine has " +
		"run for 10 s without an operation that explore knows. It loops, or waits for the network, a file, " +
		"another process or a package that is not instrumented:\n" + stacks})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
	os.Exit(1)
}

// built is the instrumented binary of this package, which all doors of this process share.
var built = sync.OnceValues(func() (string, error) {
	b, err := rewrite.Build(rewrite.Options{Dir: ".", Cache: cacheDir(), Race: sched.Raced, Tags: buildTags()})
	if err != nil {
		return "", err
	}
	return b.Path, nil
})

func cacheDir() string {
	cache, err := os.UserCacheDir()
	if err != nil {
		cache = os.TempDir()
	}
	return filepath.Join(cache, "semabench-explore")
}

func inChild(t *testing.T, nth int, o Options) (*Result, error) {
	binary, err := built()
	if err != nil {
		return nil, err
	}
	c := child{binary: binary, test: t.Name(), nth: nth, options: o}
	if deadline, ok := t.Deadline(); ok {
		c.args = append(c.args, fmt.Sprintf("-test.timeout=%v", time.Until(deadline)))
	}
	return c.run(t.Context())
}

// A child is a process that explores behind one door of one test.
type child struct {
	binary  string
	dir     string // where it runs; "" is here
	test    string
	nth     int // door
	options Options
	args    []string
}

// run returns the result of the child.
func (c child) run(ctx context.Context) (*Result, error) {
	options, err := json.Marshal(c.options)
	if err != nil {
		return nil, err
	}
	scratch, err := os.MkdirTemp("", "explore") // not that of t: GORACE takes no path with a comma
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(scratch)
	file := filepath.Join(scratch, "result")
	cmd := exec.CommandContext(ctx, c.binary, append(c.args, "-test.run="+exactly(c.test), "-test.count=1")...)
	cmd.Dir = c.dir
	// One goroutine runs at a time: on one processor the next one is woken without a system call.
	cmd.Env = append(os.Environ(), "GOMAXPROCS=1",
		optionVar+"="+string(options), resultVar+"="+file, fmt.Sprintf("%s=%d", nthVar, c.nth),
		// Each race is to be reported in every schedule that shows it, not once in a process.
		"GORACE=suppress_equal_stacks=0 suppress_equal_addresses=0 atexit_sleep_ms=0 log_path="+
			filepath.Join(scratch, "race"))
	out, runErr := cmd.CombinedOutput()
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("the instrumented test came to no result: %v\n%s", runErr, out)
	}
	r := &Result{}
	if err := json.Unmarshal(text, r); err != nil {
		return nil, fmt.Errorf("reading the result: %w", err)
	}
	return r, r.addRaces(scratch)
}

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
