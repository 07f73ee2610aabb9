package explore

import (
	"context"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/semabench/semabench/stress/explore/internal/rewrite"
	"github.com/semabench/semabench/stress/explore/schedrt"
	shim "github.com/semabench/semabench/stress/explore/shim/testing"
)

// A Suite is the tests of a package, as they are: each Test function is the program of an
// exploration, with its subtests and cleanups. It is a test that passes when no schedule fails.
//
// The rules are those of go test: goroutines that a test leaves behind are not its failure, but
// counted. Time passes only when nothing else can move, as tests sleep to let other goroutines come
// to where they are going.
type Suite struct {
	Dir     string         // where the go command runs; "" is the working folder
	Package string         // of the tests, anything that go test takes for one; "" is that in Dir
	Run     *regexp.Regexp // of the names of tests; nil is all
	Tags    string         // for the build, separated by commas
	Race    bool           // watch every schedule by the race detector
	Short   bool           // what testing.Short returns
	Options Options        // for each test; LazyClock is always set
	Told    func(SuiteTest)

	// Replay returns the command that plays a schedule of a test again, for the report. If it is nil,
	// the report says what to set in a Suite.
	Replay func(test, schedule string) string

	under string // the test that explores it, with a slash; "" if none does
}

// A SuiteTest is what the exploration of one Test function came to.
type SuiteTest struct {
	Name string
	Result
	Took time.Duration
}

// Explore explores one test after the other, each in a process of its own, and returns what came of
// them, in the order of the source. Told, if there is one, is called for each as soon as it is known.
// An error says why no test can be explored.
func (s Suite) Explore(ctx context.Context) (tests []SuiteTest, err error) {
	binary, err := s.build()
	if err != nil {
		return nil, err
	}
	for _, name := range binary.Tests {
		test := s.explore(ctx, binary, name)
		if ctx.Err() != nil {
			return tests, ctx.Err()
		}
		tests = append(tests, test)
		if s.Told != nil {
			s.Told(test)
		}
	}
	return tests, nil
}

// build returns a binary with the tests that are meant.
func (s Suite) build() (*rewrite.Binary, error) {
	if err := s.Options.check(1); err != nil {
		return nil, err
	}
	binary, err := rewrite.Build(rewrite.Options{
		Dir: orHere(s.Dir), Package: s.Package, Tags: s.Tags, Race: s.Race, Suite: true, Cache: cacheDir(),
	})
	if err != nil {
		return nil, err
	}
	if s.Run != nil {
		binary.Tests = slices.DeleteFunc(binary.Tests, func(name string) bool { return !s.Run.MatchString(name) })
	}
	if len(binary.Tests) == 0 {
		return nil, fmt.Errorf("%s has no Test functions to explore%s", s.what(), s.matching())
	}
	return binary, nil
}

func orHere(dir string) string {
	if dir == "" {
		return "."
	}
	return dir
}

func (s Suite) what() string {
	if s.Package == "" {
		return "the package in " + orHere(s.Dir)
	}
	return s.Package
}

func (s Suite) matching() string {
	if s.Run == nil {
		return ""
	}
	return fmt.Sprintf(" that match %q", s.Run)
}

// overtime is how long a child may take longer than its exploration: to load, to come to the end of
// a schedule, and to minimise what it has found.
const overtime = 30 * time.Second

// explore explores one test in a child.
func (s Suite) explore(ctx context.Context, binary *rewrite.Binary, name string) SuiteTest {
	began := time.Now()
	o := s.Options.withDefaults()
	o.LazyClock = true
	ctx, cancel := context.WithTimeout(ctx, o.Time+overtime)
	defer cancel()
	j := &job{binary: binary.Path, home: binary.Dir, test: name, nth: 1, args: []string{"-test.timeout=0"}}
	if s.Short {
		j.args = append(j.args, "-test.short")
	}
	r, err := j.explore(ctx, o, []string{""}, newProgress(s.under+name, 1))
	test := SuiteTest{Name: name, Took: time.Since(began)}
	switch {
	case err != nil && ctx.Err() != nil:
		test.Result = refusedResult(fmt.Sprintf("no end within %v and %v more", o.Time, overtime))
	case err != nil: // a fatal error of the runtime leaves no result
		test.Result = Result{Verdict: "fail", What: "the process ended", Text: err.Error()}
	case r.What == outOfControl || strings.HasPrefix(r.Text, nondeterministic):
		test.Result = refusedResult(r.Text)
	default:
		test.Result = *r
		if r.Story != nil {
			test.Story.Replay = s.replay(name, r.Schedule)
			test.Text = textOf(test.Story)
		}
	}
	return test
}

func (s Suite) replay(name, schedule string) string {
	if s.Replay != nil {
		return s.Replay(name, schedule)
	}
	return fmt.Sprintf("explore.Suite{Package: %q, Run: ^%s$, Options: {Schedule: %q}}", s.Package, name, schedule)
}

func refusedResult(why string) Result {
	return Result{Verdict: "refused", What: refused + why, Text: refused + why}
}

// Tests explores the tests of a package, each as a subtest of t, which fails if a schedule does. What
// cannot be put under control is skipped, with the reason.
func Tests(t *testing.T, pkg string) {
	t.Helper()
	s := Suite{Package: pkg, Tags: buildTags(), Race: schedrt.RaceEnabled, Short: testing.Short(), Options: flagOptions()}
	s.under = t.Name() + "/"
	s.Replay = func(test, schedule string) string {
		return fmt.Sprintf("go test%s -run '%s' -explore.schedule=%s", raceFlag(), exactly(t.Name()+"/"+test), schedule)
	}
	binary, err := s.build()
	if err != nil {
		t.Fatalf("explore: %v", err)
	}
	for _, name := range binary.Tests {
		t.Run(name, func(t *testing.T) {
			test := s.explore(t.Context(), binary, name)
			if test.Verdict == "refused" || test.Skipped {
				t.Skip(test.Text)
			}
			tell(t, &test.Result)
		})
	}
}

// Serve is called by the test binary of a Suite, and by nobody else: there, the Test functions of the
// package are explored when they are run.
func Serve() bool {
	shim.Door = serveTest
	return true
}

// serveTest explores one test of a suite.
func serveTest(t *testing.T, body func(*T)) {
	t.Helper()
	if os.Getenv(nthVar) == "" {
		t.Fatal("explore: this binary is run by explore.Suite")
	}
	explore(t, Options{}, func(Options) ([]program, error) {
		leaves := &leftover{}
		return []program{{
			ready:  func() { *leaves = leftover{} },
			play:   func() { shim.PlayAlone(t, body, func(left int, skips bool) { *leaves = leftover{left, skips} }) },
			leaves: leaves,
		}}, nil
	})
}
