package main

import (
	"encoding/json"
	"fmt"
	"os"
	"time"

	"github.com/semabench/semabench/stress"
)

// A soakFile is the summary of a soak for programs: stress -summary writes it, and report -stress
// shows it beside the figures of the same implementations.
type soakFile struct {
	Version int           `json:"version"`
	Seed    uint64        `json:"seed"`
	Procs   string        `json:"gomaxprocs"`
	Race    bool          `json:"race_detector"`
	Ended   string        `json:"ended"`
	Seconds float64       `json:"seconds"`
	Rows    []soakFileRow `json:"implementations"`
}

type soakFileRow struct {
	Name       string `json:"name"`
	Programs   int64  `json:"programs"`
	Operations int64  `json:"operations"`
	Histories  int64  `json:"histories"`
	Undecided  int64  `json:"undecided"`
	Failures   int    `json:"failures"`
}

const soakFileVersion = 1

// file returns what the summary says.
func (s *soak) file(ending string) soakFile {
	f := soakFile{
		Version: soakFileVersion, Seed: s.seed, Procs: s.procs.String(), Race: stress.RaceDetector,
		Ended: ending, Seconds: time.Since(s.began).Seconds(),
	}
	for _, r := range s.rows {
		f.Rows = append(f.Rows, soakFileRow{r.Impl.Name, r.tally.Programs, r.tally.Operations,
			r.tally.Histories, r.tally.Undecided, r.failures})
	}
	return f
}

func (f soakFile) write(path string) error {
	text, err := json.MarshalIndent(f, "", "\t")
	if err == nil {
		err = os.WriteFile(path, append(text, '\n'), 0o644)
	}
	return err
}

// readSoakFile refuses what is no summary: an empty table would look as if nothing had failed.
func readSoakFile(path string) (soakFile, error) {
	var f soakFile
	text, err := os.ReadFile(path)
	if err != nil {
		return f, fmt.Errorf("reading the summary of a soak: %w", err)
	}
	if err := json.Unmarshal(text, &f); err != nil {
		return f, fmt.Errorf("%s: no summary of semabench stress: %w", path, err)
	}
	switch {
	case f.Version != soakFileVersion:
		return f, fmt.Errorf("%s: version %d of a summary, want %d; write it anew with "+
			"semabench stress -summary", path, f.Version, soakFileVersion)
	case len(f.Rows) == 0:
		return f, fmt.Errorf("%s: a summary without implementations", path)
	}
	return f, nil
}
