package main

import (
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/semabench/semabench/cmd/internal/sampling"
	"github.com/semabench/semabench/impls"
)

// policyColumns are the columns of the table. A cell says what the implementation promises, which
// is not always the value of a field. FIFO implies StarvationFree, so the author of a FIFO
// implementation need not set it. TryBarges has a meaning only under FIFO.
//
// The cells are functions of the value and not of its fields' names, so that a derived promise
// is computed in one place.
var policyColumns = []struct {
	title string
	cell  func(impls.Impl) string
}{
	{"implementation", func(i impls.Impl) string { return i.Name }},
	{"order of waiters", func(i impls.Impl) string { return i.Order.String() }},
	{"TryAcquire passes the line", tryPasses},
	{"starvation free", starvationFree},
	{"weight zero", func(i impls.Impl) string { return i.ZeroWeight.String() }},
	{"after a recovered over-release", func(i impls.Impl) string { return i.OverRelease.String() }},
	{"a waiter is", func(i impls.Impl) string { return i.Waits.String() }},
	{"burns CPU while waiting", func(i impls.Impl) string { return yesNo(i.Waits == impls.Spinning) }},
	{"weights", weights},
	{"made for", madeFor},
	{"declared defects", defects},
	{"what it is", func(i impls.Impl) string { return i.Doc }},
}

// policiesChecked stands below every table of declarations, so that no reader takes them for measurements.
const policiesChecked = "Declarations are promises, and checked: stress.Run, clauses C11, C13, " +
	"C17, C26, C27, C28, C34 and C37."

// policies prints the declared policies of implementations: their promises where the contract
// leaves a choice. It prints declarations and measures nothing; the last line says which checks
// hold an implementation to them.
//
// A constructor declares nothing but what its type shows, one permit at a time for example. A table
// All declares more.
func (a app) policies(ctx context.Context, args []string) error {
	f := a.flags("policies", "[flags]", "Prints what each implementation promises where the "+
		"contract leaves a choice.")
	implNames := f.String("impl", "all", "implementations to show, separated by commas: "+
		sampling.ImplNames+constructorNames)
	markdown := f.Bool("md", false, "print a Markdown table")
	if err := f.parse(args); err != nil {
		return err
	}
	if f.NArg() > 0 {
		return fmt.Errorf("unexpected argument %q", f.Arg(0))
	}
	chosen, constructors, err := a.choose(*implNames)
	if err != nil {
		return err
	}
	// Only a program that is linked with a constructor can say what its type declares. The program has done its work
	// when it has printed its table, so it is removed before anything is printed here.
	if len(constructors) > 0 {
		p, err := a.linkPlayer(ctx, constructors)
		if err != nil {
			return err
		}
		if err := p.close(); err != nil {
			return err
		}
		chosen = append(slices.Clip(chosen), p.made...)
	}
	write := writePoliciesText
	if *markdown {
		write = writePoliciesMarkdown
	}
	if err := write(a.stdout, policyTable(chosen)); err != nil {
		return fmt.Errorf("writing the table: %w", err)
	}
	return nil
}

// policyTable returns one row for each implementation, after a row of titles. Text, Markdown and
// the page take the same rows, so they cannot differ.
func policyTable(all []impls.Impl) [][]string {
	rows := make([][]string, 1+len(all))
	for _, c := range policyColumns {
		rows[0] = append(rows[0], c.title)
		for i, impl := range all {
			rows[i+1] = append(rows[i+1], c.cell(impl))
		}
	}
	return rows
}

// tryPasses says whether a TryAcquire may take permits although waiters came before.
func tryPasses(i impls.Impl) string {
	if i.Order != impls.FIFO {
		return "not promised" // without a line of waiters there is nothing to pass
	}
	return yesNo(i.TryBarges)
}

// starvationFree gives the reason why every waiter gets its permits in the end: the order, or a promise of its own.
func starvationFree(i impls.Impl) string {
	if i.Order == impls.FIFO {
		return "implied by FIFO"
	}
	return yesNo(i.StarvationFree)
}

// weights also names the parts of the contract that limiters of one permit often lack. A column of its own for each
// part would be empty in nearly every row.
func weights(i impls.Impl) string {
	cell := "any"
	if i.UnitWeights {
		cell = "1 only"
	}
	if i.NoTry {
		cell += ", no TryAcquire"
	}
	if i.DoneContext == impls.DoneMayWin {
		cell += ", a done context may win"
	}
	return cell
}

// madeFor names the use. An implementation for reading is not a weaker one: it has to meet the same clauses.
func madeFor(i impls.Impl) string {
	if i.Teaching {
		return "reading"
	}
	return "services"
}

// defects lists the declared defects in the order of their clauses.
func defects(i impls.Impl) string {
	if len(i.Defects) == 0 {
		return "none"
	}
	var list []string
	for _, id := range slices.Sorted(maps.Keys(i.Defects)) {
		list = append(list, id+": "+i.Defects[id])
	}
	return strings.Join(list, "; ")
}

func yesNo(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

// writePoliciesText writes the table in columns for a terminal. The columns are as wide as their widest cell,
// and lines are not wrapped: a script cuts them by the double space.
func writePoliciesText(w io.Writer, rows [][]string) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, row := range rows {
		fmt.Fprintln(t, strings.Join(row, "\t")) // Flush returns the error of every write
	}
	if err := t.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintf(w, "\n%s\n", policiesChecked)
	return err
}

// writePoliciesMarkdown writes the table for a repository. A bar within a cell would begin a new
// cell, so it is escaped.
func writePoliciesMarkdown(w io.Writer, rows [][]string) error {
	var b strings.Builder
	for i, row := range rows {
		if i > 0 {
			// The names are code: a reader copies them into -impl.
			row[0] = "`" + row[0] + "`"
		}
		for _, cell := range row {
			b.WriteString("| " + strings.ReplaceAll(cell, "|", `\|`) + " ")
		}
		b.WriteString("|\n")
		if i == 0 {
			b.WriteString(strings.Repeat("| :-- ", len(row)) + "|\n")
		}
	}
	_, err := fmt.Fprintf(w, "%s\n%s\n", &b, policiesChecked)
	return err
}
