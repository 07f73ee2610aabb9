package player

import (
	"encoding/json"
	"os"
	"runtime"
	"testing"
	"time"

	"github.com/semabench/semabench/stress/explore/internal/failure"
	"github.com/semabench/semabench/stress/explore/internal/strategy"
	"github.com/semabench/semabench/stress/explore/internal/task"
	"github.com/semabench/semabench/stress/explore/internal/verdict"
	"github.com/semabench/semabench/stress/explore/internal/wire"
	"github.com/semabench/semabench/stress/explore/schedrt"
)

// A server answers the requests of the parent.
type server struct {
	t      *testing.T
	player *player
}

// Serve answers requests until standard input is closed: the parent has its result, or has died.
// Programs returns what t explores; it is called once, with the options that the parent sent.
func Serve(t *testing.T, programs func(o task.Options) ([]Program, error)) {
	var o task.Options
	if err := json.Unmarshal([]byte(os.Getenv(wire.OptionsVar)), &o); err != nil {
		t.Fatalf("explore: reading %s: %v", wire.OptionsVar, err)
	}
	all, err := programs(o)
	if err != nil {
		t.Fatalf("explore: %v", err)
	}
	defer runtime.KeepAlive(make([]byte, ballastSize))
	s := &server{t: t, player: newPlayer(o, all)}
	defer s.player.close()
	incoming := make(chan incoming)
	go readRequests(incoming)
	if err := wire.WriteReply(replies, wire.Reply{Ready: true}); err != nil {
		t.Fatalf("explore: %v", err)
	}
	for in := range incoming {
		if in.err != nil {
			t.Fatalf("explore: reading a request: %v", in.err)
		}
		busy.Store(true)
		reply := s.answer(in.Request)
		busy.Store(false)
		if err := wire.WriteReply(replies, reply); err != nil {
			t.Fatalf("explore: %v", err)
		}
	}
	removeOrphanedScratch()
}

// ballastSize is the size of memory that is never written, so that it takes none. The garbage collector starts
// when the heap has doubled. Without ballast that is at a few MB, and it starts some ten times a second: each
// schedule allocates a KB. A higher percentage would multiply the memory of programs that use much, too.
const ballastSize = 16 << 20

// answer does what one request asks. The parent sets exactly one field of a request.
func (s *server) answer(r wire.Request) wire.Reply {
	switch {
	case r.Prepare:
		result, failed := s.prepare()
		if failed == nil {
			return wire.Reply{Result: result}
		}
		return wire.Reply{Result: result, Answer: &task.Answer{Found: failed.finding()}}
	case r.Confirm != nil:
		return s.confirm(r.Confirm)
	case r.Decide != nil:
		return wire.Reply{Result: &verdict.Result{Decision: s.decide(r.Decide, r.Seconds)}}
	case r.Describe != nil:
		return wire.Reply{Result: s.describe(r.Describe, r.Seconds)}
	}
	return wire.Reply{Answer: s.player.play(*r.Task)}
}

// prepare returns the result of the exploration if it is known before the first task, and nil
// otherwise. It is known if one given schedule is all that is to be played, or if the program
// cannot be explored at all. It also returns a failure that it came across.
func (s *server) prepare() (*verdict.Result, *failing) {
	if why := foreignGoroutines(); why != "" {
		return verdict.OfRefused(why, ""), nil
	}
	o, programs := s.player.options, s.player.programs
	if programs[0].Known != nil {
		return programs[0].Known(), nil
	}
	if o.Schedule != "" {
		return s.replay(programs[0], o), nil
	}
	if len(programs) > 1 {
		return nil, nil // the scenarios of package explore, which are deterministic
	}
	result, failed := s.player.search(0).checkDeterminism()
	if result != nil || failed != nil || !strategy.IsStarve(o.Strategy) {
		return result, failed
	}
	return s.player.search(0).starvation(s.t.Name(), o.Strategy, time.Now().Add(o.WithDefaults().Time))
}

// confirm plays the schedule of a failure that another process has found, as the first schedule of
// this one. The reply has the failure if it comes again, and describes what was played. A fresh
// process, and its first schedule, because a state that earlier schedules left behind may have been
// a part of the failure.
func (s *server) confirm(f *task.Finding) wire.Reply {
	schedule, err := strategy.Parse(f.Schedule)
	if err != nil {
		return wire.Reply{Result: verdict.BadSchedule(f.What, err)}
	}
	p, o := s.player.programs[f.Program], s.player.options
	a := &task.Answer{}
	var told *failure.Report
	for range confirmations {
		var what string
		if told, what = describe(p, "", schedule, o, f.Long); what != "" {
			a.Found = &task.Finding{Program: f.Program, Schedule: f.Schedule, What: what}
			break
		}
		if f.What != verdict.DataRace {
			break
		}
	}
	return wire.Reply{Answer: a, Result: &verdict.Result{Story: told}}
}

// decide returns the decision of a failure, nil if it is not found in so many seconds.
func (s *server) decide(f *task.Finding, seconds float64) *failure.Decision {
	schedule, err := strategy.Parse(f.Schedule)
	if err != nil {
		return nil
	}
	until := time.Now().Add(min(minimiseBound, time.Duration(seconds*float64(time.Second))))
	return s.player.search(f.Program).decision(&failing{Finding: *f, schedule: schedule}, until)
}

// confirmations is how often a data race is looked for. The race detector keeps the last few
// accesses to a word only, and may miss a race that it has reported before.
const confirmations = 3

// replay plays one given schedule. It makes a search of its own, so that nothing but the given
// schedule was played before it.
func (s *server) replay(p Program, o task.Options) *verdict.Result {
	schedule, err := strategy.Parse(o.Schedule)
	if err != nil {
		return verdict.BadSchedule("", err)
	}
	search := newSearch(o, p)
	defer search.close()
	replay := &strategy.Replay{Schedule: schedule}
	x := search.exec
	what := search.play(x, replay)
	// The word of a schedule does not say whether it is a long one: such a one comes to the first bound.
	long := x.Outcome.Kind == schedrt.Endless && o.LongBound() > o.StepBound()
	if long {
		x = search.longExec()
		what = search.play(x, replay)
	}
	replay.Done(x)
	switch {
	case verdict.IsRefusal(what):
		return search.refused(what, x)
	case what != "":
		told, _ := describe(p, what, schedule, o, long)
		f := &task.Finding{Schedule: o.Schedule, Preempted: told.Preemptions, What: what, Nth: 1}
		return verdict.Failure(f, "", told)
	}
	return verdict.Replayed(replay.Diverged)
}

// describe minimises a failure, which this process need not have found, and describes it. It is the
// last request of a process, so it may leave the search in any state. Seconds bounds minimising; 0
// means that only minimiseBound does.
func (s *server) describe(f *task.Finding, seconds float64) *verdict.Result {
	schedule, err := strategy.Parse(f.Schedule)
	if err != nil {
		return verdict.BadSchedule(f.What, err)
	}
	search := s.player.search(f.Program)
	if verdict.IsRefusal(f.What) {
		return search.refusal(f, schedule)
	}
	most := minimiseBound
	if seconds > 0 {
		// Half of it: the schedule is then played once more here, and once by a fresh process.
		most = min(most, time.Duration(seconds*float64(time.Second))/2)
	}
	return search.failure(s.t.Name(), &failing{Finding: *f, schedule: schedule}, most)
}
