package read

import (
	"bytes"
	"strconv"
)

// A recentLines keeps the end of the text that was passed on to benchfmt. benchfmt says that a line has a bad
// measurement, but not which word of it, and its lines are gone by then.
//
// benchfmt reads ahead by the buffer of its scanner, which is at most maxLine and a newline. Two halves of that
// length at least hold every line that it may report. Copying costs a hundredth of the parsing.
type recentLines struct {
	before, last []byte
	dropped      int // lines that were dropped in front of before
}

const keptBytes = 2 * (maxLine + 1)

// add takes the bytes that were passed on.
func (r *recentLines) add(passed []byte) {
	if len(r.last)+len(passed) > keptBytes {
		r.dropped += bytes.Count(r.before, []byte("\n"))
		r.before, r.last = r.last, r.before[:0]
	}
	r.last = append(r.last, passed...)
}

// line returns the line with this number, counted from 1, or nil if it was dropped.
func (r *recentLines) line(number int) []byte {
	text := bytes.Join([][]byte{r.before, r.last}, nil)
	for skip := number - 1 - r.dropped; skip > 0; skip-- {
		_, text, _ = bytes.Cut(text, []byte("\n"))
	}
	if number <= r.dropped {
		return nil
	}
	text, _, _ = bytes.Cut(text, []byte("\n"))
	return text
}

// badWord returns the first word of a row that is no number where benchfmt reads one, or "". Behind the name
// and the count stand pairs of a number and a unit.
func badWord(row []byte) string {
	fields := bytes.Fields(row)
	for i := 1; i < len(fields); i += 1 + (i+1)%2 {
		word := string(fields[i])
		_, err := strconv.ParseFloat(word, 64)
		if i == 1 {
			_, err = strconv.Atoi(word)
		}
		if err != nil {
			return word
		}
	}
	return ""
}
