package duel

import (
	"bufio"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/semabench/semabench/internal/longtest"
	"github.com/semabench/semabench/reports/gate"
)

// go test prints no time of a benchmark that reports a time of 0. Its allocations
// are counted all the same.
func TestBenchmarksWithoutATime(t *testing.T) {
	longtest.Need(t, "TestCounts")
	text := benchmarks("p", `
func BenchmarkSize(b *testing.B) {
	for range b.N { kept = new([64]byte) }
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(12, "widgets/op")
}
var kept *[64]byte
`)
	dir := scratch(t, map[string]string{"p_test.go": text})
	run := measured(t, quick(Source{Dir: dir}, Source{Dir: dir}))
	r := row(t, run, "BenchmarkSize")
	if r.Mode != gate.Untimed || len(r.Exact) != 2 || slices.Min(r.Exact[0].Old) != r.Exact[0].Ops || len(r.Pairs) != 0 {
		t.Errorf("%+v, want one that is counted and nothing else", r)
	}
	if report := gate.Judge(run, gate.Options{}); report.Exit() != gate.ExitPass {
		t.Errorf("exit %d of the same code, %v %v", report.Exit(), report.Errors, report.Invalid)
	}
	timed := scratch(t, map[string]string{"p_test.go": strings.Replace(text, `b.ReportMetric(0, "ns/op")`, "", 1)})
	run = measured(t, quick(Source{Dir: dir}, Source{Dir: timed}))
	if r := row(t, run, "BenchmarkSize"); !strings.Contains(r.Err, "one side reports") {
		t.Errorf("mode %s, error %q; want that only one side has a time", r.Mode, r.Err)
	}
}

// The cause of a death stands behind the name of the benchmark, on the same line.
func TestWhyAProcessDied(t *testing.T) {
	for said, want := range map[string]string{
		"BenchmarkA-2 \tpanic: no\n\ngoroutine 1\n":                    "panic: no",
		"panic: printed\nBenchmarkB-2\t1\t2 ns/op\nfatal error: all\n": "fatal error: all",
		"BenchmarkA-2 \t2026/01/01 no database\n":                      "it said last: 2026/01/01 no database",
		"BenchmarkA-2 \t\n": "",
	} {
		s := &output{}
		s.Write([]byte(said))
		got := s.crash()
		if got == "" {
			got = s.lastLine()
		}
		if got != want {
			t.Errorf("%q: %q, want %q", said, got, want)
		}
	}
}

// On one side the benchmark stops its timer around each operation, which costs
// more than the operation. Slices and counts of such a row must not take seconds.
func TestTimersThatAreStopped(t *testing.T) {
	longtest.Need(t, "TestCounts")
	file := func(body string) map[string]string {
		return map[string]string{"p_test.go": benchmarks("p", "func BenchmarkStops(b *testing.B) {\n\tfor range b.N { "+body+" }\n}\nvar n int\n")}
	}
	o := quick(Source{Dir: scratch(t, file("n++"))}, Source{Dir: scratch(t, file("b.StopTimer(); b.StartTimer(); n++"))})
	o.Slice = 500 * time.Microsecond
	r := row(t, measured(t, o), "BenchmarkStops")
	if r.Mode == gate.Failed || len(r.Exact) == 0 || r.Exact[0].Ops > 50_000 {
		t.Errorf("mode %s %s, counted %v: want no more operations than fit into the time that passes", r.Mode, r.Err, r.Exact)
	}
}

// recordedCounts returns the totals that fresh processes counted, one of each process: a group for each row, with its
// allocations and its bytes in the same order of processes.
func recordedCounts(t *testing.T) (rows [][]gate.Exact) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", "counts.txt"))
	if err != nil {
		t.Fatal(err)
	}
	byName := map[string]int{}
	for line := range strings.Lines(string(text)) {
		fields := strings.Fields(line)
		if fields[0] == "#" {
			continue
		}
		x := gate.Exact{Unit: fields[1]}
		for i, field := range fields[2:] {
			n, err := strconv.ParseInt(field, 10, 64)
			if err != nil {
				t.Fatal(err)
			}
			if i == 0 {
				x.Ops = n
			} else {
				x.Old = append(x.Old, n)
			}
		}
		at, known := byName[fields[0]]
		if !known {
			at = len(rows)
			byName[fields[0]], rows = at, append(rows, nil)
		}
		rows[at] = append(rows[at], x)
	}
	return rows
}

// A countDraw draws comparisons of a row from its recorded processes: eight processes of each side at a time, and no
// process twice.
type countDraw struct {
	row   []gate.Exact
	order []int
}

func drawCounts(random *rand.Rand, row []gate.Exact) *countDraw {
	return &countDraw{row, random.Perm(len(row[0].Old))}
}

// next draws eight processes more of each side. add returns how many allocations of 64 bytes a process makes
// besides what was recorded; the new side has more of them.
func (d *countDraw) next(add func(process int) int64, more int64) (counts []gate.Exact) {
	for _, metric := range d.row {
		x := gate.Exact{Unit: metric.Unit, Ops: metric.Ops}
		size := int64(1)
		if metric.Unit == "B/op" {
			size = 64
		}
		for _, k := range d.order[:8] {
			x.Old = append(x.Old, metric.Old[k]+size*add(k))
		}
		for _, k := range d.order[8:16] {
			x.New = append(x.New, metric.Old[k]+size*(add(k)+more))
		}
		counts = append(counts, x)
	}
	d.order = d.order[16:]
	return counts
}

func none(int) int64 { return 0 }

// The runtime allocates waiters, goroutines and threads of its own accord, and some processes of the recorded rows have
// nine of them. Of 10 000 comparisons of the same code no count calls one REGRESSED or IMPROVED. One allocation more in
// 1000 operations always is REGRESSED, by one count and by two, unless most processes of the row differ from each
// other. Such a row is also counted on one processor.
func TestCountsOfRecordedProcesses(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 0))
	falsely, planted, missed := 0, 0, 0
	for i, rows := 0, recordedCounts(t); i < 10_000; i++ {
		row := rows[i%len(rows)]
		clean := drawCounts(random, row).next(none, 0)
		if (&gate.Row{Exact: clean}).CountsDiffer() {
			falsely++
		}
		if row[0].Ops < exactOps || !gate.Agree(clean) {
			continue
		}
		d, more := drawCounts(random, row), row[0].Ops/1000
		slow := d.next(none, more)
		if !gate.Agree(slow) {
			continue
		}
		planted++
		if !(&gate.Row{Exact: slow}).CountsRegress() ||
			!(&gate.Row{Exact: appendTotals(slow, d.next(none, more))}).CountsRegress() {
			missed++
		}
	}
	if falsely > 0 {
		t.Errorf("%d comparisons of the same code differ, want none", falsely)
	}
	if planted < 1000 || missed > 0 {
		t.Errorf("%d of %d planted allocations were missed", missed, planted)
	}
	t.Logf("%d of 10 000 differ, %d planted, %d missed", falsely, planted, missed)
}

// A process may be in a state that it keeps for all of its repeats: the seed of a map decides whether its table grows.
// Of 20 000 comparisons of the same code whose processes are in such a state half of the time, 8 processes of each
// side call some different. Counted again by 8 more, all of one side are in the state in 1 of 65 536.
func TestCountsAgainOfProcessesWithAState(t *testing.T) {
	random := rand.New(rand.NewPCG(7, 0))
	once, again := 0, 0
	for i, rows := 0, recordedCounts(t); i < 20_000; i++ {
		row := rows[i%len(rows)]
		d, states := drawCounts(random, row), random.Perm(len(row[0].Old))
		grown := func(process int) int64 { return int64(states[process]%2) * (16 + row[0].Ops/1000) }
		counts := d.next(grown, 0)
		if (&gate.Row{Exact: counts}).CountsDiffer() {
			once++
			if (&gate.Row{Exact: appendTotals(counts, d.next(grown, 0))}).CountsDiffer() {
				again++
			}
		}
	}
	if once < 20 || again > once/20 {
		t.Errorf("%d comparisons differ by one count and %d by two, want some and hardly any", once, again)
	}
	t.Logf("%d comparisons differ by one count, %d by two", once, again)
}

type idleBackend struct{}

func (idleBackend) kill()       {}
func (idleBackend) wait() error { return nil }

// quickWorker returns a worker that answers at once.
func quickWorker(t *testing.T) *worker {
	t.Helper()
	ours, theirs := net.Pipe()
	p := &worker{backend: idleBackend{}, commands: ours, pipe: ours, answers: bufio.NewReader(ours), silence: time.Minute}
	go func() {
		for lines := bufio.NewScanner(theirs); lines.Scan(); {
			fmt.Fprintln(theirs, "ran 1 0 0 1 0")
		}
	}()
	t.Cleanup(p.close)
	return p
}

// The fewer operations a calibration needed, the longer each of them takes.
func TestOpsOfASlice(t *testing.T) {
	const ms = time.Millisecond
	m := &measurer{Options: Options{Slice: ms / 2}}
	for _, c := range []struct {
		first probeResult
		want  int
	}{
		{probeResult{ops: 5000, perOp: 100, wall: ms}, 5000},
		{probeResult{ops: 5000, perOp: 100, wall: 500 * ms}, 50},
		{probeResult{ops: 100, perOp: 100, wall: 500 * ms}, 1},
		{probeResult{ops: 1000, perOp: 100, wall: 500 * ms}, 10},
	} {
		if got, err := m.sliceOps(quickWorker(t), c.first); err != nil || got != c.want {
			t.Errorf("%+v: %d operations (%v), want %d", c.first, got, err, c.want)
		}
	}
}

// If the time runs out before the first row, the run has stopped, and there is no
// error.
func TestOutOfTimeBeforeTheRows(t *testing.T) {
	dir := scratch(t, map[string]string{"p_test.go": benchmarks("p", two)})
	o := quick(Source{Dir: dir}, Source{Dir: dir})
	o.MaxTime = 1
	run := measured(t, o)
	if !strings.HasPrefix(run.Stopped, "out of time") || len(run.Rows) != 0 {
		t.Errorf("stopped %q with %d rows", run.Stopped, len(run.Rows))
	}
	if code := gate.Judge(run, gate.Options{}).Exit(); code != gate.ExitInconclusive {
		t.Errorf("exit %d, want %d", code, gate.ExitInconclusive)
	}
}

// A process may allocate more in all of its repeats, by a state that it drew once, and so may eight processes in a
// row. Before the row is REGRESSED, other processes are asked; work that was added is added in all of them.
func TestCountsAreConfirmedByOtherProcesses(t *testing.T) {
	longtest.Need(t, "TestCounts")
	text := benchmarks("p", `
func BenchmarkA(b *testing.B) { for range b.N { if process == 2 { kept = new([64]byte) } } }

func BenchmarkB(b *testing.B) { for range b.N { if process >= 2 && process <= 10 { kept = new([64]byte) } } }

func BenchmarkMore(b *testing.B) { for range b.N { if MORE { kept = new([64]byte) } } }

// process is the number of this process on the new side. The first one lists the rows, the second one probes them, the
// next eight count all of them again, and eight more the rows that still differ.
var process = func() (n int) {
	for MORE {
		n++
		f, err := os.OpenFile(filepath.Join(DIR, fmt.Sprint(n)), os.O_CREATE|os.O_EXCL, 0o666)
		if err == nil { f.Close(); break }
	}
	return n
}()

var kept *[64]byte
`)
	text = strings.Replace(text, `"testing"`, `("fmt"; "os"; "path/filepath"; "testing")`, 1)
	side := func(more string) Source {
		return Source{Dir: scratch(t, map[string]string{"p_test.go": strings.NewReplacer("MORE", more,
			"DIR", fmt.Sprintf("%q", t.TempDir())).Replace(text)})}
	}
	c := newCounter(t, side("false"), side("true"), ".", nil)
	for _, p := range c.plans {
		totals, processes := p.Exact[0], map[string]int{"BenchmarkA": 8, "BenchmarkB": 16, "BenchmarkMore": 16}[p.Name]
		if len(totals.Old) != processes || len(totals.New) != processes {
			t.Errorf("%s: totals %v and %v, want those of %d processes", p.Name, totals.Old, totals.New, processes)
		}
		if want := p.Name == "BenchmarkMore"; p.CountsRegress() != want {
			t.Errorf("%s: totals %v and %v regress: %v", p.Name, totals.Old, totals.New, !want)
		}
	}
}

// Where the time is over before other processes have counted a row, one process decides nothing.
func TestCountsThatNothingConfirmed(t *testing.T) {
	m := &measurer{Options: Options{MaxTime: time.Minute}, begun: time.Now().Add(-time.Hour), run: &gate.Run{}}
	p := &plan{}
	p.Exact = []gate.Exact{{Unit: "allocs/op", Ops: 8000, Old: []int64{0, 0, 0}, New: []int64{8000, 8000, 8000}}}
	if !p.CountsRegress() {
		t.Fatal("the row would not be counted again")
	}
	if err := m.countInManyProcesses(t.Context(), binary{}, binary{}, []*plan{p}); !errors.Is(err, errLate) || p.CountsDiffer() {
		t.Errorf("error %v, and the counts are %v", err, p.Exact)
	}
}

// aloneWorker returns a worker that counts: allocs returns the total of a run of n operations.
func aloneWorker(t *testing.T, allocs func(n int) int64) *worker {
	t.Helper()
	ours, theirs := net.Pipe()
	w := &worker{backend: idleBackend{}, commands: ours, pipe: ours, answers: bufio.NewReader(ours), silence: time.Minute}
	go func() {
		for lines := bufio.NewScanner(theirs); lines.Scan(); {
			var n, times int
			fmt.Sscanf(lines.Text(), "alone %d %d", &n, &times)
			answer := fmt.Sprintf("counted %d", n)
			for range times {
				total := allocs(n)
				answer += fmt.Sprintf(" %d %d", total, 16*total)
			}
			fmt.Fprintln(theirs, answer)
		}
	}()
	t.Cleanup(w.close)
	return w
}

// A fair lock whose holder is interrupted costs an allocation for each operation of the rest of the run. However often
// that happens, one allocation more in 1000 operations is found, and none is found where there is none. What a process
// allocates once is no difference.
func TestCountsOfALockThatQueuesUp(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 0))
	lock := func(interrupted float64, once int64, each int) func(int) int64 {
		return func(n int) int64 {
			total := 12 + once + int64(n*each/1000)
			for range n / exactOps { // a longer run is interrupted more often
				if random.Float64() < interrupted {
					return total + random.Int64N(int64(3*n))
				}
			}
			return total
		}
	}
	for _, interrupted := range []float64{0, 0.1, 0.3} {
		for _, test := range []struct {
			once int64
			each int
			want bool
		}{{0, 0, false}, {10, 0, false}, {0, 1, true}} {
			for range 50 {
				exact, err := countAlone(aloneWorker(t, lock(interrupted, 0, 0)),
					aloneWorker(t, lock(interrupted, test.once, test.each)), exactOps, 1e6, 5)
				if err != nil {
					t.Fatal(err)
				}
				if test.once > 0 && interrupted > 0 {
					continue // the longer runs that tell it may not agree
				}
				if got := (&gate.Row{Exact: exact}).CountsRegress(); got != test.want {
					t.Fatalf("interrupted in %v of runs, %d allocations once, %d in 1000 operations: regressed %v, want %v; %+v",
						interrupted, test.once, test.each, got, test.want, exact)
				}
			}
		}
	}
}
