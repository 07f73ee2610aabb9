package explore_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/semabench/semabench/internal/longtest"
	"github.com/semabench/semabench/stress/explore"
)

// flagsVar makes the tests below run, which are the subject of TestFlagsOfGoTest. Its value is the
// name of one of them, or a pattern for several.
const flagsVar = "SEMABENCH_TEST_FLAGS"

func subjectOfFlags(t *testing.T) {
	t.Helper()
	if os.Getenv(flagsVar) == "" {
		t.Skip("TestFlagsOfGoTest runs it")
	}
}

// twoAdd has a few schedules and no defect.
func twoAdd(t *explore.T) {
	var n atomic.Int64
	var wg sync.WaitGroup
	wg.Go(func() { n.Add(1) })
	wg.Go(func() { n.Add(1) })
	if wg.Wait(); n.Load() != 2 {
		t.Error(n.Load())
	}
}

// twoLose loses an update in some schedules.
func twoLose(t *explore.T) {
	var n atomic.Int64
	var wg sync.WaitGroup
	wg.Go(func() { n.Store(n.Load() + 1) })
	wg.Go(func() { n.Store(n.Load() + 1) })
	if wg.Wait(); n.Load() != 2 {
		t.Error(n.Load())
	}
}

// manySchedules has more schedules than can be played in a day.
func manySchedules(t *explore.T) {
	var n atomic.Int64
	var wg sync.WaitGroup
	for range 6 {
		wg.Go(func() {
			for range 10 {
				n.Store(n.Load() + 1)
			}
		})
	}
	wg.Wait()
}

// noStep never comes to an operation.
func noStep(*explore.T) {
	for n := 0; ; n++ {
	}
}

func TestFlagsPass(t *testing.T)      { subjectOfFlags(t); explore.Run(t, twoAdd) }
func TestFlagsParallelA(t *testing.T) { subjectOfFlags(t); t.Parallel(); explore.Run(t, twoAdd) }
func TestFlagsParallelB(t *testing.T) { subjectOfFlags(t); t.Parallel(); explore.Run(t, twoAdd) }
func TestFlagsTwice(t *testing.T) {
	subjectOfFlags(t)
	explore.Run(t, twoAdd)
	explore.Run(t, twoAdd)
}
func TestFlagsSubtests(t *testing.T) {
	subjectOfFlags(t)
	// Names that go test changes, that are patterns, and of which two are the same.
	for _, name := range []string{"x", "x", "x#01", "a b", "a/b", "[", "(", "ä,ö", ""} {
		t.Run(name, func(t *testing.T) { t.Parallel(); explore.Run(t, twoAdd) })
	}
}
func TestFlagsLose(t *testing.T) { subjectOfFlags(t); explore.Run(t, twoLose) }
func TestFlagsMany(t *testing.T) { subjectOfFlags(t); t.Parallel(); explore.Run(t, manySchedules) }
func TestFlagsLoop(t *testing.T) { subjectOfFlags(t); explore.Run(t, noStep) }
func TestFlagsPanic(t *testing.T) { // while TestFlagsMany explores
	subjectOfFlags(t)
	t.Parallel()
	time.Sleep(3 * time.Second) // time for the build and the first schedules, no condition of the test
	panic("elsewhere")
}
func TestFlagsSuite(t *testing.T) { subjectOfFlags(t); explore.Tests(t, "golang.org/x/sync/errgroup") }

// Explorations do not disturb each other, whichever tests go test chooses, in which order and how
// often. A test that go test would end at -timeout comes to a result before. Whatever ends the process,
// no player and no file of it is left.
func TestFlagsOfGoTest(t *testing.T) {
	if isPlayer() {
		t.Skip("it explores nothing by itself")
	}
	const passing = "^TestFlags(Pass|ParallelA|ParallelB|Twice|Subtests)$"
	for _, c := range []struct {
		args  string
		exit  int
		want  string // a pattern for a part of the output
		times int    // how often it matches; 0 means at least once
		long  bool
	}{
		{"-test.v -test.count=2 -test.cpu=1,2 -test.shuffle=on -test.run=" + passing, 0,
			`(?m)^--- PASS: TestFlags`, 20, false},
		{"-test.v -test.parallel=1 -test.run=" + passing, 0, `(?m)^ +--- PASS: TestFlagsSubtests/`, 9, true},
		{"-test.v -test.parallel=9 -test.run=" + passing, 0, `(?m)^ +--- PASS: TestFlagsSubtests/`, 9, true},
		{"-test.v -test.run=TestFlagsSubtests/x$", 0, `(?m)^ +--- PASS: TestFlagsSubtests/`, 1, true},
		{"-test.v -test.run=Subtests/x#0", 0, `(?m)^ +--- PASS: TestFlagsSubtests/`, 2, true},
		{"-test.v -test.skip=Subtests/x -test.run=TestFlagsSubtests", 0,
			`(?m)^ +--- PASS: TestFlagsSubtests/`, 6, true},
		{"-test.failfast -test.v -test.run=^TestFlags(Lose|Loop)$", 1, `(?m)^--- (PASS|FAIL|SKIP)`, 1, true},
		{"-test.count=2 -test.run=TestFlagsLose", 1, `replay: go test`, 2, true},
		{"-test.v -test.timeout=15s -test.run=TestFlagsMany", 0, `unknown: .*go test -timeout left`, 1, true},
		{"-test.v -test.timeout=13s -test.run=TestFlagsLoop", 0, `unknown: .*go test -timeout left`, 1, true},
		{"-test.timeout=15s -explore.strict -test.run=TestFlagsMany", 1, `go test -timeout left`, 1, true},
		{"-test.run=^TestFlags(Many|Panic)$", 2, `panic: elsewhere`, 0, true},
		{"-test.v -test.timeout=1ms -test.run=TestFlagsPass", 1, `go test -timeout|test timed out`, 0, true},
		{"-test.v -test.count=2 -test.run=TestFlagsSuite", 0, `(?m)^--- PASS: TestFlagsSuite`, 2, true},
		{"-test.list=TestFlagsPass", 0, `TestFlagsPass`, 1, true},
	} {
		if c.long && !longtest.Asked() {
			continue
		}
		t.Run(c.args, func(t *testing.T) {
			out, exit := runAlone(t, strings.Fields(c.args))
			found := len(regexp.MustCompile(c.want).FindAllString(out, -1))
			if exit != c.exit || found == 0 || c.times > 0 && found != c.times {
				t.Errorf("exit code %d, want %d; %q comes %d times, want %d (0: any):\n%s",
					exit, c.exit, c.want, found, c.times, out)
			}
		})
	}
}

// runAlone runs tests of this binary in a process with a folder of its own for temporary files, and
// returns its output and exit code. It fails t if a file or a process is left.
func runAlone(t *testing.T, args []string) (output string, exit int) {
	t.Helper()
	temp := t.TempDir()
	test := exec.Command(os.Args[0], args...)
	test.Env = append(os.Environ(), flagsVar+"=1", "TMPDIR="+temp, "TMP="+temp, "TEMP="+temp)
	var out bytes.Buffer
	test.Stdout, test.Stderr = &out, &out
	err := test.Run()
	if test.ProcessState == nil {
		t.Fatal(err)
	}
	left := ""
	for range 100 { // a player notices the end of its parent within some milliseconds
		if left = leftBehind(temp); left == "" {
			break
		}
		time.Sleep(50 * time.Millisecond)
	}
	if left != "" {
		t.Errorf("left behind: %s\n%s", left, out.Bytes())
	}
	return out.String(), test.ProcessState.ExitCode()
}

// leftBehind names a file in the folder, or a process that uses it for its temporary files.
func leftBehind(temp string) string {
	files, _ := os.ReadDir(temp)
	for _, f := range files {
		return f.Name()
	}
	if runtime.GOOS != "linux" {
		return "" // only Linux shows the environment of a process as a file
	}
	environments, _ := filepath.Glob("/proc/[0-9]*/environ")
	for _, file := range environments {
		text, err := os.ReadFile(file)
		if err == nil && bytes.Contains(text, []byte("="+temp)) {
			return fmt.Sprint("a process, ", filepath.Dir(file))
		}
	}
	return ""
}
