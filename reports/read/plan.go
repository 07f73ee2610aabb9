package read

import (
	"fmt"
	"slices"
	"strconv"

	"golang.org/x/perf/benchfmt"
)

// plannedKey is the configuration key for the number of benchmark lines that were to be written.
const PlannedKey = "planned-samples"

// A plan adds up the different values of planned-samples in one file. Configuration lines set a
// state, so the same value twice is one plan; two values are two runs in one file.
type plan struct {
	total  int
	seen   []string
	broken []*benchfmt.SyntaxError
}

func (p *plan) observe(r *benchfmt.Result) {
	i, ok := r.ConfigIndex(PlannedKey)
	if !ok {
		return
	}
	if v := r.Config[i].Value; len(p.seen) == 0 || string(v) != p.seen[len(p.seen)-1] {
		p.add(r, string(v))
	}
}

func (p *plan) add(r *benchfmt.Result, value string) {
	if slices.Contains(p.seen, value) {
		return
	}
	p.seen = append(p.seen, value)
	n, err := strconv.Atoi(value)
	if err != nil || n < 0 {
		msg := fmt.Sprintf("%s above this line is not a count: %q", PlannedKey, value)
		p.broken = append(p.broken, syntaxErrorAt(r, msg))
		return
	}
	p.total += n
}

// hidePlan takes the plan out of .config. It describes the file, not the machine or the program,
// so two runs of different length can still be compared.
func hidePlan(r *benchfmt.Result) {
	for i := range r.Config {
		if r.Config[i].Key == PlannedKey {
			r.Config[i].File = false
		}
	}
}
