package read

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// An event is one line of the output of go test -json.
type event struct{ Action, Package, ImportPath, Output string }

// isEvent reports whether line looks like an event, whole or cut off.
//
// Only the head is searched, because an event may quote anything in its output.
func isEvent(line []byte) bool {
	if len(line) == 0 || line[0] != '{' {
		return false
	}
	head := line[:min(len(line), 300)]
	return bytes.HasPrefix(head, []byte(`{"Time":"`)) || bytes.Contains(head, []byte(`"Action":"`))
}

// A testEvents puts the text together again that go test -json took apart. One row often spans
// two events: the name is printed before the benchmark runs, and the figures after it.
//
// Events of several packages come mixed, so an unfinished line is kept for each of them.
type testEvents struct {
	partial map[string][]byte // the unfinished line of each package
	order   []string          // the packages of partial, in order of first appearance
	pkg     string            // the package in force in the text that was passed on
	failed  map[string]bool
}

// add decodes one event and calls pass for each line that it completes.
//
// An event that is cut off is reported by the caller as broken: its output may have been a row.
func (t *testEvents) add(line []byte, pass func([]byte)) error {
	var e event
	if err := json.Unmarshal(line, &e); err != nil {
		return fmt.Errorf("event of go test -json is cut off or broken: %s",
			clip(string(bytes.TrimSpace(line))))
	}
	if t.partial == nil {
		t.partial, t.failed = make(map[string][]byte), make(map[string]bool)
	}
	switch e.Action {
	case "fail", "build-fail":
		t.failed[e.Package+e.ImportPath] = true
	}
	if e.Action != "output" {
		return nil
	}
	if _, known := t.partial[e.Package]; !known {
		t.order = append(t.order, e.Package)
	}
	text := append(t.partial[e.Package], e.Output...)
	for {
		line, rest, whole := bytes.Cut(text, []byte("\n"))
		if !whole {
			break
		}
		t.pass(e.Package, line, pass)
		text = rest
	}
	t.partial[e.Package] = bytes.Clone(text)
	return nil
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
	pass(append(bytes.Clone(line), '\n'))
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
