package explore_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/semabench/semabench/stress/explore"
)

// A command that sets EventsVar can read every event that an exploration writes. The last one has the
// result.
func TestEvents(t *testing.T) {
	file := filepath.Join(t.TempDir(), "events")
	test := exec.Command(os.Args[0], "-test.run=^TestCounter$", "-test.count=1")
	test.Env = append(os.Environ(), explore.EventsVar+"="+file)
	if _, err := test.StdinPipe(); err != nil { // closing standard input would interrupt
		t.Fatal(err)
	}
	if out, err := test.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var first, last explore.Event
	for line := range strings.Lines(string(text)) {
		last = explore.Event{}
		d := json.NewDecoder(strings.NewReader(line))
		d.DisallowUnknownFields()
		if err := d.Decode(&last); err != nil {
			t.Fatalf("%v: %s", err, line)
		}
		if first.Test == "" {
			first = last
		}
	}
	if first.Doing != "building" || first.Test != "TestCounter" || first.Call != 1 {
		t.Errorf("the first event is %+v, want that TestCounter is being built", first)
	}
	r := last.Result
	if last.Doing != "done" || r == nil || r.Verdict != explore.Fail || r.Schedule == "" {
		t.Errorf("the last event is %+v, want a failure with its schedule", last)
	}
}
