package explore_test

import (
	"fmt"
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"github.com/semabench/semabench/internal/longtest"
	"github.com/semabench/semabench/stress/explore"
)

// expected are the results of the tests in testdata/suite. Tests that are not listed pass.
var expected = map[string]struct {
	verdict explore.Verdict
	text    string
}{
	"TestSkips":            {explore.Pass, ""},
	"TestWrongLosesCounts": {explore.Fail, "inner_test.go:109: 1, want 2"},
	"TestWrongInSubtest":   {explore.Fail, "TestWrongInSubtest/sub/sub: inner_test.go:121: failed"},
	"TestWrongLogsLate":    {explore.Fail, "panic: Log in goroutine after TestWrongLogsLate has completed: inner_test.go:"},
	"TestWrongGoexit":      {explore.Fail, "test executed panic(nil) or runtime.Goexit"},
	"TestWrongPanics":      {explore.Fail, "panic: of the test"},
	"TestWrongDeadlock": {
		explore.Fail,
		"for its subtest: goroutine 1 waits in <-make(chan int)",
	},
	"TestFile": {
		explore.Refused,
		"os.FindProcess of another process is not under control (stress/explore/testdata/suite/inner_test.go:",
	},
	"TestAllocs": {
		explore.Refused,
		"testing.AllocsPerRun, which would count what the engine allocates, is not under control: it may be why the " +
			"schedule fails: inner_test.go:",
	},
	"FuzzWrongLosesCounts": {explore.Fail, "FuzzWrongLosesCounts/two: inner_test.go:205: two: 1, want 2"},
	"ExampleWrong_order":   {explore.Fail, "got:\n    b\n    a\n    want:\n    a\n    b\n"},
	"ExampleRight_callers": {explore.Refused, "the functions that call an Example under go test"},
	"TestWrongPipeIsFull":  {explore.Fail, "for the other side to read or to close"},
	"TestWrongPipeIsOpen":  {explore.Fail, "for the other side to write or to close"},
	"TestWrongTwoWriters":  {explore.Fail, `output_test.go:103: "ba", want "ab"`},
	"TestCleanup":          {explore.Refused, "runtime.GC, after which a finalizer or a cleanup should run, is not under control"},
}

func TestSuite(t *testing.T) {
	s := explore.Suite{Package: "./testdata/suite", Options: explore.Options{Schedules: 500}}
	tests, err := s.Explore(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range tests {
		want, ok := expected[test.Name]
		if !ok {
			want.verdict = explore.Pass
		}
		if test.Verdict != want.verdict || !strings.Contains(test.Text, want.text) {
			t.Errorf("%s: %s, want %s with %q\n%s", test.Name, test.Verdict, want.verdict,
				want.text, test.Text)
		}
		if test.Skipped != (test.Name == "TestSkips") ||
			test.Name == "TestRightLeavesTicker" && test.Left == 0 || test.Name == "TestRightParallel" && test.Left > 0 {
			t.Errorf("%s: skipped %v, %d goroutines left behind", test.Name, test.Skipped,
				test.Left)
		}
		delete(expected, test.Name)
	}
	if len(tests) != 33 || len(expected) > 0 {
		t.Errorf("%d tests, want 33; not explored: %v", len(tests), expected)
	}
	// The tests that the explorer passes also pass under plain go test.
	out, err := exec.Command(
		"go",
		"test",
		"-run",
		"^(Test|Example)Right",
		"./testdata/suite",
	).CombinedOutput()
	if err != nil {
		t.Errorf("go test: %v\n%s", err, out)
	}
}

// A starving goroutine has no schedule. Its replay is the strategy, in each form of the command.
func TestSuiteStarves(t *testing.T) {
	longtest.NeedCI(t, "TestStarvation, and the tests of semabench explore")
	for want, replay := range map[string]func(test, flag, value string) string{
		`Run: ^TestRightTries$, Options: {Strategy: "starve2.`: nil,
		"replay: play TestRightTries -strategy starve2.": func(test, flag, value string) string {
			return fmt.Sprintf("play %s -%s %s", test, flag, value)
		},
	} {
		s := explore.Suite{
			Package: "./testdata/suite", Run: regexp.MustCompile("^TestRightTries$"), Replay: replay,
			Options: explore.Options{Strategy: "starve"},
		}
		tests, err := s.Explore(t.Context())
		if err != nil || len(tests) != 1 {
			t.Fatal(tests, err)
		}
		if got := tests[0]; got.Verdict != explore.Fail || !strings.Contains(got.Text, want) {
			t.Errorf("%s, want a failure with %q\n%s", got.Verdict, want, got.Text)
		}
	}
}

func TestSuiteRefusals(t *testing.T) {
	for name, c := range map[string]struct {
		suite explore.Suite
		want  string
	}{
		"no such test": {
			explore.Suite{Package: "./testdata/suite", Run: regexp.MustCompile("^TestNone$")},
			`./testdata/suite has no Test, Fuzz or Example functions to explore that match "^TestNone$"`,
		},
		"no tests":         {explore.Suite{Package: "./testdata/untested"}, "./testdata/untested has no Test, Fuzz or Example functions to explore"},
		"no such package":  {explore.Suite{Package: "./none"}, "directory not found"},
		"no such strategy": {explore.Suite{Options: explore.Options{Strategy: "dfss"}}, `strategy "dfss": want random`},
		"explores itself":  {explore.Suite{}, "tests that call package explore are explored by go test"},
	} {
		t.Run(name, func(t *testing.T) {
			if name == "explores itself" { // the refusal comes after a build
				longtest.NeedCI(t, "the other refusals")
			}
			_, err := c.suite.Explore(t.Context())
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v, want %q", err, c.want)
			}
		})
	}
}
