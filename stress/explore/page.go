package explore

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
)

var pageFlag = flag.String("explore.page", "", "write a schedule that fails to this file, as a page")

// ErrNoSchedule is what WriteHTML returns for a result without a schedule that fails.
var ErrNoSchedule = errors.New("explore: no schedule failed, so there is none to show")

// WriteHTML writes the schedule that failed as one page that needs nothing else: lanes for the
// goroutines, the source beside each step, and, with scripts, the state of everything after each.
func (r *Result) WriteHTML(w io.Writer) error {
	if r.Story == nil {
		return ErrNoSchedule
	}
	return r.Story.WriteHTML(w)
}

// pages counts those that were written in this process.
var pages atomic.Int64

// keepPage writes the page of a failure, if the flags ask for one, and says where it is.
func keepPage(t *testing.T, r *Result) {
	t.Helper()
	name := *pageFlag
	if r.Story == nil || name == "" && !artifacts() {
		return
	}
	if name == "" {
		name = filepath.Join(t.ArtifactDir(), "schedule.html")
	}
	path, err := r.writePage(name, pages.Add(1))
	if err != nil {
		t.Errorf("explore: %v", err)
		return
	}
	t.Logf("the schedule as a page: %s", path)
}

// artifacts reports whether go test was told to keep what tests leave.
func artifacts() bool {
	f := flag.Lookup("test.artifacts")
	return f != nil && f.Value.String() == "true"
}

// writePage writes the n'th page of this process. Several have numbers in their names.
func (r *Result) writePage(name string, n int64) (path string, err error) {
	if n > 1 && *pageFlag != "" {
		ext := filepath.Ext(name)
		name = fmt.Sprintf("%s-%d%s", strings.TrimSuffix(name, ext), n, ext)
	}
	f, err := os.Create(name)
	if err != nil {
		return "", fmt.Errorf("writing the page of -explore.page: %w", err)
	}
	if err := errors.Join(r.WriteHTML(f), f.Close()); err != nil {
		return "", fmt.Errorf("writing the page of -explore.page: %w", err)
	}
	return filepath.Abs(name)
}
