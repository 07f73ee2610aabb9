package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/semabench/semabench/internal/duel"
)

// A history is a line of repositories.tsv: the commits of a public repository that lead to the last one.
type history struct {
	repo, dir string // as in a pair
	packages  []string
	last      string   // commit
	measures  []string // identity, counts
}

// parseHistories reads repositories.tsv: a heading, then a repository a line.
func parseHistories(text string) (all []history, err error) {
	for i, line := range strings.Split(strings.TrimSpace(text), "\n") {
		fields := strings.Split(line, "\t")
		if len(fields) != 5 {
			return nil, fmt.Errorf("repositories.tsv:%d: %d fields, not 5", i+1, len(fields))
		}
		if i == 0 {
			continue
		}
		h := history{fields[0], fields[1], strings.Fields(fields[2]), fields[3], strings.Fields(fields[4])}
		for _, m := range h.measures {
			if m != "identity" && m != "counts" {
				return nil, fmt.Errorf("repositories.tsv:%d: a repository is for identity or counts, not %q", i+1, m)
			}
		}
		all = append(all, h)
	}
	return all, nil
}

// A comparedCommit is a commit whose benchmarks were compared with the benchmarks of its parent, without measuring.
type comparedCommit struct {
	Commit     string
	Code       bool // it changes Go code outside of tests
	Benchmarks []duel.Compared
	Took       time.Duration
	Load       string
	Error      string // why it is left out: it has no benchmarks, or does not build
}

// identity compares commits of each history with their first parents, as many of each as wanted, and keeps what it
// finds of each commit at once.
//
// It takes the newest commits, one after the other, and leaves out a commit only if the gate refuses it. So the content
// of a commit plays no part in the choice. A repository that cannot be cloned stops no other one.
func (p *player) identity(ctx context.Context, all []history, wanted int, write func() error) error {
	var failed error
	for _, h := range all {
		commits, err := p.commits(ctx, h)
		if err != nil {
			failed = errors.Join(failed, fmt.Errorf("%s: %w", h.repo, err))
			continue
		}
		for _, commit := range commits {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			kept := p.compared(h)
			if len(played(kept)) >= wanted {
				break
			}
			if slices.ContainsFunc(kept, func(c comparedCommit) bool { return c.Commit == commit }) {
				continue
			}
			c, err := p.compareCommit(ctx, h, commit)
			if err != nil {
				return err
			}
			fmt.Fprintf(os.Stderr, "%s %.9s: %d of %d IDENTICAL in %v %s\n", h.repo, commit, identical(c.Benchmarks),
				len(c.Benchmarks), c.Took.Round(time.Second), c.Error)
			if err := errors.Join(saveJSON(p.historyFile(h), append(kept, c)), write()); err != nil {
				return err
			}
		}
	}
	return failed
}

// commits returns the commits of a history that have a parent, the last one first.
func (p *player) commits(ctx context.Context, h history) ([]string, error) {
	clone, err := p.clone(ctx, h.repo, h.last)
	if err != nil {
		return nil, err
	}
	text, err := p.command(ctx, clone, "git", "rev-list", "--first-parent", "--min-parents=1", h.last)
	if err != nil {
		return nil, fmt.Errorf("%w: %s", err, text)
	}
	return strings.Fields(text), nil
}

// compareCommit compares a commit with its first parent. What the gate refuses is a result, and only an interruption
// is an error.
func (p *player) compareCommit(ctx context.Context, h history, commit string) (c comparedCommit, err error) {
	c = comparedCommit{Commit: commit, Load: loadNow()}
	clone, err := p.clone(ctx, h.repo, commit)
	if err != nil {
		return c, err
	}
	files, err := p.command(ctx, clone, "git", "diff", "--name-only", commit+"^", commit)
	if err != nil {
		return c, fmt.Errorf("%w: %s", err, files)
	}
	c.Code = slices.ContainsFunc(strings.Fields(files), isProduction)
	dir := filepath.Join(clone, h.dir)
	begun := time.Now()
	c.Benchmarks, err = duel.Identity(ctx, duel.Options{Packages: h.packages,
		Old: duel.Source{Dir: dir, Revision: commit + "^"}, New: duel.Source{Dir: dir, Revision: commit}})
	c.Took = time.Since(begun)
	if ctx.Err() != nil {
		return c, ctx.Err()
	}
	switch {
	case err != nil:
		c.Error, _, _ = strings.Cut(err.Error(), "\n")
	case len(c.Benchmarks) == 0:
		c.Error = "no benchmarks on both sides"
	}
	return c, nil
}

// isProduction reports whether a file holds Go code that is not only for tests.
func isProduction(file string) bool {
	return strings.HasSuffix(file, ".go") && !strings.HasSuffix(file, "_test.go") &&
		!slices.Contains(strings.Split(file, "/"), "testdata")
}

// identical counts the benchmarks that need no measurement.
func identical(all []duel.Compared) (n int) {
	for _, c := range all {
		if c.Identical {
			n++
		}
	}
	return n
}

// played returns the commits that were not left out.
func played(all []comparedCommit) []comparedCommit {
	return slices.DeleteFunc(slices.Clone(all), func(c comparedCommit) bool { return c.Error != "" })
}

// compared returns what is kept of a history.
func (p *player) compared(h history) (all []comparedCommit) {
	text, err := os.ReadFile(p.historyFile(h))
	if err != nil || json.Unmarshal(text, &all) != nil {
		return nil
	}
	return all
}

func (p *player) historyFile(h history) string {
	return filepath.Join(p.keep, "identity-"+strings.ReplaceAll(h.repo, "/", "+")+".json")
}
