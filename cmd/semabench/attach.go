package main

import (
	"fmt"
	"slices"

	"github.com/semabench/semabench/impls"
	"github.com/semabench/semabench/reports"
)

// attachments are what the suite knows of the columns of c beside their figures: what they promise,
// and what became of them in the soak whose summary is in a file, if one is named.
func (a app) attachments(c *reports.Comparison, soak string) ([]reports.Attachment, error) {
	var all []reports.Attachment
	if ours := a.measuredHere(c); len(ours) > 0 {
		all = append(all, policyAttachment(ours))
	}
	if soak == "" {
		return all, nil
	}
	f, err := readSoakFile(soak)
	if err != nil {
		return nil, err
	}
	return append(all, f.attachment()), nil
}

// measuredHere returns the implementations that c has as columns. In the text of another package a
// column of the same name is somebody else.
func (a app) measuredHere(c *reports.Comparison) (found []impls.Impl) {
	const ours = "github.com/semabench/semabench/bench"
	if c.By != "/impl" || !slices.Contains(c.Facts, reports.Fact{Key: "pkg", Value: ours}) {
		return nil
	}
	for _, impl := range a.known() {
		if slices.Contains(c.Cols, impl.Name) {
			found = append(found, impl)
		}
	}
	return found
}

func policyAttachment(all []impls.Impl) reports.Attachment {
	table := policyTable(all)
	t := reports.Attachment{Title: "Declared policies", Intro: policiesChecked, Cols: table[0]}
	for _, row := range table[1:] {
		var remarks []reports.Remark
		for _, text := range row {
			remarks = append(remarks, reports.Remark{Text: text})
		}
		t.Rows = append(t.Rows, remarks)
	}
	return t
}

// attachment is the summary as a table. No failure is a good sign only where something was played.
func (f soakFile) attachment() reports.Attachment {
	race := "without the race detector"
	if f.Race {
		race = "under the race detector"
	}
	t := reports.Attachment{
		Title: "Stress verdicts",
		Intro: fmt.Sprintf("Random programs %s, GOMAXPROCS %s, from seed %d; histories were checked for "+
			"linearizability. It ended: %s. No failure is the absence of a counterexample.",
			race, f.Procs, f.Seed, f.Ended),
		Cols: []string{"implementation", "failures", "programs", "operations", "histories", "undecided"},
	}
	for _, r := range f.Rows {
		verdict := reports.Remark{Text: fmt.Sprint(r.Failures), Tone: reports.Good}
		switch {
		case r.Failures > 0:
			verdict.Tone = reports.Bad
		case r.Operations == 0:
			verdict.Tone = reports.Undecided
		}
		row := []reports.Remark{{Text: r.Name}, verdict}
		for _, n := range []int64{r.Programs, r.Operations, r.Histories, r.Undecided} {
			row = append(row, reports.Remark{Text: fmt.Sprint(n)})
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}
