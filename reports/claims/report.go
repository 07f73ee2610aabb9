package claims

import (
	"fmt"
	"math"

	"github.com/semabench/semabench/reports"
)

// A Report holds the claims with their answers, and the table of costs. Evaluate fills it.
// Rendering reads it only, so one Report may be rendered in several forms.
type Report struct {
	Claims    []*Claim
	Facts     []reports.Fact
	Totals    Totals
	Differing []string // works whose checksums differ between modes
	Warnings  []string
	Costs     []Cost

	// drawn as a picture; the caller sets it, because benchmark text has no room for it
	Timelines []Timeline
	// a sentence on the page below the claim on semaphores, or ""; set by the caller
	SeeAlso  string
	Commands []string // commands that compute the report again; set by the caller
	Rule     string   // which samples counted as disturbed, or ""; set by the caller

	data *dataset
}

// Evaluate applies the rule of every claim to the samples of a text. It returns an error if the
// text has no line about threads and processes.
//
// Broken lines and failures become warnings and no errors: the figures of the other lines hold, and
// a reader has to see both. The claims have a fixed order, in which readers number them.
//
// A text of another version may lack units. The claims that need them become not measurable, and
// the rest is judged.
func Evaluate(log *reports.Log) (*Report, error) {
	m, err := newDataset(log)
	if err != nil {
		return nil, fmt.Errorf("evaluating claims: %w", err)
	}
	r := &Report{
		Facts:     m.facts,
		Totals:    m.totals(),
		Differing: m.differing(),
		Costs:     m.costs(),
		data:      m,
	}
	for _, judge := range []func(*dataset) *Claim{
		threadsForWaiting, globalLock, processesForComputing, processesOrThreads,
		sharedMemory, separateMemory, countingSemaphore,
	} {
		r.Claims = append(r.Claims, judge(m))
	}
	for _, b := range log.Broken {
		r.Warnings = append(r.Warnings, "broken line, in no figure: "+b.Error())
	}
	for _, f := range log.Failures {
		r.Warnings = append(r.Warnings, "the program failed: "+f.Error())
	}
	r.warnOfShortRows()
	return r, nil
}

// warnOfShortRows adds a warning if rows have fewer samples than others, as after Ctrl-C or if a
// row failed. A ratio pairs rounds by their number, so a short row shortens every comparison with
// it.
//
// Too few rounds in every row is a different problem from a run that ended early, and has another
// remedy; so one warning excludes the other.
func (r *Report) warnOfShortRows() {
	least, most := math.MaxInt, 0
	for _, row := range r.data.rows {
		n := len(row.finalSamples())
		least, most = min(least, n), max(most, n)
	}
	switch {
	case most < minRounds:
		r.Warnings = append(
			r.Warnings,
			fmt.Sprintf("%d rounds at most: fewer than %d decide nothing", most, minRounds),
		)
	case least < most:
		r.Warnings = append(
			r.Warnings,
			fmt.Sprintf("some rows have %d samples, others %d: the run ended early, or rows "+
				"failed", least, most),
		)
	}
}

// A Timeline says when each worker of one sample was at the resource. Benchmark text holds
// figures only, so timelines are stored in a file beside it.
// It is data for a picture, and no rule reads it.
type Timeline struct {
	Mode    string // as in the names of rows
	Permits int
	Stays   []Stay
}

// A Stay is the time of one worker between Acquire and Release, in seconds since the first worker
// of the sample entered.
type Stay struct {
	Worker       int
	Enter, Leave float64
}
