package read

import (
	"bytes"
	"slices"
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

	// The line that was asked for last begins at this place of before and last. benchfmt reports lines in
	// their order, so the next search begins here. From the front, a text of broken lines would take a
	// tenth of a millisecond for each.
	number, at int
}

const keptBytes = 2 * (maxLine + 1)

// add takes the bytes that were passed on.
func (r *recentLines) add(passed []byte) {
	if len(r.last)+len(passed) > keptBytes {
		r.dropped += bytes.Count(r.before, []byte("\n"))
		r.at -= len(r.before)
		r.before, r.last = r.last, r.before[:0]
	}
	r.last = append(r.last, passed...)
}

// line returns the line with this number, counted from 1, or nil if it was dropped.
func (r *recentLines) line(number int) []byte {
	if number <= r.dropped {
		return nil
	}
	if r.at < 0 || r.number > number || r.number <= r.dropped {
		r.number, r.at = r.dropped+1, 0
	}
	for r.number < number {
		end := r.end(r.at)
		if end < 0 {
			return nil
		}
		r.number, r.at = r.number+1, end+1
	}
	end := r.end(r.at)
	if end < 0 {
		end = len(r.before) + len(r.last)
	}
	if n := len(r.before); r.at >= n {
		return r.last[r.at-n : end-n]
	} else if end > n {
		return slices.Concat(r.before[r.at:], r.last[:end-n])
	}
	return r.before[r.at:end]
}

// end returns the place of the first newline from a place of before and last on, or -1.
func (r *recentLines) end(from int) int {
	n := len(r.before)
	if from < n {
		if i := bytes.IndexByte(r.before[from:], '\n'); i >= 0 {
			return from + i
		}
		from = n
	}
	if i := bytes.IndexByte(r.last[from-n:], '\n'); i >= 0 {
		return from + i
	}
	return -1
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
