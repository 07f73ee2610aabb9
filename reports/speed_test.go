package reports_test

import (
	"bufio"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
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

// BenchmarkMillion reads and compares a million lines in two files, like semabench report. Run it
// with go test ./reports -run='^$' -bench=Million -benchtime=1x
func BenchmarkMillion(b *testing.B) {
	for _, shape := range []struct{ rows, samples int }{{25_000, 20}, {500, 1000}} {
		b.Run(fmt.Sprintf("rows=%d/samples=%d", shape.rows, shape.samples), func(b *testing.B) {
			dir := b.TempDir()
			var inputs []reports.Input
			for i, name := range []string{"old.txt", "new.txt"} {
				path := filepath.Join(dir, name)
				writeShape(b, path, shape.rows, shape.samples, uint64(i))
				inputs = append(inputs, reports.Input{Name: path})
			}
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
				if err := reports.WriteText(io.Discard, c); err != nil {
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

// writeShape writes three units: times of four digits, sizes with many ties, counts that are all
// equal.
func writeShape(b *testing.B, path string, rows, samples int, file uint64) {
	f, err := os.Create(path)
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	w := bufio.NewWriter(f)
	r := rand.New(rand.NewPCG(file, 1))
	for range samples {
		for row := range rows {
			ns := float64(100+row%977*10) * (1 + 0.03*r.NormFloat64())
			if row%3 == 0 {
				ns *= 1 + 0.03*float64(file)
			}
			fmt.Fprintf(w, "BenchmarkX/size=%d/mode=%d-2 1000 %.4g ns/op %d B/op 10 allocs/op\n",
				row/5, row%5, ns, 1000+r.IntN(6))
		}
	}
	if err := w.Flush(); err != nil {
		b.Fatal(err)
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
