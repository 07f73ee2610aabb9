package parallel

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"
)

// small is a plan of all works in all modes with tasks so few and small that it is over in seconds.
func small(t *testing.T, o Options, keep func(row) bool) *Plan {
	t.Helper()
	p, err := o.Plan()
	if err != nil {
		t.Fatal(err)
	}
	var rows []row
	seen := map[string]bool{}
	for _, r := range p.rows {
		if r.Bytes > 64<<10 {
			r.Bytes = 64 << 10
		}
		if r.Latency > 0 {
			r.Latency = time.Millisecond
		}
		if r.Tasks = min(r.Tasks, 12); r.Work == limiting {
			r.Tasks = 30
		}
		r.Workers = min(r.Workers, 10)
		if (keep == nil || keep(r)) && !seen[r.name()] {
			seen[r.name()] = true
			rows = append(rows, r)
		}
	}
	p.rows = rows
	return p
}

func run(t *testing.T, p *Plan) (text string, err error) {
	t.Helper()
	t.Setenv("GORACE", "atexit_sleep_ms=0")
	var out bytes.Buffer
	err = p.Run(t.Context(), &out)
	return out.String(), err
}

var sumOfLine = regexp.MustCompile(`^BenchmarkParallel/(work=\w+)/mode=([\w-]+)/.*?(?:/(bytes=\d+))?\t(\d+)\t.*\t(\d+) checksum`)

// Every mode of every work, of each semaphore between processes: the same checksums.
func TestEveryModeDoesTheSame(t *testing.T) {
	for _, kind := range ProcessSemaphores() {
		k, err := sharedKind(kind)
		if err == nil {
			err = k.works(t.TempDir())
		}
		if err != nil {
			t.Logf("%s is not checked: %v", kind, err) // every system has at least the broker
			continue
		}
		p := small(t, Options{Rounds: 1, Process: kind}, nil)
		text, err := run(t, p)
		if err != nil {
			t.Fatalf("%s: %v\n%s", kind, err, text)
		}
		sums := map[string]string{}
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
		if want := 4*5 + 4 + 2 + 4; len(modes) != want {
			t.Errorf("%s: %d modes of works, want %d: %v", kind, len(modes), want, modes)
		}
	}
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

// A sample that is stuck is given up, with the stacks of its processes; the others go on.
func TestStuckSample(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("no SIGQUIT here")
	}
	t.Setenv(wrongVar, "hangs")
	p := small(t, Options{Rounds: 1}, ofHash(Serial, Processes))
	p.patience = 2 * time.Second
	text, err := run(t, p)
	for _, want := range []string{"it is stuck: stopped after 2s", "SIGQUIT", "serveTasks"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("it says %.500v, want %q in it", err, want)
		}
	}
	if !strings.Contains(text, "\nBenchmarkParallel/work=hash/mode=serial") || strings.Contains(text, "goroutine ") {
		t.Errorf("want the serial sample and no stacks in\n%s", text)
	}
	if left := children(t); len(left) > 0 {
		t.Errorf("processes are left: %v", left)
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

// When its context ends, so do all processes, and what was written stays.
func TestInterrupted(t *testing.T) {
	before := children(t)
	ctx, cancel := context.WithCancel(t.Context())
	p := small(t, Options{Rounds: 1000}, nil)
	out := &cancelAfter{lines: 3, cancel: cancel}
	err := p.Run(ctx, out)
	if !errors.Is(err, context.Canceled) {
		t.Errorf("Run = %v, want %v", err, context.Canceled)
	}
	if n := strings.Count(out.text.String(), "\nBenchmark"); n < 3 {
		t.Errorf("%d samples kept, want 3", n)
	}
	if after := children(t); len(after) > len(before) {
		t.Errorf("processes are left: %v, and before %v", after, before)
	}
}

// cancelAfter cancels in the middle of a run, when so many samples have been written.
type cancelAfter struct {
	text   bytes.Buffer
	lines  int
	cancel func()
}

func (c *cancelAfter) Write(p []byte) (int, error) {
	if c.lines -= bytes.Count(p, []byte("BenchmarkParallel/")); c.lines <= 0 {
		c.cancel()
	}
	return c.text.Write(p)
}

// children finds processes of these tests by the variable that makes one: nobody else has it. They
// are killed together, which the kernel does in its own time, so it looks until there are none or
// a second has passed.
func children(t *testing.T) (pids []string) {
	t.Helper()
	for until := time.Now().Add(time.Second); ; time.Sleep(10 * time.Millisecond) {
		pids = nil
		environs, _ := filepath.Glob("/proc/[0-9]*/environ")
		self, err := os.Executable()
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range environs {
			text, _ := os.ReadFile(name)
			exe, _ := os.Readlink(filepath.Join(filepath.Dir(name), "exe"))
			if exe == self && bytes.Contains(text, []byte(childVar+"=")) {
				pids = append(pids, filepath.Base(filepath.Dir(name)))
			}
		}
		if len(pids) == 0 || time.Now().After(until) {
			return pids
		}
	}
}
