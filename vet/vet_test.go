package vet_test

import (
	"testing"

	"golang.org/x/tools/go/analysis/analysistest"

	"github.com/semabench/semabench/internal/longtest"
	"github.com/semabench/semabench/vet"
)

// Each package of testdata has wrong code with the report that it wants, and correct neighbours
// without one.
func TestAnalyzer(t *testing.T) {
	analysistest.Run(t, analysistest.TestData(), vet.Analyzer,
		"ignored", "returns", "goroutines", "failed", "weights", "copies", "shapes",
		"rounds", "unwinds", "together", "values")
}

// The analyzer reads the source of net/http and of its imports for this package, which takes 5 s.
func TestAnalyzerOfHandlers(t *testing.T) {
	longtest.Need(t, "TestAnalyzer")
	analysistest.Run(t, analysistest.TestData(), vet.Analyzer, "handlers")
}
