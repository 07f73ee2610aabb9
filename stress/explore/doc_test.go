package explore_test

import (
	"os"
	"strings"
	"testing"

	"github.com/semabench/semabench/stress/explore"
)

// mustShowInDoc checks that the package comment shows this failure, line by line.
func mustShowInDoc(t *testing.T, r *explore.Result) {
	t.Helper()
	if r.Text == "explored in another process" {
		return
	}
	comment, err := os.ReadFile("doc.go")
	if err != nil {
		t.Fatal(err)
	}
	// The comment shows the test as a user's: with an import path of another module, and without -race.
	text := strings.NewReplacer("go test -race", "go test",
		"$' github.com/semabench/semabench/stress/explore", "$' example.org/counter").Replace(r.Text)
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); !strings.Contains(string(comment), line+"\n") {
			t.Errorf("doc.go does not show %q; the text of the result is:\n%s", line, r.Text)
		}
	}
}
