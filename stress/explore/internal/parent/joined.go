package parent

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/semabench/semabench/stress/explore/internal/task"
	"github.com/semabench/semabench/stress/explore/internal/verdict"
)

// errOtherShards is the error if the files are of another exploration than the one to join.
var errOtherShards = errors.New("-explore.join: the shards were played with other flags, or of another program")

// A joined is an exploration whose answers were recorded by shards.
//
// It makes all tasks once more and merges the recorded answers, with the dispatcher of an ordinary
// exploration. So it comes to the totals and to the failure of one process without a rule of its
// own. The failure is the first one in the order of the tasks. A shard ends at its own first
// failure, and has played every task of its lanes before that one; so no task is missing before the
// first failure of all.
type joined struct {
	shards  []*shardRecord // that are there, in their order
	lost    []string       // that are not
	tasks   *dispatcher
	finder  *shardRecord // that found the failure
	unequal string       // a task of all shards to which they have different answers
	short   bool         // a task has no answer

	detector bool // the players had the race detector
}

// join returns the result of an exploration that shards have played.
//
// A shard that is missing, or that ended before its share was played, leaves the result unknown. A
// failure stands in any case.
func (e *Exploration) join(o task.Options, names []string, p *Progress) (*verdict.Result, error) {
	files, err := readShards(o.Join)
	if err != nil {
		return nil, err
	}
	same, err := sameness(o, names, e.detector())
	if err != nil {
		return nil, err
	}
	j := &joined{detector: e.detector()}
	recorded := files.records[e.key()]
	for nth := 1; nth <= files.of; nth++ {
		switch r := recorded[nth]; {
		case r == nil:
			j.lost = append(j.lost, fmt.Sprintf("%d/%d", nth, files.of))
		case r.Same != same:
			return nil, errOtherShards
		default:
			j.shards = append(j.shards, r)
		}
	}
	r := j.result(o, names)
	p.Joined(r, 0)
	return r, nil
}

// result returns the joined result.
func (j *joined) result(o task.Options, names []string) *verdict.Result {
	j.tasks = newDispatcher(o, len(names))
	j.tasks.deadline = time.Now().Add(time.Hour) // nothing is played
	j.tasks.shards.replies = func(name string) bool {
		r, _ := j.answerOf(name)
		j.short = j.short || r == nil
		return r != nil
	}
	interrupted := slices.ContainsFunc(j.shards, func(r *shardRecord) bool { return r.Interrupted })
	if known := j.known(); known != nil {
		return known
	}
	j.mergeAll()
	e := j.tasks.exploration(names, interrupted)
	e.Detector = j.detector
	found := j.tasks.found
	if found == nil {
		if found, j.finder = j.other(); found == nil {
			return e.Result()
		}
	}
	r := *j.finder.Result
	before := verdict.Found(r.Schedules, r.Strategy, o.Seed)
	after := verdict.Found(found.Nth, r.Strategy, o.Seed)
	r.Text = strings.Replace(r.Text, before, after, 1)
	if r.Schedules > 0 { // a process that died has counted none
		r.Schedules = found.Nth
	}
	if r.Story != nil {
		story := *r.Story
		story.Found = strings.Replace(story.Found, before, after, 1)
		r.Story = &story
	}
	e.Count(&r)
	if e.Elsewhere != "" {
		r.Text = strings.TrimRight(r.Text, "\n") + "\nthe number of the schedule counts the shards that are there only: " + e.Elsewhere
	}
	return &r
}

// known returns the result that was known before the first task, such as a refusal. Every shard asked
// for it, so all have the same; a missing shard takes nothing away from it.
func (j *joined) known() *verdict.Result {
	for _, r := range j.shards {
		if r.Known != nil {
			if other := j.shards[0].Known; other == nil || other.Verdict != r.Known.Verdict || other.What != r.Known.What {
				j.unequal = "whether the program can be explored"
			}
			if j.unequal == "" {
				return r.Known
			}
		}
	}
	return nil
}

// mergeAll merges the recorded answers in the order of the tasks.
func (j *joined) mergeAll() {
	for j.tasks.found == nil {
		t, ok := j.tasks.next()
		if !ok {
			break
		}
		r, kept := j.answerOf(t.Name)
		a := &task.Answer{ID: t.ID, Sums: kept.Sums, Pairs: kept.Pairs, Late: kept.Late, Told: kept.Told, Parts: kept.Parts}
		if kept.Rest {
			a.Rest = t.Part
			j.short = j.short || a.Parts == 0 && !j.closes(t, a)
		}
		if kept.Found != nil {
			found := *kept.Found
			a.Found, j.finder = &found, r
		}
		j.tasks.merge(a)
	}
	j.tasks.shards.missing = j.whyMissing()
}

// closes reports whether a program comes to its bound on schedules with an answer. A shard has
// recorded no parts of the rest if it closed the program there, and a shard counts no more schedules
// than the joined exploration, which then closes it as well.
func (j *joined) closes(t task.Task, a *task.Answer) bool {
	return j.tasks.programs[t.Programs[0]].Played+a.Sums.Played >= j.tasks.options.Schedules
}

// answerOf returns the recorded answer to a task, with the shard that gave it, or nil.
//
// Answers to tasks of lane 0 are in every record, and must be equal: different ones were made from
// different programs, or the program depends on more than its schedule.
func (j *joined) answerOf(name string) (by *shardRecord, a taskAnswer) {
	for _, r := range j.shards {
		kept, ok := r.Answers[name]
		switch {
		case !ok:
		case by == nil:
			by, a = r, kept
		case !reflect.DeepEqual(kept.Sums, a.Sums) || kept.Parts != a.Parts:
			j.unequal = "the task “" + name + "”"
		}
	}
	return by, a
}

// whyMissing says why the joined counts are not all, "" if they are. A shard that was late says so
// itself: an answer of it is late, or its tasks end before the tree does.
func (j *joined) whyMissing() string {
	switch {
	case len(j.lost) > 0:
		return "no file of -explore.join has shard " + strings.Join(j.lost, " and ") + " of this exploration"
	case j.unequal != "":
		return "the shards have different answers to " + j.unequal + ", so they are not of one program"
	case j.short:
		return "a shard ended before it had played its share"
	}
	return ""
}

// other returns a failure of a shard that is not among the merged answers. It came before the first
// task, see coordinator.prepare. Or the joined exploration closed the program at its bound on
// schedules, and the shard, which counts its own schedules only, has played more. It is a failure of
// the program in both cases.
func (j *joined) other() (*task.Finding, *shardRecord) {
	for _, r := range j.shards {
		if r.Result != nil && r.Result.Verdict == verdict.Fail {
			return &task.Finding{Nth: r.Result.Schedules}, r
		}
	}
	return nil, nil
}
