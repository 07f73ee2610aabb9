package gate

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
)

// WriteText writes r for a terminal: the outcome, a table of all rows, worst
// first, and an explanation of every row that is neither UNCHANGED nor
// IDENTICAL.
func WriteText(w io.Writer, r *Report) error {
	out := bufio.NewWriter(w) // keeps the first error until Flush
	fmt.Fprintf(out, "gate: %s: %s (exit %d)\n", r.outcome(), r.totals(), r.Exit())
	fmt.Fprintf(out, "old: %s\nnew: %s\n", r.Old.text(), r.New.text())
	for _, f := range r.Facts {
		fmt.Fprintf(out, "%s: %s\n", printable(f.Key), printable(f.Value))
	}
	writeList(out, "warning: ", r.warnings())
	writeList(out, "note: ", r.notes())
	fmt.Fprintln(out)
	writeTable(out, r)
	writeExplanations(out, r)
	writeList(out, "control ", r.controls())
	if r.Command != "" {
		fmt.Fprintf(out, "repeat: %s\n", printable(r.Command))
	}
	fmt.Fprintf(out, "%s\n", r.promise())
	return out.Flush()
}

// writeList writes lines with a prefix.
func writeList(w io.Writer, prefix string, list []string) {
	for _, line := range list {
		fmt.Fprintf(w, "%s%s\n", prefix, line)
	}
}

// writeTable writes one line for each row.
func writeTable(w io.Writer, r *Report) {
	if len(r.Rows) == 0 {
		return
	}
	var table bytes.Buffer
	tab := tabwriter.NewWriter(&table, 0, 0, 2, ' ', 0)
	fmt.Fprintln(tab, "verdict\trow\tratio\t95 % interval\tmargin\tp\twould find")
	for _, j := range r.Rows {
		f := j.figures()
		fmt.Fprintf(tab, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", r.label(j), printable(j.ID), f.Ratio, f.Interval,
			f.Margin, f.P, f.MDE)
	}
	tab.Flush()
	for line := range strings.Lines(table.String()) { // tabwriter fills the last column with blanks
		fmt.Fprintln(w, strings.TrimRight(line, " \n"))
	}
	fmt.Fprintln(w)
}

// writeExplanations writes, for each row that is not quiet, why, what else
// regressed, and how to repeat it.
func writeExplanations(w io.Writer, r *Report) {
	for _, j := range r.Rows {
		if j.Verdict.quiet() {
			break // all rows after it are quiet too, because the order is worst first
		}
		fmt.Fprintf(w, "%s %s\n    %s\n", r.label(j), printable(j.ID), j.why())
		for _, c := range j.Counts {
			if c.Verdict == Regressed && c.Why != j.Why {
				fmt.Fprintf(w, "    %s\n", printable(c.Why))
			}
		}
		if j.Time != nil && j.Time.Needs > 0 {
			fmt.Fprintf(w, "    about %d pairs would settle it, it had %d\n", j.Time.Needs, j.Time.Pairs)
		}
		if j.Row.Reproduce != "" {
			fmt.Fprintf(w, "    repeat: %s\n", printable(j.Row.Reproduce))
		}
		for _, p := range []string{j.Row.OldProfile, j.Row.NewProfile} {
			if p != "" {
				fmt.Fprintf(w, "    profile: %s\n", printable(p))
			}
		}
		fmt.Fprintln(w)
	}
}
