package mutation

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/semabench/semabench/internal/gotool"
)

// A judgedFile keeps the verdicts of a run, one line of JSON for each, so that a run which was cut off goes on. A nil
// judgedFile keeps nothing.
//
// Each line is written with one call as soon as the verdict is known. A process that is killed leaves at most its last
// line incomplete, and the next run judges that mutant again.
type judgedFile struct {
	file  *os.File
	lines []judgedLine
	key   string
	known map[string]Mutant // by ID, of this key
}

// A judgedLine is one line. Verdicts of several states of the code may stand in one file: only those with the key of
// this run count.
type judgedLine struct {
	Key    string `json:"key"`
	Mutant Mutant `json:"mutant"`
}

// readJudged reads the verdicts of a file, and opens it for more. A file with anything else is refused before it is
// changed: the user may have named another file by mistake.
func readJudged(path string) (*judgedFile, error) {
	if path == "" {
		return nil, nil
	}
	text, err := os.ReadFile(path)
	if err != nil && !os.IsNotExist(err) {
		return nil, fmt.Errorf("reading the verdicts that were kept: %w", err)
	}
	j := &judgedFile{}
	whole := bytes.LastIndexByte(text, '\n') + 1
	n := 0
	for line := range bytes.Lines(text[:whole]) {
		n++
		var l judgedLine
		if err := json.Unmarshal(line, &l); err != nil || l.Key == "" || l.Mutant.ID == "" {
			return nil, notJudged(path, n)
		}
		j.lines = append(j.lines, l)
	}
	const begin = `{"key":`
	if rest := string(text[whole:]); !strings.HasPrefix(rest, begin) && !strings.HasPrefix(begin, rest) {
		return nil, notJudged(path, n+1)
	}
	if j.file, err = os.OpenFile(path, os.O_CREATE|os.O_WRONLY, 0o644); err != nil {
		return nil, fmt.Errorf("keeping the verdicts: %w", err)
	}
	// An incomplete last line is overwritten, not continued.
	if err := j.file.Truncate(int64(whole)); err != nil {
		return nil, fmt.Errorf("keeping the verdicts: %w", err)
	}
	if _, err := j.file.Seek(0, io.SeekEnd); err != nil {
		return nil, fmt.Errorf("keeping the verdicts: %w", err)
	}
	return j, nil
}

// use chooses the verdicts of one key, and the key of the verdicts that are added.
func (j *judgedFile) use(key string) {
	j.key, j.known = key, map[string]Mutant{}
	for _, l := range j.lines {
		if l.Key == key {
			j.known[l.Mutant.ID] = l.Mutant
		}
	}
}

func notJudged(path string, line int) error {
	return fmt.Errorf("%s:%d is no verdict of a mutant: name a file that -judged has written, or a new one", path, line)
}

// key is a hash of everything that decides a verdict and that a run knows: the code, the tests, and the options. The
// go command names each build by a hash of its source and of its dependencies, so a change in another package of the
// module counts, too. Files that the tests read when they run are not in it. -time is in it: with more
// time for each mutant a verdict may be another one.
func (r *run) key(ctx context.Context) (string, error) {
	args := []string{"-test", "-export", "-tags=" + r.Tags, "-f", "{{.ImportPath}} {{.BuildID}}"}
	if r.Race {
		args = append(args, "-race")
	}
	builds, err := gotool.Tool{Dir: r.Dir}.Run(ctx, "list", append(args, r.Package)...)
	if err != nil {
		return "", fmt.Errorf("looking for the state of package %s: %w", r.Package, err)
	}
	o := r.Explore
	o.Workers = 0 // how many processes play does not decide what is a failure
	text := fmt.Sprintf("%d\n%s\n%v %v %d %q %q %d %+v\n%s", reportVersion, builds, r.Race, r.Time, r.Memory, r.Run,
		r.Tags, r.Seed, o, strings.Join(r.tests, " "))
	return fmt.Sprintf("%x", sha256.Sum256([]byte(text)))[:16], nil
}

// take sets the verdicts of a mutant that the file has, and reports whether it has them. A verdict that could not be
// given is not taken: the next run may be able to.
func (j *judgedFile) take(m *Mutant) bool {
	if j == nil {
		return false
	}
	k, ok := j.known[m.ID]
	if !ok || k.Native.Verdict == Undecided || k.Explored.Verdict == Undecided {
		return false
	}
	m.Native, m.Explored, m.Left = k.Native, k.Explored, k.Left
	return true
}

// add keeps the verdict of a mutant.
func (j *judgedFile) add(m *Mutant) error {
	if j == nil {
		return nil
	}
	line, err := json.Marshal(judgedLine{Key: j.key, Mutant: *m})
	if err != nil {
		return err // cannot happen: a Mutant has texts, numbers and truth values only
	}
	if _, err := j.file.Write(append(line, '\n')); err != nil {
		return fmt.Errorf("keeping a verdict: %w", err)
	}
	return nil
}

func (j *judgedFile) close() {
	if j != nil {
		j.file.Close() // each line was written whole; the error of a close has no remedy here
	}
}
