package explore

import (
	"context"
	"errors"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/semabench/semabench/internal/gotool"
	"github.com/semabench/semabench/stress/explore/internal/parent"
	"github.com/semabench/semabench/stress/explore/internal/player"
	"github.com/semabench/semabench/stress/explore/internal/rewrite"
	"github.com/semabench/semabench/stress/explore/internal/task"
	"github.com/semabench/semabench/stress/explore/internal/verdict"
	"github.com/semabench/semabench/stress/explore/internal/wire"
	"github.com/semabench/semabench/stress/explore/schedrt"
	shim "github.com/semabench/semabench/stress/explore/shim/testing"
)

// Tests explores the tests of a package, unmodified. Each of them is a subtest of t, which fails if
// a schedule fails, and is skipped, with the reason, if it cannot be put under control or skips
// itself. Pkg is anything that go test takes for one package. The tests run one after another,
// since each exploration uses all processors by itself.
func Tests(t *testing.T, pkg string) {
	t.Helper()
	s := Suite{
		Package: pkg, Tags: buildTags(), Race: schedrt.RaceEnabled, Short: testing.Short(),
		Options: flagOptions(), outer: t.Name() + "/",
		Replay: func(test, flag, value string) string {
			return verdict.Replay(t.Name()+"/"+test, "-explore."+flag+"="+value)
		},
	}
	binary, err := s.build(t.Context())
	if err != nil {
		t.Fatalf("explore: %v", err)
	}
	defer binary.Close()
	for _, name := range binary.Tests {
		t.Run(name, func(t *testing.T) {
			test := s.explore(t.Context(), binary, name)
			if test.Skipped {
				t.Skip(test.Text)
			}
			report(t, &test.Result)
		})
	}
}

// A Suite is the tests of a package, unmodified. Each Test function, with its subtests and
// cleanups, is the program of one exploration. So is each Fuzz function with its seeds, which are those
// of F.Add and of testdata/fuzz, and each Example with a comment for its output, which every schedule has to
// write. A test passes if no schedule fails.
//
// The rules of go test apply: goroutines that a test leaves behind do not fail it. They are
// counted. Time passes only when nothing else can move, because tests sleep to let other goroutines
// get to a certain point. LazyClock is set because of that. Under the eager clock a sleep would end
// while the goroutine that it waits for could still run, and such a test could fail.
type Suite struct {
	Dir      string          // folder in which the go command runs; "" is the working folder
	Package  string          // anything that go test takes for one package; "" is the one in Dir
	Run      *regexp.Regexp  // explore the tests whose names match; nil means all tests
	Tags     string          // build tags, separated by commas
	Race     bool            // watch every schedule with the race detector
	Short    bool            // what testing.Short returns in the tests
	Options  Options         // for each test; LazyClock is always set
	OnResult func(SuiteTest) // called by Explore with each result as soon as it is known; may be nil

	// Replay returns a command that plays a failing schedule of a test again, for the text of the failure. The
	// flag that chooses the schedule is schedule, or strategy for a goroutine that starves.
	// If it is nil, the text shows the fields of a Suite that plays the schedule again.
	Replay func(test, flag, value string) string

	// Overlay maps files of the user's modules to files that are read in their place, by their paths.
	// With it a change of a package can be explored that is not in its folder.
	Overlay map[string]string
	Env     []string // added to the environment of the go command, such as GOWORK

	outer string // name of the test that explores this suite, with a slash; "" if there is none
}

// A SuiteTest is the result of exploring one Test, Fuzz or Example function. Took has the time of minimising a
// failure as well.
type SuiteTest struct {
	Name string
	Result
	Took time.Duration
}

// Explore explores one test after the other, each in processes of its own, and returns the results
// in the order of the source. It returns an error if no test can be explored, for example because
// the package does not build, or if ctx is done; then it returns the results until then.
func (s Suite) Explore(ctx context.Context) (tests []SuiteTest, err error) {
	binary, err := s.build(ctx)
	if err != nil {
		return nil, err
	}
	defer binary.Close()
	for _, name := range binary.Tests {
		test := s.explore(ctx, binary, name)
		if ctx.Err() != nil {
			return tests, ctx.Err()
		}
		tests = append(tests, test)
		if s.OnResult != nil {
			s.OnResult(test)
		}
	}
	return tests, nil
}

// ErrNoTests says that a package has nothing that a [Suite] could explore, or nothing that matches Run.
var ErrNoTests = errors.New("no Test, Fuzz or Example functions to explore")

// build builds the instrumented tests of the package, and selects the tests that match Run. The
// options are checked before the build, which takes much longer. An empty list of tests is an
// error, as a suite without tests shows nothing.
func (s Suite) build(ctx context.Context) (*rewrite.Binary, error) {
	if err := task.Options(s.Options).Check(1); err != nil {
		return nil, err
	}
	cache, err := gotool.CacheFolder(cacheName)
	if err != nil {
		return nil, err
	}
	binary, err := rewrite.Build(ctx, rewrite.Options{
		Dir: s.dir(), Package: s.Package, Tags: s.Tags, Race: s.Race, Suite: true,
		Cache: cache, Overlay: s.Overlay, Env: s.Env,
	})
	if err != nil {
		return nil, err
	}
	matching := ""
	if s.Run != nil {
		matching = fmt.Sprintf(" that match %q", s.Run)
		binary.Tests = slices.DeleteFunc(binary.Tests, func(name string) bool {
			return !s.Run.MatchString(name)
		})
	}
	if len(binary.Tests) == 0 {
		binary.Close()
		return nil, fmt.Errorf("%s has %w%s", s.packageText(), ErrNoTests, matching)
	}
	return binary, nil
}

func (s Suite) dir() string {
	if s.Dir == "" {
		return "."
	}
	return s.Dir
}

func (s Suite) packageText() string {
	if s.Package == "" {
		return "the package in " + s.dir()
	}
	return s.Package
}

// overtime is how much longer than its exploration a test may take. In this time the processes
// start, play their last schedules to the end, and minimise a failure.
const overtime = 30 * time.Second

// explore explores one test.
//
// The limit is on the clock and not on schedules: a test that loops without an operation never
// comes back to the scheduler. Its end is a refusal, since no schedule is known that fails.
func (s Suite) explore(ctx context.Context, binary *rewrite.Binary, name string) SuiteTest {
	began := time.Now()
	o := s.Options.withDefaults()
	o.LazyClock = true
	ctx, cancel := context.WithTimeout(ctx, o.Time+overtime)
	defer cancel()
	e := &parent.Exploration{
		Binary: binary.Path, Dir: binary.Dir, Test: rewrite.RunName(name), Call: 1,
		Args: []string{"-test.timeout=0"}, Race: s.Race,
	}
	if s.Short {
		e.Args = append(e.Args, "-test.short")
	}
	r, err := e.Run(ctx, task.Options(o), []string{""}, parent.NewProgress(s.outer+name, 1))
	switch {
	case err != nil && ctx.Err() != nil:
		r = verdict.OfRefused(verdict.NoEnd(o.Time, overtime), "")
	case err != nil:
		r = verdict.ProcessEnded(err)
	default:
		r = verdict.OfSuite(r)
		if r.Story != nil {
			if r.Story.Test = name; r.Schedule != "" {
				r.Story.Replay = s.replayText(name, "schedule", r.Schedule)
			} else { // a cycle of schedules, see strategy.Starve
				r.Story.Replay = s.replayText(name, "strategy", r.Strategy)
			}
			r.Text = verdict.Render(r.Story)
		}
	}
	return SuiteTest{Name: name, Result: Result(*r), Took: time.Since(began)}
}

func (s Suite) replayText(name, flag, value string) string {
	if s.Replay != nil {
		return s.Replay(name, flag, value)
	}
	return fmt.Sprintf("explore.Suite{Package: %q, Run: ^%s$, Options: {%s: %q}}",
		s.Package, name, strings.ToUpper(flag[:1])+flag[1:], value)
}

// Serve is for the instrumented test binary of a Suite, whose generated code calls it. It makes
// each Test function explore itself when it is run. It always returns true. The result lets
// generated code call it in the initializer of a variable.
func Serve() bool {
	shim.ExploreTest = serveTest
	return true
}

// serveTest plays one test of a suite, in the player process that a Suite has started. Without the
// variable the binary was started by hand, and there is no parent that would ask for schedules.
func serveTest(t *testing.T, body func(*T)) {
	t.Helper()
	if os.Getenv(wire.CallVar) == "" {
		t.Fatal("explore: this binary is run by explore.Suite")
	}
	explore(t, Options{}, func(Options) ([]player.Program, error) {
		left := &player.Leftover{}
		return []player.Program{{
			Ready: func() { *left = player.Leftover{} },
			Play: func() {
				shim.PlayAlone(t, body, func(goroutines int, skips bool) {
					*left = player.Leftover{Goroutines: goroutines, Skipped: skips}
				})
			},
			Leftover: left,
		}}, nil
	})
}
