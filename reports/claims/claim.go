package claims

import (
	"fmt"
	"strings"
)

// An Outcome is the result of applying the rule of a claim to the figures.
//
// The words are the outcome itself and no codes: the report prints them, tests compare them, and
// a renamed one changes what readers have quoted.
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

// A Claim is a sentence from textbooks, with the answer that the figures give. A judge makes it,
// sets its outcome once by conclude, and returns it. From then on it is only read.
//
// Every rule is one function from a dataset to a Claim. It has no state, so the claims can be
// judged in any order, and a test can judge one alone.
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
//
// The numbers are sums over all figures of the claim. A round counts once for each figure that
// it enters.
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
// Judges take every estimate of a rule through it: so the report shows all that an answer rests
// on, and the caveat counts it.
//
// An estimate that was not measured is returned like any other and answers open, so a judge
// needs no second path for it.
func (c *Claim) addFigure(what string, e Estimate, read func(Estimate) string) Estimate {
	if e.measured() {
		c.Figures = append(c.Figures, Figure{what, read(e), e})
		c.rounds, c.disturbed = c.rounds+e.Rounds, c.disturbed+e.Disturbed
	}
	return e
}

// conclude sets the outcome and the answer. Every rule ends with a call of it; a claim without one
// would have an outcome of no class.
//
// A second call would overwrite the first. A rule therefore is one switch, whose cases exclude
// each other by their order.
func (c *Claim) conclude(o Outcome, format string, args ...any) {
	c.Outcome, c.Answer = o, fmt.Sprintf(format, args...)
}

// addRemark adds a sentence after the answer.
func (c *Claim) addRemark(format string, args ...any) {
	c.Remarks = append(c.Remarks, fmt.Sprintf(format, args...))
}

// sentence joins the outcome and the answer to one sentence.
func (c *Claim) sentence() string { return string(c.Outcome) + c.between() + c.Answer }

// between returns the text between an outcome and its answer. “holds only when” and “does not
// hold in Go because” run on without a colon.
//
// The outcomes were chosen so that they begin a sentence; this is the one place that knows how
// it goes on.
func (c *Claim) between() string {
	if c.Outcome == HoldsWhen || c.Outcome == Fails && strings.HasPrefix(c.Answer, "because") {
		return " "
	}
	return ": "
}

// allRemarks returns the remarks, and the caveat if there is one. It clips the slice before it
// appends: append must not write into the array of c.Remarks, which every rendering shares.
func (c *Claim) allRemarks() []string {
	all := c.Remarks
	if s := c.Caveat(); s != "" {
		all = append(all[:len(all):len(all)], s)
	}
	return all
}
