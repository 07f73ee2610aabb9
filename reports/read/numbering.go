package read

import "sort"

// A numbering translates the numbers of lines that were passed on to benchfmt into the numbers of
// the lines of the text. The two differ as soon as a line is dropped, held back or cut in several.
//
// A text without any repair has no origin at all. Otherwise one is added where the shift
// changes, and not for each line: a text of a million rows with one dropped line has one origin.
type numbering struct {
	passed  int // lines that were passed on
	origins []origin
}

// An origin says that the lines from number passed on come from the lines that are shift further
// down in the text.
type origin struct{ passed, shift int }

// pass counts one line that is passed on and remembers its place in the text.
//
// Every line that goes to benchfmt passes here exactly once; otherwise all later positions would
// be wrong.
func (n *numbering) pass(source int) {
	n.passed++
	shift := source - n.passed
	if last := len(n.origins) - 1; last < 0 && shift != 0 || last >= 0 && n.origins[last].shift != shift {
		n.origins = append(n.origins, origin{n.passed, shift})
	}
}

// source returns the number in the text of a line that was passed on.
//
// A binary search, as a text of many repairs has many origins.
func (n *numbering) source(passed int) int {
	i := sort.Search(len(n.origins), func(i int) bool { return n.origins[i].passed > passed })
	if i == 0 {
		return passed
	}
	return passed + n.origins[i-1].shift
}
