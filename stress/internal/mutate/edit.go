package mutate

import (
	"cmp"
	"go/token"
	"slices"
	"strings"
)

// An edit replaces the text between two offsets.
type edit struct {
	from, to int
	text     string
}

// A change is the work of an operator on a file: one idea, in one or more places.
type change struct {
	operator string
	at       token.Pos
	edits    []edit
}

// apply makes the edits in a text. They do not overlap. The sort is stable, so two insertions at
// one place keep the order in which the operator made them.
func (c change) apply(text string) string {
	edits := slices.Clone(c.edits)
	slices.SortStableFunc(edits, func(a, b edit) int { return cmp.Compare(a.from, b.from) })
	var b strings.Builder
	done := 0
	for _, e := range edits {
		b.WriteString(text[done:e.from])
		b.WriteString(e.text)
		done = e.to
	}
	b.WriteString(text[done:])
	return b.String()
}

// stands marks the declarations that a mutant gets at its end, for its change to use. It is a
// comment, so it may follow any Go file, and no file of a subject has this line.
const stands = "\n// The change above uses:\n"

// near is the greatest number of equal lines that a diff shows between two differences. They say by
// how far a statement was moved.
const near = 6

// diff returns the lines that differ, "-" for old and "+" for new ones, without white space around
// them. Equal lines are found by a longest common subsequence. The lines before the first and after
// the last difference are cut off first, so the table is small. The declarations that a mutant gets
// at its end are no part of the diff: they are the same for all mutants of an operator.
func diff(old, mutated string) string {
	mutated, _, _ = strings.Cut(mutated, stands)
	a, b := lines(old), lines(mutated)
	for len(a) > 0 && len(b) > 0 && a[0] == b[0] {
		a, b = a[1:], b[1:]
	}
	for len(a) > 0 && len(b) > 0 && a[len(a)-1] == b[len(b)-1] {
		a, b = a[:len(a)-1], b[:len(b)-1]
	}
	// It costs the product of the two lengths. Both are short: what the mutant did not touch,
	// before and after, is gone.
	// common[i][j] is the length of the longest common subsequence of a[i:] and b[j:].
	common := make([][]int, len(a)+1)
	for i := range common {
		common[i] = make([]int, len(b)+1)
	}
	for i := len(a) - 1; i >= 0; i-- {
		for j := len(b) - 1; j >= 0; j-- {
			common[i][j] = max(common[i+1][j], common[i][j+1])
			if a[i] == b[j] {
				common[i][j] = common[i+1][j+1] + 1
			}
		}
	}
	var out strings.Builder
	var equal []string
	line := func(sign, text string) {
		if len(equal) <= near {
			for _, e := range equal {
				out.WriteString(" " + e + "\n")
			}
		} else {
			out.WriteString("…\n")
		}
		equal = nil
		out.WriteString(sign + text + "\n")
	}
	for i, j := 0, 0; i < len(a) || j < len(b); {
		switch {
		case i < len(a) && j < len(b) && a[i] == b[j]:
			equal = append(equal, a[i])
			i, j = i+1, j+1
		case j == len(b) || i < len(a) && common[i+1][j] >= common[i][j+1]:
			line("-", a[i])
			i++
		default:
			line("+", b[j])
			j++
		}
	}
	return out.String()
}

// lines returns the lines of a text that are not blank, without white space around them. Lines that
// hold only a comment are left out, because the name of a mutant is made from its diff. Otherwise a comment
// added inside a statement would rename every mutant that moves or removes the statement, and the results
// recorded for these mutants would be lost. A line of a raw string literal that begins
// with two slashes is left out, too; that only makes a diff shorter.
func lines(text string) (all []string) {
	for _, l := range strings.Split(text, "\n") {
		if l = strings.TrimSpace(l); l != "" && !strings.HasPrefix(l, "//") {
			all = append(all, l)
		}
	}
	return all
}
