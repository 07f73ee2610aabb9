package draw

import (
	"errors"
	"io"
	"os"
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
