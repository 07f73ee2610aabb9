package draw

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"golang.org/x/perf/benchfmt"

	"github.com/semabench/semabench/internal/escape"
	"github.com/semabench/semabench/internal/excerpt"
	"github.com/semabench/semabench/internal/plural"
	"github.com/semabench/semabench/reports/compare"
	"github.com/semabench/semabench/reports/read"
)

// caveat returns the sentence about the correction that every output with a test contains, or ""
// if no samples were tested.
//
// It names the family, since the same p means different things for 3 and for 300 tests.
func caveat(c *compare.Comparison) string {
	if !hasTest(c) {
		return ""
	}
	return "Differences are judged by p after Holm's correction for the " + familyText(c) +
		": in each such family the chance of even one false difference is at most 5 %. " +
		"A tie has an interval within 5 % of " + tieWith(c) + "; everything else is undecided."
}

// tieWith names what a tie is close to.
func tieWith(c *compare.Comparison) string {
	if c.Job() == compare.Changed {
		return "the old column"
	}
	return "the best"
}

// mapQuestion says what the cells of a heat map show.
func mapQuestion(c *compare.Comparison) string {
	if c.Job() == compare.Changed {
		return "Change from " + c.Cols[0] + " to " + c.Cols[1]
	}
	return "Times worse than the best of the row"
}

// hasTest reports whether any two samples of c were compared by a test.
//
// A text of exact counts has verdicts and no tests, and a sentence about Holm would be wrong
// there.
func hasTest(c *compare.Comparison) bool {
	tested := func(v *compare.Versus) bool { return v != nil && v.Tests > 0 }
	for _, t := range c.Tables {
		for _, u := range t.Units {
			for _, row := range u.Cells {
				if slices.ContainsFunc(row, func(cell *compare.Cell) bool {
					return cell != nil && (tested(cell.VsBase) || tested(cell.VsBest))
				}) {
					return true
				}
			}
		}
	}
	return false
}

// familyText names the tests that are corrected together.
func familyText(c *compare.Comparison) string {
	if c.Family == compare.ByUnit {
		return "tests of a unit in all tables"
	}
	return "tests of a unit in one table"
}

// warningLines returns what a reader should know before any table, the most important first.
// Lines that begin with a space are details of the line before.
//
// Text, Markdown, terminal, pictures and exports all take this list, so none can forget a
// warning; the page has the same facts in its banner. A file that is partial comes first: it can
// change every figure below.
func warningLines(c *compare.Comparison) []string {
	var list []string
	for _, f := range c.Log.Files {
		if f.Partial() {
			list = append(list, fmt.Sprintf("%s is partial: %d of %d planned samples",
				escape.Printable(f.Label), f.Present, f.Planned))
		}
	}
	if n := len(c.Log.Broken); n > 0 {
		list = append(list, plural.Of(n, "broken line")+", in no table:")
		for _, b := range c.Log.Broken[:min(n, maxListed)] {
			list = append(list, "  "+brokenLine(b))
		}
		if n > maxListed {
			list = append(list, fmt.Sprintf("  and %d more", n-maxListed))
		}
	}
	return append(append(list, failureLines(c)...), c.Notes...)
}

// failureLines returns the failures of the program, after a line that says what they mean.
//
// Results of a failed program are shown all the same. The samples before the failure are usually
// good, and only the reader can tell.
func failureLines(c *compare.Comparison) []string {
	n := len(c.Log.Failures)
	if n == 0 {
		return nil
	}
	list := []string{"the program failed, so its results may be incomplete or wrong, " +
		plural.Of(n, "line") + ":"}
	for _, f := range c.Log.Failures[:min(n, maxListed)] {
		list = append(list, "  "+brokenLine(f))
	}
	if n > maxListed {
		list = append(list, fmt.Sprintf("  and %d more", n-maxListed))
	}
	return list
}

func brokenLine(b *benchfmt.SyntaxError) string { return escape.Printable(b.Error()) }

// completeness returns "complete", "partial", or "unknown" if some file has no plan.
//
// One partial file makes the whole partial. One file without a plan makes completeness unknown,
// unless something is known to be missing.
func completeness(c *compare.Comparison) string {
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

// recomputeCommand returns the benchstat command that computes the figures of c.
//
// The report is only as credible as it can be checked: every median and every uncorrected p must
// come out of this command too. The flag -table keeps files apart, which benchstat would pool,
// and -ignore leaves out the number of planned samples, which may differ between files.
func recomputeCommand(c *compare.Comparison) string {
	args := []string{"benchstat"}
	if len(c.Log.Files) > 1 {
		if !strings.Contains(c.By, ".file") {
			args = append(args, "-table", ".config,.file")
		}
		for _, f := range c.Log.Files {
			if f.Planned > 0 {
				args = append(args, "-ignore", read.PlannedKey)
				break
			}
		}
	}
	args = append(args, "-col", escape.Shell(c.By))
	for i, f := range c.Log.Files {
		name := escape.Printable(f.Name)
		if strings.Contains(name, "=") {
			name = fmt.Sprintf("file%d=%s", i+1,
				name) // a label before the name, or benchstat would take the part before = for one
		}
		args = append(args, escape.Shell(name))
	}
	return strings.Join(args, " ")
}

// maxListed is the number of broken lines that an output lists; it counts them all. A program
// that prints into its own benchmarks breaks thousands of lines in the same way.
const maxListed = 5

// A tableAnswer is an answer with the name of its table.
type tableAnswer struct{ name, text string }

// tableAnswers returns the answers of the first tables, and how many are left.
//
// Twenty lines are what a reader takes in before the tables; the others are in them.
func tableAnswers(c *compare.Comparison) (list []tableAnswer, left int) {
	const most = 20
	all := c.Answers()
	for _, a := range all[:min(most, len(all))] {
		name := a.Table.ShortName()
		if name == "" {
			name = "all benchmarks"
		}
		list = append(list, tableAnswer{name, a.String()})
	}
	return list, len(all) - len(list)
}

// answerText returns all answers as one paragraph, for the description of a picture.
func answerText(c *compare.Comparison) string {
	var b strings.Builder
	list, _ := tableAnswers(c)
	for _, a := range list {
		fmt.Fprintf(&b, " %s: %s.", a.name, a.text)
	}
	return b.String()
}

// warningNote returns the warnings without their details. A picture is shown apart from the text,
// so it has to carry them itself.
func warningNote(c *compare.Comparison) string {
	var list []string
	for _, line := range warningLines(c) {
		if !strings.HasPrefix(line, " ") {
			list = append(list, strings.TrimRight(line, ":")+".")
		}
	}
	return strings.Join(list, " ")
}

// sampleCount says how many samples the cells of c have: "6 samples", or "3 to 6 samples".
//
// The range is over the primary units. Other units may have fewer samples, as a percentile needs
// enough operations.
func sampleCount(c *compare.Comparison) string {
	low, high := math.MaxInt, 0
	c.EachCell(func(cell *compare.Cell) {
		low, high = min(low, len(cell.Values)), max(high, len(cell.Values))
	})
	if low == high {
		return plural.Of(low, "sample")
	}
	return fmt.Sprintf("%d to %d samples", low, high)
}

// cellCount returns the number of measured cells in the primary units.
func cellCount(c *compare.Comparison) int {
	n := 0
	c.EachCell(func(*compare.Cell) { n++ })
	return n
}

// ratiosOf names the units of the ratios in rows, and their better direction.
//
// The direction stands with the unit, because “times worse” of a throughput means fewer.
func ratiosOf(rows []heatRow) string {
	var units []string
	for _, r := range rows {
		u := r.table.Primary()
		s := escape.Printable(u.Name) + " (less is better)"
		if u.Better > 0 {
			s = escape.Printable(u.Name) + " (more is better)"
		}
		if !slices.Contains(units, s) {
			units = append(units, s)
		}
	}
	return strings.Join(units, ", ")
}

// columnKind turns /impl into impl.
func columnKind(c *compare.Comparison) string { return strings.TrimLeft(c.By, "/.") }

// andMore says that n more follow, or "" if none do.
func andMore(n int, noun string) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprintf("and %s more", plural.Of(n, noun))
}

// clipped shortens s to maxText characters.
func clipped(s string) string { return clippedAt(s, maxText) }

// clippedAt shortens s to a number of characters.
func clippedAt(s string, most int) string { return excerpt.Runes(s, most) }

// maxText limits a name or value in places where a single one could fill the page.
const maxText = 300
