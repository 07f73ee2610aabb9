package main

import (
	"fmt"
	"slices"

	"github.com/semabench/semabench/cmd/internal/soak"
	"github.com/semabench/semabench/impls"
	"github.com/semabench/semabench/internal/benchkey"
	"github.com/semabench/semabench/reports"
)

// attachments returns tables for the page of c that the benchmark text does not have: the declared
// policies of the implementations, and the results of the soak whose summary is in a file, if the
// user names one. The page shows them beside figures, so they are about the same implementations
// only.
func (a app) attachments(c *reports.Comparison, summary string) ([]reports.Attachment, error) {
	var all []reports.Attachment
	if ours := a.measuredHere(c); len(ours) > 0 {
		all = append(all, policyAttachment(ours))
	}
	if summary == "" {
		return all, nil
	}
	f, err := soak.ReadSummary(summary)
	if err != nil {
		return nil, err
	}
	return append(all, soakAttachment(f)), nil
}

// measuredHere returns the implementations that are columns of c. In the text of another package a
// column of the same name is other code.
//
// The test is on the package line of the text, which go test and semabench run both write. The
// name of a benchmark would not do: any project may call one BenchmarkSemaphore.
func (a app) measuredHere(c *reports.Comparison) (found []impls.Impl) {
	const ours = "github.com/semabench/semabench/bench"
	if c.By != "/impl" || !slices.Contains(c.Facts, reports.Fact{Key: benchkey.Pkg, Value: ours}) {
		return nil
	}
	for _, impl := range a.known() {
		if slices.Contains(c.Cols, impl.Name) {
			found = append(found, impl)
		}
	}
	return found
}

// policyAttachment returns the policies as a table. A page of figures alone would rank
// implementations that promise different things as if they were equal. The verb policies prints
// the same rows, so the page cannot contradict it.
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

// soakAttachment returns the summary as a table. Zero failures are a good sign only after at least
// one operation. The race detector, the seed and the way it ended stand above the table: the same zero means
// less after a minute without the detector.
func soakAttachment(f soak.Summary) reports.Attachment {
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
		// The tone is green for zero failures only if something was played. An implementation
		// whose turns all ended before the first operation also has no failures.
		verdict := reports.Remark{Text: fmt.Sprint(r.Failures), Tone: reports.Good}
		switch {
		case r.Failures > 0:
			verdict.Tone = reports.Bad
		case r.Operations == 0:
			verdict.Tone = reports.Unsure
		}
		row := []reports.Remark{{Text: r.Name}, verdict}
		for _, n := range []int64{r.Programs, r.Operations, r.Histories, r.Undecided} {
			row = append(row, reports.Remark{Text: fmt.Sprint(n)})
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}
