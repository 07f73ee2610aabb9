package main

import (
	"regexp"
	"strings"
	"time"
)

// This file reads what benchstat prints, because benchstat has no other output with the verdicts in it. The
// text is kept beside the counts: a doubtful count can be looked up without playing the pair again.

// A benchstatResult counts the rows of the table of sec/op. It names the rows that differ, because a slower
// row decides a pair only if the source of the truth speaks of this row.
type benchstatResult struct {
	Took                 time.Duration // of both sides, with their builds
	Slower, Faster, Same int           // rows
	SlowerRows           []string      `json:",omitempty"`
	FasterRows           []string      `json:",omitempty"`
	Text                 string
}

// significant matches the columns of a row whose sides differ, at p < 0.05 by the default of benchstat. The level is
// for one row. Of twenty rows without a change benchstat calls one different on average, and the table has to show
// that: so the level is not corrected here.
var significant = regexp.MustCompile(`^(\S+) .* ([+-])[\d.]+% \(p=`)

// readBenchstat counts the rows of a table of benchstat. The line of the geometric mean has no p, so it is not
// counted: it would be slower whenever one row is. A text without any row counts nothing, and benchstatScore
// takes that for open and not for a pass.
func readBenchstat(text string) *benchstatResult {
	r := &benchstatResult{}
	for line := range strings.Lines(text) {
		m := significant.FindStringSubmatch(line)
		switch {
		case m == nil && strings.Contains(line, "~ (p="):
			r.Same++
		case m == nil:
		case m[2] == "+":
			r.Slower++
			r.SlowerRows = append(r.SlowerRows, m[1])
		default:
			r.Faster++
			r.FasterRows = append(r.FasterRows, m[1])
		}
	}
	return r
}
