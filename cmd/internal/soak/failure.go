package soak

import (
	"bufio"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/semabench/semabench/internal/escape"
	"github.com/semabench/semabench/stress"
)

// A failureHead is the head of a failure's file: everything that it takes to play the program
// again. All values are text, as they stand in the file: Replay parses them, and names the line of
// a bad one. The program itself is in it and not its seed alone: the same seed means another
// program in another version.
//
// path and line are not in the file. They are for messages about a value that was edited by
// hand.
type failureHead struct {
	impl, clause, seed, program, gomaxprocs, race string

	// constructors is empty for an implementation of this executable. Otherwise a replay first builds
	// a program with them.
	constructors string

	path string
	line map[string]int // the line of each key in the file
}

// headLines are the lines of the head, in their order.
// One table serves writing and reading, so that a key which is written can be read. The values
// are pointers into the head for the same reason.
var headLines = []struct {
	key   string
	value func(*failureHead) *string
}{
	{"impl", func(h *failureHead) *string { return &h.impl }},
	{"clause", func(h *failureHead) *string { return &h.clause }},
	{"seed", func(h *failureHead) *string { return &h.seed }},
	{"program", func(h *failureHead) *string { return &h.program }},
	{"gomaxprocs", func(h *failureHead) *string { return &h.gomaxprocs }},
	{"race", func(h *failureHead) *string { return &h.race }},
	{constructorsKey, func(h *failureHead) *string { return &h.constructors }},
}

// constructorsKey is the only key that a head may lack.
const constructorsKey = "constructors"

// headOf returns the head for a failure that was found at a value of GOMAXPROCS.
//
// The clause is for readers of the file only. A replay plays the program and reports whatever
// clause fails then.
func headOf(f *stress.Failure, procs int, constructors string) *failureHead {
	return &failureHead{
		impl:       f.Impl,
		clause:     f.Clause.ID,
		seed:       strconv.FormatUint(f.Seed, 10),
		program:    f.Program,
		gomaxprocs: strconv.Itoa(procs),
		race:       strconv.FormatBool(stress.RaceDetector),

		constructors: constructors,
	}
}

// text returns the content of the file: the head, an empty line, the report.
//
// The empty line ends the head for readFailure. Everything below it is free text, which may look
// like a head itself.
func (h *failureHead) text(report string) string {
	var b strings.Builder
	for _, line := range headLines {
		if line.key == constructorsKey && h.constructors == "" {
			continue
		}
		fmt.Fprintf(&b, "%s: %s\n", line.key, *line.value(h))
	}
	fmt.Fprintf(&b, "\n%s\n", strings.TrimRight(report, "\n"))
	return b.String()
}

// saveFailure writes f into a new text file in dir, and its page beside it with the same base name.
// It returns the path of the text file. It overwrites nothing, because two schedules of one seed
// are two failures: it counts up until both names are free. The text is made first and without
// overwriting. So two processes that save at once get different names.
//
// The name says what failed and by which seed, so that a folder of failures can be read by its
// listing.
func saveFailure(dir string, f *stress.Failure, procs int, constructors string) (string, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	base := filepath.Join(dir, fmt.Sprintf("%s-%s-%d", f.Impl, f.Clause.ID, f.Seed))
	free, text := base, headOf(f, procs, constructors).text(f.Report)
	for n := 2; ; n++ {
		if _, err := os.Lstat(free + ".html"); err != nil { // else the page belongs to another failure
			err = writeNew(free+".txt", []byte(text))
			if err == nil {
				err = writeNew(free+".html", f.PageWith("semabench stress -replay "+escape.Shell(free+".txt")))
			}
			if !errors.Is(err, fs.ErrExist) {
				return free + ".txt", err
			}
		}
		free = fmt.Sprintf("%s-%d", base, n)
	}
}

// writeNew writes content to a file that must not exist. Without content it makes no file.
//
// O_EXCL makes the look and the creation one step of the kernel. A look before would leave a gap
// for another process.
func writeNew(path string, content []byte) error {
	if len(content) == 0 {
		return nil
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	return errors.Join(err, f.Close())
}

// readFailure reads the head of a file that saveFailure wrote. The report below it is for people.
// Errors have the form path:line, which editors jump to.
//
// The file comes from another machine, an issue or a mail, and may be any file. It is refused at
// the first line that is no line of a head; the program itself is checked by stress.Replay.
func readFailure(path string) (*failureHead, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	h := &failureHead{path: path, line: map[string]int{}}
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20) // a program is one line, and may be long
	n := 1
	for ; lines.Scan() && lines.Text() != ""; n++ {
		if err := h.set(n, lines.Text()); err != nil {
			return nil, fmt.Errorf("%s:%d: %w", path, n, err)
		}
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("%s:%d: %w", path, n, err)
	}
	for _, line := range headLines {
		if h.line[line.key] == 0 && line.key != constructorsKey {
			return nil, fmt.Errorf("%s:%d: the head ends without %q", path, n, line.key+": ")
		}
	}
	return h, nil
}

// set parses the n'th line of the head. A key that comes twice is an error: the file was edited,
// and either value could be the one to play.
//
// Unknown keys are refused as well, because a key of a newer version may change which program is
// played.
func (h *failureHead) set(n int, text string) error {
	key, value, ok := strings.Cut(text, ": ")
	for _, line := range headLines {
		switch {
		case !ok || line.key != key:
		case h.line[key] != 0:
			return fmt.Errorf("%s again, after line %d", key, h.line[key])
		default:
			h.line[key], *line.value(h) = n, value
			return nil
		}
	}
	const enough = 40 // characters: the file may be any file
	return fmt.Errorf("%.*q is no line of a failure's head, such as %q", enough, text, "impl: NAME")
}

// invalid returns an error with the place in the file of a value that cannot be used.
func (h *failureHead) invalid(key string, err error) error {
	return fmt.Errorf("%s:%d: %s: %w", h.path, h.line[key], key, err)
}
