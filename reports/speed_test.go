package reports_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"github.com/semabench/semabench/internal/longtest"
	"github.com/semabench/semabench/reports"
)

// interleaved makes a text of rows x 4 implementations x samples lines.
func interleaved(rows, samples int) string {
	r := rand.New(rand.NewPCG(1, 1))
	var b strings.Builder
	b.WriteString("goos: linux\ngoarch: amd64\npkg: example.com/x\ncpu: One\n")
	for range samples {
		for row := range rows {
			for i, impl := range []string{"a", "b", "c", "d"} {
				// Times as package testing prints them: four digits, which makes ties.
				fmt.Fprintf(&b, "BenchmarkX/impl=%s/row=%d-2 100 %.4g ns/op 16 B/op 1 allocs/op\n",
					impl, row, float64(1000+250*i)*(1+0.03*r.NormFloat64()))
			}
		}
	}
	return b.String()
}

func everything(tb testing.TB, text string) {
	tb.Helper()
	log, err := readText(text)
	if err != nil {
		tb.Fatal(err)
	}
	c, err := reports.Compare(log, reports.Options{})
	if err != nil {
		tb.Fatal(err)
	}
	for name, write := range everyWriter() {
		if err := write(io.Discard, c); err != nil {
			tb.Fatal(name, err)
		}
	}
}

// A text of 100 000 lines takes a second without -race. A quadratic algorithm would take an hour
// and exceed the time limit of go test. The benchmark below measures the speed.
func TestLargeText(t *testing.T) {
	everything(t, interleaved(longtest.Or(t, "rows", 1250, 300), 20))
}

// Four times the rows make at most five times the work. TestWorkGrowsWithTheRows counts
// statements, which needs a build of its own; the allocations here are a part of the work that
// every run can count.
func TestAllocationsGrowWithTheRows(t *testing.T) {
	work := func(rows int) float64 {
		var text strings.Builder
		shape{rows, 1, 3, 1}.writeTo(&text, 0)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		everything(t, text.String())
		runtime.ReadMemStats(&after)
		return float64(after.Mallocs - before.Mallocs)
	}
	// Below 500 rows the pictures and the page, which show the first rows only, dominate.
	few, many := work(500), work(2000)
	if many > 5*few {
		t.Errorf("%.0f allocations for 500 rows, %.0f for 2000", few, many)
	}
}

// No statement runs more than six times as often for four times the rows; a statement in a
// quadratic algorithm would run sixteen times as often. The counters of go build -cover count, so
// the speed of the machine does not matter. (A sort of n rows takes n log n steps.)
func TestWorkGrowsWithTheRows(t *testing.T) {
	longtest.Need(t, "TestAllocationsGrowWithTheRows counts allocations")
	exe := filepath.Join(t.TempDir(), "semabench")
	goTool(t, "build", "-cover", "-covermode=count",
		// without the command itself nothing would write the counters at its end
		"-coverpkg=github.com/semabench/semabench/reports/...,"+
			"github.com/semabench/semabench/cmd/semabench",
		"-o", exe, "../cmd/semabench")
	for _, kind := range []struct{ impls, files int }{{1, 1}, {3, 1}, {1, 2}} {
		few := statementCounts(t, exe, shape{1000, kind.impls, 3, kind.files})
		many := statementCounts(t, exe, shape{4000, kind.impls, 3, kind.files})
		for at, n := range many {
			if n > 6*few[at] && n > 50_000 {
				t.Errorf("%s, %+v: runs %d times for 1000 rows, %d times for 4000", at, kind, few[at], n)
			}
		}
	}
}

// statementCounts returns how often each block of statements runs for a report of s.
func statementCounts(t *testing.T, exe string, s shape) map[string]int {
	t.Helper()
	counters := t.TempDir()
	args := []string{"report", "-o", filepath.Join(counters, "out")}
	for _, in := range s.write(t, t.TempDir()) {
		args = append(args, in.Name)
	}
	run := exec.Command(exe, args...)
	run.Env = append(os.Environ(), "GOCOVERDIR="+counters)
	if out, err := run.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	text := filepath.Join(counters, "counts.txt")
	goTool(t, "tool", "covdata", "textfmt", "-i="+counters, "-o="+text)
	list, err := os.ReadFile(text)
	if err != nil {
		t.Fatal(err)
	}
	counts := make(map[string]int)
	for line := range strings.Lines(string(list)) {
		if f := strings.Fields(line); len(f) == 3 {
			n, err := strconv.Atoi(f[2])
			if err != nil {
				t.Fatal(err)
			}
			counts[f[0]] = n
		}
	}
	if len(counts) < 1000 {
		t.Fatalf("only %d blocks were counted", len(counts))
	}
	return counts
}

func goTool(t *testing.T, args ...string) {
	t.Helper()
	if out, err := exec.Command("go", args...).CombinedOutput(); err != nil {
		t.Fatalf("go %s: %v\n%s", args, err, out)
	}
}

// A shape is the size of a comparison. Its texts have rows*impls*samples lines in each file.
type shape struct{ rows, impls, samples, files int }

func (s shape) String() string {
	return fmt.Sprintf("rows=%d/impls=%d/samples=%d/files=%d", s.rows, s.impls, s.samples, s.files)
}

// millions are the shapes of a million lines in all.
var millions = []shape{
	{1000, 1, 1000, 1}, {100_000, 1, 10, 1}, {25_000, 4, 10, 1}, {50_000, 1, 10, 2},
}

// BenchmarkMillion does what semabench report -o does with a million lines. Run it with
//
//	go test ./reports -run='^$' -bench=Million -benchtime=1x
//
// MB-heap is of a process that has run all shapes before. For the peak of one shape alone:
//
//	SEMABENCH_SHAPES=DIR go test ./reports -run Shapes     # writes the texts
//	/usr/bin/time -v semabench report -o /tmp/out DIR/rows=100000...
func BenchmarkMillion(b *testing.B) {
	for _, s := range millions {
		b.Run(s.String(), func(b *testing.B) {
			inputs := s.write(b, b.TempDir())
			var before, after runtime.MemStats
			for b.Loop() {
				runtime.GC()
				runtime.ReadMemStats(&before)
				log, err := reports.Read(inputs...)
				if err != nil {
					b.Fatal(err)
				}
				c, err := reports.Compare(log, reports.Options{})
				if err != nil {
					b.Fatal(err)
				}
				if _, err := reports.WriteDir(b.TempDir(), c); err != nil {
					b.Fatal(err)
				}
				runtime.ReadMemStats(&after)
			}
			// the peak, because the heap never shrinks
			b.ReportMetric(float64(after.HeapSys)/1e6, "MB-heap")
			b.ReportMetric(float64(after.TotalAlloc-before.TotalAlloc)/1e6, "MB-allocated/op")
		})
	}
}

// TestShapes writes the texts of the million lines into the folder SEMABENCH_SHAPES.
func TestShapes(t *testing.T) {
	dir := os.Getenv("SEMABENCH_SHAPES")
	if dir == "" {
		t.Skip("SEMABENCH_SHAPES names no folder")
	}
	for _, s := range millions {
		into := filepath.Join(dir, strings.ReplaceAll(s.String(), "/", ","))
		if err := os.MkdirAll(into, 0o777); err != nil {
			t.Fatal(err)
		}
		s.write(t, into)
	}
}

// write writes the files of s into dir.
func (s shape) write(tb testing.TB, dir string) (inputs []reports.Input) {
	for i := range s.files {
		path := filepath.Join(dir, []string{"old.txt", "new.txt"}[i])
		f, err := os.Create(path)
		if err != nil {
			tb.Fatal(err)
		}
		w := bufio.NewWriter(f)
		s.writeTo(w, uint64(i))
		if err := errors.Join(w.Flush(), f.Close()); err != nil {
			tb.Fatal(err)
		}
		inputs = append(inputs, reports.Input{Name: path})
	}
	return inputs
}

// writeTo writes three units: times of four digits, sizes with many ties, counts that are all
// equal. The names have two numbers, so that every row is a point of a curve.
func (s shape) writeTo(w io.Writer, file uint64) {
	r := rand.New(rand.NewPCG(file, 1))
	for range s.samples {
		for row := range s.rows {
			for impl := range s.impls {
				ns := float64(100+row%977*10) * (1 + 0.1*float64(impl)) * (1 + 0.03*r.NormFloat64())
				if row%3 == 0 {
					ns *= 1 + 0.03*float64(file)
				}
				key := ""
				if s.impls > 1 {
					key = fmt.Sprintf("/impl=%c", 'a'+impl)
				}
				fmt.Fprintf(w, "BenchmarkX/size=%d/mode=%d%s-2 1000 %.4g ns/op %d B/op 10 allocs/op\n",
					row/5, row%5, key, ns, 1000+r.IntN(6))
			}
		}
	}
}

func BenchmarkReport(b *testing.B) {
	for _, rows := range []int{9, 1250} {
		text := interleaved(rows, 20)
		b.Run(fmt.Sprintf("lines=%d", rows*4*20), func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				everything(b, text)
			}
		})
	}
}
