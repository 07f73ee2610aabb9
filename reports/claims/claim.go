package claims

import (
	"fmt"
	"math"
	"strings"

	"github.com/semabench/semabench/reports"
)

// An Outcome is what became of a claim.
type Outcome string

// The outcomes. Undecided and Unmeasurable are no answers, and say what was missing.
const (
	Holds        Outcome = "holds"
	HoldsWhen    Outcome = "holds only when"
	Fails        Outcome = "does not hold in Go"
	Undecided    Outcome = "not decided"
	Unmeasurable Outcome = "not measurable"
)

// A Claim is a sentence of the textbooks with what the figures say of it.
type Claim struct {
	ID      string
	Text    string // the claim
	Rule    string // by which it is decided
	Outcome Outcome
	Answer  string   // what follows the outcome in a sentence: the condition, the cause, the figures
	Remarks []string // what else the figures say
	Figures []Figure

	rounds, disturbed int // that the estimates of it stand on
}

// A Figure is one comparison that a claim stands on.
type Figure struct {
	What  string
	Value string // with its interval
	Estimate
}

// Stand says on what the answer stands if that is not undisturbed.
func (c *Claim) Caveat() string {
	if c.disturbed == 0 {
		return ""
	}
	return fmt.Sprintf("Of the %d values behind these figures, one from each round, %d were disturbed by neighbours, "+
		"because fewer than %d were undisturbed.", c.rounds, c.disturbed, minRounds)
}

// add notes a figure and returns its estimate.
func (c *Claim) addFigure(what string, e Estimate, read func(Estimate) string) Estimate {
	if e.measured() {
		c.Figures = append(c.Figures, Figure{what, read(e), e})
		c.rounds, c.disturbed = c.rounds+e.Rounds, c.disturbed+e.Disturbed
	}
	return e
}

// settle is the end of every rule.
func (c *Claim) conclude(o Outcome, format string, args ...any) {
	c.Outcome, c.Answer = o, fmt.Sprintf(format, args...)
}

func (c *Claim) addRemark(format string, args ...any) {
	c.Remarks = append(c.Remarks, fmt.Sprintf(format, args...))
}

// A Report is the claims with their answers.
type Report struct {
	Claims    []*Claim
	Facts     []reports.Fact
	Totals    Totals
	Differing []string // works whose checksums are not the same in all modes
	Warnings  []string
	Costs     []Cost

	Timelines []Timeline // to be drawn; Judge knows none
	SeeAlso   string     // a sentence on the page under the claim of the semaphore, or ""
	Commands  []string   // that compute this again
	Rule      string     // by which samples counted as disturbed, or ""

	data *dataset
}

// Judge answers the claims by a text. An error is one of a text that has no such rows.
func Evaluate(log *reports.Log) (*Report, error) {
	m, err := newDataset(log)
	if err != nil {
		return nil, fmt.Errorf("evaluating claims: %w", err)
	}
	r := &Report{Facts: m.facts, Totals: m.totals(), Differing: m.differing(), Costs: m.costs(), data: m}
	for _, judge := range []func(*dataset) *Claim{
		threadsForWaiting, globalLock, processesForComputing, processesOrThreads, sharedMemory, separateMemory, countingSemaphore,
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

// addShort warns of rows that have fewer samples than others, as after Ctrl-C or where one failed.
func (r *Report) warnOfShortRows() {
	least, most := math.MaxInt, 0
	for _, row := range r.data.rows {
		n := len(row.finalSamples())
		least, most = min(least, n), max(most, n)
	}
	switch {
	case most < minRounds:
		r.Warnings = append(r.Warnings, fmt.Sprintf("%d rounds at most: fewer than %d decide nothing", most, minRounds))
	case least < most:
		r.Warnings = append(r.Warnings, fmt.Sprintf("some rows have %d samples, others %d: the run ended early, or rows "+
			"failed", least, most))
	}
}

// list joins what a sentence enumerates.
func joined(all []string) string {
	if len(all) < 2 {
		return strings.Join(all, "")
	}
	return strings.Join(all[:len(all)-1], ", ") + " and " + all[len(all)-1]
}
