package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/semabench/semabench/reports/gate"
)

// A result is the saved outcome of a pair. A nil part was not played.
type result struct {
	Gate      *gateResult
	Benchstat *benchstatResult
	Load      string // load average of the last minute when the pair began
}

// A gateResult is one run of the gate.
type gateResult struct {
	Exit   int
	Took   time.Duration
	Limit  time.Duration // -max-time
	Report gate.Export
	Error  string // of a gate that printed no report
}

// A player plays pairs.
type player struct {
	options
	keep, clones, temp, here string
	tool                     string // a built semabench
}

// play plays what is missing of a pair, and keeps the result.
func (p *player) play(ctx context.Context, pair pair) error {
	r := p.load(pair)
	if p.again {
		r = result{}
	}
	if r.Gate != nil && (r.Benchstat != nil || !p.benchstat) {
		return nil
	}
	clone, err := p.clone(ctx, pair.repo, pair.new)
	if err != nil {
		return err
	}
	r.Load = cmp.Or(r.Load, loadNow())
	if r.Gate == nil {
		if r.Gate, err = p.gate(ctx, clone, pair); err != nil {
			return err
		}
		if err := p.save(pair, r); err != nil {
			return err
		}
		fmt.Fprintf(os.Stderr, "%s: gate exit %d in %v\n", pair.name, r.Gate.Exit, r.Gate.Took.Round(time.Second))
	}
	if r.Benchstat == nil && p.benchstat {
		if r.Benchstat, err = p.playBenchstat(ctx, clone, pair); err != nil {
			return err
		}
		fmt.Fprintf(os.Stderr, "%s: benchstat in %v\n", pair.name, r.Benchstat.Took.Round(time.Second))
	}
	return p.save(pair, r)
}

// loadNow returns the load average of the last minute, or "" where there is none.
func loadNow() string {
	text, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return ""
	}
	load, _, _ := strings.Cut(string(text), " ")
	return load
}

// clone returns a clone of a repository with a commit checked out.
//
// The gate takes its sides from revisions and not from the worktree, but the go command has to find the
// module there.
func (p *player) clone(ctx context.Context, repo, commit string) (string, error) {
	dir := filepath.Join(p.clones, strings.ReplaceAll(repo, "/", "+"))
	if _, err := os.Stat(dir); errors.Is(err, os.ErrNotExist) {
		if text, err := p.command(ctx, p.here, "git", "clone", "-q", "https://github.com/"+repo, dir); err != nil {
			return "", fmt.Errorf("%w: %s", err, text)
		}
	}
	if text, err := p.command(ctx, dir, "git", "checkout", "-q", "--force", "--detach", commit); err != nil {
		return "", fmt.Errorf("%w: %s", err, text)
	}
	return dir, nil
}

// gate runs the gate as a build server does.
//
// Exit codes of the gate are results and no errors. A gate that was interrupted is no result.
func (p *player) gate(ctx context.Context, clone string, pair pair) (*gateResult, error) {
	out := filepath.Join(p.keep, pair.name)
	if err := os.RemoveAll(out); err != nil { // the gate writes into no directory that has a report
		return nil, err
	}
	args := []string{"gate", "-base", pair.old, "-head", pair.new, "-bench", pair.bench, "-format", "json",
		"-o", out, "-max-time", p.maxTime.String()}
	args = append(append(args, strings.Fields(p.args)...), pair.packages...)
	c := p.at(ctx, filepath.Join(clone, pair.dir), p.tool, args...)
	var stderr bytes.Buffer
	c.Stderr = &stderr
	begun := time.Now()
	text, err := c.Output()
	r := &gateResult{Exit: c.ProcessState.ExitCode(), Took: time.Since(begun), Limit: p.maxTime}
	if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) {
		return nil, err
	}
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if json.Unmarshal(text, &r.Report) != nil {
		r.Error = strings.TrimSpace(stderr.String())
	}
	return r, nil
}

// command runs a program and returns what it printed.
func (p *player) command(ctx context.Context, dir, name string, args ...string) (string, error) {
	text, err := p.at(ctx, dir, name, args...).CombinedOutput()
	return strings.TrimSpace(string(text)), err
}

// at returns a command that is interrupted, and not killed, when ctx is done: a gate then stops its processes
// and removes its files.
func (p *player) at(ctx context.Context, dir, name string, args ...string) *exec.Cmd {
	c := exec.CommandContext(ctx, name, args...)
	c.Dir = dir
	c.Cancel = func() error { return c.Process.Signal(syscall.SIGTERM) }
	c.WaitDelay = 20 * time.Second
	return c
}

// load returns what is kept of a pair. A file that is not there or cannot be read is no result: the pair is
// then played again.
func (p *player) load(pair pair) (r result) {
	text, err := os.ReadFile(p.file(pair))
	if err != nil || json.Unmarshal(text, &r) != nil {
		return result{}
	}
	return r
}

// save keeps a result.
func (p *player) save(pair pair, r result) error { return saveJSON(p.file(pair), r) }

// saveJSON renames a finished file, so that an interruption leaves the earlier result.
func saveJSON(path string, value any) error {
	text, err := json.Marshal(value)
	if err != nil {
		return err
	}
	part := path + ".part"
	if err := os.WriteFile(part, text, 0o644); err != nil {
		return err
	}
	return os.Rename(part, path)
}

func (p *player) file(pair pair) string { return filepath.Join(p.keep, pair.name+".json") }
