package shim_test

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	real "testing"

	"github.com/semabench/semabench/stress/explore/internal/schedtest"
	"github.com/semabench/semabench/stress/explore/schedrt"
	"github.com/semabench/semabench/stress/explore/shim/testing"
)

// seedFolder makes a file of seeds for a fuzz test with the name of t, in a working folder of its own.
func seedFolder(t *real.T, text string) {
	t.Helper()
	t.Chdir(t.TempDir())
	dir := filepath.Join("testdata", "fuzz", t.Name())
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "kept"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// A target is called with the seeds of Add and then with the seeds in files, each as a subtest. Values are
// in the forms that go test writes.
func TestFuzzSeeds(t *real.T) {
	seedFolder(t, `go test fuzz v1
string("a\n(b)")
[]byte("\xff")
int(-3)
byte('ÿ')
rune('\'')
uint16(0x10)
float64(+Inf)
math.Float32frombits(0x7fc00001)
bool(true)
`)
	var got []string
	x := play(t, func(t *testing.T) {
		f := &testing.F{T: t}
		f.Add("s", []byte{1}, 1, byte(2), 'c', uint16(4), 0.5, float32(6), false)
		f.Fuzz(func(t *testing.T, s string, b []byte, i int, c byte, r rune, u uint16, d float64, e float32, ok bool) {
			t.Parallel()
			got = append(got, fmt.Sprintf("%s %q %v %d %d %q %d %v %x %v", strings.TrimPrefix(t.Name(), f.Name()), s, b,
				i, c, r, u, d, math.Float32bits(e), ok))
		})
	})
	schedtest.MustEnd(t, x, schedrt.Passed)
	want := []string{
		`/seed#0 "s" [1] 1 2 'c' 4 0.5 40c00000 false`,
		`/kept "a\n(b)" [255] -3 255 '\'' 16 +Inf 7fc00001 true`,
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got %q, want %q", got, want)
	}
}

// A seed that does not fit the target fails the test before any call, and a second Fuzz panics.
func TestFuzzMisuse(t *real.T) {
	for text, want := range map[string]string{
		"go test fuzz v1\nint(1)\nint(2)":     "wrong number of values",
		"go test fuzz v1\nuint8(1)":           "mismatched types in corpus entry: uint8, want int",
		"go test fuzz v1\nint(x)":             "malformed line",
		"go test fuzz v1\nint(300000000000x)": "malformed line",
		"go test fuzz v1\nint":                "want a value such as int(3)",
		"go test fuzz v1\ncomplex64(1)":       "no parameter of a fuzz target has the type complex64",
		"go test fuzz v1\nrune('ab')":         "is no character",
		"int(1)":                              "the first line",
	} {
		t.Run(want, func(t *real.T) {
			seedFolder(t, text)
			x := play(t, func(t *testing.T) {
				f := &testing.F{T: t}
				f.Fuzz(func(*testing.T, int) { panic("the target is called") })
			})
			schedtest.MustEnd(t, x, schedrt.Failed)
			if !strings.Contains(x.Outcome.Message, want) {
				t.Errorf("%q, want %q", x.Outcome.Message, want)
			}
		})
	}
	x := play(t, func(t *testing.T) {
		f := &testing.F{T: t}
		f.Fuzz(func(*testing.T, int) {})
		f.Fuzz(func(*testing.T, int) {})
	})
	schedtest.MustEnd(t, x, schedrt.Panicked)
}
