package compare

import (
	"slices"
	"strings"
)

// A Chooser answers for needs and costs that may differ from the needs and costs of its comparison. It computes the
// statistics of each set of columns once: many needs leave the same columns.
type Chooser struct {
	c    *Comparison
	fits map[string]*Comparison // by the columns that meet the needs
}

// NewChooser returns a Chooser for c.
func NewChooser(c *Comparison) *Chooser {
	return &Chooser{c: c, fits: make(map[string]*Comparison)}
}

// Needs returns the needs by which columns differ, in alphabetical order. A need that all columns
// meet, or none, changes no choice.
func (ch *Chooser) Needs() []string {
	return slices.DeleteFunc(ch.c.needs(), func(need string) bool {
		met := 0
		for _, col := range ch.c.Cols {
			if ch.c.declared(col, need) == "yes" {
				met++
			}
		}
		return met == 0 || met == len(ch.c.Cols)
	})
}

// Answers returns what [Comparison.Answers] returns for a comparison with these options, and the
// words for the needs and the cost that decided.
//
// The copy shares everything with the comparison but the three fields that say what to choose by.
func (ch *Chooser) Answers(require []string, w Weight) (answers []Answer, requirement string) {
	other := *ch.c
	other.Required, other.Weight = require, w
	var meets []string
	for _, col := range other.Cols {
		if other.unmet(col) == nil {
			meets = append(meets, col)
		}
	}
	key := strings.Join(meets, "\n")
	if ch.fits[key] == nil {
		ch.fits[key] = other.fitting()
	}
	other.fit = ch.fits[key]
	return other.Answers(), other.Requirement()
}
