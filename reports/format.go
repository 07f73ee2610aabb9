package reports

import (
	"fmt"
	"math"
	"strings"

	"golang.org/x/perf/benchfmt"
	"golang.org/x/perf/benchunit"

	"github.com/semabench/semabench/internal/escape"
)

// maxListed is how many broken lines an output lists; it counts them all. A program that prints
// into its own benchmarks breaks thousands of lines in the same way.
const maxListed = 20

// caveat is in every output.
func (c *Comparison) caveat() string {
	return "Differences are judged by p after Holm's correction for the " + c.familyName() +
		": in each such family the chance of even one false difference is at most 5 %."
}

func (c *Comparison) familyName() string {
	if c.Family == ByUnit {
		return "tests of a unit in all tables"
	}
	return "tests of a unit in one table"
}

// warnings says what the reader has to know before any table, most important first.
func (c *Comparison) warnings() []string {
	var list []string
	for _, f := range c.Log.Files {
		if f.Partial() {
			list = append(list, fmt.Sprintf("%s is partial: %d of %d planned samples",
				printable(f.Label), f.Present, f.Planned))
		}
	}
	if n := len(c.Log.Broken); n > 0 {
		list = append(list, plural(n, "broken line")+", in no table:")
		for _, b := range c.Log.Broken[:min(n, maxListed)] {
			list = append(list, "  "+brokenLine(b))
		}
		if n > maxListed {
			list = append(list, fmt.Sprintf("  and %d more", n-maxListed))
		}
	}
	return append(append(list, c.failures()...), c.Notes...)
}

// failures begins with what follows from them.
func (c *Comparison) failures() []string {
	n := len(c.Log.Failures)
	if n == 0 {
		return nil
	}
	list := []string{"the program failed; what it measured may not be what was meant, " +
		plural(n, "line") + ":"}
	for _, f := range c.Log.Failures[:min(n, maxListed)] {
		list = append(list, "  "+brokenLine(f))
	}
	if n > maxListed {
		list = append(list, fmt.Sprintf("  and %d more", n-maxListed))
	}
	return list
}

func brokenLine(b *benchfmt.SyntaxError) string { return printable(b.Error()) }

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// completeness says whether the text is all that was planned. There are three answers.
func (c *Comparison) completeness() string {
	present, planned, unplanned := 0, 0, false
	for _, f := range c.Log.Files {
		if f.Partial() {
			return "partial"
		}
		present, planned = present+f.Present, planned+f.Planned
		unplanned = unplanned || f.Planned == 0
	}
	if unplanned {
		return "unknown"
	}
	return "complete"
}

// measure formats a value with its unit: 12.34µs, 24B, 1.3GB/s. Counts have no unit to show.
func measure(v float64, unit string) string {
	switch {
	case math.IsNaN(v):
		return "–"
	case math.IsInf(v, 1):
		return "∞"
	case math.IsInf(v, -1):
		return "−∞"
	}
	suffix := symbol(unit)
	if v == math.Trunc(v) && math.Abs(v) < 1000 {
		return fmt.Sprintf("%.0f%s", v+0, suffix) // 24B, not 24.00B: it was counted
	}
	if size := math.Abs(v); suffix == "" && size >= 0.001 && size < 1000 {
		return fmt.Sprintf("%.4g", v) // an index of 0.65 is not 650 thousandths
	}
	return benchunit.Scale(v, benchunit.ClassOf(unit)) + suffix
}

// symbol is what follows the prefix of a value: s for cpu-sec/op, B/s for B/s.
func symbol(unit string) string {
	amount, per, _ := strings.Cut(unit, "/")
	switch amount[strings.LastIndexByte(amount, '-')+1:] {
	case "sec":
		return "s"
	case "B":
		if per == "s" {
			return "B/s"
		}
		return "B"
	}
	return ""
}

// spread is the interval of a cell in percent of its median.
func (c *Cell) spread() string { return "± " + c.Summary.PctRangeString() }

// times formats a ratio with three digits: 1.42, 14.2, 142.
func times(ratio float64) string {
	switch {
	case ratio < 9.995:
		return fmt.Sprintf("%.2f", ratio)
	case ratio < 99.95:
		return fmt.Sprintf("%.1f", ratio)
	}
	return fmt.Sprintf("%.0f", ratio)
}

// heading names a table by what sets it apart: "workload: cpu".
func (t *Table) heading() string {
	var list []string
	for _, f := range t.Config {
		list = append(list, f.Key+": "+f.Value)
	}
	return strings.Join(list, ", ")
}

// recompute is the benchstat command that gives the figures of c.
func (c *Comparison) recompute() string {
	args := []string{"benchstat"}
	if len(c.Log.Files) > 1 {
		if !strings.Contains(c.By, ".file") {
			args = append(args, "-table", ".config,.file")
		}
		for _, f := range c.Log.Files {
			if f.Planned > 0 {
				args = append(args, "-ignore", plannedKey)
				break
			}
		}
	}
	args = append(args, "-col", shellWord(c.By))
	for i, f := range c.Log.Files {
		name := printable(f.Name)
		if strings.Contains(name, "=") {
			name = fmt.Sprintf("file%d=%s", i+1,
				name) // or benchstat takes a part of it for a label
		}
		args = append(args, shellWord(name))
	}
	return strings.Join(args, " ")
}

func shellWord(s string) string { return escape.Shell(s) }
