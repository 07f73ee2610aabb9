package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"

	"github.com/semabench/semabench/stress/explore"
)

// judge prints what each exploration came to, and returns what the exit code is to say. failed is how
// the test process ended.
func (e *exploration) judge(ctx context.Context, p *testProgram, failed error) error {
	wrong, unknown, refused := 0, 0, 0
	for _, d := range p.done {
		fmt.Fprint(e.stdout, exploredText(d))
		switch d.Result.Verdict {
		case "fail":
			wrong++
		case "unknown":
			unknown++
		case "refused":
			refused++
		}
	}
	if e.summary != "" {
		if err := e.writeSummary(p, ctx.Err() != nil); err != nil {
			return fmt.Errorf("%w: writing the summary: %w", errFlawed, err)
		}
	}
	switch {
	case wrong > 0: // also if interrupted, which takes nothing back
		return fmt.Errorf("%w: %d of %s failed", errFlawed, wrong, count(len(p.done), "exploration", "explorations"))
	case ctx.Err() != nil:
		return fmt.Errorf("%w: nothing had failed by then", errInterrupted)
	case len(p.done) == 0:
		return e.nothing(p, failed)
	case refused == len(p.done):
		return fmt.Errorf("nothing was explored: %s came to what cannot be put under control",
			count(refused, "exploration", "explorations"))
	case failed != nil || len(p.done) < len(p.begun):
		return fmt.Errorf("%w: the tests failed, and not by a schedule (%v):\n%s", errFlawed, failed, p.said())
	case unknown+refused > 0:
		return ownCode{exitUnknown, fmt.Errorf("unknown: of %s, %d came to a bound and %d were refused",
			count(len(p.done), "exploration", "explorations"), unknown, refused)}
	}
	return nil
}

// nothing says why nothing was explored, which must not look as if nothing was wrong.
func (e *exploration) nothing(p *testProgram, failed error) error {
	said := p.said()
	var exit *exec.ExitError
	switch {
	case strings.Contains(said, "flag provided but not defined: -explore."):
		return fmt.Errorf("nothing was explored: the tests of %s do not import %s, whose Run they have to call",
			e.pkg, explorePath)
	case failed != nil && !errors.As(failed, &exit):
		return fmt.Errorf("running the tests of %s: %w", e.pkg, failed)
	case failed != nil:
		return fmt.Errorf("nothing was explored: the tests of %s ended with %w\n%s", e.pkg, failed, said)
	}
	return fmt.Errorf("nothing was explored: no test in %s that matches -run %q calls explore.Run, explore.Semaphore or explore.Replay\n%s",
		e.pkg, e.run, said)
}

const explorePath = "github.com/semabench/semabench/stress/explore"

// said is the end of what the test process wrote.
func (p *testProgram) said() string {
	const enough = 8 << 10
	text := p.output.String()
	return strings.TrimSpace(text[max(0, len(text)-enough):])
}

// exploredText is an exploration for people.
func exploredText(d explore.Event) string {
	text := string(d.Result.Verdict)
	if d.Result.Bound != "" {
		text += " (" + d.Result.Bound + ")"
	}
	return fmt.Sprintf("=== %s: %s\n%s\n    %s\n", exploredName(d), text, strings.TrimRight(d.Result.Text, "\n"), playedText(d))
}

func exploredName(d explore.Event) string {
	if d.Door > 1 {
		return fmt.Sprintf("%s #%d", d.Test, d.Door)
	}
	return d.Test
}

func playedText(d explore.Event) string {
	if d.Workers == 0 {
		return "one schedule"
	}
	text := fmt.Sprintf("%s in %.1f s (%.0f/s) with %s", count(d.Schedules, "schedule", "schedules"), d.Seconds,
		float64(d.Schedules)/max(d.Seconds, 0.001), count(d.Workers, "process", "processes"))
	if d.Result.Verdict == "fail" { // otherwise it has been said
		text += fmt.Sprintf("; %d ordered pairs of dependent operations", d.Pairs)
	}
	return text
}

// An exploreFile is the summary for programs.
type exploreFile struct {
	Version      int           `json:"version"`
	Race         bool          `json:"race_detector"`
	Interrupted  bool          `json:"interrupted"`
	Explorations []exploredRow `json:"explorations"`
}

type exploredRow struct {
	Test      string  `json:"test"`
	Door      int     `json:"door"` // of the test, from 1
	Verdict   string  `json:"verdict"`
	Bound     string  `json:"bound,omitempty"`
	What      string  `json:"what,omitempty"`
	Schedule  string  `json:"schedule,omitempty"`
	Scenario  string  `json:"scenario,omitempty"`
	Strategy  string  `json:"strategy,omitempty"`
	Schedules int     `json:"schedules"`
	Pruned    int     `json:"pruned"`
	Pairs     int     `json:"ordered_pairs"`
	Reversed  int     `json:"ordered_pairs_both_ways"`
	Workers   int     `json:"workers"`
	Seconds   float64 `json:"seconds"`
	Text      string  `json:"text"`
}

const exploreFileVersion = 1

func (e *exploration) writeSummary(p *testProgram, interrupted bool) error {
	f := exploreFile{Version: exploreFileVersion, Race: e.race, Interrupted: interrupted, Explorations: []exploredRow{}}
	for _, d := range p.done {
		r := d.Result
		f.Explorations = append(f.Explorations, exploredRow{
			Test: d.Test, Door: d.Door, Verdict: string(r.Verdict), Bound: r.Bound, What: r.What, Schedule: r.Schedule,
			Scenario: r.Scenario, Strategy: r.Strategy, Schedules: r.Schedules, Pruned: r.Pruned, Pairs: r.Pairs,
			Reversed: r.Reversed, Workers: d.Workers, Seconds: d.Seconds, Text: r.Text,
		})
	}
	text, err := json.MarshalIndent(f, "", "\t")
	if err == nil {
		err = os.WriteFile(e.summary, append(text, '\n'), 0o644)
	}
	return err
}
