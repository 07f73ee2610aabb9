package compare

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/semabench/semabench/internal/plural"
	"github.com/semabench/semabench/reports/internal/format"
)

// A Job is the question that a comparison answers. Each has its own words.
//
// The words must fit the question. “Use new.txt” and “channel is slower in 3 rows” would both be
// true and useless.
type Job int

const (
	// Choose compares several columns side by side: which one to use?
	Choose Job = iota

	// Changed compares two files or two commits, the older one first: what is different now?
	Changed

	// Describe has a single column: there are figures, and nothing to compare.
	Describe
)

// Job returns the question that c answers. Two columns that are files, commits or branches are a
// change; implementations are a choice, however many there are.
//
// It depends on the columns and on no flag, so that every output of one text asks the same
// question.
func (c *Comparison) Job() Job {
	by, _, _ := strings.Cut(c.By, ",")
	by, _, _ = strings.Cut(by, "@")
	switch {
	case len(c.Cols) == 1:
		return Describe
	case len(c.Cols) == 2 && slices.Contains([]string{".file", "commit", "branch"}, by):
		return Changed
	}
	return Choose
}

// A movement is a set of rows that changed in one direction, or did not.
type movement struct {
	rows   []Row
	ratios []float64 // of the medians, new over old; +Inf if the old one is zero
	most   int       // the index of the row that changed most
	sizes  []string  // "96.1ns to 119.9ns"
}

// changes sorts the rows of a unit by how the second column differs from the first.
//
// The base is the older file, and so a verdict here is VsBase and not VsBest: the question is
// what changed, whichever side is better.
func (t *Table) changes(u *Unit) (up, down, same, open movement, detectable float64, alone int) {
	for i, cells := range u.Cells {
		was, is := cells[0], cells[1]
		if was == nil || is == nil {
			if was != is {
				alone++
			}
			continue
		}
		ratio := is.VsBase.Ratio.Medians
		if ratio == 0 {
			ratio = math.Inf(1)
		}
		m := &same
		switch {
		case is.VsBase.Verdict() == "undecided":
			m, detectable = &open, max(detectable, is.VsBase.Detectable())
		case is.VsBase.Verdict() == "tie":
		case is.Summary.Center > was.Summary.Center:
			m = &up
		default:
			m = &down
			// A fall to zero has the ratio 0, whose logarithm is infinite: no other change is
			// larger.
			if math.IsInf(ratio, 0) {
				ratio = 0
			}
		}
		if len(m.ratios) == 0 || math.Abs(math.Log(ratio)) > math.Abs(math.Log(m.ratios[m.most])) {
			m.most = len(m.ratios)
		}
		m.rows, m.ratios = append(m.rows, t.Rows[i]), append(m.ratios, ratio)
		m.sizes = append(m.sizes, format.Value(was.Summary.Center, u.Name)+" to "+
			format.Value(is.Summary.Center, u.Name))
	}
	return up, down, same, open, detectable, alone
}

// changeText says how the second column of t differs from the first: "new.txt is 7.0 to 11 %
// slower in 6 of 6 rows". Percentages are of the first column.
//
// Worse comes before better, because a reader of a change must not miss it. Rows that are
// undecided are never counted as unchanged.
func (t *Table) changeText() string {
	if len(t.Cols) < 2 {
		return "only in " + t.Cols[0]
	}
	u := t.Primary()
	up, down, same, open, detectable, alone := t.changes(u)
	all := len(up.rows) + len(down.rows) + len(same.rows) + len(open.rows)
	switch {
	case all == 0 && !t.sharesRows():
		return "no row is in both " + andList(t.Cols)
	case all == 0:
		return "no row has " + u.Name + " in both " + andList(t.Cols) + t.otherChanges()
	}
	more, less := u.Directions()
	worse, better := movementText{up, more}, movementText{down, less}
	if u.Better > 0 {
		worse, better = better, worse
	}
	var parts []string
	of := " of " + plural.Of(all, "row") // said once
	add := func(rows []Row, text func(of string) string) {
		if len(rows) > 0 {
			parts, of = append(parts, text(of)), ""
		}
	}
	add(worse.rows, func(of string) string { return worse.text(worse.word, of) })
	add(better.rows, func(of string) string { return better.text(better.word, of) })
	add(same.rows, func(of string) string {
		return fmt.Sprintf("within 5 %% in %d%s", len(same.rows), of)
	})
	add(open.rows, func(of string) string {
		how := "these samples bound no difference"
		if !math.IsInf(detectable, 0) {
			how = "differences below " + differenceText(detectable) + " do not show"
		}
		return fmt.Sprintf("undecided in %d%s (%s)", len(open.rows), of, how)
	})
	s := t.Cols[1] + " is " + strings.Join(parts, ", ")
	if alone > 0 {
		s += fmt.Sprintf("; in one of the two only: %s", plural.Of(alone, "row"))
	}
	return s + t.otherChanges()
}

// Directions returns the words for a greater and for a smaller value of u.
//
// “slower” is said only of units whose meaning is known by their name. For others “more” is a
// fact and no judgement.
func (u *Unit) Directions() (more, less string) {
	switch {
	case strings.HasSuffix(u.Name, "sec/op") && u.Better < 0:
		return "slower", "faster"
	case strings.HasSuffix(u.Name, "B/s") && u.Better > 0:
		return "faster", "slower"
	}
	return "more", "less"
}

// A movementText is a movement with the word for its direction.
type movementText struct {
	movement
	word string
}

// text returns "7.0 to 11.2 % slower in 6 of 6 rows (most in Decode, 96.1ns to 119.9ns)". It
// writes of after the number of rows.
func (m movement) text(word, of string) string {
	where := "most in " + m.rows[m.most].Shape + ", "
	if len(m.rows) == 1 {
		where = m.rows[0].Shape + ", "
	}
	return fmt.Sprintf("%s%s in %d%s (%s%s)",
		m.size(), word, len(m.rows), of, where, m.sizes[m.most])
}

// size returns the range of the changes with a space after it: "7.0 %", "7.0 to 11.2 %", or "×2.10
// to ×3.40" from twice as much on. An increase from zero has no size.
//
// Below a doubling percentages are exact enough and read easily; above it factors do, as 240 %
// more and ×3.4 are easily confused.
func (m movement) size() string {
	low, high := slices.Min(m.ratios), slices.Max(m.ratios)
	if low < 1 {
		low, high = high, low // the smaller change first
	}
	if math.IsInf(high, 0) {
		return ""
	}
	percent := func(r float64) string { return format.Percent(math.Abs(r - 1)) }
	first, last := percent(low), percent(high)
	if high >= 2 {
		first, last = "×"+format.Ratio(low), "×"+format.Ratio(high)
	}
	if first == last {
		return first + " "
	}
	if high < 2 {
		first = strings.TrimSuffix(first, " %")
	}
	return first + " to " + last + " "
}

// otherChanges names the other units in which rows changed, at most two of them.
//
// Only verdicts of “different” count here too, corrected within their own unit.
func (t *Table) otherChanges() string {
	const most = 2
	var list []string
	for _, u := range t.Others() {
		up, down, _, _, _, _ := t.changes(u)
		more, less := u.Directions()
		for _, m := range []movementText{{up, more}, {down, less}} {
			if len(m.rows) > 0 {
				list = append(list, u.Name+" "+m.text(m.word, ""))
			}
		}
	}
	left := len(list) - most
	list = list[:min(most, len(list))]
	if left > 0 {
		list = append(list, plural.Of(left, "other change"))
	}
	if len(list) == 0 {
		return ""
	}
	return "; " + strings.Join(list, "; ")
}
