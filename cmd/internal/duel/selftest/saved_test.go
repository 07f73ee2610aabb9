package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/semabench/semabench/reports/gate"
)

func TestSavedFamiliesAreReadBack(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "saved")
	for i := range 2 {
		if err := quietFamily().save(dir, i+1); err != nil {
			t.Fatal(err)
		}
	}
	all, err := load(dir)
	if err != nil || len(all) != 2 {
		t.Fatalf("%d families, %v; want 2", len(all), err)
	}
	want := quietFamily()
	if got := all[1]; got.took != want.took || len(got.run.Rows) != 2 || got.report.Exit() != want.report.Exit() {
		t.Errorf("took %v with %d rows and exit %d, want %v with 2 and %d", got.took, len(got.run.Rows),
			got.report.Exit(), want.took, want.report.Exit())
	}
	if all, err := load(t.TempDir()); err != nil || all != nil {
		t.Errorf("%d families in an empty directory, %v", len(all), err)
	}
}

func TestSavedFamiliesAreRefused(t *testing.T) {
	for name, spoil := range map[string]func(*family){
		"other conditions": func(f *family) { f.run.Facts[0].Value = "another processor" },
		"no whole family":  func(f *family) { f.run.Stopped = "interrupted" },
	} {
		dir := t.TempDir()
		first, second := quietFamily(), quietFamily()
		spoil(&second)
		for i, f := range []family{first, second} {
			if err := f.save(dir, i+1); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := load(dir); err == nil || !strings.Contains(err.Error(), name) ||
			!strings.Contains(err.Error(), "family-002.jsonl") {
			t.Errorf("error %v, want one of %s in family-002.jsonl", err, name)
		}
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "family-001.jsonl"), []byte("nonsense\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	if _, err := load(dir); err == nil {
		t.Error("nonsense was read")
	}
}

// With all slices 30 families would take 300 MB.
func TestSavedFamiliesHaveNoSlices(t *testing.T) {
	f := quietFamily()
	f.run.Rows[0].Pairs[0].OldSlices = []float64{1, 2}
	f.run.Controls = []gate.Control{{Row: f.run.Rows[0]}}
	if err := f.save(t.TempDir(), 1); err != nil {
		t.Fatal(err)
	}
	if f.run.Rows[0].Pairs[0].OldSlices != nil || f.run.Controls[0].Row.Pairs[0].OldSlices != nil {
		t.Error("the slices are still there")
	}
}
