package explore

import (
	"strings"
	"testing"
	"time"
)

// The advice is longer than what was too short.
func TestNotBuilt(t *testing.T) {
	for left, want := range map[time.Duration]string{
		9*time.Minute + 40*time.Second: "in the 9m40s that go test -timeout leaves: run it once more, with a longer one, such as go test -timeout 29m",
		time.Second:                    "-timeout 20m",
		time.Hour:                      "-timeout 180m",
	} {
		if got := notBuilt(left); !strings.Contains(got, want) {
			t.Errorf("%v were left: %q, want %q in it", left, got, want)
		}
	}
}
