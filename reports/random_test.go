package reports_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"testing"

	"github.com/semabench/semabench/internal/longtest"
	"github.com/semabench/semabench/reports"
)

// randomText makes a benchmark text with everything that makes comparing hard: several
// configurations, 1 to 30 samples, odd and even numbers of them, ties, zeros, negative values,
// missing cells, and several units: with and without a direction, and declared exact without
// being so.
func randomText(r *rand.Rand) string {
	var b strings.Builder
	b.WriteString("goos: linux\npkg: example.com/random\n")
	if r.IntN(2) == 0 {
		b.WriteString("Unit hits/op better=higher\n")
	}
	if r.IntN(2) == 0 {
		b.WriteString("Unit tries/op better=lower assume=exact\n")
	}
	impls := []string{"a", "b", "c", "d"}[:1+r.IntN(4)]
	for config := range 1 + r.IntN(3) {
		fmt.Fprintf(&b, "workload: w%d\n", config)
		for row := range 1 + r.IntN(4) {
			for _, impl := range impls {
				if r.IntN(8) > 0 {
					randomLines(&b, r, fmt.Sprintf("BenchmarkRandom/row=%d/impl=%s-4", row, impl))
				}
			}
		}
	}
	// so that there is at least one result
	b.WriteString("BenchmarkRandom/row=last/impl=a-4 1 1 ns/op\n")
	return b.String()
}

func randomLines(b *strings.Builder, r *rand.Rand, name string) {
	center := 1 + 1000*r.Float64()
	step := []float64{0.001, 1, 10}[r.IntN(3)] // coarse steps make ties
	allocs := r.IntN(3)
	for range 1 + r.IntN(30) {
		v := center * (1 + 0.1*r.NormFloat64())
		v = step * float64(1+int(v/step))
		fmt.Fprintf(b, "%s %d %g ns/op", name, 1+r.IntN(1000), v)
		if r.IntN(4) > 0 {
			fmt.Fprintf(b, " %d hits/op", r.IntN(5))
		}
		fmt.Fprintf(b, " %d tries/op %d drift %d allocs/op\n", 7+r.IntN(20)/19, r.IntN(9)-4, allocs)
	}
}

// No text and no projection makes a writer panic, loop, or write nothing.
func FuzzEverything(f *testing.F) {
	hostile, err := os.ReadFile("testdata/hostile.txt")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(string(hostile), "/impl")
	f.Add(randomText(rand.New(rand.NewPCG(1, 2))), ".file")
	f.Add("a: b\nBenchmarkX/=/=-1 1 0 ns 0 ns", "a,.name@alpha /x@(y)")
	f.Fuzz(func(t *testing.T, text, col string) {
		log, err := readText(text, "BenchmarkX/impl=a 1 1 ns/op\n"+text)
		if err != nil {
			return
		}
		c, err := reports.Compare(log, reports.Options{Col: col})
		if err != nil {
			return
		}
		for name, write := range everyWriter() {
			var out strings.Builder
			if err := write(&out, c); err != nil || out.Len() == 0 {
				t.Errorf("%s: %d bytes, %v", name, out.Len(), err)
			}
		}
	})
}

// Every writer writes every random text.
func TestRandomTextsAreWritten(t *testing.T) {
	for seed := range uint64(longtest.Or(t, "random texts", 20, 5)) {
		c := compare(t, "", randomText(rand.New(rand.NewPCG(seed, 1))))
		for name, write := range everyWriter() {
			var out strings.Builder
			if err := write(&out, c); err != nil || out.Len() == 0 {
				t.Errorf("seed %d, %s: %d bytes, %v", seed, name, out.Len(), err)
			}
			text := withoutScripts(out.String()) // base64 may spell NaN by chance
			if strings.Contains(text, "NaN") || strings.Contains(text, "%!") {
				t.Errorf("seed %d, %s: shows a NaN or a format error", seed, name)
			}
		}
	}
}
