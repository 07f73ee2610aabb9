package read

import (
	"bytes"
	"fmt"
	"unicode/utf8"
)

// A runCounter counts how many runs of go test a text holds whose samples go to the same cells. Each run
// prints the header of a package once: goos, goarch, pkg and cpu. A header that comes again with the same
// configuration means that the package was run again, and that the text was put together from several runs.
//
// A text of several runs is legal, and go test -count makes one run of it. Several runs often mean that old
// results were kept by mistake. Runs on two machines are no such case: their configuration differs, and so
// each has a table of its own.
type runCounter struct {
	headers map[string]int    // by the whole configuration, printed with sorted keys
	config  map[string]string // in force at the line that was added last
	goarch  bool              // the line before was goarch, so a pkg line now is a header of go test
	open    bool              // the lines of a header are being read
}

// add takes the next line that is no benchmark line.
//
// A line pkg alone is no header: testEvents writes one whenever the package of the rows changes.
func (r *runCounter) add(line []byte) {
	key, value, ok := configLine(line)
	if !ok || key == "goos" { // the line begins another header, or is no configuration at all
		r.close()
	}
	if ok {
		if r.config == nil {
			r.config = make(map[string]string)
		}
		r.config[key] = value
	}
	r.open = r.open || r.goarch && key == "pkg"
	r.goarch = key == "goarch"
}

// close counts the header that was read, with the configuration that holds for its rows.
func (r *runCounter) close() {
	if !r.open {
		return
	}
	if r.headers == nil {
		r.headers = make(map[string]int)
	}
	r.open = false
	r.headers[fmt.Sprint(r.config)]++
}

// configLine returns the key and the value of a configuration line, as the benchmark format defines it: the
// key begins with a lower-case letter, and has neither white space nor upper-case letters.
func configLine(line []byte) (key, value string, ok bool) {
	before, after, ok := bytes.Cut(line, []byte(":"))
	first, _ := utf8.DecodeRune(before)
	if !ok || first < 'a' || first > 'z' || bytes.ContainsAny(before, " \tABCDEFGHIJKLMNOPQRSTUVWXYZ") {
		return "", "", false
	}
	return string(before), string(bytes.TrimSpace(after)), true
}

// runs returns the number of runs, at least 1, after the last line.
func (r *runCounter) runs() int {
	r.close()
	most := 1
	for _, n := range r.headers {
		most = max(most, n)
	}
	return most
}
