package gate

import (
	"fmt"
	"io"
	"strings"

	"github.com/semabench/semabench/internal/escape"
	"github.com/semabench/semabench/internal/plural"
)

// A Function is reached by a benchmark, and its machine code differs between the sides; or it is a variable
// whose content does.
type Function struct {
	Name     string
	Old, New int  `json:",omitempty"` // bytes; 0 if the benchmark does not reach it on that side
	Data     bool `json:",omitempty"` // a variable
}

// NeedsReasons returns the indices, in the rows of the run, of the rows that a reader wants to understand: those
// that REGRESSED, need a waiver or execute more instructions.
func (r *Report) NeedsReasons() (rows []int) {
	for _, j := range r.Rows {
		if j.index >= 0 && (j.Verdict == Regressed || j.Verdict == MoreWork || j.Verdict == Waived) {
			rows = append(rows, j.index)
		}
	}
	return rows
}

// mostFunctions is how many functions of a row the text, the page and the Markdown show. The JSON has all of them.
const mostFunctions = 10

// A changedFunction is a line of the table of a row.
type changedFunction struct{ Name, Size string }

// functions returns the table of a row, and how many lines it lacks. The order is the one of the run: the largest
// changes first.
func (j *Judged) functions() (list []changedFunction, more int) {
	for _, f := range j.Row.Functions {
		if len(list) == mostFunctions {
			return list, len(j.Row.Functions) - mostFunctions
		}
		list = append(list, changedFunction{printable(cut(f.Name, 300)), f.size()})
	}
	return list, 0
}

// size is "120 → 152 bytes", or says which side alone reaches the function. Code of the same size differs all the
// same.
func (f Function) size() string {
	switch {
	case f.Data:
		return fmt.Sprintf("variable, %d → %d bytes", f.Old, f.New)
	case f.Old == 0:
		return fmt.Sprintf("only the new side reaches it: %s", plural.Of(f.New, "byte"))
	case f.New == 0:
		return fmt.Sprintf("only the old side reaches it: %s", plural.Of(f.Old, "byte"))
	case f.Old == f.New:
		return fmt.Sprintf("%s, other code", plural.Of(f.New, "byte"))
	}
	return fmt.Sprintf("%d → %d bytes", f.Old, f.New)
}

// functionsTitle is "2 functions differ that the benchmark reaches".
func (j *Judged) functionsTitle() string {
	if len(j.Row.Functions) == 1 {
		return "1 function differs that the benchmark reaches"
	}
	return plural.Of(len(j.Row.Functions), "function") + " differ that the benchmark reaches"
}

// writeFunctions writes the table of a row for a terminal.
func writeFunctions(w io.Writer, j *Judged) {
	list, more := j.functions()
	if len(list) == 0 {
		return
	}
	fmt.Fprintf(w, "    %s:\n", j.functionsTitle())
	width := 0
	for _, f := range list {
		width = max(width, min(len(f.Name), 80))
	}
	for _, f := range list {
		fmt.Fprintf(w, "      %-*s  %s\n", width, f.Name, f.Size)
	}
	if more > 0 {
		fmt.Fprintf(w, "      and %d more, in the JSON\n", more)
	}
}

// markdownFunctions returns the folded tables of the rows that have functions, as far as they fit into room
// bytes.
func (r *Report) markdownFunctions(room int) string {
	var out strings.Builder
	for _, j := range r.Rows {
		list, more := j.functions()
		if len(list) == 0 {
			continue
		}
		var table strings.Builder
		fmt.Fprintf(&table, "<details>\n<summary>%s: %s</summary>\n\n| function | machine code |\n| :-- | :-- |\n",
			escape.Markdown(printable(cut(j.ID, 300))), j.functionsTitle())
		for _, f := range list {
			fmt.Fprintf(&table, "| %s | %s |\n", escape.Markdown(f.Name), f.Size)
		}
		if more > 0 {
			fmt.Fprintf(&table, "\nAnd %d more, in the JSON.\n", more)
		}
		table.WriteString("\n</details>\n\n")
		if out.Len()+table.Len() > room {
			break
		}
		out.WriteString(table.String())
	}
	return out.String()
}

// WriteAnnotations writes a workflow command of GitHub for each row that fails the gate or executes more
// instructions, at the line of its benchmark. GitHub shows ten errors of a step; the rows come worst first. A row
// whose place is not known has an annotation without one.
func WriteAnnotations(w io.Writer, r *Report) error {
	const most = 10
	left := most
	for _, j := range r.Rows {
		kind := "error"
		switch {
		case j.Verdict == MoreWork && !r.blocked(MoreWork):
			kind = "warning"
		case j.Verdict != Regressed && j.Verdict != Unmeasured && j.Verdict != MoreWork && !(j.Verdict == Missing && !j.Allowed):
			continue
		}
		if left--; left < 0 {
			return nil
		}
		place := ""
		if j.Row.File != "" {
			place = fmt.Sprintf("file=%s,line=%d,", property(j.Row.File), j.Row.Line)
		}
		message := j.why()
		if list, _ := j.functions(); len(list) > 0 {
			message += "; " + j.functionsTitle() + ", first " + list[0].Name
		}
		title := r.label(j) + " " + cut(j.ID, 200)
		if _, err := fmt.Fprintf(w, "::%s %stitle=%s::%s\n", kind, place, property(printable(title)),
			workflowData(cut(message, 1000))); err != nil {
			return err
		}
	}
	return nil
}

// workflowData escapes the message of a workflow command, and property a value before it. A name of a benchmark
// could otherwise begin a command of its own.
func workflowData(s string) string {
	return strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A").Replace(s)
}

func property(s string) string {
	return strings.NewReplacer(":", "%3A", ",", "%2C").Replace(workflowData(s))
}
