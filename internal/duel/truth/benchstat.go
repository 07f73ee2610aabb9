package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"
)

// A benchstatResult counts the rows of the table of sec/op.
type benchstatResult struct {
	Took                 time.Duration
	Slower, Faster, Same int
	SlowerRows           []string `json:",omitempty"`
	FasterRows           []string `json:",omitempty"`
	Text                 string
}

// playBenchstat does what the documentation of benchstat advises: ten values of the old commit, ten of the
// new one, and a comparison.
//
// Benchmarks that fail on one side leave their rows out of the comparison, as they do for a user.
func (p *player) playBenchstat(ctx context.Context, clone string, pair pair) (*benchstatResult, error) {
	begun := time.Now()
	var files []string
	for i, commit := range []string{pair.old, pair.new} {
		if text, err := p.command(ctx, clone, "git", "checkout", "-q", "--force", "--detach", commit); err != nil {
			return nil, fmt.Errorf("%w: %s", err, text)
		}
		args := append([]string{"test", "-run", "^$", "-bench", pair.bench, "-count", "10"}, pair.packages...)
		text, err := p.command(ctx, filepath.Join(clone, pair.dir), "go", args...)
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if err != nil && !strings.Contains(text, "ns/op") {
			return nil, fmt.Errorf("%w: %s", err, text)
		}
		file := filepath.Join(p.temp, []string{"old", "new"}[i]+".txt")
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			return nil, err
		}
		files = append(files, file)
	}
	text, err := p.command(ctx, p.here, "go", "tool", "benchstat", "-filter", ".unit:ns/op", files[0], files[1])
	if err != nil {
		return nil, fmt.Errorf("%w: %s", err, text)
	}
	r := readBenchstat(text)
	r.Took, r.Text = time.Since(begun), text
	return r, nil
}

// significant matches the columns of a row whose sides differ, at p < 0.05 by the default of benchstat.
var significant = regexp.MustCompile(`^(\S+) .* ([+-])[\d.]+% \(p=`)

// readBenchstat counts the rows of a table of benchstat. The line of the geometric mean has no p.
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
