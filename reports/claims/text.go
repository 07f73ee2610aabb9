package claims

import (
	"bufio"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

const title = "Threads and processes, measured in Go"

// checksums says whether all modes did the same work.
//
// It stands in front of everything, since times of different work compare nothing. Capitals mark
// the one line that makes the rest void.
func (r *Report) checksums() string {
	if r.Differing == nil {
		return "Every mode got the same checksums of the same tasks."
	}
	return "CHECKSUMS DIFFER between modes in " + printable(
		joined(r.Differing),
	) + ": they did not do the same work, and their " +
		"times compare nothing."
}

// noise says how many samples were disturbed and taken again.
//
// Disturbed samples are counted in the text, even where enough undisturbed ones decided.
func (r *Report) noise() string {
	t := r.Totals
	if t.Retaken+t.Disturbed == 0 {
		return fmt.Sprintf("%d samples, none of them disturbed by neighbours.", t.Samples)
	}
	return fmt.Sprintf(
		"%d samples; neighbours disturbed %d: %d of these were taken again, %d stayed "+
			"disturbed. All of "+
			"them are in the text.",
		t.Samples, t.Retaken+t.Disturbed, t.Retaken, t.Disturbed,
	)
}

// remarksOn returns the remarks on a page, which has room for a hint at other evidence.
func (r *Report) remarksOn(c *Claim) []string {
	all := c.allRemarks()
	if c.ID == "semaphore" && r.SeeAlso != "" {
		all = append(all[:len(all):len(all)], printable(r.SeeAlso))
	}
	return all
}

// WriteText writes r for a terminal of the given width in columns; 0 means 80. Width counts
// characters and not cells of a terminal; the text has no wide characters of its own.
//
// A width below 20 is no width that a terminal reports; it stands for an unknown one.
func (r *Report) WriteText(w io.Writer, width int) error {
	if width < 20 {
		width = 80
	}
	out := bufio.NewWriter(w) // keeps the first error for Flush
	fmt.Fprintf(out, "%s\n\n", title)
	for _, line := range append([]string{r.checksums(), r.noise()}, r.Warnings...) {
		writeWrapped(out, "", printable(line), width)
	}
	for i, c := range r.Claims {
		fmt.Fprintln(out)
		writeWrapped(out, fmt.Sprintf("%d. ", i+1), "“"+c.Text+"”", width)
		writeWrapped(out, "   ", c.sentence(), width)
		for _, b := range c.allRemarks() {
			writeWrapped(out, "   ", b, width)
		}
	}
	return out.Flush()
}

// writeWrapped writes text in lines. Further lines are indented by the width of prefix. A word
// that is longer than a line stays whole: paths and commands are copied from here.
func writeWrapped(w io.Writer, prefix, text string, width int) {
	line := prefix
	indent := strings.Repeat(" ", utf8.RuneCountInString(prefix))
	empty := true
	for _, word := range strings.Fields(text) {
		if !empty && utf8.RuneCountInString(line)+1+utf8.RuneCountInString(word) > width {
			fmt.Fprintln(w, line)
			line, empty = indent, true
		}
		if !empty {
			line += " "
		}
		line, empty = line+word, false
	}
	fmt.Fprintln(w, line)
}
