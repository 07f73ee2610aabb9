package reports_test

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/semabench/semabench/internal/longtest"
	"github.com/semabench/semabench/reports"
)

// This package has every figure that benchstat prints, and no other figure.
func TestEqualsBenchstat(t *testing.T) {
	for _, name := range []string{"semaphore", "partial", "uneven"} {
		t.Run(name,
			func(t *testing.T) { sameAsBenchstat(t, filepath.Join("testdata", name+".txt")) })
	}
	// Not the folder of a subtest: benchstat would take a part of “seed=1/random.txt” for a
	// label.
	dir := t.TempDir()
	// Each file starts a process. TestEqualsBenchmath checks many more texts without one.
	files := longtest.Or(t, "random files", 8, 3)
	seed := uint64(time.Now().UnixNano())
	for i := range uint64(files) {
		t.Run(fmt.Sprintf("seed=%d", seed+i), func(t *testing.T) {
			text := randomText(rand.New(rand.NewPCG(seed+i, 0)))
			path := filepath.Join(dir, "random.txt")
			if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
			sameAsBenchstat(t, path)
			if t.Failed() {
				t.Logf("the text is randomText of rand.NewPCG(%d, 0)", seed+i)
			}
		})
	}
}

// figures maps “configuration | unit | row | column” to center, interval, delta and p.
type figures map[string][]string

func sameAsBenchstat(t *testing.T, path string) {
	t.Helper()
	want := benchstatCSV(t, path)
	got := ourFigures(t, path)
	for place, w := range want {
		if g, ok := got[place]; !ok || !slices.EqualFunc(g, w, sameFigure) {
			t.Errorf("%s:\n got %q\nwant %q", place, g, w)
		}
	}
	for place := range got {
		if _, ok := want[place]; !ok {
			t.Errorf("%s: benchstat has no such cell", place)
		}
	}
}

// sameFigure allows the last digits of a geometric mean to differ, and with them the sign of a
// zero: the logarithms are summed in another order. All other figures are equal to the last bit.
func sameFigure(a, b string) bool {
	a, b = strings.Replace(a, "-0.00%", "+0.00%", 1), strings.Replace(b, "-0.00%", "+0.00%", 1)
	x, errX := strconv.ParseFloat(a, 64)
	y, errY := strconv.ParseFloat(b, 64)
	if errX != nil || errY != nil || a == b {
		return a == b
	}
	return math.Abs(x-y) <= 1e-12*math.Abs(y)
}

func ourFigures(t *testing.T, path string) figures {
	t.Helper()
	log, err := reports.Read(reports.Input{Name: path})
	if err != nil {
		t.Fatal(err)
	}
	c, err := reports.Compare(log, reports.Options{Col: "/impl"})
	if err != nil {
		t.Fatal(err)
	}
	all := make(figures)
	for _, table := range c.Tables {
		for _, u := range table.Units {
			for i, row := range u.Cells {
				for j, cell := range row {
					if cell != nil {
						at := cellKey(c.Facts, table.Config, u.Name, table.Rows[i].Name,
							table.Cols[j])
						all[at] = cellFigures(cell, row[u.Base])
					}
				}
			}
			for j, mean := range u.Geomeans {
				at := cellKey(c.Facts, table.Config, u.Name, "geomean", table.Cols[j])
				if f := meanFigures(mean, j == u.Base); f != nil {
					all[at] = f
				}
			}
		}
	}
	return all
}

func cellFigures(c, base *reports.Cell) []string {
	f := []string{fmt.Sprint(c.Summary.Center), c.Summary.PctRangeString()}
	if c.VsBase != nil {
		f = append(f, c.VsBase.FormatDelta(base.Summary.Center, c.Summary.Center),
			c.VsBase.String())
	}
	return f
}

// meanFigures returns nil if there is no mean, in the base column or for another unit.
func meanFigures(m reports.Geomean, base bool) []string {
	if m.Center == 0 && (base || len(m.Warnings) == 0) {
		return nil
	}
	f := []string{"", ""}
	if m.Center != 0 {
		f[0] = fmt.Sprint(m.Center)
	}
	if base {
		return f
	}
	if m.VsBase == 0 {
		return append(f, "?")
	}
	return append(f, fmt.Sprintf("%+.2f%%", (m.VsBase-1)*100))
}

func cellKey(facts, config []reports.Fact, unit, row, col string) string {
	var keys []string
	for _, f := range slices.Concat(facts, config) {
		keys = append(keys, f.Key+": "+f.Value)
	}
	slices.Sort(keys)
	return strings.Join(append(keys, unit, row, col), " | ")
}

func benchstatCSV(t *testing.T, path string) figures {
	t.Helper()
	cmd := exec.Command("go", "tool", "benchstat", "-format", "csv", "-col", "/impl", path)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil || len(out) == 0 { // benchstat reports success for a missing file
		t.Fatalf("%v: %v\n%s", cmd, err, &stderr)
	}
	r := csv.NewReader(bytes.NewReader(out))
	r.FieldsPerRecord = -1
	records, err := r.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return parseCSV(records)
}

// parseCSV reads the output of benchstat: configuration lines that hold until they change; then a
// line of columns and a line of units, both with an empty first field; then rows. The CSV reader
// has removed the empty line between tables.
func parseCSV(records [][]string) figures {
	all := make(figures)
	config := make(map[string]string)
	var cols, units []string
	for _, rec := range records {
		switch {
		case len(rec) == 1:
			key, value, _ := strings.Cut(rec[0], ": ")
			config[key] = value
		case rec[0] == "" && (cols == nil || units != nil):
			cols, units = rec, nil
		case rec[0] == "":
			units = rec
		default:
			parseRow(all, config, cols, units, rec)
		}
	}
	return all
}

func parseRow(all figures, config map[string]string, cols, units, rec []string) {
	var facts []reports.Fact
	for k, v := range config {
		if k != "planned-samples" && v != "" {
			facts = append(facts, reports.Fact{Key: k, Value: v})
		}
	}
	width := 2 // center and interval; later columns also have delta and p
	for start := 1; start < len(cols); start += width {
		if start > 1 {
			width = 4
		}
		end := min(start+width, len(rec))
		if start >= end || strings.Join(rec[start:end], "") == "" {
			continue
		}
		f := slices.Clone(rec[start:end])
		for len(f) > 0 && f[len(f)-1] == "" && rec[0] != "geomean" {
			f = f[:len(f)-1]
		}
		if rec[0] == "geomean" {
			f = f[:min(len(f), width-1+(4-width)/2)] // the p of a mean has no column of its own
		}
		all[cellKey(facts, nil, units[start], rec[0], cols[start])] = f
	}
}
