package read

import (
	"fmt"
	"slices"
	"strconv"

	"golang.org/x/perf/benchfmt"
)

// PlannedKey is the configuration key for the number of benchmark lines that the writer of a file
// intends to write.
const PlannedKey = "planned-samples"

// A plan is the sum of the different values of planned-samples in one file. A configuration line
// sets a state, so the same value twice is one plan; two different values are two runs whose
// texts were concatenated.
//
// Two runs of the same length in one file count once. The file then holds more lines than
// planned, which is no error. The other choice would take each repetition of the configuration
// for another run.
type plan struct {
	total  int
	seen   []string
	broken []*benchfmt.SyntaxError
}

// observe adds the plan in force at r. It is called for each change of the configuration.
func (p *plan) observe(r *benchfmt.Result, line int) {
	i, ok := r.ConfigIndex(PlannedKey)
	if !ok {
		return
	}
	if v := r.Config[i].Value; len(p.seen) == 0 || string(v) != p.seen[len(p.seen)-1] {
		p.add(r, line, string(v))
	}
}

// add takes a value that was not seen. A value that is no number is reported once and adds
// nothing, so a typing error does not make a complete file look partial.
func (p *plan) add(r *benchfmt.Result, line int, value string) {
	if slices.Contains(p.seen, value) {
		return
	}
	p.seen = append(p.seen, value)
	n, err := strconv.Atoi(value)
	if err != nil || n < 0 {
		msg := fmt.Sprintf("%s above this line is not a count: %q", PlannedKey, value)
		file, _ := r.Pos()
		p.broken = append(p.broken,
			&benchfmt.SyntaxError{FileName: file, Line: line, Msg: msg})
		return
	}
	p.total += n
}

// hidePlan takes planned-samples out of the projection .config. The key describes the file and
// not the machine or the program: two runs of different length stay comparable.
//
// Config.File is the mark by which benchproc tells configuration from keys of the program;
// without it the key is not in .config, and stays readable.
func hidePlan(r *benchfmt.Result) {
	for i := range r.Config {
		if r.Config[i].Key == PlannedKey {
			r.Config[i].File = false
		}
	}
}
