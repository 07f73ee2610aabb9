package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/semabench/semabench/reports/gate"
)

func TestKeptFamiliesAreReadBack(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "kept")
	for i := range 2 {
		if err := measured().keep(dir, i+1); err != nil {
			t.Fatal(err)
		}
	}
	all, err := load(dir)
	if err != nil || len(all) != 2 {
		t.Fatalf("%d families, %v; want 2", len(all), err)
	}
	want := measured()
	if got := all[1]; got.took != want.took || len(got.run.Rows) != 2 || got.report.Exit() != want.report.Exit() {
		t.Errorf("took %v with %d rows and exit %d, want %v with 2 and %d", got.took, len(got.run.Rows),
			got.report.Exit(), want.took, want.report.Exit())
	}
	if all, err := load(t.TempDir()); err != nil || all != nil {
		t.Errorf("%d families in an empty directory, %v", len(all), err)
	}
}

func TestKeptFamiliesAreRefused(t *testing.T) {
	for name, spoil := range map[string]func(*family){
		"other conditions": func(f *family) { f.run.Facts[0].Value = "another processor" },
		"no whole family":  func(f *family) { f.run.Stopped = "interrupted" },
	} {
		dir := t.TempDir()
		first, second := measured(), measured()
		spoil(&second)
		for i, f := range []family{first, second} {
			if err := f.keep(dir, i+1); err != nil {
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

// 30 families with all slices would be 300 MB.
func TestKeptFamiliesHaveNoSlices(t *testing.T) {
	f := measured()
	f.run.Rows[0].Pairs[0].OldSlices = []float64{1, 2}
	f.run.Controls = []gate.Control{{Row: f.run.Rows[0]}}
	if err := f.keep(t.TempDir(), 1); err != nil {
		t.Fatal(err)
	}
	if f.run.Rows[0].Pairs[0].OldSlices != nil || f.run.Controls[0].Row.Pairs[0].OldSlices != nil {
		t.Error("the slices are still there")
	}
}
