package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"time"
	"unicode/utf8"

	"github.com/semabench/semabench/stress"
)

// ending says why it was over.
func (s *soak) ending(ctx, limited context.Context) string {
	switch {
	case ctx.Err() != nil:
		return "interrupted"
	case limited.Err() != nil:
		return fmt.Sprintf("-time=%v was over", s.limit)
	case s.ops > 0:
		return fmt.Sprintf("each had its -ops=%d, or was given up", s.ops)
	}
	return "each was given up"
}

// summarize prints the summary, and writes it into a file if it has one.
func (s *soak) summarize(ending string) error {
	err := s.summary(ending)
	if s.path != "" {
		err = errors.Join(err, s.file(ending).write(s.path))
	}
	return err
}

// summary prints one row for each implementation, and under what circumstances they were played.
func (s *soak) summary(ending string) error {
	var b bytes.Buffer
	s.table(&b)
	race := "on"
	if !stress.RaceDetector {
		race = "off; go build -race puts it in"
	}
	first, most := s.memory()
	memory := fmt.Sprintf("at most %s in a process that played, %s in the first ones", mebibytes(most), mebibytes(first))
	spent := time.Since(s.began).Round(time.Millisecond)
	for _, line := range [][2]string{
		{"seed", fmt.Sprint(s.seed)},
		{"gomaxprocs", s.procs.String()},
		{"race detector", race},
		{"memory", memory},
		{"ended", fmt.Sprintf("after %v: %s", spent, ending)},
	} {
		fmt.Fprintf(&b, "%-15s%s\n", line[0]+":", line[1])
	}
	_, err := s.stdout.Write(b.Bytes())
	return err
}

// memory returns the most that the first turn of any implementation took, and any turn of any.
func (s *soak) memory() (first, most uint64) {
	for _, r := range s.rows {
		first, most = max(first, r.firstMemory), max(most, r.mostMemory)
	}
	return first, most
}

func (s *soak) table(w io.Writer) {
	rows := [][]string{{"implementation", "programs", "operations", "ops/s", "histories", "undecided", "failures"}}
	for _, r := range s.rows {
		failures := fmt.Sprint(r.failures)
		if s.givenUp(r) {
			failures += ", given up"
		}
		rows = append(rows, []string{r.Impl.Name, fmt.Sprint(r.tally.Programs), fmt.Sprint(r.tally.Operations),
			rate(r.tally.Operations, r.spent), fmt.Sprint(r.tally.Histories), fmt.Sprint(r.tally.Undecided), failures})
	}
	writeAligned(w, rows)
	fmt.Fprintln(w)
}

// writeAligned puts the first column to the left and numbers to the right, which tabwriter cannot
// do in one table.
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

// rate is per second of the time that was spent on it.
func rate(operations int64, spent time.Duration) string {
	if spent <= 0 {
		return "-"
	}
	return fmt.Sprintf("%.0f", float64(operations)/spent.Seconds())
}

func mebibytes(n uint64) string { return fmt.Sprintf("%.1f MiB", float64(n)/(1<<20)) }
