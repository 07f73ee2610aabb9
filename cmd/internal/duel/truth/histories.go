package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/semabench/semabench/cmd/internal/duel"
)

// A history is a line of repositories.tsv: the commits of a public repository that lead to the last one.
//
// The last commit is written down, and is not the newest one of a clone. So the same table can be measured again after
// the gate was changed, and a difference is due to the gate.
type history struct {
	repo, dir string // as in a pair
	packages  []string
	last      string   // commit
	measures  []string // identity, counts
}

// parseHistories reads repositories.tsv: a heading, then a repository a line. A measure that it does not know
// is an error: a misspelled one would leave the repository out of a table without a word.
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

// A comparedCommit is a commit whose benchmarks were compared with the benchmarks of its parent, without measuring. It
// keeps the verdict on each benchmark and not only their number, because recount draws its rows from them.
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
			if len(played(kept)) >= wanted { // commits that the gate refused do not count, or some histories would have few
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
			// Kept before the next commit: a comparison takes up to minutes, and a call of hours is often interrupted.
			if err := errors.Join(saveJSON(p.historyFile(h), append(kept, c)), write()); err != nil {
				return err
			}
		}
	}
	return failed
}

// commits returns the commits of a history that have a parent, the last one first. It follows first parents
// only: a merge then is one change, as a gate of a pull request sees it, and its branch is not compared a
// second time.
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

// compareCommit compares a commit with its first parent. A commit that the gate refuses is a result, and only an
// interruption is an error. An interruption kills the builds of the gate, which then look like builds that fail. So
// ctx is asked before the error.
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
	// The names of files decide and not the binaries: the table measures how well a comparison of binaries does.
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

// isProduction reports whether a file holds Go code that is not only for tests. Assembly and C files are left
// out. They change the code of few commits here, and rows that are counted as changed by documentation make
// the share of IDENTICAL rows of code commits no better.
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

// played returns the commits that were not left out. It copies: DeleteFunc would change the slice of the caller, which
// still needs all commits.
func played(all []comparedCommit) []comparedCommit {
	return slices.DeleteFunc(slices.Clone(all), func(c comparedCommit) bool { return c.Error != "" })
}

// compared returns the commits of a history that were compared.
func (p *player) compared(h history) []comparedCommit {
	return load[[]comparedCommit](p.historyFile(h))
}

func (p *player) historyFile(h history) string {
	return filepath.Join(p.keep, "identity-"+strings.ReplaceAll(h.repo, "/", "+")+".json")
}

// identityTable writes how many rows are IDENTICAL, or nothing if no commit was compared. Its sums are over functions,
// because sub-benchmarks of a row that is not run are unknown.
func (p *player) identityTable(b *strings.Builder, all []history) {
	var lines strings.Builder
	var sum identityCounts
	for _, h := range all {
		kept := p.compared(h)
		if len(kept) == 0 {
			continue
		}
		c := countIdentity(kept)
		sum.add(c)
		fmt.Fprintf(&lines, "| %s |%s\n", h.repo, c.cells())
	}
	if lines.Len() == 0 {
		return
	}
	b.WriteString("`go run ./cmd/internal/duel/truth -commits 20`" + ` compares the newest commits of each repository with their first parents, as the gate
does before it measures. A commit is left out only if the gate refuses it. A row is a benchmark function. Code is
changed by a commit that changes Go files other than tests.

| repository | commits | left out | of them all rows IDENTICAL | rows | IDENTICAL | rows where code changed | IDENTICAL | time for all | load |
| :-- | --: | --: | --: | --: | --: | --: | --: | --: | --: |
`)
	fmt.Fprintf(b, "%s| all |%s\n\n", lines.String(), sum.cells())
	rows := time.Duration(sum.identical)
	// 20 s: ten runs of each side, at the second that go test takes for a run by default.
	fmt.Fprintf(b, "The comparison took %s on %d commits, at the loads of the table. To time the %d IDENTICAL rows instead takes %s "+
		"at such loads, and %s on a quiet machine, with the times of an uncontended row in [selftest-busy.md](selftest-busy.md) and "+
		"[selftest.md](selftest.md): %v and %v. Links and sub-benchmarks come on top. A `go test -count=10` of both sides, at 1 s "+
		"for a run, takes %s for them on any machine.\n\n", seconds(sum.took), sum.commits, sum.identical, seconds(rows*busyRow),
		seconds(rows*quietRow), busyRow, quietRow, seconds(rows*20*time.Second))
}

// identityCounts are the sums of a repository.
//
// Rows of commits that change code are counted apart, because they are the test of the comparison: a commit
// that changes documentation gives equal binaries, and any gate that compares binaries passes it.
type identityCounts struct {
	commits, leftOut, whole int // whole: commits with all rows IDENTICAL; commits has none that was left out
	rows, identical         int // identical <= rows
	codeRows, codeIdentical int // of commits that change code
	took                    time.Duration
	least, most             float64 // load
}

// countIdentity adds up the commits of a repository. A commit that was left out adds its time and nothing
// else: the gate spent that time before it refused.
func countIdentity(kept []comparedCommit) (n identityCounts) {
	n.least = math.Inf(1)
	for _, c := range kept {
		n.took += c.Took
		if c.Error != "" {
			n.leftOut++
			continue
		}
		same := identical(c.Benchmarks)
		n.commits++
		n.rows += len(c.Benchmarks)
		n.identical += same
		if same == len(c.Benchmarks) {
			n.whole++
		}
		if c.Code {
			n.codeRows += len(c.Benchmarks)
			n.codeIdentical += same
		}
		var load float64
		if _, err := fmt.Sscan(c.Load, &load); err == nil {
			n.least, n.most = min(n.least, load), max(n.most, load)
		}
	}
	return n
}

// add adds the sums of another repository. The zero value has no load yet, so its least load is none of the two.
func (n *identityCounts) add(m identityCounts) {
	if n.commits == 0 {
		n.least = math.Inf(1)
	}
	n.commits += m.commits
	n.leftOut += m.leftOut
	n.whole += m.whole
	n.rows += m.rows
	n.identical += m.identical
	n.codeRows += m.codeRows
	n.codeIdentical += m.codeIdentical
	n.took += m.took
	n.least, n.most = min(n.least, m.least), max(n.most, m.most)
}

// cells returns the cells behind the name. Where the system tells no load, the cell of the loads is empty and not 0.0,
// which would claim a quiet machine.
func (n identityCounts) cells() string {
	load := ""
	if n.most > 0 {
		load = fmt.Sprintf("%.1f to %.1f", n.least, n.most)
	}
	return fmt.Sprintf(" %d | %d | %d | %d | %s | %d | %s | %s | %s |", n.commits, n.leftOut, n.whole, n.rows,
		ofAll(n.identical, n.rows), n.codeRows, ofAll(n.codeIdentical, n.codeRows), seconds(n.took), load)
}
