package duel

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/semabench/semabench/internal/child"
	"github.com/semabench/semabench/reports/gate"
)

// output runs a command in a directory and returns what it prints; as an error, what it complains.
func output(ctx context.Context, dir string, env []string, name string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = dir
	cmd.Env = append(append(os.Environ(), "PWD="+dir), env...)
	var complaint bytes.Buffer
	cmd.Stderr = &complaint
	child.InterruptOnDone(cmd)
	out, err := cmd.Output()
	child.AwaitSignal(ctx, err)
	if ctx.Err() != nil {
		return "", ctx.Err()
	}
	if err != nil {
		return "", fmt.Errorf("%s %s: %w\n%s", name, args[0], err, lines(complaint.String(), 10))
	}
	return strings.TrimSpace(string(out)), nil
}

// lines returns the first lines of a text.
func lines(text string, most int) string {
	all := strings.SplitN(strings.TrimSpace(text), "\n", most+1)
	return strings.Join(all[:min(most, len(all))], "\n")
}

// git runs git without the locks that it takes to speed up the next command: a checkout may be
// one that nobody can write.
func git(ctx context.Context, dir string, env []string, args ...string) (string, error) {
	out, err := output(ctx, dir, append(env, "GIT_OPTIONAL_LOCKS=0"), "git", args...)
	if errors.Is(err, exec.ErrNotFound) {
		return "", fmt.Errorf("%w: install git, or compare two directories", err)
	}
	return out, err
}

// workingTree returns the side that is the directory as it is. Without git it has no revision.
func workingTree(ctx context.Context, dir string) gate.Side {
	s := gate.Side{Name: dir, Dir: dir}
	rev, err := git(ctx, dir, nil, "rev-parse", "HEAD")
	if err != nil {
		return s
	}
	s.Revision = rev
	changed, err := git(ctx, dir, nil, "status", "--porcelain")
	s.Dirty = err != nil || changed != ""
	return s
}

// checkout writes the files of a revision of the repository around dir below temp, and returns the side whose
// directory is there what dir is in the repository.
func checkout(ctx context.Context, dir, revision, temp string) (gate.Side, error) {
	s := gate.Side{Name: revision}
	top, err := git(ctx, dir, nil, "rev-parse", "--show-toplevel")
	if err != nil {
		return s, fmt.Errorf("looking for a repository: %w\ncompare two directories if there is none", err)
	}
	prefix, err := git(ctx, dir, nil, "rev-parse", "--show-prefix")
	if err != nil {
		return s, err
	}
	s.Revision, err = git(ctx, dir, nil, "rev-parse", "--verify", "--end-of-options", revision+"^{commit}")
	if err != nil {
		return s, fmt.Errorf("no revision %q: %w\nfetch it: git fetch origin; "+
			"a CI checkout needs fetch-depth: 0", revision, err)
	}
	root := filepath.Join(temp, "tree")
	if err := writeTree(ctx, top, s.Revision, root, temp); err != nil {
		return s, fmt.Errorf("writing %s: %w", revision, err)
	}
	s.Dir = filepath.Join(root, filepath.FromSlash(prefix))
	if _, err := os.Stat(s.Dir); err != nil {
		return s, fmt.Errorf("%s has no directory %s: compare with a revision that has it", revision, prefix)
	}
	return s, nil
}

// writeTree writes the files of a revision of the repository at top below root, those of submodules too.
//
// Not `git worktree add`, which has to write into .git, and leaves an entry there if it is killed; and not
// `git archive`, which leaves out what .gitattributes marks export-ignore. An index of our own
// does with read access, and what is left to remove is one temporary directory.
func writeTree(ctx context.Context, top, revision, root, temp string) error {
	dir, err := os.MkdirTemp(temp, "index")
	if err != nil {
		return err
	}
	index := []string{"GIT_INDEX_FILE=" + filepath.Join(dir, "index")}
	if _, err := git(ctx, top, index, "read-tree", revision); err != nil {
		return fmt.Errorf("%w\na shallow clone may lack it: git fetch --unshallow", err)
	}
	if _, err := git(ctx, top, index, "checkout-index", "--all", "--prefix="+root+"/"); err != nil {
		return err
	}
	links, err := git(ctx, top, index, "ls-files", "--stage", "-z")
	if err != nil {
		return err
	}
	for entry := range strings.SplitSeq(links, "\x00") {
		about, path, _ := strings.Cut(entry, "\t")
		fields := strings.Fields(about) // mode, object, stage
		if len(fields) != 3 || fields[0] != "160000" {
			continue
		}
		if err := writeSubmodule(ctx, filepath.Join(top, path), fields[1], filepath.Join(root, path), temp); err != nil {
			return fmt.Errorf("submodule %s: %w", path, err)
		}
	}
	return nil
}

// writeSubmodule leaves one empty that the working tree does not have either: a build may do without.
func writeSubmodule(ctx context.Context, dir, commit, root, temp string) error {
	if _, err := os.Lstat(filepath.Join(dir, ".git")); err != nil {
		return ctx.Err()
	}
	if _, err := git(ctx, dir, nil, "cat-file", "-e", commit+"^{commit}"); err != nil {
		return fmt.Errorf("%w\nfetch its commit: git -C %s fetch origin %s", err, dir, commit)
	}
	return writeTree(ctx, dir, commit, root, temp)
}
