package shim_test

import (
	real "os"
	"testing"

	"github.com/semabench/semabench/stress/explore/shim/os"
)

// Outside of control the functions do the same as the functions of package os.
func TestFilesOutsideOfControl(t *testing.T) {
	t.Setenv("EXPLORED", "a")
	if err := os.Setenv("EXPLORED", "b"); err != nil || os.Getenv("EXPLORED") != "b" ||
		real.Getenv("EXPLORED") != "b" || os.ExpandEnv("<$EXPLORED>") != "<b>" {
		t.Error(err, os.Getenv("EXPLORED"))
	}
	if len(os.Environ()) != len(real.Environ()) {
		t.Error(os.Environ())
	}
	if err := os.Unsetenv("EXPLORED"); err != nil {
		t.Error(err)
	}
	if v, ok := os.LookupEnv("EXPLORED"); ok {
		t.Error(v)
	}
	if os.Setenv("", "x") == nil {
		t.Error("a variable without a name is set")
	}
}
