package stress

import (
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"runtime/debug"
	"strings"
	"testing"
)

// Two clauses, C29 and C30, need the race detector. If this binary has none, Run builds the tests
// of the same package again with -race, and runs these two clauses there.

// instrumentedVar keeps a child from starting children.
const instrumentedVar = "STRESS_INSTRUMENTED"

// instrumented returns the verdict of a build with -race on the clause that t is the subtest of.
// The verdict stays unknown, with the reason, if that build did not reach the subtest.
func instrumented(t *testing.T, v Verdict) Verdict {
	out, err := testWithRace(t)
	switch {
	case err != nil:
		v.Detail += fmt.Sprintf("; building with it failed: %v", err)
	case strings.Contains(out, "--- PASS: "+t.Name()+" "):
		v.Outcome, v.Detail = Pass, ""
	case strings.Contains(out, "--- FAIL: "+t.Name()+" "):
		v.Outcome, v.Detail = Fail, "in a build with -race:\n"+firstLines(out, 80)
	default:
		v.Detail += "; a build with it did not reach this test:\n" + firstLines(out, 10)
	}
	return v
}

// testWithRace returns the output of the subtest t in a build with the race detector.
func testWithRace(t *testing.T) (out string, err error) {
	switch {
	case os.Getenv(instrumentedVar) != "":
		return "", fmt.Errorf("go test -race made a binary without it")
	case !*instrumentFlag:
		return "", fmt.Errorf("-stress.instrument=false")
	case testing.Short():
		return "", fmt.Errorf("not tried with -short")
	}
	cmd := exec.CommandContext(t.Context(), "go", "test", "-race", "-count=1", "-v",
		"-run="+exactly(t.Name()))
	cmd.Args = append(cmd.Args, buildTags()...)
	if deadline, ok := t.Deadline(); ok {
		cmd.Args = append(cmd.Args, fmt.Sprintf("-timeout=%v", until(deadline)))
	}
	cmd.Args = append(cmd.Args, ".") // a test runs in the folder of its package
	cmd.Env = append(os.Environ(), instrumentedVar+"=1")
	text, err := cmd.CombinedOutput()
	if err != nil && !strings.Contains(string(text), "--- FAIL: ") {
		return "", fmt.Errorf("%v: %w\n%s", cmd, err, firstLines(string(text), 10))
	}
	return string(text), nil
}

// buildTags returns the -tags flag that this binary was built with, if any.
func buildTags() []string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return nil
	}
	for _, s := range info.Settings {
		if s.Key == "-tags" {
			return []string{"-tags=" + s.Value}
		}
	}
	return nil
}

// exactly returns a pattern for -run that matches this test and no other.
func exactly(test string) string {
	parts := strings.Split(test, "/")
	for i, p := range parts {
		parts[i] = "^" + regexp.QuoteMeta(p) + "$"
	}
	return strings.Join(parts, "/")
}

// firstLines returns the first lines of a text, with their ends.
func firstLines(text string, most int) string {
	lines := strings.SplitAfterN(text, "\n", most+1)
	return strings.Join(lines[:min(most, len(lines))], "")
}
