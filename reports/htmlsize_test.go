package reports_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/semabench/semabench/internal/longtest"
	"github.com/semabench/semabench/reports"
)

const maxPageBytes = 600_000

// large makes a text of tables x rows x cols lines with 6 samples of each, in some units besides
// time.
func large(tables, rows, cols, units int, label string) string {
	r := rand.New(rand.NewPCG(1, 2))
	var b strings.Builder
	for i := range units {
		fmt.Fprintf(&b, "Unit u%d/op better=lower\n", i)
	}
	for table := range tables {
		fmt.Fprintf(&b, "work: %d%s\n", table, label)
		for range 6 {
			for row := range rows {
				for col := range cols {
					fmt.Fprintf(&b, "BenchmarkX/impl=c%d%s/row=%d%s/size=%d-2 100 %.4g ns/op",
						col, label, row, label, row%7, 1000*(1+float64(col)/4)*(1+0.03*r.NormFloat64()))
					for i := range units {
						fmt.Fprintf(&b, " %.4g u%d/op", 10+r.Float64(), i)
					}
					b.WriteByte('\n')
				}
			}
		}
	}
	return b.String()
}

// A page stays small enough to send and to open, and says what it leaves out.
func TestPageSize(t *testing.T) {
	long := strings.Repeat("'<&>", 75)
	tests := []struct {
		name, text string
		whole      bool // nothing is left out
		long       bool // belongs to make test-long
	}{
		{"what semabench run writes", large(8, 4, 4, 12, ""), true, false},
		{"2000 rows", large(1, 2000, 4, 8, ""), false, true},
		{"200 tables of 10 rows", large(200, 10, 4, 3, ""), false, true},
		{"2000 tables", large(2000, 1, 2, 0, ""), false, false},
		{"500 columns", large(1, 4, 500, 2, ""), false, true},
		{"300 characters in every name", large(20, 20, 3, 2, long), false, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if test.long {
				longtest.Need(t, "the other sizes")
			}
			page := render(t, reports.WriteHTML, compare(t, "", test.text))
			if len(page) > maxPageBytes {
				t.Errorf("%d bytes, want at most %d", len(page), maxPageBytes)
			}
			if whole := !strings.Contains(page, `class="note left-out"`); whole != test.whole {
				t.Errorf("whole = %v, want %v", whole, test.whole)
			}
			t.Logf("%d bytes", len(page))
		})
	}
}

// The scripts are written by hand, so they must stay short enough to read.
func TestScriptsAreSmall(t *testing.T) {
	const most = 30 << 10 // a link to each state, a row in words, and the needs take 8 KiB
	scripts, err := filepath.Glob("draw/page/*.js")
	if err != nil || len(scripts) == 0 {
		t.Fatalf("scripts = %v, %v", scripts, err)
	}
	size := 0
	for _, name := range scripts {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		size += len(text)
	}
	if size > most {
		t.Errorf("the scripts have %d bytes, want at most %d", size, most)
	}
}

func BenchmarkHTML(b *testing.B) {
	text, err := os.ReadFile("testdata/full.txt")
	if err != nil {
		b.Fatal(err)
	}
	log, err := readText(string(text))
	if err != nil {
		b.Fatal(err)
	}
	c, err := reports.Compare(log, reports.Options{})
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		var size counter
		if err := reports.WriteHTML(&size, c); err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(size), "bytes")
	}
}

// A counter counts the bytes that are written to it.
type counter int

func (c *counter) Write(p []byte) (int, error) {
	*c += counter(len(p))
	return len(p), nil
}
