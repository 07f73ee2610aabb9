package draw

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/semabench/semabench/reports/compare"
)

// If one file cannot be written, the others are not replaced, and no temporary file stays.
func TestWriteAllOrNothing(t *testing.T) {
	dir := t.TempDir()
	old := filepath.Join(dir, "first")
	if err := os.WriteFile(old, []byte("old"), 0o644); err != nil {
		t.Fatal(err)
	}
	write := func(w io.Writer, _ *compare.Comparison) error {
		_,
			err := io.WriteString(w, "new")
		return err
	}
	fail := func(io.Writer, *compare.Comparison) error { return io.ErrShortWrite }
	paths, err := writeAll(dir, nil, []outputFile{{"first", write}, {"second", fail}})
	if paths != nil || !errors.Is(err, io.ErrShortWrite) ||
		!strings.Contains(err.Error(), "second") {
		t.Errorf("got %v, %v, want nil and the error of second", paths, err)
	}
	if text, err := os.ReadFile(old); err != nil || string(text) != "old" {
		t.Errorf("first = %q, %v, want the old text", text, err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 1 {
		t.Errorf("folder holds %v, %v, want first alone", left, err)
	}
}

// WriteDir removes the pictures of drawingKinds that a report lacks. A kind that is missing there
// would leave a stale picture beside the new report.
func TestPictureKinds(t *testing.T) {
	seen := strings.Join(drawingKinds, " ")
	for _, kind := range []string{"heat", "ratios", "scaling", "latency"} {
		if !strings.Contains(seen, kind) {
			t.Errorf("%s is not in drawingKinds: a stale picture would stay", kind)
		}
	}
}

// The next report removes the temporary files of a killed process, and leaves the files of a running
// one alone.
func TestAbandonedFilesAreRemoved(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a[b]*")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Skip("the file system refuses the name:", err)
	}
	gone := exec.Command(os.Args[0], "-test.run=^$")
	if err := gone.Run(); err != nil {
		t.Fatal(err)
	}
	for _, pid := range []int{gone.Process.Pid, os.Getpid()} {
		name := fmt.Sprintf("%s%d-1", tempPrefix, pid)
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, tempPrefix+"old"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := removeAbandoned(dir); err != nil {
		t.Fatal(err)
	}
	left, err := os.ReadDir(dir)
	if err != nil || len(left) != 1 || left[0].Name() != fmt.Sprintf("%s%d-1", tempPrefix, os.Getpid()) {
		t.Errorf("left are %v, %v, want the file of this process", left, err)
	}
}

func TestNoProbabilityIsZero(t *testing.T) {
	for p, want := range map[float64]string{0: "p<0.001", 0.0004: "p<0.001", 0.0006: "p=0.001",
		0.05: "p=0.050", 1: "p=1.000"} {
		if got := pText(p); got != want {
			t.Errorf("pText(%v) = %s, want %s", p, got, want)
		}
	}
}
