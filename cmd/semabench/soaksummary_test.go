package main

import (
	"path/filepath"
	"testing"

	"github.com/semabench/semabench/cmd/internal/soak"
	"github.com/semabench/semabench/internal/exitcode"
)

func TestStressWritesItsSummary(t *testing.T) {
	t.Setenv(beCommand, "1")
	path := filepath.Join(t.TempDir(), "summary.json")
	code, _, stderr := command(t, "", "stress", "-impl", "cond,weighted", "-ops", "200", "-summary",
		path)
	if code != exitcode.OK {
		t.Fatalf("exits %d: %s", code, stderr)
	}
	f, err := soak.ReadSummary(path)
	if err != nil {
		t.Fatal(err)
	}
	if len(f.Rows) != 2 || f.Rows[1].Name != "weighted" || f.Rows[1].Operations < 200 ||
		f.Rows[1].Failures != 0 {
		t.Errorf("summary = %+v, want cond and weighted with 200 operations each and no failure", f)
	}
}
