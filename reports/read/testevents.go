package read

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
)

// An event is one line of the output of go test -json.
type event struct{ Action, Package, ImportPath, Output string }

// isEvent reports whether line looks like an event, whole or cut off.
//
// Only the head is searched, because an event may quote anything in its output. Programs that write
// JSON anew put a space behind a colon, and go test does not.
func isEvent(line []byte) bool {
	if len(line) == 0 || line[0] != '{' {
		return bytes.HasPrefix(line, serviceMessage)
	}
	head := line[:min(len(line), 300)]
	for _, sign := range eventSigns {
		if bytes.Contains(head, sign) {
			return true
		}
	}
	return bytes.HasPrefix(head, []byte(`{"Time":"`))
}

var eventSigns = [][]byte{[]byte(`"Action":"`), []byte(`"Action": "`)}

// isElement reports whether the event at this place of line is the first one of a JSON array. The bracket is no
// prefix of rows: the events behind it have commas between them.
func isElement(line []byte, at int) bool {
	return at > 0 && line[at] == '{' && string(bytes.TrimSpace(line[:at])) == "["
}

// serviceMessage begins the messages by which TeamCity passes on what a test printed:
//
//	##teamcity[testStdOut name='BenchmarkX' out='BenchmarkX-8 100 5 ns/op|n']
//
// Other service messages hold no output and are lines like any other.
var serviceMessage = []byte("##teamcity[testStdOut ")

// serviceValue matches the attribute out. A vertical bar escapes the sign behind it.
var serviceValue = regexp.MustCompile(`[ \t]out='((?:[^'|]|\|.)*)'`)

var serviceEscapes = strings.NewReplacer("||", "|", "|'", "'", "|[", "[", "|]", "]", "|n", "\n",
	"|r", "\r")

// serviceOutput returns what a service message of TeamCity passes on. It reports false for any other
// line, and for a message that was cut off: its output may have been a row.
func serviceOutput(line []byte) (string, bool) {
	if !bytes.HasPrefix(line, serviceMessage) {
		return "", false
	}
	m := serviceValue.FindSubmatch(line)
	if m == nil {
		return "", false
	}
	return serviceEscapes.Replace(string(m[1])), true
}

// A testEvents puts the text together again that go test -json took apart. One row often spans
// two events: the name is printed before the benchmark runs, and the figures after it.
//
// Events of several packages come mixed, so an unfinished line is kept for each of them.
type testEvents struct {
	partial map[string][]byte // the unfinished line of each package
	order   []string          // the packages of partial, in order of first appearance
	pkg     string            // the package in force in the text that was passed on
	passing bool              // a line of an event is passed on: its package is known
	failed  map[string]bool
}

// add decodes one event and calls pass for each line that it completes.
//
// An event that is cut off is reported by the caller as broken: its output may have been a row.
func (t *testEvents) add(line []byte, pass func([]byte)) error {
	var e event
	if err := json.Unmarshal(line, &e); err != nil {
		what := "go test -json"
		if bytes.HasPrefix(line, serviceMessage) {
			what = "TeamCity"
		}
		return fmt.Errorf("event of %s is cut off or broken: %s", what,
			clip(string(bytes.TrimSpace(line))))
	}
	if t.failed == nil {
		t.failed = make(map[string]bool)
	}
	switch e.Action {
	case "fail", "build-fail":
		t.failed[e.Package+e.ImportPath] = true
	}
	if e.Action == "output" {
		t.output(e.Package, e.Output, pass)
	}
	return nil
}

// output appends to what a package has printed, and calls pass for each line that this completes.
func (t *testEvents) output(pkg, printed string, pass func([]byte)) {
	if t.partial == nil {
		t.partial = make(map[string][]byte)
	}
	if _, known := t.partial[pkg]; !known {
		t.order = append(t.order, pkg)
	}
	text := append(t.partial[pkg], printed...)
	for {
		line, rest, whole := bytes.Cut(text, []byte("\n"))
		if !whole {
			break
		}
		t.pass(pkg, line, pass)
		text = rest
	}
	t.partial[pkg] = bytes.Clone(text)
}

// pass passes one line on, after the name of its package if another package came before.
func (t *testEvents) pass(pkg string, line []byte, pass func([]byte)) {
	if pkg != t.pkg && pkg != "" && isName(line) {
		pass([]byte("pkg: " + pkg))
		t.pkg = pkg
	}
	if name, ok := bytes.CutPrefix(line, []byte("pkg: ")); ok {
		t.pkg = string(bytes.TrimSpace(name))
	}
	t.passing = true
	pass(append(bytes.Clone(line), '\n'))
	t.passing = false
}

// close passes on the lines that have no end.
//
// The order is the order of first appearance, so the same text always gives the same lines.
func (t *testEvents) close(pass func([]byte)) {
	for _, pkg := range t.order {
		if line := t.partial[pkg]; len(line) > 0 {
			t.pass(pkg, line, pass)
		}
	}
	t.order, t.partial = nil, nil
}
