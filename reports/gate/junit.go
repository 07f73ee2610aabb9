package gate

import (
	"cmp"
	"encoding/xml"
	"fmt"
	"io"
	"strings"
)

// The junit types are the part of JUnit's XML format that CI systems read.

type junitSuites struct {
	XMLName xml.Name     `xml:"testsuites"`
	Suites  []junitSuite `xml:"testsuite"`
}

type junitSuite struct {
	Name     string      `xml:"name,attr"`
	Tests    int         `xml:"tests,attr"`
	Failures int         `xml:"failures,attr"`
	Errors   int         `xml:"errors,attr"`
	Skipped  int         `xml:"skipped,attr"`
	Cases    []junitCase `xml:"testcase"`
}

type junitCase struct {
	Class   string        `xml:"classname,attr"`
	Name    string        `xml:"name,attr"`
	Time    string        `xml:"time,attr"` // seconds
	Failure *junitMessage `xml:"failure"`
	Error   *junitMessage `xml:"error"`
	Skipped *junitMessage `xml:"skipped"`
	Out     string        `xml:"system-out,omitempty"`
}

type junitMessage struct {
	Message string `xml:"message,attr"`
	Type    string `xml:"type,attr,omitempty"`
	Text    string `xml:",chardata"`
}

// WriteJUnit writes r as JUnit XML, with a test case for each row and one for the
// run as a whole.
//
// A row that is slower or gone is a failure, and a row that could not be measured is an error. INCONCLUSIVE
// rows are skipped, and so are MISSING rows that the options let pass, and MORE WORK whose time is
// INCONCLUSIVE: none is a defect of the code. If such rows make the gate fail, the case of the run fails and
// counts them. All other rows are successes.
func WriteJUnit(w io.Writer, r *Report) error {
	rows, run := junitSuite{Name: "gate"}, junitSuite{Name: "gate run"}
	for _, j := range r.Rows {
		rows.add(r.junitCase(j))
	}
	whole := junitCase{Class: "gate", Name: "run", Time: "0"}
	if wrong := append(append([]string{}, r.Errors...), r.Invalid...); len(wrong) > 0 {
		whole.Error = message(r.outcome(), wrong[0], wrong...)
	} else if r.Exit() == ExitInconclusive && r.incomplete() {
		whole.Failure = message(r.outcome(), "the run is not complete", cmp.Or(r.Stopped, r.Late, "rows are missing"))
	} else if r.Exit() == ExitInconclusive {
		whole.Failure = message(r.outcome(), r.outcome()+": "+r.totals())
	}
	run.add(whole)
	for _, j := range r.Controls {
		name := printable(fmt.Sprintf("%s planted %s", j.ID, percent(j.Planted)))
		c := junitCase{Class: "gate.control", Name: name, Time: seconds(j)}
		if why := j.failure(); why != "" {
			c.Error = message("control", why)
		}
		run.add(c)
	}
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	out := xml.NewEncoder(w)
	out.Indent("", " ")
	if err := out.Encode(junitSuites{Suites: []junitSuite{rows, run}}); err != nil {
		return fmt.Errorf("writing JUnit: %w", err)
	}
	_, err := io.WriteString(w, "\n")
	return err
}

// junitCase returns the test case of a row.
func (r *Report) junitCase(j *Judged) junitCase {
	c := junitCase{Class: printable(j.Row.Package), Name: cmp.Or(printable(j.Row.Name), "package"), Time: seconds(j)}
	if c.Class == "" {
		c.Class = "gate"
	}
	detail := append([]string{j.why()}, j.also()...)
	if j.repeatable() {
		detail = append(detail, "repeat: "+j.Row.Reproduce)
	}
	m := message(r.label(j), j.why(), detail...)
	switch {
	case j.Allowed || j.Verdict == Inconclusive || j.open:
		c.Skipped = message("", r.label(j)+": "+j.why())
	case j.Verdict == Unmeasured:
		c.Error = m
	case j.Verdict.rank() <= Missing.rank():
		c.Failure = m
	default:
		c.Out = r.label(j) + ": " + j.why()
	}
	return c
}

// message has a short text for lists, and long lines for the details.
func message(kind, short string, long ...string) *junitMessage {
	for i, s := range long {
		long[i] = printable(s)
	}
	return &junitMessage{printable(short), kind, strings.Join(long, "\n")}
}

// seconds is the time that measuring took, not the time of the benchmark.
func seconds(j *Judged) string { return fmt.Sprintf("%.3f", j.Row.Spent.Seconds()) }

// add appends a case and keeps the totals of the suite right.
func (s *junitSuite) add(c junitCase) {
	s.Tests++
	switch {
	case c.Failure != nil:
		s.Failures++
	case c.Error != nil:
		s.Errors++
	case c.Skipped != nil:
		s.Skipped++
	}
	s.Cases = append(s.Cases, c)
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
