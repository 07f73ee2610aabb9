package main

import (
	"bufio"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/semabench/semabench/stress"
)

// A failedCase is what the head of a failure's file has: all that it takes to play it again.
type failedCase struct {
	impl, clause, seed, program, gomaxprocs, race string

	path string
	line map[string]int // in the file, of each key
}

// headLines are the lines of the head, in their order.
var headLines = []struct {
	key   string
	value func(*failedCase) *string
}{
	{"impl", func(c *failedCase) *string { return &c.impl }},
	{"clause", func(c *failedCase) *string { return &c.clause }},
	{"seed", func(c *failedCase) *string { return &c.seed }},
	{"program", func(c *failedCase) *string { return &c.program }},
	{"gomaxprocs", func(c *failedCase) *string { return &c.gomaxprocs }},
	{"race", func(c *failedCase) *string { return &c.race }},
}

func caseOf(f *stress.Failure, procs int) *failedCase {
	return &failedCase{
		impl:       f.Impl,
		clause:     f.Clause.ID,
		seed:       strconv.FormatUint(f.Seed, 10),
		program:    f.Program,
		gomaxprocs: strconv.Itoa(procs),
		race:       strconv.FormatBool(stress.RaceDetector),
	}
}

// text is the file: the head, an empty line, the report.
func (c *failedCase) text(report string) string {
	var b strings.Builder
	for _, h := range headLines {
		fmt.Fprintf(&b, "%s: %s\n", h.key, *h.value(c))
	}
	fmt.Fprintf(&b, "\n%s\n", strings.TrimRight(report, "\n"))
	return b.String()
}

// keepFailure writes f into a new file in dir, and its page beside it under the same name. It
// returns the path of the file, and overwrites none: the same seed fails twice with two schedules.
func keepFailure(dir string, f *stress.Failure, procs int) (string, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	base := filepath.Join(dir, fmt.Sprintf("%s-%s-%d", f.Impl, f.Clause.ID, f.Seed))
	free, text := base, caseOf(f, procs).text(f.Report)
	for n := 2; ; n++ {
		if _, err := os.Lstat(free + ".html"); err != nil { // else it is the page of another one
			err = writeNew(free+".txt", []byte(text))
			if err == nil {
				err = writeNew(free+".html", f.Page)
			}
			if !errors.Is(err, fs.ErrExist) {
				return free + ".txt", err
			}
		}
		free = fmt.Sprintf("%s-%d", base, n)
	}
}

// writeNew writes content to a file that must not be there yet, and nothing if there is none.
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

// readFailure reads the head of such a file. The report below is for people.
func readFailure(path string) (*failedCase, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	c := &failedCase{path: path, line: map[string]int{}}
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20) // a program is one line, and may be a long one
	n := 1
	for ; lines.Scan() && lines.Text() != ""; n++ {
		if err := c.set(n, lines.Text()); err != nil {
			return nil, fmt.Errorf("%s:%d: %w", path, n, err)
		}
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("%s:%d: %w", path, n, err)
	}
	for _, h := range headLines {
		if c.line[h.key] == 0 {
			return nil, fmt.Errorf("%s:%d: the head ends without %q", path, n, h.key+": ")
		}
	}
	return c, nil
}

// set takes one line of the head.
func (c *failedCase) set(n int, line string) error {
	key, value, ok := strings.Cut(line, ": ")
	for _, h := range headLines {
		switch {
		case !ok || h.key != key:
		case c.line[key] != 0:
			return fmt.Errorf("%s again, after line %d", key, c.line[key])
		default:
			c.line[key], *h.value(c) = n, value
			return nil
		}
	}
	const enough = 40 // of what may be any file
	return fmt.Errorf("%.*q is no line of a failure's head, such as %q", enough, line, "impl: NAME")
}

// wrong says where in the file a value is that cannot be used.
func (c *failedCase) wrong(key string, err error) error {
	return fmt.Errorf("%s:%d: %s: %w", c.path, c.line[key], key, err)
}

// firstLine is what of a failure fits on a line.
func firstLine(f *stress.Failure) string {
	report := strings.TrimSpace(f.Report)
	if report == "" {
		report = f.Error()
	}
	first, _, _ := strings.Cut(report, "\n")
	return first
}
