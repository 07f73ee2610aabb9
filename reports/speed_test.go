package reports_test

import (
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/semabench/semabench/reports"
)

// interleaved is a text of rows x 4 implementations x samples lines.
func interleaved(rows, samples int) string {
	r := rand.New(rand.NewPCG(1, 1))
	var b strings.Builder
	b.WriteString("goos: linux\ngoarch: amd64\npkg: example.com/x\ncpu: One\n")
	for range samples {
		for row := range rows {
			for i, impl := range []string{"a", "b", "c", "d"} {
				// Times as the testing package writes them: four digits, hence ties.
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
	for name, write := range writers {
		if err := write(io.Discard, c); err != nil {
			tb.Fatal(name, err)
		}
	}
}

// 100 000 lines. It takes a second or two; anything quadratic would take an hour and run into the
// time limit of go test. The speed itself is the business of the benchmark below.
func TestLargeText(t *testing.T) { everything(t, interleaved(1250, 20)) }

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
