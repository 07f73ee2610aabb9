package read

import "bytes"

// A wrapped remembers the end of the last row, to recognize that the row goes on in the next line. A
// terminal or a mail program breaks lines that are longer than its width:
//
//	BenchmarkX-8   	 1000000	       988.2 ns/op	     128 B/op
//	       3 allocs/op
//
// Both lines look harmless. The first is a row with fewer units than it had, or with a unit that was cut.
type wrapped struct {
	line int      // the line of the last row
	tail [24]byte // its last bytes
	n    int      // how many of them hold text
	rows []int    // the lines of rows that go on in the next line
}

// observe takes a row. It is on the path of every row, so it copies a few bytes and decides nothing.
func (w *wrapped) observe(line []byte, number int) {
	w.line = number
	w.n = copy(w.tail[:], line[max(0, len(line)-len(w.tail)):])
}

// continues reports whether line is the rest of a row: pairs of a number and a unit behind white space, or
// the rest of a unit of package testing and such pairs. Package testing prints no other line of this form,
// and a line of figures has a count in front of its pairs.
func (w *wrapped) continues(line []byte) bool {
	fields := bytes.Fields(line)
	if len(fields) == 0 || len(fields) > 100 {
		return false
	}
	if last := w.lastWord(); len(last) > 0 && !isNumber(fields[0]) {
		if isPrinted(string(last)) || !isPrinted(string(last)+string(fields[0])) {
			return false
		}
		fields = fields[1:]
	} else if len(fields) < 2 || !isAligned(line) && !isPrinted(string(fields[1])) {
		return false
	}
	if len(fields)%2 != 0 {
		return false
	}
	for i := 0; i < len(fields); i += 2 {
		if !isNumber(fields[i]) || isNumber(fields[i+1]) {
			return false
		}
	}
	return true
}

// isAligned reports whether line begins with the white space by which package testing aligns figures.
func isAligned(line []byte) bool {
	return bytes.HasPrefix(line, []byte("\t")) || bytes.HasPrefix(line, []byte("    "))
}

// lastWord returns the last word of the row.
func (w *wrapped) lastWord() []byte {
	text := bytes.TrimRight(w.tail[:w.n], " \t\r\n")
	return text[bytes.LastIndexAny(text, " \t")+1:]
}

// isPrinted reports whether package testing prints the unit, as it writes the unit.
func isPrinted(unit string) bool {
	switch unit {
	case "ns/op", "MB/s", "B/op", "allocs/op":
		return true
	}
	return false
}
