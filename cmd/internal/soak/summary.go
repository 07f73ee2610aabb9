package soak

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"time"
	"unicode/utf8"

	"github.com/semabench/semabench/internal/flags"
	"github.com/semabench/semabench/stress"
)

// ending says why the soak ended. limited is ctx with the time limit. An interrupt is named first,
// since the limit may pass while the last program ends.
//
// The text goes into the summary file and onto the page of the report, so it names the flag and
// its value.
func (s *soak) ending(ctx, limited context.Context) string {
	switch {
	case ctx.Err() != nil:
		return "interrupted"
	case limited.Err() != nil:
		return fmt.Sprintf("-time=%v was over", s.Limit)
	case s.Operations > 0:
		return fmt.Sprintf("each had its -ops=%d, or was given up", s.Operations)
	}
	return "each was given up"
}

// summarize prints the summary, and writes it into a file if the user named one. Both are tried
// even if one fails: a full disk must not cost the table on the terminal.
func (s *soak) summarize(ending string) error {
	err := s.print(ending)
	if s.Summary != "" {
		err = errors.Join(err, s.summary(ending).write(s.Summary))
	}
	return err
}

// procs returns the values of GOMAXPROCS as the flag -procs takes them.
func (s *soak) procs() string {
	list := flags.Procs(s.Procs)
	return list.String()
}

// print prints one row for each implementation, and the circumstances of the soak.
//
// The circumstances are printed with the counts, because a count of zero failures means nothing
// without the seed, the processors and the race detector.
func (s *soak) print(ending string) error {
	var b bytes.Buffer
	s.table(&b)
	race := "on"
	if !stress.RaceDetector {
		race = "off; go build -race puts it in"
	}
	first, most := s.memory()
	memory := fmt.Sprintf("at most %s in a process that played, %s in the first ones",
		mebibytes(most), mebibytes(first))
	spent := time.Since(s.began).Round(time.Millisecond)
	for _, line := range [][2]string{
		{"seed", fmt.Sprint(s.Seed)},
		{"gomaxprocs", s.procs()},
		{"race detector", race},
		{"memory", memory},
		{"ended", fmt.Sprintf("after %v: %s", spent, ending)},
	} {
		fmt.Fprintf(&b, "%-15s%s\n", line[0]+":", line[1])
	}
	_, err := s.Stdout.Write(b.Bytes())
	return err
}

// memory returns the largest peak in bytes, over the first turns and over all turns. Growth from
// the first turns to the last is the sign of a leak; one number alone says nothing.
//
// Implementations are not told apart: each runs alone in its process, so the largest one stands
// for the question whether any of them leaks.
func (s *soak) memory() (first, most uint64) {
	for _, r := range s.rows {
		first, most = max(first, r.firstMemory), max(most, r.mostMemory)
	}
	return first, most
}

// table writes the counts, one row for each implementation.
func (s *soak) table(w io.Writer) {
	rows := [][]string{{
		"implementation", "programs", "operations", "ops/s", "histories", "undecided", "failures",
	}}
	for _, r := range s.rows {
		failures := fmt.Sprint(r.failures)
		if s.givenUp(r) {
			failures += ", given up"
		}
		rows = append(rows, []string{
			r.impl.Name, fmt.Sprint(r.tally.Programs), fmt.Sprint(r.tally.Operations),
			rate(r.tally.Operations, r.spent), fmt.Sprint(r.tally.Histories), fmt.Sprint(r.tally.Undecided),
			failures,
		})
	}
	writeAligned(w, rows)
	fmt.Fprintln(w)
}

// writeAligned aligns the first column to the left and the others to the right. text/tabwriter
// aligns all columns of a table to the same side. Widths count runes, because names may have some
// that take several bytes.
func writeAligned(w io.Writer, rows [][]string) {
	widths := make([]int, len(rows[0]))
	for _, row := range rows {
		for i, cell := range row {
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	for _, row := range rows {
		fmt.Fprintf(w, "%-*s", widths[0], row[0])
		for i, cell := range row[1:] {
			fmt.Fprintf(w, "  %*s", widths[i+1], cell)
		}
		fmt.Fprintln(w)
	}
}

// mebibytes formats bytes in units of 2^20.
func mebibytes(n uint64) string { return fmt.Sprintf("%.1f MiB", float64(n)/(1<<20)) }

// A Summary is the summary of a soak for programs: semabench stress -summary writes it, and
// semabench report -stress shows it beside the figures of the same implementations.
//
// The names of the JSON keys are an interface. A soak of last week may be read by a report of
// today.
type Summary struct {
	Version int          `json:"version"`
	Seed    uint64       `json:"seed"`
	Procs   string       `json:"gomaxprocs"`
	Race    bool         `json:"race_detector"`
	Ended   string       `json:"ended"`
	Seconds float64      `json:"seconds"`
	Rows    []SummaryRow `json:"implementations"`
}

// A SummaryRow has the counts of one implementation.
//
// Undecided counts histories whose search for an order was given up. They are neither failures
// nor proofs and are shown as their own number.
type SummaryRow struct {
	Name       string `json:"name"`
	Programs   int64  `json:"programs"`
	Operations int64  `json:"operations"`
	Histories  int64  `json:"histories"`
	Undecided  int64  `json:"undecided"`
	Failures   int    `json:"failures"`
}

// summaryVersion changes whenever a field changes its meaning. ReadSummary refuses other versions.
const summaryVersion = 1

// summary returns the counts for programs.
func (s *soak) summary(ending string) Summary {
	f := Summary{
		Version: summaryVersion, Seed: s.Seed, Procs: s.procs(), Race: stress.RaceDetector,
		Ended: ending, Seconds: time.Since(s.began).Seconds(),
	}
	for _, r := range s.rows {
		f.Rows = append(f.Rows, SummaryRow{r.impl.Name, r.tally.Programs, r.tally.Operations,
			r.tally.Histories, r.tally.Undecided, r.failures})
	}
	return f
}

// write writes the summary as JSON that a person can read, too.
func (f Summary) write(path string) error {
	text, err := json.MarshalIndent(f, "", "\t")
	if err == nil {
		err = os.WriteFile(path, append(text, '\n'), 0o644)
	}
	return err
}

// ReadSummary reads a file that -summary wrote, and refuses any other: an empty table would look
// as if nothing had failed.
//
// Unknown fields are ignored, since they can only add something; a version is refused, since it
// may change something.
func ReadSummary(path string) (Summary, error) {
	var f Summary
	text, err := os.ReadFile(path)
	if err != nil {
		return f, fmt.Errorf("reading the summary of a soak: %w", err)
	}
	if err := json.Unmarshal(text, &f); err != nil {
		return f, fmt.Errorf("%s: no summary of semabench stress: %w", path, err)
	}
	switch {
	case f.Version != summaryVersion:
		return f, fmt.Errorf("%s: version %d of a summary, want %d; write it anew with "+
			"semabench stress -summary", path, f.Version, summaryVersion)
	case len(f.Rows) == 0:
		return f, fmt.Errorf("%s: a summary without implementations", path)
	}
	return f, nil
}
