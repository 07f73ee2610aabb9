package duel

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/semabench/semabench/internal/child"
	"github.com/semabench/semabench/internal/excerpt"
	"github.com/semabench/semabench/reports/gate"
)

// newSide puts a source on disk and finds its packages. A revision is written
// below temp. On an error it leaves files below temp, which the caller removes.
//
// Both kinds of sources end in one form, so nothing behind this function knows whether a side is
// a revision.
func newSide(
	ctx context.Context, label string, from Source, patterns []string, temp string,
) (*side, error) {
	s := &side{label: label, bin: filepath.Join(temp, "bin"), packages: map[string]pkg{}}
	dir, err := filepath.Abs(from.Dir)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(s.bin, 0o777); err != nil {
		return nil, err
	}
	if from.Revision == "" {
		s.Side = workingTree(ctx, dir)
		if _, err := os.Stat(dir); err != nil {
			return nil, fmt.Errorf("%s: %w: name a directory with Go packages", label, err)
		}
	} else if s.Side, err = checkout(ctx, dir, from.Revision, temp); err != nil {
		return nil, fmt.Errorf("%s: %w", label, err)
	} else {
		s.tree = treeOf(temp)
	}
	if err := s.findPackages(ctx, patterns); err != nil {
		return nil, fmt.Errorf("%s: %w", label, err)
	}
	if err := s.prepareBuild(ctx, temp); err != nil {
		return nil, fmt.Errorf("%s: %w", label, err)
	}
	return s, nil
}

// git runs git without optional locks. Git takes those to speed up its next
// command, and fails to in a repository that the user may not write.
//
// Only local repositories are read: no command here fetches, so a gate needs neither a network
// nor credentials.
func git(ctx context.Context, dir string, env []string, args ...string) (string, error) {
	out, err := child.Output(ctx, dir, append(env, "GIT_OPTIONAL_LOCKS=0"), "git", args...)
	if errors.Is(err, exec.ErrNotFound) {
		return "", fmt.Errorf("%w: install git, or compare two directories", err)
	}
	return out, err
}

// workingTree returns the side that is the directory as it is. Without git it has
// no revision.
//
// A status that fails counts as dirty: a clean tree is a claim, and it must not be made without
// an answer.
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

// checkout writes the files of a revision below temp. The directory of the side
// it returns is at the same place in the files as dir is in its repository.
//
// The revision is resolved to a commit first, so that a branch which moves during the run does
// not change the side.
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
	// --end-of-options keeps git from taking a revision such as --all for an
	// option.
	s.Revision, err = git(ctx, dir, nil, "rev-parse", "--verify", "--end-of-options", revision+"^{commit}")
	if err != nil {
		fetch := "git fetch origin"
		if shallow, _ := git(ctx, dir, nil, "rev-parse", "--is-shallow-repository"); shallow == "true" {
			fetch = "this clone is shallow: git fetch --unshallow origin"
		}
		return s, fmt.Errorf("no revision %q: %w\nfetch it: %s; a CI checkout needs fetch-depth: 0, or 2 for HEAD^",
			revision, err, fetch)
	}
	root := treeOf(temp)
	if err := writeTree(ctx, top, s.Revision, root, temp); err != nil {
		return s, fmt.Errorf("writing %s: %w", revision, err)
	}
	s.Dir = filepath.Join(root, filepath.FromSlash(prefix))
	if _, err := os.Stat(s.Dir); err != nil {
		return s, fmt.Errorf("%s has no directory %s: compare with a revision that has it", revision, prefix)
	}
	return s, nil
}

// ignoredFiles returns a hint for a package that fails on one side only, if that side is a revision and the folder
// of the package has ignored files: the other side may have what the revision lacks. It returns "" otherwise.
func (m *measurer) ignoredFiles(ctx context.Context, path string, oldErr, newErr error) string {
	failed, other := m.old, m.new
	if newErr != nil {
		failed, other = m.new, m.old
	}
	if (oldErr == nil) == (newErr == nil) || failed.tree == "" || other.tree != "" {
		return ""
	}
	const most = 3
	out, err := git(ctx, other.packages[path].Dir, nil, "ls-files", "--others", "--ignored", "--exclude-standard", "--", ".")
	if err != nil || out == "" {
		return ""
	}
	files := strings.Split(out, "\n")
	if len(files) > most {
		files = append(files[:most], "…")
	}
	return fmt.Sprintf("git ignores %s, and a revision has no ignored files: if the package needs them, make them on both "+
		"sides and compare two directories with -old and -new", strings.Join(files, ", "))
}

// lacksContents adds to an error of writing files what helps if the clone lacks the contents of some. Git names each of
// them in a line, of which a reader needs the first.
func lacksContents(err error) error {
	text, help := err.Error(), ""
	switch {
	case strings.Contains(text, "promisor"):
		help = "this clone has not the contents of all files (git clone --filter), and cannot fetch them now: clone " +
			"without --filter, or make its remote reachable"
	case strings.Contains(text, "unable to read"):
		help = "this clone lacks the contents of files: git fetch --refetch origin, or clone again"
	default:
		return err
	}
	const most = 3
	return fmt.Errorf("%s\n%s", excerpt.Lines(text, most), help)
}

// treeOf returns the folder below temp that checkout writes a revision into.
func treeOf(temp string) string { return filepath.Join(temp, "tree") }

// writeTree writes the files of a revision of the repository at top below root,
// including files of submodules.
//
// It does not use `git worktree add`, which writes into .git and leaves an
// entry there if it is killed. Nor does it use `git archive`, which leaves out
// files that .gitattributes marks export-ignore. An index of our own needs read
// access only, and leaves nothing but one temporary directory. Submodules are
// written by the same steps, each from its own repository.
//
// Git writes line endings and filters as it does in a working tree, so a user of the revision
// has the same files.
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
		return lacksContents(err)
	}
	files, err := git(ctx, top, index, "ls-files", "--stage", "-z")
	if err != nil {
		return err
	}
	const submodule = "160000" // the mode of an entry that links a commit of another repository
	for entry := range strings.SplitSeq(files, "\x00") {
		about, path, _ := strings.Cut(entry, "\t")
		fields := strings.Fields(about) // mode, object, stage
		if len(fields) != 3 || fields[0] != submodule {
			continue
		}
		err := writeSubmodule(ctx, filepath.Join(top, path), fields[1], filepath.Join(root, path), temp)
		if err != nil {
			return fmt.Errorf("submodule %s: %w", path, err)
		}
	}
	return nil
}

// writeSubmodule writes the files of a commit of the submodule at dir below root.
// A submodule that is not checked out stays empty: the build may do without it
// there as it does in the working tree.
//
// Its commit must be present, because nothing is fetched; the error names the command.
func writeSubmodule(ctx context.Context, dir, commit, root, temp string) error {
	if _, err := os.Lstat(filepath.Join(dir, ".git")); err != nil {
		return ctx.Err()
	}
	if _, err := git(ctx, dir, nil, "cat-file", "-e", commit+"^{commit}"); err != nil {
		return fmt.Errorf("%w\nfetch its commit: git -C %s fetch origin %s", err, dir, commit)
	}
	return writeTree(ctx, dir, commit, root, temp)
}
