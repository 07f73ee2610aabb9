package testing

import (
	"slices"
	"strings"
	"testing"

	"github.com/semabench/semabench/stress/explore/schedrt"
	"github.com/semabench/semabench/stress/explore/shim/os"
)

// ExploreExample is Explore for an Example function: a schedule fails if the output is not the one of its
// comment, by the rules of go test. Want has that comment, and unordered says that the order of its lines does not matter.
func ExploreExample(t *testing.T, name string, body func(), want string, unordered bool) {
	t.Helper()
	want = strings.TrimSpace(want)
	Explore(t, func(t *T) {
		t.name = name // no other goroutine has t yet
		stop := os.Capture()
		body()
		got := strings.TrimSpace(stop())
		if got == want || unordered && sorted(got) == sorted(want) {
			return
		}
		if strings.Contains(want, "testing.runExample") {
			schedrt.Refuse("the output has the functions that call an Example under go test: they do not call it here")
		}
		heading := "want:"
		if unordered {
			heading = "want (unordered):"
		}
		t.fail("got:\n" + got + "\n" + heading + "\n" + want)
	})
}

// sorted returns the lines of a text in a fixed order.
func sorted(text string) string {
	lines := strings.Split(text, "\n")
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}
