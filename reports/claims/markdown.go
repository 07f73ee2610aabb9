package claims

import (
	"bytes"
	"fmt"
	"io"
	"strings"

	"github.com/semabench/semabench/internal/escape"
)

// WriteMarkdown writes r for a repository. dir is the folder of the pictures, relative to the
// Markdown file. "" leaves the pictures out. It is made in memory and written by one call, so an
// error of drawing writes nothing.
//
// The claims come as a table first: a reader of a repository sees seven answers without
// scrolling, and the reasons below.
func (r *Report) WriteMarkdown(w io.Writer, dir string) error {
	pictures, err := r.Pictures()
	if err != nil {
		return fmt.Errorf("writing Markdown: %w", err)
	}
	var out bytes.Buffer
	fmt.Fprintf(&out, "# %s\n\n", title)
	for _, s := range append([]string{r.checksums(), r.noise()}, r.Warnings...) {
		markdownParagraph(&out, printable(s))
	}
	fmt.Fprint(&out, "| claim | answer |\n| :-- | :-- |\n")
	for _, c := range r.Claims {
		fmt.Fprintf(&out, "| %s | **%s** |\n", escape.Markdown(c.Text), c.Outcome)
	}
	out.WriteString("\n")
	for _, c := range r.Claims {
		r.markdownClaim(&out, c, pictures, dir)
	}
	out.WriteString("## What each mode costs\n\n")
	head, rows := r.costRows()
	var words [][]string
	for _, row := range rows {
		words = append(words, nil)
		for _, c := range row {
			words[len(words)-1] = append(words[len(words)-1], c.String())
		}
	}
	markdownTable(&out, head, words)
	_, err = w.Write(out.Bytes())
	return err
}

// markdownClaim writes one claim with its answer, its pictures and its rule.
func (r *Report) markdownClaim(out *bytes.Buffer, c *Claim, pictures []Picture, dir string) {
	fmt.Fprintf(
		out, "## “%s”\n\n**%s**%s%s\n\n", escape.Markdown(c.Text), c.Outcome, c.between(),
		escape.Markdown(c.Answer),
	)
	for _, p := range pictures {
		if p.ClaimID == c.ID && dir != "" {
			fmt.Fprintf(out, "![%s](%s/%s.svg)\n\n", escape.Markdown(p.Alt), dir, p.Name)
		}
	}
	for _, s := range r.remarksOn(c) {
		markdownParagraph(out, s)
	}
	fmt.Fprintf(out, "<sub>%s</sub>\n\n", escape.Markdown("Rule: "+c.Rule))
}

// markdownParagraph writes one paragraph, escaped: text of the input must not become markup.
func markdownParagraph(
	out *bytes.Buffer, s string,
) {
	fmt.Fprintf(out, "%s\n\n", escape.Markdown(s))
}

// markdownTable writes a table. It escapes the cells in place.
//
// The cells belong to the caller, and each table is written once, so changing them is safe.
func markdownTable(out *bytes.Buffer, head []string, rows [][]string) {
	line := func(cells []string) {
		for i, c := range cells {
			cells[i] = escape.Markdown(c)
		}
		fmt.Fprintf(out, "| %s |\n", strings.Join(cells, " | "))
	}
	line(head)
	fmt.Fprintf(out, "|%s\n", strings.Repeat(" :-- |", len(head)))
	for _, r := range rows {
		line(r)
	}
}
