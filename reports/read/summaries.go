package read

import (
	"bytes"
	"slices"
)

// summaries are the lines by which go test and gotestsum sum up: the sections in which gotestsum
// repeats lines that stand further up in the text, and the packages that ended. Without the
// sections, a row of a failed or skipped package would count twice, as two equal samples.
type summaries struct {
	spans []span
	ran   []string // the first three packages that ended, for a note
}

type span struct{ from, to int }

// observe notes where a section begins and ends, and which packages ended. number is the number of
// line in the text.
//
// The first bytes are compared before the prefixes: this runs for every line that is no row.
func (s *summaries) observe(line []byte, number int) {
	switch n := len(s.spans); {
	case len(line) == 0 || line[0] != '=' && line[0] != 'D' && line[0] != 'o':
	case bytes.HasPrefix(line, []byte("=== Failed")), bytes.HasPrefix(line, []byte("=== Skipped")),
		bytes.HasPrefix(line, []byte("=== FAIL: ")), bytes.HasPrefix(line, []byte("=== SKIP: ")):
		if n == 0 || s.spans[n-1].to > 0 {
			s.spans = append(s.spans, span{from: number})
		}
	case bytes.HasPrefix(line, []byte("DONE ")) && n > 0:
		s.spans[n-1].to = number
	case bytes.HasPrefix(line, []byte("ok  \t")):
		if f := bytes.Fields(line); len(f) > 1 && len(s.ran) < 3 &&
			!slices.Contains(s.ran, string(f[1])) {
			s.ran = append(s.ran, string(f[1]))
		}
	}
}

// repeats reports whether gotestsum may have repeated the line with this number.
//
// A section that has not ended reaches to the end of the text.
func (s *summaries) repeats(number int) bool {
	return slices.ContainsFunc(s.spans, func(s span) bool {
		return number > s.from && (s.to == 0 || number < s.to)
	})
}
