// Package plural writes a number with its noun, for sentences that a person reads.
package plural

import "strconv"

// Of returns n with the noun, which takes an s unless n is 1: "1 row", "2 rows".
func Of(n int, noun string) string { return With(n, noun, noun+"s") }

// With is [Of] for a noun whose plural has another form: "1 process", "2 processes".
func With(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return strconv.Itoa(n) + " " + many
}
