package main

import (
	"cmp"
	"context"
	"fmt"

	"github.com/semabench/semabench/internal/exitcode"
	"github.com/semabench/semabench/reports/gate"
)

const gateDoc = `Judges whether a change made the benchmarks of any Go package slower. One of

    semabench gate -base origin/main [packages]   the working tree against a revision
    semabench gate -base REV -head REV [packages] one revision against another
    semabench gate -old DIR -new DIR [packages]   two directories
    semabench gate OLD.txt NEW.txt                two benchmark texts: advice, but for exact counts
    semabench gate -exact BASELINE.txt NEW.txt    their counts alone, from any two machines
    semabench gate -replay FILE                   a run that was recorded before, judged again
    semabench gate -join DIR DIR ...              shards of one run, from several machines, as one run

The first three build the benchmarks of both sides. A benchmark that can reach only code that is
equal is IDENTICAL at once, and passes, unless it may read a file that differs. The other
benchmarks take turns, each pair of processes with code layouts of its own; that takes one to
three seconds for a row. Rows that look slower are measured again, once, by fresh processes, and the
second result decides. Instructions are counted too, by the processor or by valgrind if it is
installed: rows that time cannot tell are COUNTED if those agree, and MORE WORK is named and timed
again. In a run that measures the old side against itself must pass, and a planted slowdown must be
found. Packages are ./... if none are named.

Exit codes of this verb: 0 no row is slower; 1 a row REGRESSED, in time, in allocations or over
-instructions; 2 refused, unreadable, nothing to judge, or a row FAILED or is MISSING; 3
INCONCLUSIVE, also if it is MORE WORK, only advice, or stopped early, by Ctrl-C too; 4 the run is
invalid: the sides are of two machines, or a control failed and no row REGRESSED twice or in a
count.

` + priorityDoc + `

Ctrl-C keeps the pairs so far and judges them. Nothing is written into the repository. Its worktree
may be read-only, or dirty, and the report says so if it is. Without -o the report is only printed.`

// gate judges whether a change made benchmarks slower.
//
// The exit code is computed before the report is written. A full disk must not turn a REGRESSED
// row into exit 2, so only a pass gets the code of unusable input if writing fails.
func (a app) gate(ctx context.Context, args []string) error {
	f := a.flags("gate", "[flags] [packages | OLD.txt NEW.txt]", gateDoc)
	var c gateCall
	c.addTo(f)
	priority := f.priorityFlag()
	f.configFlag()
	if err := f.parse(args); err != nil {
		return err
	}
	defaults, err := a.configure(f)
	if err != nil {
		return err
	}
	priority.use()
	c.choose(defaults)
	if err := c.check(); err != nil {
		return err
	}
	report, err := a.judged(ctx, &c)
	if err != nil {
		return err
	}
	code := report.Exit()
	if err := a.writeGate(&c, report); err != nil {
		return exitcode.Error{Code: cmp.Or(code, gate.ExitUnusable), Err: err}
	}
	if code == gate.ExitPass {
		return nil
	}
	return exitcode.Error{
		Code: code, Err: fmt.Errorf("%s (exit %d)", report.Export().Outcome, code),
	}
}

// judged returns the report on the input that the arguments name.
//
// The three ways return the same type, so one place writes reports and one derives the exit
// code. Nothing behind this function knows whether the run was measured just now.
func (a app) judged(ctx context.Context, c *gateCall) (*gate.Report, error) {
	switch {
	case c.replay != "":
		return c.replayed()
	case c.join:
		return c.joined()
	case c.texts != nil:
		return a.judgedTexts(c)
	}
	return a.duel(ctx, c)
}
