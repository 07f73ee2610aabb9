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

// A result is the saved outcome of a pair. A nil part was not played. The whole report of the gate is saved and
// not only its exit code, so the scores can be changed without playing anything again.
type result struct {
	Gate      *gateResult
	Benchstat *benchstatResult
	Load      string // load average of the last minute when the pair began
}

// A gateResult is one run of the gate. It has the limit that this run had, because -max-time may change
// between two calls that fill the same page.
type gateResult struct {
	Exit   int
	Took   time.Duration
	Limit  time.Duration // -max-time
	Report gate.Export
	Error  string // of a gate that printed no report
}

// A player plays pairs, one after the other: two gates at once would disturb each other, and the pairs are there
// to show what the gate can do on a machine of its own.
type player struct {
	options
	keep, clones, temp, here string // absolute directories: of results, of clones, to be removed, of this module
	tool                     string // a built semabench; one build judges all pairs of a call
}

// play plays what is missing of a pair, and keeps the result. The result of the gate is saved before benchstat
// begins, because ten runs of each side take many minutes in which a signal may come. The load is read
// before both, when neither has added to it.
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
// module there. The checkout is forced, because a benchmark of an earlier pair may have written into its folder. The
// clone has the whole history: a shallow one has no parents to compare with.
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
// Exit codes of the gate are results and no errors. A gate that was interrupted is no result. Output that is no
// report is a result as well: it is open, with the message of the gate as the reason, and the table shows it.
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
	if ctx.Err() != nil { // asked before the exit code: a gate that was interrupted has one, too
		return nil, ctx.Err()
	}
	if json.Unmarshal(text, &r.Report) != nil {
		r.Error = strings.TrimSpace(stderr.String())
	}
	return r, nil
}

// command runs a program and returns what it printed, errors included: they are the message of a program that failed.
func (p *player) command(ctx context.Context, dir, name string, args ...string) (string, error) {
	text, err := p.at(ctx, dir, name, args...).CombinedOutput()
	return strings.TrimSpace(string(text)), err
}

// at returns a command that is interrupted, and not killed, when ctx is done: a gate then stops its processes
// and removes its files. It has 20 s for that, because an interrupted gate still judges the pairs that it has. Then it
// is killed.
func (p *player) at(ctx context.Context, dir, name string, args ...string) *exec.Cmd {
	c := exec.CommandContext(ctx, name, args...)
	c.Dir = dir
	c.Cancel = func() error { return c.Process.Signal(syscall.SIGTERM) }
	c.WaitDelay = 20 * time.Second
	return c
}

// load returns the value that saveJSON wrote into a file. A file that is missing or cannot be read is no
// result, and its value is the zero one: the measurement is then made again. A result is worth its measuring
// time and no more, so a damaged one needs no care of a user.
func load[T any](file string) (value T) {
	text, err := os.ReadFile(file)
	if err != nil || json.Unmarshal(text, &value) != nil {
		var none T // Unmarshal may have filled in a part
		return none
	}
	return value
}

// load returns the kept result of a pair.
func (p *player) load(pair pair) result { return load[result](p.file(pair)) }

// save keeps the result of a pair.
func (p *player) save(pair pair, r result) error { return saveJSON(p.file(pair), r) }

// saveJSON renames a finished file, so that an interruption leaves the earlier result. A rename within one directory is
// atomic, and the part is beside its target, because a rename between file systems fails.
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

// file is where the result of a pair is kept. parse has made sure that no two pairs have one name.
func (p *player) file(pair pair) string { return filepath.Join(p.keep, pair.name+".json") }

// options are the flags. The paths are absolute, because the programs that use them run elsewhere.
type options struct {
	table, keep, clones, page string
	only                      string
	benchstat, again          bool
	maxTime                   time.Duration
	args                      string

	repositories, withoutTime    string
	commits, recounts, functions int
}

// playBenchstat does what the documentation of benchstat advises: ten values of the old commit, ten of the
// new one, and a comparison.
//
// Benchmarks that fail on one side leave their rows out of the comparison, as they do for a user.
//
// The two sides run one after the other, as the documentation advises. A change of the machine between
// them looks like a change of the code. How often it does is a question that the table answers. So the sides do not
// take turns here, although that would make benchstat look better.
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
