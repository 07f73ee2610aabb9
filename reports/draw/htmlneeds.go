package draw

import (
	"slices"

	"github.com/semabench/semabench/reports/compare"
)

// choiceData has the answers for every choice of needs and of a cost, for the scripts.
//
// All are computed here: the tests and corrections behind an answer are not in the scripts, and an
// answer without them would recommend by medians. With the needs that package impls declares these
// are 64 choices of needs for each of three costs.
type choiceData struct {
	Needs   []string `json:"needs"`
	Chosen  int      `json:"chosen"` // the needs of the page without scripts, as bits; see Lists
	Weights []string `json:"weights"`
	Weight  int      `json:"weight"`

	// Lists has a list for each choice: bit i of its index is need i, and the weight counts above
	// the needs. A list begins with the words for the needs and the cost that decided, and goes on with
	// a text for each table.
	Lists [][]string `json:"lists"`
}

const (
	mostNeeds = 6      // 2^6 choices
	mostTexts = 20_000 // of all choices together: packed they take about 50 kB
	mostCells = 5_000  // each set of columns has statistics of its own
)

// addChoices adds the switches of needs and costs, if the text declares needs by which columns differ.
// Needs that the comparison requires and no switch shows stay required in each choice.
func (a *pageBuilder) addChoices() {
	if a.c.Job() != compare.Choose {
		return
	}
	chooser := compare.NewChooser(a.c)
	d := choiceData{Needs: chooser.Needs(), Weight: int(a.c.Weight)}
	cells := 0
	for _, t := range a.c.Tables {
		cells += len(t.Rows) * len(t.Cols)
	}
	weights := []compare.Weight{compare.Throughput, compare.Latency, compare.CPU}
	if n := len(d.Needs); n == 0 || n > mostNeeds || cells > mostCells ||
		len(weights)<<n*min(len(a.c.Tables), maxAnswers) > mostTexts {
		return
	}
	for i, need := range d.Needs {
		if slices.Contains(a.c.Required, need) {
			d.Chosen |= 1 << i
		}
	}
	for _, w := range weights {
		d.Weights = append(d.Weights, w.String())
		for choice := range 1 << len(d.Needs) {
			d.Lists = append(d.Lists, choiceTexts(chooser, chosenNeeds(a.c.Required, d.Needs, choice), w))
		}
	}
	if a.addBlock("choice-answers", d, 0) {
		a.page.Choices = &d
	}
}

// chosenNeeds returns the needs of a choice: first the needs of the page that are not switched off, in
// their order, then the needs that are switched on. It is never nil, which would mean the needs
// of the text.
func chosenNeeds(required, needs []string, choice int) []string {
	list := []string{}
	on := func(i int) bool { return choice>>i&1 == 1 }
	for _, need := range required {
		if i := slices.Index(needs, need); i < 0 || on(i) {
			list = append(list, need)
		}
	}
	for i, need := range needs {
		if on(i) && !slices.Contains(required, need) {
			list = append(list, need)
		}
	}
	return list
}

func choiceTexts(chooser *compare.Chooser, require []string, w compare.Weight) []string {
	answers, requirement := chooser.Answers(require, w)
	list := []string{clippedAt(requirement, 2*maxText)}
	for _, answer := range answers[:min(len(answers), maxAnswers)] {
		list = append(list, clippedAt(answer.String(), 2*maxText))
	}
	return list
}
