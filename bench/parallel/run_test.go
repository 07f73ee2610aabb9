package parallel

import (
	"bytes"
	"errors"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/semabench/semabench/internal/longtest"
)

// smallExperiment returns an experiment whose tasks are few and small, so that it ends in seconds.
// It has the rows that the function selects; nil selects all. Most of the time goes into starting
// processes, above all with the race detector.
func smallExperiment(t *testing.T, o Options, selects func(row) bool) *Experiment {
	t.Helper()
	e, err := o.Experiment()
	if err != nil {
		t.Fatal(err)
	}
	const tasks, least, most = 6, 1 << 10, 64 << 10
	var rows []row
	seen := map[string]bool{}
	for _, r := range e.rows {
		r.Bytes = min(r.Bytes, most)
		if r.Latency > 0 {
			r.Latency = time.Millisecond
		}
		r.Workers = min(r.Workers, 10)
		if r.Tasks = tasks; r.Work == workLimit {
			r.Tasks = 2 * r.Workers
		}
		between := r.Bytes > least && r.Bytes < most
		if (selects == nil || selects(r)) && !between && !seen[r.name()] {
			seen[r.name()] = true
			rows = append(rows, r)
		}
	}
	e.rows = rows
	return e
}

// run runs an experiment and returns its text.
func run(t *testing.T, e *Experiment) (text string, err error) {
	t.Helper()
	t.Setenv("GORACE", "atexit_sleep_ms=0")
	var out bytes.Buffer
	err = e.Run(t.Context(), &out)
	return out.String(), err
}

// checksumOfLine finds work, mode, bytes, tasks and checksum in a line of benchmark text.
var checksumOfLine = regexp.MustCompile(
	`^BenchmarkParallel/(work=\w+)/mode=([\w-]+)/.*?(?:/(bytes=\d+))?\t(\d+)\t.*\t(\d+) checksum`)

// Every mode gives the same checksums for a work, with the first semaphore between processes that
// works here.
func TestAllModesGiveTheSameChecksums(t *testing.T) {
	text, err := run(t, smallExperiment(t, Options{Rounds: 1}, nil))
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	// 4 works in 5 modes, grain in 4 modes, messages in 2, limit in 4.
	const want = 4*5 + 4 + 2 + 4
	if modes := modesOf(t, text, map[string]string{}); len(modes) != want {
		t.Errorf("%d pairs of work and mode, want %d: %v", len(modes), want, modes)
	}
}

// Every semaphore between processes gives the same checksums, in the modes whose workers are
// processes. The other modes do not use it.
func TestAllProcessSemaphoresGiveTheSameChecksums(t *testing.T) {
	longtest.Need(t, "TestAllModesGiveTheSameChecksums")
	checksums := map[string]string{}
	for _, name := range ProcessSemaphores() {
		s, err := findProcessSemaphore(name)
		if err == nil {
			err = s.try(t.TempDir())
		}
		if err != nil {
			t.Logf("semaphore %s is not checked: %v", name, err)
			continue
		}
		e := smallExperiment(t, Options{Rounds: 1, Process: name}, usesProcessSemaphore)
		text, err := run(t, e)
		if err != nil {
			t.Fatalf("%s: %v\n%s", name, err, text)
		}
		if modes := modesOf(t, text, checksums); len(modes) != 2*2 {
			t.Errorf("%s: %d pairs of work and mode, want 4: %v", name, len(modes), modes)
		}
	}
	if len(checksums) == 0 {
		t.Error("no semaphore between processes works here; the broker should work on every system")
	}
}

// usesProcessSemaphore selects two works in the modes whose workers are processes.
func usesProcessSemaphore(r row) bool {
	return (r.Work == workHash || r.Work == workLimit) &&
		(r.Mode == Processes || r.Mode == ProcessPerTask)
}

// modesOf returns the pairs of work and mode in a text. It compares their checksums with the
// checksums of earlier samples, and adds them.
func modesOf(t *testing.T, text string, checksums map[string]string) map[string]bool {
	t.Helper()
	modes := map[string]bool{}
	for line := range strings.Lines(text) {
		m := checksumOfLine.FindStringSubmatch(line)
		if m == nil {
			if strings.HasPrefix(line, "Benchmark") {
				t.Errorf("no checksum in %s", line)
			}
			continue
		}
		what := m[1] + m[3] + " " + m[4]
		if before := checksums[what]; before != "" && before != m[5] {
			t.Errorf("%s has the checksum %s in mode %s, and %s before", what, m[5], m[2], before)
		}
		checksums[what] = m[5]
		modes[m[1]+" "+m[2]] = true
	}
	return modes
}

// hashIn selects the work hash in some modes.
func hashIn(modes ...Mode) func(row) bool {
	return func(r row) bool { return r.Work == workHash && slices.Contains(modes, r.Mode) }
}

// A mode that does other work has another checksum. Run returns an error that names the mode.
func TestWrongChecksumIsReported(t *testing.T) {
	t.Setenv(faultVar, faultWrongChecksum)
	for _, mode := range []Mode{Processes, ProcessPerTask} {
		text, err := run(t, smallExperiment(t, Options{Rounds: 1}, hashIn(Serial, mode)))
		if !errors.Is(err, ErrFailed) || !strings.Contains(err.Error(), "checksum") ||
			!strings.Contains(err.Error(), "mode="+string(mode)) {
			t.Errorf("%s does other work: error is %v, want one that names the mode", mode, err)
		}
		if n := strings.Count(text, "\nBenchmark"); n < 2 {
			t.Errorf("%d samples in the text, want both: a report must see the difference too", n)
		}
	}
}

// If a worker fails, the error says which worker, in which task and why. The other rows are
// measured.
func TestFailingWorkers(t *testing.T) {
	for fault, wants := range map[string][]string{
		faultTaskFails:  {"worker process", "failed in task", "out of hashes"},
		faultWorkerDies: {"worker process", "died in task", "exit status 7"},
		faultCannotOpen: {"failed before its first task", "no hashing today"},
	} {
		for _, mode := range []Mode{Processes, ProcessPerTask} {
			t.Run(fault+" "+string(mode), func(t *testing.T) {
				t.Setenv(faultVar, fault)
				text, err := run(t, smallExperiment(t, Options{Rounds: 2}, hashIn(Serial, mode)))
				for _, want := range append(wants, "mode="+string(mode)) {
					if err == nil || !strings.Contains(err.Error(), want) {
						t.Errorf("error is %v, want %q in it", err, want)
					}
				}
				n := strings.Count(text, "\nBenchmarkParallel/work=hash/mode=serial")
				if n < 2 || !strings.Contains(text, "# failed: work=hash/mode="+string(mode)) {
					t.Errorf("%d samples of serial, want one of each round, "+
						"and a line for the row that failed:\n%s", n, text)
				}
			})
		}
	}
}

// Run returns an error about ChildMain if the program does not call it. The program does not start
// itself again and again: Run refuses to run in a child.
func TestProgramWithoutChildMain(t *testing.T) {
	if os.Getenv(childVar) != "" {
		_, err := run(t, smallExperiment(t, Options{Rounds: 1}, hashIn(Serial)))
		if err == nil || !strings.Contains(err.Error(), "ChildMain") {
			t.Errorf("Run in a child returns %v, want a refusal", err)
		}
		return // in the child this test has nothing else to do
	}
	t.Setenv(faultVar, faultNoChildMain)
	_, err := run(t, smallExperiment(t, Options{Rounds: 1}, hashIn(Serial)))
	if err == nil || !strings.Contains(err.Error(), "ChildMain") {
		t.Errorf("error is %v, want ChildMain in it", err)
	}
}

// inside-peak exceeds the permits with a semaphore that admits all, and equals them with a correct
// one.
func TestInsidePeakShowsTooManyAdmitted(t *testing.T) {
	inGoroutines := func(r row) bool {
		return r.Work == workLimit && r.Mode == Goroutines && r.Permits == 3
	}
	for impl, want := range map[string]string{
		"weighted": "\t3 inside-peak", "admits all": "\t10 inside-peak"} {
		text, err := run(t, smallExperiment(t, Options{Rounds: 1, Impl: impl}, inGoroutines))
		if err != nil || !strings.Contains(text, want) {
			t.Errorf("%s: no %q (%v) in\n%s", impl, want, err, text)
		}
	}
}
