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
	"time"

	"github.com/semabench/semabench/stress/explore/internal/rewrite"
	"github.com/semabench/semabench/stress/explore/schedrt"
)

// Under plain go test a door builds the tests of the package once more, instrumented, and runs the
// same test in that binary, in one process or several. Two variables guard it: a child never starts
// a child.
const (
	nthVar    = "SEMABENCH_EXPLORE_NTH" // which door of the test is meant
	optionVar = "SEMABENCH_EXPLORE_OPTIONS"
)

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
	progress := newProgress(t.Name(), nth)
	progress.show("building")
	binary, err := built()
	if err != nil {
		return nil, err
	}
	j := &job{binary: binary, test: t.Name(), nth: nth}
	if deadline, ok := t.Deadline(); ok {
		j.args = append(j.args, fmt.Sprintf("-test.timeout=%v", time.Until(deadline)))
	}
	var names []string
	for _, p := range programs {
		names = append(names, p.name)
	}
	return j.explore(t.Context(), o, names, progress)
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

// built is the instrumented binary of this package, which all doors of this process share.
var built = sync.OnceValues(func() (string, error) {
	b, err := rewrite.Build(rewrite.Options{Dir: ".", Cache: cacheDir(), Race: schedrt.RaceEnabled, Tags: buildTags()})
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
