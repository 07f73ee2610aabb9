package parent

import (
	"fmt"
	"slices"

	"github.com/semabench/semabench/stress/explore/internal/strategy"
	"github.com/semabench/semabench/stress/explore/internal/task"
)

// A sharing decides which tasks of an exploration this process plays, if the exploration is one of
// several shards, and keeps what their answers were. Shards share no memory and do not talk, so each
// of them has to come to the same decisions alone.
//
// Each task has a name and a lane. Lane k belongs to shard k modulo the number of shards. The tasks
// of lane 0 are played by every shard, because all shards need their answers: such an answer says
// how a tree is split, or how long schedules are. All other tasks follow from answers of lane 0 and
// of their own lane only. Therefore the name, the lane and the content of a task are the same in
// every shard that plays it, and the same as in an exploration without shards. Together the lanes
// have every task, and no task is in two of them. The schedules of a tree are complete for the same
// reason as with several processes: however a tree is split, its parts together have the schedules
// of the whole tree, each of them once (strategy.Part).
//
// The number of shards has no part in any of these decisions. So a run without shards plays the same
// tasks in the same order, and its result is the joined one; see joined.
type sharing struct {
	nth, of  int
	programs int
	text     string                 // of Options.Shard
	lanes    int                    // lanes of trees so far
	open     map[int]int            // by lane: parts of trees that are queued or handed out
	named    map[int]int            // by lane: tasks of trees that were named
	answers  map[string]taskAnswer  // of the tasks that were played here; nil if nothing is recorded
	replies  func(name string) bool // with recorded answers: whether there is one; nil otherwise
	missing  string                 // with recorded answers: why some are missing
}

// A taskAnswer is an answer as a shard records it. The rest of a tree is not in it: the number of
// its parts is all that another process needs to name the tasks that follow.
type taskAnswer struct {
	Sums  task.Sums
	Found *task.Finding `json:",omitempty"`
	Pairs []string      `json:",omitempty"`
	Late  bool          `json:",omitempty"`
	Told  bool          `json:",omitempty"`
	Rest  bool          `json:",omitempty"` // schedules of the part were left
	Parts int           `json:",omitempty"` // in so many parts
}

func newSharing(o task.Options, programs int) sharing {
	s := sharing{programs: programs, text: o.Shard, open: map[int]int{}, named: map[int]int{}}
	s.nth, s.of, _ = task.ParseShard(o.Shard) // Options.Check has found no error
	if o.Shard != "" {
		s.answers = map[string]taskAnswer{}
	}
	return s
}

const (
	// fewPrograms is the number of programs below which their trees are split among the lanes. With
	// more programs, each tree is a lane of its own, and no schedule is played by two shards.
	fewPrograms = 8

	// laneAge is the number of tasks after which a part becomes a lane. A root has up to five parts,
	// and each of them again, so there are about 25 lanes. Until then about 170 schedules were
	// played, which every shard plays.
	laneAge = 2

	// partsOfLane is how many parts of a lane there should be, so that every process finds one to
	// play, even if one lane is all that is left.
	partsOfLane = 8
)

// ofDrawn gives the nth of some drawn tasks its name and its lane. The first one of a single program
// is for every shard: it shows whether schedules are so long that others have to be played.
func (s *sharing) ofDrawn(t *task.Task, kind string, nth int) {
	t.Name, t.Lane = fmt.Sprintf("%s %d", kind, nth), nth
	if s.programs > 1 {
		t.Lane++
	}
}

// ofTree gives a task of a tree its name, and its lane if it begins one. Tasks are named in the order
// of their lane, which is the same wherever the lane is played.
func (s *sharing) ofTree(t *task.Task) {
	if t.Lane == 0 && (s.programs >= fewPrograms || t.Age >= laneAge) {
		s.lanes++
		t.Lane = s.lanes
	}
	t.Name = fmt.Sprintf("tree %d.%d", t.Lane, s.named[t.Lane])
	s.named[t.Lane]++
	s.open[t.Lane]++
}

// plays reports whether this process plays a task.
func (s *sharing) plays(t task.Task) bool {
	if s.replies != nil {
		return s.replies(t.Name)
	}
	return t.Lane == 0 || (t.Lane-1)%s.of == s.nth-1
}

// split returns the parts that are left of a task. A tree that is a lane of its own is not split
// before it has shown that it is large: with thousands of small trees, every process finds work.
func (s *sharing) split(t task.Task, a *task.Answer) []*strategy.Part {
	if s.replies != nil { // nothing is played, so the parts may be empty
		return slices.Repeat([]*strategy.Part{{}}, a.Parts)
	}
	parts := []*strategy.Part{a.Rest}
	if s.open[t.Lane] < partsOfLane && (s.programs < fewPrograms || t.Age >= laneAge) || t.Lane == 0 {
		parts = append(parts, a.Rest.Split(4)...)
	}
	if s.answers != nil {
		kept := s.answers[t.Name]
		kept.Parts = len(parts)
		s.answers[t.Name] = kept
	}
	return parts
}

// record keeps an answer for the file of this shard.
func (s *sharing) record(t task.Task, a *task.Answer) {
	if s.answers == nil {
		return
	}
	kept := taskAnswer{Sums: a.Sums, Pairs: a.Pairs, Late: a.Late, Told: a.Told, Rest: a.Rest != nil}
	if a.Found != nil {
		found := *a.Found // its number counts schedules of this task alone; joining adds the schedules of the tasks before
		kept.Found = &found
	}
	s.answers[t.Name] = kept
}

// elsewhere says why the counts lack schedules of other shards, "" if they lack none.
func (s *sharing) elsewhere() string {
	switch {
	case s.missing != "":
		return s.missing
	case s.text != "":
		return fmt.Sprintf("-explore.shard=%s, and the other shards have the rest", s.text)
	}
	return ""
}
