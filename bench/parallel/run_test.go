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
)

// small is a plan of all works in all modes with tasks so few and small that it is over in seconds. What
// takes time is starting processes, above all with the race detector.
func small(t *testing.T, o Options, keep func(row) bool) *Experiment {
	t.Helper()
	p, err := o.Experiment()
	if err != nil {
		t.Fatal(err)
	}
	const tasks, least, most = 6, 1 << 10, 64 << 10
	var rows []row
	seen := map[string]bool{}
	for _, r := range p.rows {
		r.Bytes = min(r.Bytes, most)
		if r.Latency > 0 {
			r.Latency = time.Millisecond
		}
		r.Workers = min(r.Workers, 10)
		if r.Tasks = tasks; r.Work == limiting {
			r.Tasks = 2 * r.Workers
		}
		between := r.Bytes > least && r.Bytes < most
		if (keep == nil || keep(r)) && !between && !seen[r.name()] {
			seen[r.name()] = true
			rows = append(rows, r)
		}
	}
	p.rows = rows
	return p
}

func run(t *testing.T, p *Experiment) (text string, err error) {
	t.Helper()
	t.Setenv("GORACE", "atexit_sleep_ms=0")
	var out bytes.Buffer
	err = p.Run(t.Context(), &out)
	return out.String(), err
}

var sumOfLine = regexp.MustCompile(`^BenchmarkParallel/(work=\w+)/mode=([\w-]+)/.*?(?:/(bytes=\d+))?\t(\d+)\t.*\t(\d+) checksum`)

// Every mode of every work: the same checksums. So it is with each semaphore between processes; but they
// make no difference within one, nor does the work to them.
func TestEveryModeDoesTheSame(t *testing.T) {
	sums := map[string]string{}
	for _, kind := range ProcessSemaphores() {
		k, err := sharedKind(kind)
		if err == nil {
			err = k.works(t.TempDir())
		}
		if err != nil {
			t.Logf("%s is not checked: %v", kind, err) // every system has at least the broker
			continue
		}
		keep, want := func(row) bool { return true }, 4*5+4+2+4
		if len(sums) > 0 {
			keep, want = admitsProcesses, 2*2
		}
		text, err := run(t, small(t, Options{Rounds: 1, Process: kind}, keep))
		if err != nil {
			t.Fatalf("%s: %v\n%s", kind, err, text)
		}
		if modes := modesOf(t, kind, text, sums); len(modes) != want {
			t.Errorf("%s: %d modes of works, want %d: %v", kind, len(modes), want, modes)
		}
	}
}

func admitsProcesses(r row) bool {
	return (r.Work == "hash" || r.Work == limiting) && (r.Mode == Processes || r.Mode == ProcessPerTask)
}

// modesOf returns which works were done in which modes, and compares their checksums with those before.
func modesOf(t *testing.T, kind, text string, sums map[string]string) map[string]bool {
	modes := map[string]bool{}
	for line := range strings.Lines(text) {
		m := sumOfLine.FindStringSubmatch(line)
		if m == nil {
			if strings.HasPrefix(line, "Benchmark") {
				t.Errorf("no checksum in %s", line)
			}
			continue
		}
		what := m[1] + m[3] + " " + m[4]
		if before := sums[what]; before != "" && before != m[5] {
			t.Errorf("%s: %s has the checksum %s in mode %s, and %s before", kind, what, m[5], m[2], before)
		}
		sums[what] = m[5]
		modes[m[1]+" "+m[2]] = true
	}
	return modes
}

func ofHash(modes ...Mode) func(row) bool {
	return func(r row) bool { return r.Work == "hash" && slices.Contains(modes, r.Mode) }
}

// A mode that does other work is caught by its checksum, and its figures are not believed silently.
func TestWrongWorkIsCaught(t *testing.T) {
	t.Setenv(wrongVar, "sums")
	for _, mode := range []Mode{Processes, ProcessPerTask} {
		text, err := run(t, small(t, Options{Rounds: 1}, ofHash(Serial, mode)))
		if !errors.Is(err, ErrFailed) || !strings.Contains(err.Error(), "checksum") ||
			!strings.Contains(err.Error(), "mode="+string(mode)) {
			t.Errorf("%s does other work: %v, want an error that names it", mode, err)
		}
		if n := strings.Count(text, "\nBenchmark"); n < 2 {
			t.Errorf("%d samples in the text, want those of both modes: a report has to see it too", n)
		}
	}
}

// Whatever becomes of a child, it is said which, and when, and the other rows are measured.
func TestChildrenThatFail(t *testing.T) {
	for how, wants := range map[string][]string{
		"fails":         {"worker of process", "failed in task", "out of hashes"},
		"dies":          {"worker of process", "died in task", "exit status 7"},
		"does not open": {"failed before its first task", "no hashing today"},
	} {
		for _, mode := range []Mode{Processes, ProcessPerTask} {
			t.Run(how+" "+string(mode), func(t *testing.T) {
				t.Setenv(wrongVar, how)
				text, err := run(t, small(t, Options{Rounds: 2}, ofHash(Serial, mode)))
				for _, want := range append(wants, "mode="+string(mode)) {
					if err == nil || !strings.Contains(err.Error(), want) {
						t.Errorf("it says %v, want %q in it", err, want)
					}
				}
				if n := strings.Count(text, "\nBenchmarkParallel/work=hash/mode=serial"); n < 2 || !strings.Contains(text, "# failed: work=hash/mode="+string(mode)) {
					t.Errorf("%d samples of serial, want one of each round, and a line for what failed:\n%s", n, text)
				}
			})
		}
	}
}

// A program that does not call ChildMain is told so, and does not start itself for ever.
func TestProgramWithoutChildMain(t *testing.T) {
	if os.Getenv(childVar) != "" {
		_, err := run(t, small(t, Options{Rounds: 1}, ofHash(Serial)))
		if err == nil || !strings.Contains(err.Error(), "ChildMain") {
			t.Errorf("Run in a child returns %v, want a refusal", err)
		}
		return // as a child it is this test alone that matters, and it has ended
	}
	t.Setenv(wrongVar, "no child")
	_, err := run(t, small(t, Options{Rounds: 1}, ofHash(Serial)))
	if err == nil || !strings.Contains(err.Error(), "ChildMain") {
		t.Errorf("it says %v, want ChildMain in it", err)
	}
}

// With a semaphore that is none, more are inside than there are permits, and it is seen.
func TestTooManyInsideAreSeen(t *testing.T) {
	inGoroutines := func(r row) bool { return r.Work == limiting && r.Mode == Goroutines && r.Permits == 3 }
	for impl, want := range map[string]string{"weighted": "\t3 inside-peak", "admits all": "\t10 inside-peak"} {
		text, err := run(t, small(t, Options{Rounds: 1, Impl: impl}, inGoroutines))
		if err != nil || !strings.Contains(text, want) {
			t.Errorf("%s: no %q (%v) in\n%s", impl, want, err, text)
		}
	}
}
