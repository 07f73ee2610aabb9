package reports_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/perf/benchfmt"
	"golang.org/x/perf/benchmath"

	"github.com/semabench/semabench/internal/longtest"
	"github.com/semabench/semabench/reports"
)

// The medians, intervals and p-values of a thousand random texts equal the figures of benchmath,
// which benchstat prints. An independent parser collects the samples here, line by line.
func TestEqualsBenchmath(t *testing.T) {
	texts := uint64(longtest.Or(t, "random texts", 1000, 80))
	seed := uint64(time.Now().UnixNano())
	cells := 0
	for i := range texts {
		text := randomText(rand.New(rand.NewPCG(seed+i, 0)))
		cells += sameAsBenchmath(t, text)
		if t.Failed() {
			t.Fatalf("the text is randomText of rand.NewPCG(%d, 0)", seed+i)
		}
	}
	t.Logf("%d cells", cells)
}

func sameAsBenchmath(t *testing.T, text string) (cells int) {
	samples, meta := samplesOf(t, text)
	c := compare(t, "/impl", text)
	for _, table := range c.Tables {
		for _, u := range table.Units {
			assume := meta.GetAssumption(u.Name)
			for i, row := range u.Cells {
				sampleAt := func(col int) *benchmath.Sample {
					return samples[cellKey(c.Facts, table.Config, u.Name, table.Rows[i].Name, table.Cols[col])]
				}
				for j, cell := range row {
					sample := sampleAt(j)
					if cell == nil || sample == nil {
						if sample != nil || cell != nil {
							t.Errorf("%s %s %s: only one of us has this cell", u.Name, table.Rows[i].Name,
								table.Cols[j])
						}
						continue
					}
					cells++
					want := assume.Summary(sample, 0.95)
					if got := cell.Summary; fmt.Sprint(got) != fmt.Sprint(want) {
						t.Errorf("got %v, want %v", got, want)
					}
					if cell.VsBase != nil {
						samePs(t, cell.VsBase, assume.Compare(sampleAt(u.Base), sample))
					}
				}
			}
		}
	}
	return cells
}

func samePs(t *testing.T, got *reports.Versus, want benchmath.Comparison) {
	if math.Abs(got.P-want.P) > 1e-12*want.P || got.String() != want.String() {
		t.Errorf("p = %v (%v), want %v (%v)", got.P, got, want.P, want)
	}
	if got.Tests > 0 && (got.Corrected < min(1, got.P) || got.Corrected > 1) {
		t.Errorf("p = %v is corrected to %v of %d", got.P, got.Corrected, got.Tests)
	}
	r := got.Ratio
	least := 0.95
	if got.Verdict() == "tie" {
		least = 0.90 // each of its two bounds holds with 95 %
	}
	if r.Confidence > 0 && (r.Confidence < least || !(r.Lo <= r.Shift && r.Shift <= r.Hi)) {
		t.Errorf("ratio %+v: the interval is too narrow, or elsewhere", r)
	}
}

// samplesOf returns the sample of each cell by its place; see place.
func samplesOf(t *testing.T, text string) (map[string]*benchmath.Sample, benchfmt.UnitMetadataMap) {
	values := make(map[string][]float64)
	reader := benchfmt.NewReader(strings.NewReader(text), "x")
	for reader.Scan() {
		r, ok := reader.Result().(*benchfmt.Result)
		if !ok {
			continue
		}
		var facts []reports.Fact
		for _, cfg := range r.Config {
			facts = append(facts, reports.Fact{Key: cfg.Key, Value: string(cfg.Value)})
		}
		name, impl, _ := strings.Cut(r.Name.String(), "/impl=")
		impl, procs, _ := strings.Cut(impl, "-")
		for _, v := range r.Values {
			unit := v.Unit
			if v.Value == 0 && unit == "ns/op" {
				unit = "sec/op"
			}
			at := cellKey(facts, nil, unit, name+"-"+procs, impl)
			values[at] = append(values[at], v.Value)
		}
	}
	samples := make(map[string]*benchmath.Sample)
	for at, list := range values {
		samples[at] = benchmath.NewSample(slices.Clone(list), &benchmath.DefaultThresholds)
	}
	return samples, reader.Units()
}
