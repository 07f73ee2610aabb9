package claims

import (
	"fmt"
	"math"
	"strings"

	"github.com/semabench/semabench/reports"
)

// An Outcome is the result of applying the rule of a claim to the figures.
type Outcome string

// The outcomes. Undecided and Unmeasurable are no answers; Claim.Answer then says what is
// missing.
const (
	Holds        Outcome = "holds"
	HoldsWhen    Outcome = "holds only when"
	Fails        Outcome = "does not hold in Go"
	Undecided    Outcome = "not decided"
	Unmeasurable Outcome = "not measurable"
)

// A Claim is a sentence from textbooks, with the answer that the figures give.
type Claim struct {
	ID      string
	Text    string // the sentence of the textbooks
	Rule    string // how the outcome follows from the figures
	Outcome Outcome
	Answer  string   // ends the sentence that the outcome begins: a condition, a cause, the figures
	Remarks []string // further sentences that the figures support
	Figures []Figure

	rounds, disturbed int // values behind the figures, and how many of them were disturbed
}

// A Figure is one comparison that an answer rests on.
type Figure struct {
	What  string
	Value string // with its interval
	Estimate
}

// Caveat says how many of the values behind the answer were disturbed, or "" if none were.
func (c *Claim) Caveat() string {
	if c.disturbed == 0 {
		return ""
	}
	return fmt.Sprintf(
		"Of the %d values behind these figures, one from each round, %d were disturbed by "+
			"neighbours, "+
			"because fewer than %d were undisturbed.",
		c.rounds, c.disturbed, minRounds,
	)
}

// addFigure adds an estimate to the figures of c, unless it was not measured, and returns it.
func (c *Claim) addFigure(what string, e Estimate, read func(Estimate) string) Estimate {
	if e.measured() {
		c.Figures = append(c.Figures, Figure{what, read(e), e})
		c.rounds, c.disturbed = c.rounds+e.Rounds, c.disturbed+e.Disturbed
	}
	return e
}

// conclude sets the outcome and the answer. Every rule ends with a call of it.
func (c *Claim) conclude(o Outcome, format string, args ...any) {
	c.Outcome, c.Answer = o, fmt.Sprintf(format, args...)
}

// addRemark adds a sentence after the answer.
func (c *Claim) addRemark(format string, args ...any) {
	c.Remarks = append(c.Remarks, fmt.Sprintf(format, args...))
}

// A Report holds the claims with their answers, and the table of costs.
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
// row failed.
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

// joined lists words in a sentence: "a", "a and b", "a, b and c".
func joined(all []string) string {
	if len(all) < 2 {
		return strings.Join(all, "")
	}
	return strings.Join(all[:len(all)-1], ", ") + " and " + all[len(all)-1]
}
