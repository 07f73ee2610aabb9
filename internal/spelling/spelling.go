// Package spelling guesses which name a user meant.
//
//	spelling.Suggest("contendet", []string{"contended", "cpu"}, "") // " (did you mean contended?)"
package spelling

import "fmt"

// Suggest returns a question with the name that is nearest to the typed one, or "" if none is
// near: at most two edits away, and less than half of the word. A wrong guess is worse than none.
// The prefix stands before the name, such as the dash of a flag.
//
// Callers put the question into an error and never take the guess for an answer: it could start a
// measurement of an hour by a typing error.
func Suggest(typed string, names []string, prefix string) string {
	best, least := "", min(2, (len(typed)-1)/2)
	for _, name := range names {
		if d := edits(typed, name); d <= least {
			best, least = name, d-1 // the first of several equally near ones
		}
	}
	if best == "" {
		return ""
	}
	return fmt.Sprintf(" (did you mean %s%s?)", prefix, best)
}

// edits returns the least number of insertions, deletions, substitutions and swaps of neighbours
// that make b of a (optimal string alignment; Damerau 1964). Swaps are the commonest slip of a
// typist, so they count as one edit.
//
// Three rows of the table are enough: a swap looks back two rows, and nothing looks further. The
// names are short ASCII words, so a byte is a letter.
func edits(a, b string) int {
	before, above, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(a); i++ {
		before, above, row = above, row, before
		row[0] = i
		for j := 1; j <= len(b); j++ {
			substitution := above[j-1]
			if a[i-1] != b[j-1] {
				substitution++
			}
			row[j] = min(above[j]+1, row[j-1]+1, substitution)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
	}
	return row[len(b)]
}
