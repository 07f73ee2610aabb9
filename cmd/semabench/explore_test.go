package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/semabench/semabench/cmd/internal/exploration"
	"github.com/semabench/semabench/internal/exitcode"
	"github.com/semabench/semabench/internal/longtest"
)

// exploreIn runs the verb in this process.
func exploreIn(t *testing.T, ctx context.Context, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, complaint bytes.Buffer
	a := app{table: testTable(), stdout: &out, stderr: &complaint}
	code = a.main(ctx, append([]string{"explore"}, args...))
	return code, out.String(), complaint.String()
}

// The subtests share one module, so that each of its packages is built once.
func TestExplore(t *testing.T) {
	inExploredModule(t)
	t.Run("ends", exploreEnds)
	t.Run("race", exploreRace)
	t.Run("summary", exploreSummary)
	t.Run("interrupted", exploreInterrupted)
	t.Run("shards", exploreShards)
}

// An ending is the exit code for some arguments, and text that the command prints.
type ending struct {
	args []string
	code int
	want []string // on standard output or error
	// need is the tier of a case whose verdict is also tested in stress/explore.
	need func(t testing.TB, covered string)
}

func endings(page string) map[string]ending {
	return map[string]ending{
		"complete": {[]string{"./count", "-run", "TestRight"}, exitcode.OK,
			[]string{"=== TestRight: pass\ncomplete if free of data races: run with -race; all ", "ordered pairs of dependent operations were seen", "with 2 processes"}, longtest.NeedCI},
		"failure": {[]string{"./count", "-run=TestWrong", "-seed=3"}, exitcode.Failed,
			[]string{"=== TestWrong: fail\n", "n = 1, want 2", "n.Store(n.Load() + 1): n = 1", "replay: go test -run '^TestWrong$' example.org/explored/count -explore.schedule=x",
				"1 of 1 exploration failed"}, longtest.NeedCI},
		"replay":               {[]string{"./count", "-run", "TestWrong", "-schedule", "x2.2"}, exitcode.Failed, []string{"n = 1, want 2"}, longtest.Need},
		"a replay that passes": {[]string{"./count", "-run", "TestWrong", "-schedule", "x"}, exitcode.OK, []string{"does not fail"}, longtest.Need},
		"schedules": {[]string{"./count", "-run", "TestManySchedules", "-schedules", "100"}, exitcode.Unknown,
			[]string{"=== TestManySchedules: unknown (schedules)", "of 1 exploration, 1 came to a bound"}, longtest.Need},
		"time":        {[]string{"./count", "-run", "TestManySchedules", "-time", "50ms", "-schedules", "1e9"}, exitcode.Unknown, []string{"unknown (time)"}, longtest.Need},
		"preemptions": {[]string{"./count", "-run", "TestRight", "-strategy", "dfs", "-preemptions", "1"}, exitcode.Unknown, []string{"unknown (preemptions)"}, longtest.Need},
		"another way": {[]string{"./count", "-run", "TestFails"}, exitcode.Failed, []string{"not by a schedule", "for a reason of its own"}, longtest.Need},
		"no door":     {[]string{"./count", "-run", "TestPlain"}, exitcode.Refused, []string{"nothing was explored", "calls explore.Run"}, longtest.NeedCI},
		"unmodified": {[]string{"./plain"}, exitcode.Failed, []string{"=== TestPlain: pass\ncomplete", "=== TestLoses: fail\nplain_test.go:20: n = 1, want 2",
			"replay: semabench explore ./plain -run '^TestLoses$' -schedule=x", "1 of 2 explorations failed"}, longtest.NeedCI},
		"an unmodified test": {[]string{"./plain", "-run", "TestPlain"}, exitcode.OK, []string{"=== TestPlain: pass\ncomplete"}, longtest.Need},
		"a replay of it":     {[]string{"./plain", "-run", "TestLoses", "-schedule", "x2.2"}, exitcode.Failed, []string{"n = 1, want 2"}, longtest.Need},
		"a page without Run": {[]string{"./plain", "-page", page}, exitcode.Refused, []string{"-page needs a test that calls package explore"}, nil},
		"without a pattern":  {[]string{"./count", "-time", "1s"}, exitcode.Failed, []string{"=== TestRight: pass", "=== TestWrong: fail"}, longtest.Need},
		"no such plain test": {[]string{"./plain", "-run", "TestPlian"}, exitcode.Refused, []string{"has no Test, Fuzz or Example functions to explore that match \"TestPlian\""}, longtest.Need},
		"no such test":       {[]string{"./count", "-run", "TestRihgt"}, exitcode.Refused, []string{`no test in ./count matches -run "TestRihgt"`, "TestRight, TestWrong"}, nil},
		"broken":             {[]string{"./broken"}, exitcode.Refused, []string{"exploring the unmodified tests of ./broken", "broken_test.go:5", "undefined: m"}, nil},
		"bare":               {[]string{"./bare"}, exitcode.Refused, []string{"./bare has no tests"}, nil},
		"nowhere":            {[]string{"./nowhere"}, exitcode.Refused, []string{"looking for package ./nowhere"}, nil},
		"a page of several":  {[]string{"./...", "-page", page}, exitcode.Refused, []string{"-page is for one package, and ./... names 3 with tests"}, nil},
		"two and a flag":     {[]string{"./plain", "-run", "^Test(Plain|Right)$", "./count"}, exitcode.OK, []string{"# example.org/explored/count\n", "# example.org/explored/plain\n"}, longtest.Need},
		"one has tests":      {[]string{"./bare", "./plain", "-run", "TestPlain"}, exitcode.OK, []string{"=== TestPlain: pass"}, longtest.Need},
		"none has tests":     {[]string{"./bare", "./bare/..."}, exitcode.Refused, []string{"./bare ./bare/... are 1 package, and none has tests"}, nil},
		"several": {[]string{"./...", "-run", "^Test(Plain|Right)$"}, exitcode.Unknown, []string{"# example.org/explored/count\n", "=== TestRight: pass", "=== TestPlain: pass",
			"undefined: m", "of 3 packages with tests (1 more have none), 0 came to a bound and 1 were refused"}, longtest.Need},
		"refused": {[]string{"./count", "-run", "TestStartsProcess"}, exitcode.Refused,
			[]string{"=== TestStartsProcess: refused\nrefused: os/exec.Cmd.Run is not under control (count/count_test.go:", "nothing was explored"}, longtest.NeedCI},
		"page":         {[]string{"./count", "-run", "TestWrong", "-page", page, "-perfetto", page + ".json", "-junit", page + ".xml"}, exitcode.Failed, []string{"n = 1, want 2"}, longtest.NeedCI},
		"bad schedule": {[]string{"./count", "-run", "TestWrong", "-schedule", "y1"}, exitcode.Refused, []string{"want it to begin with x"}, nil},
	}
}

// Each way to end has its exit code and prints the reason.
func exploreEnds(t *testing.T) {
	page := filepath.Join(t.TempDir(), "failure.html")
	for name, test := range endings(page) {
		t.Run(name, func(t *testing.T) {
			if test.need != nil {
				test.need(t, "the other endings, and the tests of stress/explore")
			}
			code, stdout, stderr := exploreIn(t, context.Background(), append(test.args, "-workers=2")...)
			if code != test.code {
				t.Errorf("exits %d, want %d", code, test.code)
			}
			mustContain(t, "what it says", stdout+stderr, test.want...)
		})
	}
	if !longtest.AskedCI() {
		return // the case that writes these files was skipped
	}
	mustContain(t, "the page", read(t, page), "<title>count_test.go:21: n = 1, want 2</title>")
	mustContain(t, "the trace", read(t, page+".json"), `"traceEvents"`, `"what":"count_test.go:21: n = 1, want 2"`)
	mustContain(t, "JUnit", read(t, page+".xml"), `failures="1"`, `name="TestWrong"`)
}

// With -race the race detector sees every schedule, and without -race none.
func exploreRace(t *testing.T) {
	longtest.Need(t, "the tests of stress/explore")
	code, _, stderr := exploreIn(t, context.Background(), "./count", "-run", "TestRaced")
	if code != exitcode.OK {
		t.Errorf("exits %d without the race detector: %s", code, stderr)
	}
	code, stdout, stderr := exploreIn(t, context.Background(), "./count", "-run", "TestRaced",
		"-race", "-workers", "2")
	if code != exitcode.Failed {
		t.Errorf("exits %d: %s", code, stderr)
	}
	mustContain(t, "standard output", stdout, "data race", "read at count/count_test.go:32",
		"earlier write at count/count_test.go:33", "go test -race -run")
}

func exploreSummary(t *testing.T) {
	longtest.NeedCI(t, "the tests of package exploration")
	path := filepath.Join(t.TempDir(), "summary.json")
	code, _, stderr := exploreIn(t, context.Background(), "-run", "TestRight|TestWrong", "-summary",
		path, "-workers", "3", "./count")
	if code != exitcode.Failed {
		t.Fatalf("exits %d: %s", code, stderr)
	}
	var f exploration.Summary
	if err := json.Unmarshal([]byte(read(t, path)), &f); err != nil {
		t.Fatal(err)
	}
	if len(f.Explorations) != 2 {
		t.Fatalf("the summary has %d explorations, want 2: %+v", len(f.Explorations), f)
	}
	right, wrong := f.Explorations[0], f.Explorations[1]
	if right.Verdict != "pass" || right.Schedules == 0 || right.Pairs == 0 || right.Workers != 3 ||
		right.Test != "TestRight" {
		t.Errorf("the first is %+v", right)
	}
	if wrong.Verdict != "fail" || !strings.HasSuffix(wrong.What, "n = 1, want 2") ||
		wrong.Schedule == "" || wrong.Strategy == "" {
		t.Errorf("the second is %+v", wrong)
	}
	if d := wrong.Decision; right.Decision != nil || d == nil || d.Operation != "n.Load()" || d.Goroutine == 0 ||
		d.Continuations < 1 || !d.All || !strings.HasPrefix(d.At, "count/count_test.go:") {
		t.Errorf("the decision of the second is %+v", d)
	}
}

// Flags that contradict each other are refused before anything is built.
func TestExploreRefusals(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, test := range []struct{ args, want string }{
		{"-strategy luck", `-strategy "luck": want random, pct and a depth`},
		{"-strategy pct0", "want random, pct"},
		{"-strategy starve0.1", "want random, pct"},
		{"-preemptions 2", "-preemptions is for -strategy dfs"},
		{"-preemptions 2 -strategy dpor", "-preemptions is for -strategy dfs"},
		{"-schedules -1", "-schedules"},
		{"-schedules many", "-schedules"},
		{"-workers 65", "from 1 to 64"},
		{"-time 0s", "want more than 0"},
		{"-run (", "missing closing )"},
		{"-impl pond", `unknown implementation "pond"`},
		{"-impl cond -run TestX", "leave one of them out"},
		{"./a -impl cond", "leave out ./a"},
		{"./a -impl cond ./b", "leave out ./a ./b"},
		{"-mutate ./a ./b", "-mutate is for one package: leave out ./b"},
		{"./a ./b", "looking for packages ./a ./b"},
		{"-warp", "-warp"},
		{"./a", "looking for package ./a"}, // the working directory is in no module
	} {
		code, stdout, stderr := exploreIn(t, context.Background(), strings.Fields(test.args)...)
		if code != exitcode.Refused || stdout != "" {
			t.Errorf("%s: exits %d, and says %q", test.args, code, stdout)
		}
		mustContain(t, test.args, stderr, test.want)
	}
	code, stdout, _ := exploreIn(t, context.Background(), "-h")
	if code != exitcode.OK {
		t.Errorf("-h exits %d", code)
	}
	mustContain(t, "the help", stdout, "usage: semabench explore [flags] [packages]", "-strategy",
		"-preemptions", "3 unknown", "130")
}

// Two shards join to the results of one process. A joined result with one shard only is unknown, and a
// failure stands.
func exploreShards(t *testing.T) {
	longtest.Need(t, "the tests of stress/explore/internal/parent")
	dir := t.TempDir()
	explored := func(code int, args ...string) (all []exploration.SummaryRow) {
		t.Helper()
		path := filepath.Join(dir, "summary.json")
		got, _, stderr := exploreIn(t, context.Background(), append(args, "./count", "-workers=1", "-summary", path)...)
		if got != code {
			t.Fatalf("%s exits %d, want %d: %s", args, got, code, stderr)
		}
		var f exploration.Summary
		if err := json.Unmarshal([]byte(read(t, path)), &f); err != nil {
			t.Fatal(err)
		}
		for i := range f.Explorations {
			r := &f.Explorations[i]
			r.Seconds, r.Pairs, r.Reversed = 0, 0, 0 // each process samples the pairs on its own
			r.Text, _, _ = strings.Cut(r.Text, " ordered pairs")
			r.Text = strings.TrimRight(r.Text, "0123456789")
		}
		return f.Explorations
	}
	one, two := filepath.Join(dir, "1.json"), filepath.Join(dir, "2.json")
	both := []string{"-run=TestRight|TestWrong"}
	whole := explored(exitcode.Failed, both...)
	for i, file := range []string{one, two} {
		explored(exitcode.Failed, append(both, fmt.Sprintf("-shard=%d/2", i+1), "-shardfile="+file)...)
	}
	if joined := explored(exitcode.Failed, append(both, "-join="+one+","+two)...); !reflect.DeepEqual(joined, whole) {
		t.Errorf("the shards join to\n%+v\nwant\n%+v", joined, whole)
	}
	partly := explored(exitcode.Failed, append(both, "-join="+two)...)
	if partly[0].Verdict != "unknown" || partly[0].Bound != "shard" || partly[1].Verdict != "fail" {
		t.Errorf("one of two shards: %+v, want unknown and fail", partly)
	}
	for args, want := range map[string]string{
		"-shard=1/2":                           "need each other",
		"-shard=3/2 -shardfile=" + one:         "3/2",
		"-join=" + one + " -seed=7":            "other flags",
		"-join=" + filepath.Join(dir, "none"):  "no such file",
		"-shard=1/2 -shardfile=a -join=" + one: "leave out",
	} {
		code, stdout, stderr := exploreIn(t, context.Background(), append(strings.Fields(args), "./count", "-run=TestRight")...)
		if code == exitcode.OK || code == exitcode.Unknown {
			t.Errorf("%s exits %d", args, code)
		}
		mustContain(t, args, stdout+stderr, want)
	}
}
