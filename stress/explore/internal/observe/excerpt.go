package observe

import (
	"slices"
	"strings"

	"github.com/semabench/semabench/stress/explore/internal/failure"
)

// around is how many lines of an excerpt stand before and after the line of a step: enough to see
// the lock and the loop around it, and few enough for a page of many steps.
const around = 4

// excerpt adds the source lines of all steps and of all operations that goroutines wait in, with
// the lines around them. The report then stands alone: the reader needs no copy of the source.
//
// Code of package explore is left out. Lines before the first and after the last of a file are
// asked for as well, and Line reports that they are not there.
//
// Lines are collected by file and number, so a line that many steps share is there once.
func (t *translator) excerpt(s *failure.Report) {
	wanted, paths := map[string]map[int]bool{}, map[string]string{}
	want := func(at *position) {
		if at.file == "" || at.own {
			return
		}
		paths[at.at.File] = at.file
		if wanted[at.at.File] == nil {
			wanted[at.at.File] = map[int]bool{}
		}
		for n := at.at.Line - around; n <= at.at.Line+around; n++ {
			wanted[at.at.File][n] = true
		}
	}
	for i := t.from; i < t.till; i++ {
		want(&t.positions[i])
	}
	for _, left := range t.outcome.Waiting {
		at := positionOf(left.PCs)
		want(&at)
	}
	if t.failed != nil {
		want(t.failed)
	}
	for file, lines := range wanted {
		excerpt := failure.Source{File: file}
		for n := range lines {
			if text, ok := t.files.Line(paths[file], n); ok {
				excerpt.Lines = append(excerpt.Lines, failure.Line{N: n, Text: text})
			}
		}
		slices.SortFunc(excerpt.Lines, func(a, b failure.Line) int { return a.N - b.N })
		s.Sources = append(s.Sources, excerpt)
	}
	// Maps have no order, and two reports of one schedule must be equal.
	slices.SortFunc(s.Sources, func(a, b failure.Source) int {
		return strings.Compare(a.File, b.File)
	})
}
