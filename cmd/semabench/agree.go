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
// defaults of -most and -contradictions are 100 %, because any smaller number would be a claim about the machine
// that the user did not make.
//
// The two limits are separate. A cell near a limit of the verdicts changes from or to undecided by nature, and more
// samples move such cells elsewhere. A contradiction says that one of the two runs was wrong.
func (a app) agree(_ context.Context, args []string) error {
	f := a.flags("agree", "[flags] FIRST SECOND", "Compares the verdicts (better, tie, worse) of "+
		"two benchmark texts of the same rows,\n"+
		"and names the cells where they differ. Two verdicts contradict if both runs decided; the other\n"+
		"changes are from or to undecided. Exits 1 if more than -most of the cells changed, if more\n"+
		"than -contradictions of them contradict, if a row is in one text only, or if a text is partial\n"+
		"or broken.")
	col := f.String("col", "", "what makes the columns, as benchstat's -col (default /impl, or "+
		".file without it)")
	most := f.Float64("most", 100, "`percent` of the cells that may differ, undecided ones included")
	contradictions := f.Float64("contradictions", 100, "`percent` of the cells that may contradict")
	if err := f.parse(args); err != nil {
		return err
	}
	// The comparison is written so that NaN, which ParseFloat accepts, is refused too.
	isPercent := func(v float64) bool { return v >= 0 && v <= 100 }
	if f.NArg() != 2 || !isPercent(*most) || !isPercent(*contradictions) {
		return errors.New("name two files of benchmark text, and with -most and -contradictions numbers from 0 to 100")
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
	if len(g.Missing) > 0 || 100*g.Share() > *most || 100*g.ContradictionShare() > *contradictions {
		err = errors.Join(err, fmt.Errorf("%w: %d of %d verdicts changed, %d contradict, %d cells could not be compared",
			exitcode.ErrFailed, len(g.Changes), g.Cells, g.Contradictions(), len(g.Missing)))
	}
	return err
}
