// Package published has a program for each published bug. TestPublished of examples/historical runs
// it in the version that has the bug and in a version without it.
package published

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/semabench/semabench/stress/explore"
)

// play explores body and prints the result as one line of JSON, which TestPublished reads.
func play(t *testing.T, o explore.Options, body func(*explore.T)) {
	t.Helper()
	o.Schedules, o.Time = 10_000, 30*time.Second
	r := explore.Check(t, o, body)
	if r.Text == "explored in another process" {
		return
	}
	r.Story = nil
	line, err := json.Marshal(struct {
		Test string
		*explore.Result
	}{t.Name(), r})
	if err != nil {
		t.Fatal(err)
	}
	fmt.Printf("\nresult %s\n", line)
}
