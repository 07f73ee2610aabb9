package plural_test

import (
	"testing"

	"github.com/semabench/semabench/internal/plural"
)

func TestPlural(t *testing.T) {
	for want, got := range map[string]string{
		"0 rows":      plural.Of(0, "row"),
		"1 row":       plural.Of(1, "row"),
		"2 rows":      plural.Of(2, "row"),
		"-1 rows":     plural.Of(-1, "row"),
		"1 process":   plural.With(1, "process", "processes"),
		"0 processes": plural.With(0, "process", "processes"),
	} {
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
