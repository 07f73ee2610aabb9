package read

import "bytes"

// A runCounter counts how many runs of go test a text holds. Each run prints the header of a
// package once: goos, goarch, pkg and cpu. A package whose header comes again was run again, and
// the text was put together from several runs.
//
// A text of several runs is legal, and go test -count makes one run of it. Several runs often
// mean that old results were kept by mistake.
type runCounter struct {
	headers map[string]int // by the pkg line
	goarch  bool           // the line before was goarch, so a pkg line now is a header of go test
}

// add takes the next line that is no benchmark line.
//
// A line pkg alone is no header: testEvents writes one whenever the package of the rows changes.
func (r *runCounter) add(line []byte) {
	if r.goarch && bytes.HasPrefix(line, []byte("pkg: ")) {
		if r.headers == nil {
			r.headers = make(map[string]int)
		}
		r.headers[string(bytes.TrimSpace(line))]++
	}
	r.goarch = bytes.HasPrefix(line, []byte("goarch: "))
}

// runs returns the number of runs, at least 1.
func (r *runCounter) runs() int {
	most := 1
	for _, n := range r.headers {
		most = max(most, n)
	}
	return most
}
