package main

import (
	"fmt"
	"regexp"
	"strings"
)

// A pair is a line of pairs.tsv. It names commits and no branches, so that each call plays the same code. A
// reversed pair has its commits exchanged: slowdowns that an author announces are rare, and each announced
// speed-up is one, read backwards.
type pair struct {
	name     string
	repo     string // owner/name on GitHub
	dir      string // of the module in the repository; "." is its root
	old, new string // commits
	packages []string
	bench    string // pattern of -bench
	truth    truthOf
	rows     *regexp.Regexp // the rows that the source speaks of; only slower and faster pairs have them
	source   string         // why this is the truth
}

// A truthOf is the effect of a pair on its rows. There is no truth for a pair with slower and faster rows: a
// verdict on the whole pair could then be called right or wrong at will.
type truthOf string

const (
	same   truthOf = "same"   // no row is slower
	faster truthOf = "faster" // the named rows are faster, and no row is slower
	slower truthOf = "slower" // at least one of the named rows is slower
)

// columns of pairs.tsv, in order. The file is text with tabs: a pair is added by hand, and its source is a
// sentence with commas.
var columns = []string{"name", "repository", "directory", "old", "new", "packages", "benchmarks", "truth", "rows", "source"}

// parse reads pairs.tsv: a heading, then a pair a line. An unknown truth and a name that appears twice are
// errors, because a result is kept under the name, and a wrong truth would be a wrong table.
func parse(text string) (pairs []pair, err error) {
	names := map[string]bool{}
	for i, line := range strings.Split(strings.TrimSpace(text), "\n") {
		fields := strings.Split(line, "\t")
		if len(fields) != len(columns) {
			return nil, fmt.Errorf("pairs.tsv:%d: %d fields, not %d", i+1, len(fields), len(columns))
		}
		if i == 0 {
			continue
		}
		p := pair{name: fields[0], repo: fields[1], dir: fields[2], old: fields[3], new: fields[4],
			packages: strings.Fields(fields[5]), bench: fields[6], truth: truthOf(fields[7]), source: fields[9]}
		if p.rows, err = regexp.Compile(fields[8]); err != nil {
			return nil, fmt.Errorf("pairs.tsv:%d: %w", i+1, err)
		}
		switch {
		case names[p.name]:
			return nil, fmt.Errorf("pairs.tsv:%d: a second pair named %s", i+1, p.name)
		case p.truth != same && p.truth != faster && p.truth != slower:
			return nil, fmt.Errorf("pairs.tsv:%d: the truth is same, faster or slower, not %q", i+1, p.truth)
		case p.truth != same && fields[8] == "":
			return nil, fmt.Errorf("pairs.tsv:%d: %s names no rows", i+1, p.truth)
		}
		names[p.name] = true
		pairs = append(pairs, p)
	}
	return pairs, nil
}
