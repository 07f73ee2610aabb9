package main

import (
	"context"
	"errors"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/semabench/semabench/reports/gate"
)

func TestPairs(t *testing.T) {
	text, err := os.ReadFile("pairs.tsv")
	if err != nil {
		t.Fatal(err)
	}
	pairs, err := parse(string(text))
	if err != nil {
		t.Fatal(err)
	}
	repos, kinds := map[string]bool{}, map[truthOf]bool{}
	for _, p := range pairs {
		repos[p.repo], kinds[p.truth] = true, true
	}
	if len(pairs) < 12 || len(repos) < 6 || len(kinds) < 3 {
		t.Errorf("%d pairs of %d repositories with %d truths, want 12, 6 and 3 at least", len(pairs), len(repos), len(kinds))
	}
	heading, line, _ := strings.Cut(string(text), "\n")
	line, _, _ = strings.Cut(line, "\n")
	for name, broken := range map[string]string{
		"fields": line + "\tmore", "truth": strings.Replace(line, "\tsame\t", "\tperhaps\t", 1),
		"no rows": strings.Replace(line, "\tsame\t", "\tslower\t", 1), "twice": line + "\n" + line,
	} {
		if _, err := parse(heading + "\n" + broken); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

// Right is only what says the truth: a gate that fails for another reason has not decided, and a row that the
// source does not speak of is not what was to be found.
func TestScores(t *testing.T) {
	text, err := os.ReadFile("pairs.tsv")
	if err != nil {
		t.Fatal(err)
	}
	pairs, err := parse(string(text))
	if err != nil {
		t.Fatal(err)
	}
	byTruth := map[truthOf]pair{}
	for _, p := range pairs {
		if strings.HasPrefix(p.name, "uuid") {
			byTruth[p.truth] = p
		}
	}
	regressed := func(name string) gate.Export {
		return gate.Export{Rows: []gate.ExportRow{{Name: name, Verdict: gate.Regressed}}}
	}
	for _, test := range []struct {
		truth truthOf
		gate  *gateResult
		want  score
	}{
		{same, nil, notPlayed},
		{same, &gateResult{}, right},
		{same, &gateResult{Exit: 1, Report: regressed("BenchmarkX")}, wrong},
		{same, &gateResult{Exit: 3}, open},
		{same, &gateResult{Exit: 4}, open},
		{same, &gateResult{Exit: 2, Error: "no such revision"}, open},
		{faster, &gateResult{}, right},
		{faster, &gateResult{Exit: 1, Report: regressed("BenchmarkParseBadLength")}, wrong},
		{slower, &gateResult{Exit: 1, Report: regressed("BenchmarkParseBadLength")}, right},
		{slower, &gateResult{Exit: 1, Report: regressed("BenchmarkOther")}, wrong},
		{slower, &gateResult{}, wrong},
	} {
		if got := gateScore(byTruth[test.truth], test.gate); got != test.want {
			t.Errorf("%s, %+v: %s, want %s", test.truth, test.gate, got, test.want)
		}
	}
	table := readBenchstat(`                  │   old.txt   │              new.txt               │
                  │   sec/op    │   sec/op     vs base               │
ParseBadLength-2     3.5n ± 1%    15.4n ± 2%  +340.00% (p=0.000 n=10)
Parse-2             36.1n ± 1%    35.0n ± 2%    -3.05% (p=0.001 n=10)
ParseBytes-2        36.1n ± 1%    36.0n ± 2%         ~ (p=0.436 n=10)
geomean             16.6n         27.0n        +62.65%
`)
	if table.Slower != 1 || table.Faster != 1 || table.Same != 1 {
		t.Errorf("%+v, want one row of each kind", table)
	}
	for truth, want := range map[truthOf]score{same: wrong, faster: wrong, slower: right} {
		if got := benchstatScore(byTruth[truth], table); got != want {
			t.Errorf("benchstat, %s: %s, want %s", truth, got, want)
		}
	}
}

// A run that can play no pair leaves the page of an earlier run alone. Other pairs are played all the same.
func TestPageIsWrittenAfterAPair(t *testing.T) {
	pairs := []pair{{name: "lost"}, {name: "kept"}, {name: "other"}}
	play := func(_ context.Context, p pair) error {
		if p.name == "lost" {
			return errors.New("no such repository")
		}
		return nil
	}
	for only, want := range map[string]int{"lost": 0, "lost|kept": 1, "": 2} {
		written := 0
		err := playAll(t.Context(), pairs, regexp.MustCompile(only), play, func() error { written++; return nil })
		if written != want {
			t.Errorf("only %q: the page was written %d times, want %d", only, written, want)
		}
		if err == nil || !strings.Contains(err.Error(), "lost: no such repository") {
			t.Errorf("only %q: %v, want the pair that failed", only, err)
		}
	}
}
