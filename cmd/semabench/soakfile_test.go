package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestSoakWritesItsSummary(t *testing.T) {
	t.Setenv(beCommand, "1")
	path := filepath.Join(t.TempDir(), "summary.json")
	code, _, stderr := command(t, "", "stress", "-impl", "cond,weighted", "-ops", "200", "-summary", path)
	if code != exitOK {
		t.Fatalf("exits %d: %s", code, stderr)
	}
	f, err := readSoakFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if len(f.Rows) != 2 || f.Rows[1].Name != "weighted" || f.Rows[1].Operations < 200 || f.Rows[1].Failures != 0 {
		t.Errorf("summary = %+v, want cond and weighted with 200 operations each and no failure", f)
	}
}

func TestBadSummariesAreRefused(t *testing.T) {
	for text, want := range map[string]string{
		"":                                     "no summary of semabench stress",
		"[]":                                   "no summary of semabench stress",
		"{}":                                   "version 0 of a summary, want 1",
		`{"version":1}`:                        "without implementations",
		`{"version":2,"implementations":[{}]}`: "version 2 of a summary, want 1",
	} {
		path := filepath.Join(t.TempDir(), "bad.json")
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := readSoakFile(path); err == nil || !strings.Contains(err.Error(), want) ||
			!strings.Contains(err.Error(), path) {
			t.Errorf("%q: error %v, want %q and the path", text, err, want)
		}
	}
	if _, err := readSoakFile("no-such-file"); err == nil {
		t.Error("a file that is not there was read")
	}
}
