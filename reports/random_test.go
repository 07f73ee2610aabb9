package reports_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"testing"

	"github.com/semabench/semabench/reports"
)

// randomText is a benchmark text with all that makes comparing hard: tables of several
// configurations, 1 to 30 samples, odd and even, ties, zeros, negative values, missing cells,
// several units with and without direction, exact ones that are not.
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
	b.WriteString("BenchmarkRandom/row=last/impl=a-4 1 1 ns/op\n") // so there is one at least
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

// No text and no projection makes anything panic or loop, or write nothing.
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

// Whatever is random in the text, every writer writes it.
func TestRandomTextsAreWritten(t *testing.T) {
	for seed := range uint64(20) {
		c := compare(t, "", randomText(rand.New(rand.NewPCG(seed, 1))))
		for name, write := range everyWriter() {
			var out strings.Builder
			if err := write(&out, c); err != nil || out.Len() == 0 {
				t.Errorf("seed %d, %s: %d bytes, %v", seed, name, out.Len(), err)
			}
			text := withoutScripts(out.String()) // base64 may well spell NaN
			if strings.Contains(text, "NaN") || strings.Contains(text, "%!") {
				t.Errorf("seed %d, %s: shows a NaN or a format error", seed, name)
			}
		}
	}
}
