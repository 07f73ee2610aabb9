package history

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// Add writes a run into a folder, which it makes if there is none, and returns the name of the file.
// A commit has one run: a second one is an error, unless replace is set.
//
// The text is written beside its place and renamed. A build that is killed leaves the folder as it
// was, and a half of a text never gets the name of a whole one.
func Add(dir string, run Run, replace bool) (string, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	known, _, err := readDir(dir)
	if err != nil {
		return "", err
	}
	for _, k := range known {
		if !sameCommit(k.Commit, run.Commit) || (k.Base == "") != (run.Base == "") {
			continue
		}
		if !replace {
			return "", fmt.Errorf("commit %s is in the history already: %s; -replace writes it anew",
				run.Commit, k.File)
		}
		if err := os.Remove(k.File); err != nil {
			return "", err
		}
	}
	run.Added = time.Now()
	name := run.Date.UTC().Format("20060102T150405Z") + "-" + run.Commit[:min(12, len(run.Commit))]
	if run.Base != "" {
		name += "-gate"
	}
	name = filepath.Join(dir, name+".txt")
	f, err := os.CreateTemp(dir, ".history-*")
	if err != nil {
		return "", err
	}
	_, err = f.WriteString(run.text())
	err = errors.Join(err, f.Chmod(0o644), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), name)
	}
	if err != nil {
		return "", errors.Join(err, os.Remove(f.Name()))
	}
	return name, nil
}

// sameCommit reports whether two names are one commit. Either may be a short form of the other.
func sameCommit(a, b string) bool { return strings.HasPrefix(a, b) || strings.HasPrefix(b, a) }

// readDir reads the runs of a folder in the order of their dates. A file that cannot be read is in
// broken, and the others are good.
func readDir(dir string) (runs []Run, broken []error, err error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, nil, err
	}
	for _, e := range entries {
		if e.IsDir() || filepath.Ext(e.Name()) != ".txt" {
			continue
		}
		run, err := parse(filepath.Join(dir, e.Name()))
		if err != nil {
			broken = append(broken, err)
			continue
		}
		runs = append(runs, run)
	}
	// The time of adding decides between commits of one second, as a rebase makes them.
	slices.SortStableFunc(runs, func(a, b Run) int {
		return cmp.Or(a.Date.Compare(b.Date), a.Added.Compare(b.Added))
	})
	return runs, broken, nil
}
