package exploration

import (
	"cmp"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/semabench/semabench/stress/explore"
)

// This file has the results in the forms that CI systems read.

// writeForCI writes the forms that the options ask for. Annotations go to standard error, which GitHub
// reads as well: standard output may be the JSON.
func (r *run) writeForCI(b *testBinary) error {
	if r.GitHub {
		if err := r.writeAnnotations(r.Stderr, b); err != nil {
			return err
		}
	}
	if r.JUnit == "" {
		return nil
	}
	f, err := os.Create(r.JUnit)
	if err != nil {
		return fmt.Errorf("writing JUnit: %w", err)
	}
	return errors.Join(r.writeJUnit(f, b), f.Close())
}

// A suite of JUnit's XML format, as far as CI systems read it. The format has no specification; GitLab, Jenkins and
// GitHub agree on these elements. So nothing else is written.
type suite struct {
	XMLName  xml.Name   `xml:"testsuite"`
	Name     string     `xml:"name,attr"`
	Tests    int        `xml:"tests,attr"`
	Failures int        `xml:"failures,attr"`
	Skipped  int        `xml:"skipped,attr"`
	Cases    []testCase `xml:"testcase"`
}

// A testCase is one exploration. At most one of Failure and Skipped is set; a case with neither has passed.
type testCase struct {
	Class   string   `xml:"classname,attr"`
	Name    string   `xml:"name,attr"`
	Time    string   `xml:"time,attr"`
	Failure *verdict `xml:"failure"`
	Skipped *verdict `xml:"skipped"`
	Out     string   `xml:"system-out,omitempty"`
}

// A verdict has a short message for the list of a CI system, and the whole text for the page behind it.
type verdict struct {
	Message string `xml:"message,attr"`
	Text    string `xml:",chardata"`
}

// writeJUnit writes a test case for each exploration. The format has no case that is unknown: such an
// exploration is skipped, with the bound as the reason, as it is no failure and must not be a success.
func (r *run) writeJUnit(w io.Writer, b *testBinary) error {
	s := suite{Name: "explore " + cmp.Or(b.name, r.Package), Tests: len(b.done)}
	for i, d := range b.done {
		// The import path, as gotestsum and go-junit-report write it: CI systems know a test by class and name.
		c := testCase{Class: cmp.Or(b.packageOf(i), b.name, r.Package), Name: printable(nameOf(d)),
			Time: strconv.FormatFloat(d.Seconds, 'f', 3, 64)}
		text := printable(d.Result.Text)
		switch d.Result.Verdict {
		case explore.Fail:
			s.Failures++
			c.Failure = &verdict{printable(d.Result.What), text}
		case explore.Pass:
			c.Out = text
		default:
			s.Skipped++
			c.Skipped = &verdict{printable(cmp.Or(d.Result.What, string(d.Result.Verdict)+": "+d.Result.Bound)), text}
		}
		s.Cases = append(s.Cases, c)
	}
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	e := xml.NewEncoder(w)
	e.Indent("", " ")
	if err := e.Encode(s); err != nil {
		return fmt.Errorf("writing JUnit: %w", err)
	}
	_, err := io.WriteString(w, "\n")
	return err
}

// printable replaces what XML does not allow, not even escaped. A test may print anything.
func printable(text string) string {
	return strings.Map(func(c rune) rune {
		if c < ' ' && c != '\n' && c != '\t' || c == utf8.RuneError || c == 0xfffe || c == 0xffff {
			return '?'
		}
		return c
	}, text)
}

// place matches the first position in the text of a failure. The first one is where the failure shows; the steps of
// the schedule come after it.
var place = regexp.MustCompile(`([^\s:()]+\.go):(\d+)`)

// writeAnnotations writes a command of GitHub Actions for each failure. GitHub reads such commands
// in the output of a step, and shows the failure at its line in a pull request. The line is the
// first position in the text of the failure: for a failed assertion, the assertion. A failure
// without a position, or in a file outside of the repository, is shown without a line.
func (r *run) writeAnnotations(w io.Writer, b *testBinary) error {
	for _, d := range b.done {
		if d.Result.Verdict != explore.Fail {
			continue
		}
		at := ""
		if m := place.FindStringSubmatch(d.Result.What + "\n" + d.Result.Text); m != nil {
			if file := inRepository(b.dir, m[1]); file != "" {
				at = fmt.Sprintf("file=%s,line=%s,", property(file), m[2])
			}
		}
		if _, err := fmt.Fprintf(w, "::error %stitle=%s::%s\n", at, property(nameOf(d)+" fails in a schedule"),
			data(d.Result.Text)); err != nil {
			return err
		}
	}
	return nil
}

// inRepository returns the path of a file as GitHub wants it, relative to the root of the repository. The
// texts of failures name files relative to the module, or by their last name alone, as package testing
// does: the file is looked for in the folder of the package and in the folders above. A file that is not
// found, of a dependency for example, has no line in the pull request.
func inRepository(dir, name string) string {
	root := os.Getenv("GITHUB_WORKSPACE")
	for from := dir; ; from = filepath.Dir(from) {
		path := filepath.Join(from, filepath.FromSlash(name))
		if _, err := os.Stat(path); err == nil {
			rel, err := filepath.Rel(cmp.Or(root, from), path)
			if err != nil || strings.HasPrefix(rel, "..") {
				return ""
			}
			return filepath.ToSlash(rel)
		}
		if from == filepath.Dir(from) || from == root {
			return ""
		}
	}
}

// data and property escape a text for a command of GitHub Actions. A line break would end the command,
// and what follows could be another one.
func data(text string) string {
	return strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A").Replace(text)
}

// property escapes more than data: a comma or a colon ends a property.
func property(text string) string {
	return strings.NewReplacer(":", "%3A", ",", "%2C").Replace(data(text))
}
