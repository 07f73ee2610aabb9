package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/semabench/semabench/bench/parallel"
	"github.com/semabench/semabench/reports/claims"
)

const timelinesName = "parallel-workers.json"

// timelines are the last ones of some rows, for the picture.
type timelines map[string]claims.Timeline

// pictured are the rows of the picture, from top to bottom.
var pictured = []struct {
	mode    parallel.Mode
	permits int
}{{parallel.Goroutines, 3}, {parallel.Processes, 3}, {parallel.Processes, 10}}

func (t timelines) add(row string, spans []parallel.Span) {
	for _, p := range pictured {
		if strings.Contains(row, fmt.Sprintf("mode=%s/", p.mode)) && strings.Contains(row, fmt.Sprintf("permits=%d/", p.permits)) {
			one := claims.Timeline{Mode: string(p.mode), Permits: p.permits}
			for _, s := range spans {
				one.Stays = append(one.Stays, claims.Stay{Worker: s.Worker,
					Enter: time.Duration(s.Enter).Seconds(), Leave: time.Duration(s.Leave).Seconds()})
			}
			t[fmt.Sprint(p)] = one
		}
	}
}

// write keeps them for -replay: benchmark text has no place for them.
func (t timelines) write(path string) error {
	var all []claims.Timeline
	for _, p := range pictured {
		if one, ok := t[fmt.Sprint(p)]; ok {
			all = append(all, one)
		}
	}
	text, err := json.Marshal(all)
	if err != nil {
		return err
	}
	return os.WriteFile(path, append(text, '\n'), 0o644)
}

func readTimelines(path string) (all []claims.Timeline, err error) {
	text, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil // the picture is left out
	}
	if err == nil {
		err = json.Unmarshal(text, &all)
	}
	if err != nil {
		return nil, fmt.Errorf("reading who was at the resource: %w", err)
	}
	return all, nil
}
