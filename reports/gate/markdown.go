package gate

import (
	"bytes"
	"fmt"
	"io"

	"github.com/semabench/semabench/internal/escape"
	"github.com/semabench/semabench/internal/plural"
)

// markdownRoom is the greatest length of a Markdown report. GitHub accepts 65536
// characters in a comment; the rest is left for the text that a bot puts around
// the report.
const markdownRoom = 60_000

// WriteMarkdown writes r for a pull request or $GITHUB_STEP_SUMMARY. Rows that
// need attention come first, the other rows are folded away, and the whole fits
// into a comment.
func WriteMarkdown(w io.Writer, r *Report) error {
	var out bytes.Buffer
	fmt.Fprintf(&out, "### %s Benchmark gate: %s\n\n%s. Old: %s, new: %s.\n\n", r.sign(), r.outcome(),
		r.totals(), escape.Markdown(r.Old.text()), escape.Markdown(r.New.text()))
	r.markdownList(&out, "> [!WARNING]\n", "> - ", r.warnings())
	r.markdownList(&out, "", "- ", r.notes())
	bad := 0
	for bad < len(r.Rows) && r.attention(r.Rows[bad]) {
		bad++
	}
	r.markdownRows(&out, r.Rows[:bad], true, markdownRoom*2/3) // a third is kept for the other rows
	out.WriteString(r.markdownFunctions(markdownRoom*5/6 - out.Len()))
	if rest := r.Rows[bad:]; len(rest) > 0 {
		fmt.Fprintf(&out, "<details>\n<summary>%s more</summary>\n\n", plural.Of(len(rest), "row"))
		r.markdownRows(&out, rest, false, markdownRoom-4000) // 4000 for the controls and the promise
		fmt.Fprint(&out, "</details>\n\n")
	}
	r.markdownTail(&out)
	_, err := w.Write(out.Bytes())
	return err
}

// sign shows the outcome in a list of comments, where no words are visible.
func (r *Report) sign() string {
	return [...]string{"✅", "❌", "⛔", "❔", "⛔"}[r.Exit()]
}

// attention reports whether a person has to look at j. Rows are sorted, so such
// rows come first. On a busy machine most rows are INCONCLUSIVE; the headline counts
// them, and they are folded.
func (r *Report) attention(j *Judged) bool {
	return j.Verdict.rank() <= MoreWork.rank()
}

// markdownList writes at most 20 lines of list, after head.
func (r *Report) markdownList(out *bytes.Buffer, head, prefix string, list []string) {
	if len(list) == 0 {
		return
	}
	out.WriteString(head)
	for i, line := range list {
		if i == 20 {
			fmt.Fprintf(out, "%sand %d more\n", prefix, len(list)-i)
			break
		}
		fmt.Fprintf(out, "%s%s\n", prefix, escape.Markdown(cut(line, 600)))
	}
	out.WriteString("\n")
}

// markdownRows writes a table of rows, with explanations if explain is set. It
// stops before out gets longer than room, and says how many rows are left out.
func (r *Report) markdownRows(out *bytes.Buffer, rows []*Judged, explain bool, room int) {
	if len(rows) == 0 {
		return
	}
	out.WriteString("| verdict | row | ratio | 95 % interval | margin | p | would find |\n" +
		"| :-- | :-- | --: | :-- | --: | --: | --: |\n")
	for i, j := range rows {
		f := j.figures()
		name := escape.Markdown(printable(cut(j.ID, 300)))
		if explain {
			name += "<br><sub>" + escape.Markdown(cut(j.why(), 500)) + "</sub>"
			for _, more := range j.also() {
				name += "<br><sub>" + escape.Markdown(cut(more, 300)) + "</sub>"
			}
			if j.repeatable() {
				command := escape.Markdown(printable(cut(j.Row.Reproduce, 500)))
				name += "<br><sub>repeat: " + command + "</sub>"
			}
		}
		line := fmt.Sprintf("| %s | %s | %s | %s | %s | %s | %s |\n", r.label(j), name, f.Ratio,
			escape.Markdown(f.Interval), f.Margin, f.P, f.MDE)
		if out.Len()+len(line) > room {
			fmt.Fprintf(out, "\n%s not shown: they are in the page and in the JSON.\n",
				plural.Of(len(rows)-i, "row"))
			break
		}
		out.WriteString(line)
	}
	out.WriteString("\n")
}

// markdownTail writes the controls, the command and the promise.
func (r *Report) markdownTail(out *bytes.Buffer) {
	r.markdownList(out, "", "- control ", r.controls())
	if r.Command != "" {
		fmt.Fprintf(out, "Repeat: %s\n\n", escape.Markdown(cut(printable(r.Command), 600)))
	}
	fmt.Fprintf(out, "<sub>%s</sub>\n", escape.Markdown(r.promise()))
}
