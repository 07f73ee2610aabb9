// Package shards deals the rows of a gate to several machines, and joins what they measured into one run.
//
// Every machine finds all rows, which takes builds but no measuring, and measures the rows that are dealt to
// it. So each knows how many tests the whole run makes, and may stop a row early by the level of the whole
// run.
//
// No machine talks to another one, and none hands out rows: a CI starts its jobs without an order,
// and may start one of them again. Each job decides by the name of a row alone, so a job that runs
// twice measures the same rows twice. The price is that the shares are equal only on average.
//
// Old and new of a row are always measured on the same machine. Times of different machines are
// never compared.
package shards

import (
	"cmp"
	"errors"
	"fmt"
	"hash/fnv"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/semabench/semabench/reports"
	"github.com/semabench/semabench/reports/gate"
)

// A Shard is one of several parts of a run, counted from 1. The zero value is the whole run.
type Shard struct{ Index, Of int }

// mostShards bounds what is surely a typing error.
const mostShards = 1000

// Parse reads a shard such as 2/3.
func Parse(text string) (s Shard, err error) {
	index, of, _ := strings.Cut(text, "/")
	s.Index, err = strconv.Atoi(index)
	if err == nil {
		s.Of, err = strconv.Atoi(of)
	}
	if err != nil || s.Index < 1 || s.Index > s.Of || s.Of > mostShards {
		return Shard{}, fmt.Errorf("%q is no shard: want I/N, with I from 1 to N and N at most %d", text, mostShards)
	}
	return s, nil
}

// String returns the shard as Parse reads it, and "" for the whole run.
func (s Shard) String() string {
	if s.Of == 0 {
		return ""
	}
	return fmt.Sprintf("%d/%d", s.Index, s.Of)
}

// Has reports whether a row is dealt to the shard. The hash of the name decides and not its place in a list: a machine
// that finds one row more still deals the others as all machines do.
func (s Shard) Has(id string) bool {
	if s.Of == 0 {
		return true
	}
	h := fnv.New64a()
	h.Write([]byte(id)) // never fails
	return h.Sum64()%uint64(s.Of) == uint64(s.Index-1)
}

// Join returns one run of all shards. names are for error messages.
//
// Shards that belong to different runs are refused. A shard that is missing, or that found other
// rows than the others, stops the run early: the judge sees the rows that were measured, and the
// run does not pass. Leaving the rows out without a word would be worse than an error, because a
// slower row could hide in the shard that failed.
func Join(names []string, runs []*gate.Run) (*gate.Run, error) {
	if len(runs) == 0 {
		return nil, errors.New("there is no shard to join")
	}
	first := runs[0]
	whole := &gate.Run{Old: first.Old, New: first.New, Stages: first.Stages, Command: first.Command, WhyOnly: map[string]string{}}
	seen := map[int]string{}
	for i, run := range runs {
		if err := belongs(run, first); err != nil {
			return nil, fmt.Errorf("%s and %s: %w", names[0], names[i], err)
		}
		if other, twice := seen[run.Shard]; twice {
			return nil, fmt.Errorf("%s and %s are both shard %d of %d", other, names[i], run.Shard, run.Shards)
		}
		seen[run.Shard] = names[i]
		add(whole, run)
	}
	for i := range first.Shards {
		if _, there := seen[i+1]; !there {
			stop(whole, fmt.Sprintf("shard %d of %d is missing, and its rows with it", i+1, first.Shards))
		}
	}
	whole.Facts = joinFacts(runs, func(r *gate.Run) []reports.Fact { return r.Facts })
	whole.Old.Facts = joinFacts(runs, func(r *gate.Run) []reports.Fact { return r.Old.Facts })
	whole.New.Facts = joinFacts(runs, func(r *gate.Run) []reports.Fact { return r.New.Facts })
	// The report shows this command as the way to repeat the run. Repeated whole, it has no shard.
	whole.Command = strings.Replace(whole.Command, " -shard="+Shard{first.Shard, first.Shards}.String(), "", 1)
	return whole, nil
}

// belongs says why a run is no shard of the same run as another one. The revisions decide, and not
// the commands: the shards of a run have different commands, and a CI may write its folders into
// them.
func belongs(run, first *gate.Run) error {
	switch {
	case run.Shards == 0 || first.Shards == 0:
		return errors.New("a run that was not dealt with -shard has nothing to be joined with")
	case run.Shards != first.Shards:
		return fmt.Errorf("one is of %d shards and the other of %d", first.Shards, run.Shards)
	case run.Old.Name != first.Old.Name || run.New.Name != first.New.Name ||
		run.Old.Revision != first.Old.Revision || run.New.Revision != first.New.Revision:
		return errors.New("they compare other sides")
	case run.Stages != first.Stages:
		return errors.New("one measures rows again that look slower, and the other does not")
	}
	return nil
}

// add adds the rows and the controls of a shard. Rows of equal code, and rows that failed when all rows were
// listed, are in every shard. If shards differ about a row, the measured one counts more than one of equal
// code, and a failed one most: a build that fails on one machine is nothing that passes.
func add(whole, run *gate.Run) {
	if whole.Planned > 0 && run.Planned != whole.Planned {
		stop(whole, fmt.Sprintf("shard %d found %d rows and another shard %d, so that rows may be in none", run.Shard,
			run.Planned, whole.Planned))
	}
	// The larger number makes the correction for many tests stricter, so a doubt costs power and no
	// promise.
	whole.Planned = max(whole.Planned, run.Planned)
	for _, row := range run.Rows {
		row.Shard = run.Shard
		i := slices.IndexFunc(whole.Rows, func(known gate.Row) bool { return known.ID() == row.ID() })
		switch {
		case i < 0:
			whole.Rows = append(whole.Rows, row)
		case weight(row) > weight(whole.Rows[i]):
			whole.Rows[i] = row
		}
	}
	for _, c := range run.Controls {
		c.Row.Shard = run.Shard
		whole.Controls = append(whole.Controls, c)
	}
	whole.OnlyOld, whole.OnlyNew = union(whole.OnlyOld, run.OnlyOld), union(whole.OnlyNew, run.OnlyNew)
	maps.Copy(whole.WhyOnly, run.WhyOnly)
	whole.Old.Dirty, whole.New.Dirty = whole.Old.Dirty || run.Old.Dirty, whole.New.Dirty || run.New.Dirty
	if run.Stopped != "" {
		stop(whole, fmt.Sprintf("shard %d: %s", run.Shard, run.Stopped))
	}
	if run.Late != "" {
		whole.Late = cmp.Or(whole.Late, fmt.Sprintf("shard %d: %s", run.Shard, run.Late))
	}
}

// weight orders what shards may say of one row: a row of equal code, a measured row, a row that
// failed.
func weight(row gate.Row) int {
	switch row.Mode {
	case gate.Failed:
		return 2
	case gate.Identical:
		return 0
	}
	return 1
}

// stop marks the run as stopped early, which never passes. It keeps all reasons.
func stop(whole *gate.Run, why string) {
	if whole.Stopped != "" {
		why = whole.Stopped + "; " + why
	}
	whole.Stopped = why
}

// union returns the IDs of both lists, each once.
func union(a, b []string) []string {
	for _, id := range b {
		if !slices.Contains(a, id) {
			a = append(a, id)
		}
	}
	return a
}

// joinFacts returns the facts of all shards. A fact that differs between them has a line for each, with the shard in
// its key. The judge compares the facts of both sides by their keys, so each side is compared with the other one of
// the same machine.
func joinFacts(runs []*gate.Run, of func(*gate.Run) []reports.Fact) (all []reports.Fact) {
	var keys []string
	values := map[string]map[int]string{} // by key and shard
	for _, run := range runs {
		for _, f := range of(run) {
			if values[f.Key] == nil {
				keys, values[f.Key] = append(keys, f.Key), map[int]string{}
			}
			values[f.Key][run.Shard] = f.Value
		}
	}
	for _, key := range keys {
		shards := slices.Sorted(maps.Keys(values[key]))
		same := len(shards) == len(runs)
		for _, s := range shards {
			same = same && values[key][s] == values[key][shards[0]]
		}
		if same {
			all = append(all, reports.Fact{Key: key, Value: values[key][shards[0]]})
			continue
		}
		for _, s := range shards {
			all = append(all, reports.Fact{Key: fmt.Sprintf("%s of shard %d", key, s), Value: values[key][s]})
		}
	}
	return all
}
