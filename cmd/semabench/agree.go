package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/semabench/semabench/internal/exitcode"
	"github.com/semabench/semabench/reports"
)

// agree compares the verdicts of two runs of the same rows, to show how far one run can be trusted.
// Two runs of one machine should agree. The share of changed verdicts is the noise that a single
// run hides.
//
// The texts must come from the same rows: agreement of different rows would say nothing. So a
// row that only one text has counts against the agreement, and so does a broken line. The
// default of -most is 100 %, because any smaller number would be a claim about the machine that
// the user did not make.
func (a app) agree(_ context.Context, args []string) error {
	f := a.flags("agree", "[flags] FIRST SECOND", "Compares the verdicts (better, tie, worse) of "+
		"two benchmark texts of the same rows,\n"+
		"and names the cells where they differ. Exits 1 if more than -most of them do, if a row is\n"+
		"in one text only, or if a text is partial or broken.")
	col := f.String("col", "", "what makes the columns, as benchstat's -col (default /impl, or "+
		".file without it)")
	most := f.Float64("most", 100, "`percent` of the cells that may differ")
	if err := f.parse(args); err != nil {
		return err
	}
	// The comparison is written so that NaN, which ParseFloat accepts, is refused too.
	if f.NArg() != 2 || !(*most >= 0 && *most <= 100) {
		return errors.New("name two files of benchmark text, and with -most a number from 0 to 100")
	}
	var runs [2]*reports.Comparison
	for i, in := range a.inputs(f.Args()) {
		c, err := compare(reports.Options{Col: *col}, in)
		if err != nil {
			return err
		}
		runs[i] = c
	}
	g, err := reports.Agree(runs[0], runs[1])
	if err != nil {
		return err
	}
	if err := g.Write(a.stdout); err != nil {
		return fmt.Errorf("writing: %w", err)
	}
	// A partial run has other verdicts than a whole one, also where the two agree by luck. So its flaws count even
	// if no verdict changed.
	err = errors.Join(flaws(runs[0]), flaws(runs[1]))
	if len(g.Missing) > 0 || 100*g.Share() > *most {
		err = errors.Join(err, fmt.Errorf("%w: %d of %d verdicts changed, %d cells could not be compared",
			exitcode.ErrFailed, len(g.Changes), g.Cells, len(g.Missing)))
	}
	return err
}
