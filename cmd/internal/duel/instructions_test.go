package duel

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/semabench/semabench/cmd/internal/instructions"
	"github.com/semabench/semabench/internal/longtest"
	"github.com/semabench/semabench/reports/gate"
)

// workloads has benchmarks of every kind. TWO and TEN are the lengths of loops.
const workloads = `
var sink uint32
var text string

func BenchmarkTwo(b *testing.B) { for b.Loop() { sink = work(TWO) } }

func BenchmarkTen(b *testing.B) { for b.Loop() { sink = work(TEN) } }

func BenchmarkSame(b *testing.B) { for i := 0; i < b.N; i++ { sink = work(1000) } }

func BenchmarkText(b *testing.B) { for i := 0; i < b.N; i++ { text = fmt.Sprintf("%d %s", i, "x") } }

func BenchmarkPrepared(b *testing.B) {
	list := make([]uint32, 1<<18)
	for i := range list { list[i] = work(i%7) }
	b.ResetTimer()
	for i := 0; i < b.N; i++ { sink += list[i%len(list)] }
}

func BenchmarkMap(b *testing.B) {
	for b.Loop() {
		m := map[int]int{}
		for i := range 100 { m[i*i] = i }
		for k, v := range m { if k > v { delete(m, k) } }
	}
}

func BenchmarkRandom(b *testing.B) { for b.Loop() { sink = work(rand.IntN(2000)) } }

func BenchmarkClock(b *testing.B) {
	for b.Loop() { for begin := time.Now(); time.Since(begin) < 50*time.Microsecond; { sink++ } }
}

func BenchmarkPrints(b *testing.B) { for b.Loop() { fmt.Println("some words") } }

func BenchmarkParallel(b *testing.B) {
	b.RunParallel(func(pb *testing.PB) { for pb.Next() { work(100) } })
}

func BenchmarkLocks(b *testing.B) {
	b.RunParallel(func(pb *testing.PB) { for pb.Next() { mu.Lock(); sink = work(100); mu.Unlock() } })
}

var mu sync.Mutex

func BenchmarkPingPong(b *testing.B) {
	to, from := make(chan int), make(chan int)
	go func() { for i := range to { from <- i } }()
	for b.Loop() { to <- 1; <-from }
	close(to)
}

func BenchmarkSleeps(b *testing.B) { for b.Loop() { time.Sleep(10 * time.Microsecond) } }

func BenchmarkGoroutines(b *testing.B) {
	for b.Loop() { done := make(chan bool); go func() { work(100); close(done) }(); <-done }
}

func BenchmarkFails(b *testing.B) { if os.Getenv("GOGC") == "off" { b.Fatal("too many") } }
`

// sideOf returns the files of a module with the workloads.
func sideOf(t *testing.T, two, ten int, more map[string]string) Source {
	t.Helper()
	tests := strings.NewReplacer("TWO", fmt.Sprint(two), "TEN", fmt.Sprint(ten)).Replace(benchmarks("p", workloads))
	dir := scratch(t, map[string]string{
		"p.go": "package p\n\n//go:noinline\nfunc work(n int) (x uint32) { for i := 0; i < n; i++ { x = x*1664525 + 1013904223 }; return x }\n",
		"p_test.go": strings.Replace(tests, `"testing"`,
			`("fmt"; "math/rand/v2"; "os"; "sync"; "testing"; "time")`, 1),
	})
	write(t, dir, more)
	return Source{Dir: dir}
}

// A counter counts the same sides again and again.
type counter struct {
	m        *measurer
	old, new binary
	plans    []*plan
}

// newCounter builds both sides and probes the rows, and times nothing.
func newCounter(t *testing.T, old, new Source, bench string, meter instructions.Meter) *counter {
	t.Helper()
	o := quick(old, new)
	o.Bench = bench
	c := &counter{m: &measurer{Options: o.withDefaults(), begun: time.Now(), temp: t.TempDir(), run: &gate.Run{},
		random: rand.New(rand.NewPCG(1, 2))}}
	c.m.meter = meter
	err := c.m.prepareSides(t.Context())
	if err == nil {
		var oldList, newList listing
		var newErr error
		c.old, c.new, err, newErr = c.m.buildBoth(t.Context(), "scratch")
		if err = errors.Join(err, newErr); err == nil {
			oldList, err = c.m.listPackage(t.Context(), c.m.old, "scratch", c.old, nil)
			newList, newErr = c.m.listPackage(t.Context(), c.m.new, "scratch", c.new, nil)
		}
		c.plans = c.m.matchRows("scratch", oldList, newList)
		err = errors.Join(err, newErr, c.m.probe(t.Context(), c.old, c.new, c.plans, time.Time{}))
	}
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// count returns the judgement on the instructions of each row that has a record of any.
func (c *counter) count(t *testing.T) map[string]*gate.Work {
	t.Helper()
	if err := c.m.countInstructions(t.Context(), c.old, c.new, c.plans, 1); err != nil {
		t.Fatal(err)
	}
	run := &gate.Run{Planned: len(c.plans)}
	for _, p := range c.plans {
		run.Rows = append(run.Rows, p.Row)
	}
	works := map[string]*gate.Work{}
	for _, j := range gate.Judge(run, gate.Options{}).Rows {
		if j.Work != nil {
			works[j.Row.Name] = j.Work
		}
	}
	return works
}

// waiting returns why the goroutines of a row may wait without being seen.
func (c *counter) waiting(name string) string {
	for _, p := range c.plans {
		if p.Name == name {
			return p.waiting
		}
	}
	return ""
}

// valgrind returns the instrument. A machine of CI without one fails the test.
func valgrind(t *testing.T) instructions.Meter {
	t.Helper()
	meter, err := instructions.Find(t.Context(), t.TempDir())
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
	return meter
}

// movedWork has the files of the new side: the function is in another file, with another comment, and
// has another function before it.
var movedWork = map[string]string{
	"a.go": "package p\n\n// Words says nothing.\nfunc Words() string { return \"other words\" }\n",
	"q.go": "package p\n\n// work works.\n//\n//go:noinline\nfunc work(n int) (x uint32) { for i := 0; i < n; i++ { x = x*1664525 + 1013904223 }; return x }\n",
	"p.go": "package p\n",
}

// Work that was added is found each time, and rows of the same work are never said to do more or less.
func TestInstructions(t *testing.T) {
	longtest.Need(t, "TestCountingOfRows and the recorded counts of package gate")
	wants := map[string]gate.Verdict{
		"BenchmarkTwo": gate.MoreWork, "BenchmarkTen": gate.MoreWork, "BenchmarkSame": gate.SameWork,
		"BenchmarkText": gate.SameWork, "BenchmarkPrepared": gate.SameWork, "BenchmarkParallel": gate.SameWork,
	}
	c := newCounter(t, sideOf(t, 1000, 1000, nil), sideOf(t, 1020, 1100, movedWork),
		"^Benchmark(Two|Ten|Same|Text|Prepared|Parallel)$", valgrind(t))
	for i := range longtest.Or(t, "counts of the same sides", 20, 1) {
		works := c.count(t)
		for name, want := range wants {
			if w := works[name]; w == nil || w.Verdict != want {
				t.Errorf("%s: %+v, want %s", name, w, want)
			} else {
				t.Logf("%d: %s: %s", i+1, name, w.Why)
			}
		}
	}
}

// Rows that depend on chance, the clock, a reader or other goroutines say why they are not counted, or
// come out the same.
func TestUncountableRows(t *testing.T) {
	longtest.Need(t, "TestCountingOfRows")
	c := newCounter(t, sideOf(t, 1000, 1000, nil), sideOf(t, 1000, 1000, movedWork),
		"^Benchmark(Map|Random|Clock|Prints|Locks|PingPong|Sleeps|Goroutines|Fails)$", valgrind(t))
	works := c.count(t)
	for name, why := range map[string]string{
		"BenchmarkMap": "repeats", "BenchmarkRandom": "repeats", "BenchmarkClock": "repeats",
		"BenchmarkPrints": "prints", "BenchmarkLocks": "", "BenchmarkPingPong": "wait",
		"BenchmarkSleeps": "", "BenchmarkGoroutines": "goroutines", "BenchmarkFails": "too many",
	} {
		w := works[name]
		settles := w != nil && w.Verdict == gate.SameWork
		if settles && name == "BenchmarkLocks" && c.waiting(name) == "" {
			t.Errorf("%s: %+v settles a row of a lock", name, w)
		}
		if w == nil || !settles && (w.Verdict != "" || !strings.Contains(w.Why, why)) {
			t.Errorf("%s: %+v, want no verdict because of %q", name, w, why)
		} else {
			t.Logf("%s: %s %s", name, w.Verdict, w.Why)
		}
	}
}

// A constantMeter counts the same for every run, and how many processes it starts.
type constantMeter struct{ starts atomic.Int64 }

func (m *constantMeter) Name() string { return "a constant" }

func (m *constantMeter) Start(cmd *exec.Cmd) (instructions.Count, error) {
	m.starts.Add(1)
	return &constantCount{}, cmd.Start()
}

type constantCount struct{ total int64 }

// Total asks the process for nothing.
func (c *constantCount) Total(func(string) error) (int64, error) {
	c.total += 1000
	return c.total, nil
}

func (c *constantCount) Close() error { return nil }

// A row whose longer run costs no more than the shorter one has no counts. One process is enough to see
// that. Rows of several goroutines need none, and neither do rows for which there is no time.
func TestCountingOfRows(t *testing.T) {
	src := Source{Dir: scratch(t, map[string]string{"p_test.go": benchmarks("p", `
func BenchmarkA(b *testing.B) { for i := 0; i < b.N; i++ {} }

func BenchmarkGoroutines(b *testing.B) {
	for b.Loop() { done := make(chan bool); go close(done); <-done }
}

var sink []byte

func BenchmarkGarbage(b *testing.B) { for b.Loop() { for range 100 { sink = make([]byte, 1<<16) } } }

func BenchmarkPingPong(b *testing.B) {
	to, from := make(chan int), make(chan int)
	go func() { for i := range to { from <- i } }()
	for b.Loop() { to <- 1; <-from }
	close(to)
}
`)})}
	meter := &constantMeter{}
	c := newCounter(t, src, src, ".", meter)
	works := c.count(t)
	if w := works["BenchmarkA"]; w == nil || !strings.Contains(w.Why, "no more instructions than") {
		t.Errorf("%+v, want none because the runs cost the same", w)
	}
	if w := works["BenchmarkGoroutines"]; w == nil || !strings.Contains(w.Why, "operations start goroutines") {
		t.Errorf("%+v, want none because of goroutines", w)
	}
	if w := works["BenchmarkGarbage"]; w == nil || !strings.Contains(w.Why, "no more instructions than") {
		t.Errorf("%+v of one goroutine that allocates, want none because the runs cost the same", w)
	}
	if w := works["BenchmarkPingPong"]; w == nil || !strings.Contains(w.Why, "its goroutines wait") {
		t.Errorf("%+v of two goroutines that wait for each other, want none because of that", w)
	}
	if n := meter.starts.Load(); n != 2 {
		t.Errorf("%d processes for two rows that the first try cannot count", n)
	}
	c.m.MaxTime = time.Nanosecond
	if w := c.count(t)["BenchmarkA"]; w == nil || !strings.Contains(w.Why, "time for counting was over") {
		t.Errorf("%+v, want none because of the time", w)
	}
	c.m.meter = nil
	c.plans[0].Instructions = nil
	if w := c.count(t)["BenchmarkA"]; w != nil {
		t.Errorf("%+v without a meter", w)
	}
}

// Each wave of processes gets the same share of the time, and the last one all of it.
func TestTurn(t *testing.T) {
	began := time.Now()
	deadline := began.Add(30 * time.Second)
	for _, test := range []struct {
		process, processes, cores int
		want                      time.Duration
	}{{0, 5, 2, 10 * time.Second}, {1, 5, 2, 10 * time.Second}, {2, 5, 2, 20 * time.Second}, {4, 5, 2, 30 * time.Second},
		{0, 5, 8, 30 * time.Second}, {5, 6, 1, 30 * time.Second}, {0, 6, 1, 5 * time.Second}} {
		if got := turn(began, deadline, test.process, test.processes, test.cores).Sub(began); got != test.want {
			t.Errorf("process %d of %d on %d cores may take %v, want %v", test.process, test.processes, test.cores, got, test.want)
		}
	}
	if !turn(began, time.Time{}, 1, 5, 2).IsZero() {
		t.Error("a deadline although there is none")
	}
}

// Rows of one function are counted in one pass through it, so that what it prepares is done once in each process. A row
// that fails costs the rows after it nothing.
func TestCountsOfOnePass(t *testing.T) {
	longtest.NeedCI(t, "TestCountingOfRows")
	text := benchmarks("p", `
func work(n int) (x uint32) { for i := 0; i < n; i++ { x = x*1664525 + 1013904223 }; return x }
var sink uint32

func BenchmarkParent(b *testing.B) {
	f, err := os.OpenFile(NOTES, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o666)
	if err != nil { b.Fatal(err) }
	f.WriteString("x")
	f.Close()
	for _, name := range []string{"one", "two/deep", "panics", "three"} {
		b.Run(name, func(b *testing.B) {
			if name == "panics" && os.Getenv("GOGC") == "off" && b.N > 1 { panic("only when it is counted") }
			for i := 0; i < b.N; i++ { sink = work(1000) }
		})
	}
}

func BenchmarkAlone(b *testing.B) { for b.Loop() { sink = work(1000) } }
`)
	notes := filepath.Join(t.TempDir(), "notes")
	text = strings.NewReplacer("NOTES", strconv.Quote(notes), `"testing"`, `("os"; "testing")`).Replace(text)
	side := Source{Dir: scratch(t, map[string]string{"p_test.go": text})}
	passes := func() int {
		all, err := os.ReadFile(notes)
		if err != nil {
			t.Fatal(err)
		}
		return len(all)
	}
	c := newCounter(t, side, side, ".", valgrind(t))
	before := passes()
	works, processes := c.count(t), 0
	for _, p := range c.plans {
		w := works[p.Name]
		if want := p.Name == "BenchmarkParent/panics"; w == nil || want != strings.Contains(w.Why, "only when it is counted") ||
			!want && w.Verdict != gate.SameWork {
			t.Errorf("%s: %+v", p.Name, w)
		}
		processes = max(processes, len(p.Instructions.Old)+len(p.Instructions.New))
	}
	// The first process has one more pass for the row behind the panic.
	if got := passes() - before; got > processes+2 || processes < 6 {
		t.Errorf("%d passes through the parent in %d processes", got, processes)
	}
}

// Ten slices of a row of several goroutines seldom have all cores on a busy machine. A single slice now and
// then does, and shows whether the goroutines wait. If too few do, or too few operations, that stays unknown.
func TestGoroutinesOfABusyMachine(t *testing.T) {
	for _, c := range []struct {
		name         string
		ops          int
		busy         func(i int) float64 // of slice i
		begins       int                 // in a slice that has several cores
		waiting, why string
	}{
		{"all cores in every third slice", 1000, func(i int) float64 { return 0.9 + float64(i%3)/2 }, 8, "", ""},
		{"locks in these slices", 1000, func(i int) float64 { return 0.9 + float64(i%3)/2 }, 400, "", "its goroutines wait (0.4 times"},
		{"few operations", 100, func(i int) float64 { return 0.9 + float64(i%3)/2 }, 8, "", ""},
		{"locks in few operations", 100, func(i int) float64 { return 0.9 + float64(i%3)/2 }, 16, "", "its goroutines wait"},
		{"too few operations", 5, func(i int) float64 { return 0.9 + float64(i%3)/2 }, 8, "its goroutines used 1.9 cores", ""},
		{"never all cores", 1000, func(int) float64 { return 1.2 }, 8, "its goroutines used 1.2 cores", ""},
		{"twice all cores", 1000, func(i int) float64 { return 1.1 + float64(1-min(1, i/2)) }, 8, "its goroutines used 2.1 cores", ""},
	} {
		ours, theirs := net.Pipe()
		w := &worker{backend: idleBackend{}, commands: ours, pipe: ours, answers: bufio.NewReader(ours), silence: time.Minute}
		go func() {
			i := 0
			for lines := bufio.NewScanner(theirs); lines.Scan(); {
				var n int
				if _, err := fmt.Sscanf(lines.Text(), "waits %d", &n); err != nil {
					fmt.Fprintln(theirs, "ran 1000 0 0 1.0 2")
				} else if n > c.ops {
					fmt.Fprintln(theirs, "waited 8 1.0")
				} else {
					begins := 0
					if c.busy(i) >= manyCores {
						begins = c.begins
					}
					fmt.Fprintln(theirs, "waited", begins, c.busy(i))
					i++
				}
			}
		}()
		p := &plan{ops: c.ops, parallel: true}
		p.Mode = gate.Sliced
		why, err := whyUncountable(w, p)
		w.close()
		if err != nil || !strings.HasPrefix(p.waiting, c.waiting) || p.waiting != "" && c.waiting == "" ||
			!strings.HasPrefix(why, c.why) || why != "" && c.why == "" {
			t.Errorf("%s: waiting %q, why %q, %v", c.name, p.waiting, why, err)
		}
	}
}

// An instrument that was not looked for to the end is not missing.
func TestWhyNoMeter(t *testing.T) {
	interrupted, cancel := context.WithCancel(t.Context())
	cancel()
	late, cancel := context.WithDeadlineCause(t.Context(), time.Now().Add(-time.Second), errLate)
	defer cancel()
	for _, c := range []struct {
		ctx  context.Context
		want string
	}{{t.Context(), "no valgrind"}, {late, "the time was over"}, {interrupted, "interrupted"}} {
		err := cmp.Or(c.ctx.Err(), errors.New("no valgrind"))
		if got := whyNoMeter(c.ctx, err); !strings.Contains(got, c.want) || strings.Contains(got, "context") {
			t.Errorf("%q, want %q in it", got, c.want)
		}
	}
}
