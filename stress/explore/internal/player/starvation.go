package player

import (
	"slices"
	"time"

	"github.com/semabench/semabench/stress/explore/internal/observe"
	"github.com/semabench/semabench/stress/explore/internal/strategy"
	"github.com/semabench/semabench/stress/explore/internal/task"
	"github.com/semabench/semabench/stress/explore/internal/verdict"
	"github.com/semabench/semabench/stress/explore/schedrt"
)

// A goroutine starves if the program has a cycle of states in which every goroutine that can move does,
// others use what the goroutine waits for, and the goroutine comes back to the same place. States of a Go
// program cannot be compared, because nothing compares heaps. So the search takes what comes close, and
// says what it has seen. A cycle is a sequence of steps that repeats itself starvedTurns times: the same
// goroutines, operations and objects. The stacks at one place of the cycle repeat themselves, too, and with
// them the places in the source and the local variables. A counter on the heap that would end the cycle
// later is not seen.
const (
	starvedTurns  = 1000
	longestTurn   = strategy.AbleWindow / 2
	probeSteps    = 3_000 // of a schedule that may show a cycle
	fewestTurns   = 4     // of a cycle in such a schedule, before it is played on
	mostVictims   = 12
	mostRefuted   = 5 // cycles of one victim that are played on: a loop that counts has one in each pattern
	mostSnapshots = 8 // states of the stacks at one place of the cycle, see passes
)

// The patterns that are tried for each victim, with each kind of operation that was seen. Locks are held for
// a few steps, so small numbers meet each of these steps.
var (
	quanta = []int{1, 2, 3, 4, 5, 8, 12}
	everys = []int{1, 2, 3, 5, 8}
)

// starvation looks for a goroutine that others can pass for ever, with the patterns of a strategy's name. It
// returns a result, or a schedule that fails in another way. Nothing found is unknown, because other patterns may
// find more.
func (s *search) starvation(test, name string, until time.Time) (*verdict.Result, *failing) {
	h := &starvationHunt{search: s, test: test, goroutines: 1, after: []int{0}, refuted: map[int]int{}}
	h.x = schedrt.New(h.limits(probeSteps, false))
	defer h.x.Close()
	if one := strategy.ParseStarve(name); one != nil {
		if r, failed := h.try(one); r != nil || failed != nil {
			return r, failed
		}
		return verdict.NoStarvation(h.tried, verdict.BoundSchedules), nil
	}
	// The first pattern for each victim shows which goroutines and operations there are.
	for victim := 0; victim < min(h.goroutines, mostVictims); victim++ {
		for after := 0; after < len(h.after); after++ {
			for _, every := range everys {
				for _, quantum := range quanta {
					if !time.Now().Before(until) {
						return verdict.NoStarvation(h.tried, verdict.BoundTime), nil
					}
					st := &strategy.Starve{Victim: victim, Quantum: quantum, Every: every, After: h.after[after]}
					if r, failed := h.try(st); r != nil || failed != nil {
						return r, failed
					}
				}
			}
		}
	}
	return verdict.NoStarvation(h.tried, verdict.BoundSchedules), nil
}

// A starvationHunt tries patterns of one program.
type starvationHunt struct {
	*search
	test       string
	x          *schedrt.Exec
	goroutines int         // that were seen in a schedule
	refuted    map[int]int // by victim: cycles that were played on
	after      []int       // kinds of operations that were seen, and 0
	tried      int
}

// limits returns the limits of a schedule of so many steps. A livelock is left to other strategies: in a
// short schedule it cannot be told from a cycle.
func (h *starvationHunt) limits(steps int, stacks bool) schedrt.Limits {
	l := limits(h.options)
	l.Steps, l.Livelock, l.AskAlways, l.Stacks, l.NoIdle = steps, steps+1, true, stacks, true
	return l
}

// try plays a pattern, and returns a result if it shows a cycle, or a schedule that fails in another way.
func (h *starvationHunt) try(st *strategy.Starve) (*verdict.Result, *failing) {
	h.tried++
	recorder := &strategy.Recorder{Search: st}
	what := h.play(h.x, recorder)
	for i := range h.x.Trace.Steps {
		step := &h.x.Trace.Steps[i]
		h.goroutines = max(h.goroutines, 1+int(step.G))
		if kind := int(step.Kind); step.Kind != schedrt.OpFire && !slices.Contains(h.after, kind) {
			h.after = append(h.after, kind)
		}
	}
	switch {
	case verdict.IsRefusal(what):
		return h.refused(what, h.x), nil
	case what != "":
		return nil, h.other(recorder)
	case h.x.Outcome.Kind != schedrt.Endless:
		return nil, nil
	}
	length := turnOf(signatures(&h.x.Trace), fewestTurns)
	if length == 0 || h.refuted[st.Victim] >= mostRefuted || !passes(h.x, st, length) {
		return nil, nil
	}
	h.refuted[st.Victim]++
	x := schedrt.New(h.limits(probeSteps+length*starvedTurns, true))
	defer x.Close()
	if what := h.play(x, st); what != "" || x.Outcome.Kind != schedrt.Endless {
		return nil, nil
	}
	if turnOf(signatures(&x.Trace), starvedTurns) != length || !passes(x, st, length) || counts(x.Trace.Stacks, length) {
		return nil, nil
	}
	return h.found(st, length), nil
}

// other returns a schedule that fails in another way, if it also does within the usual
// bounds: a schedule of few steps may look like a deadlock beside daemons.
func (h *starvationHunt) other(recorder *strategy.Recorder) *failing {
	schedule := slices.Clone(recorder.Schedule)
	what := h.play(h.exec, &strategy.Replay{Schedule: schedule})
	if what == "" || verdict.IsRefusal(what) {
		return nil
	}
	return &failing{
		Finding:  task.Finding{What: what, Strategy: strategy.StarveName, Nth: h.tried, Preempted: len(recorder.Preempted)},
		schedule: schedule,
	}
}

// found returns the result for a cycle, with the beginning of the schedule and the first turns.
func (h *starvationHunt) found(st *strategy.Starve, length int) *verdict.Result {
	w := observe.New(st)
	x := schedrt.New(observe.Limits(h.limits(probeSteps, false)))
	defer x.Close()
	out := h.program.playOn(x, w)
	w.Done(x)
	told := w.Report(out)
	told.Test, told.Subject = h.test, h.program.Subject
	told.What = verdict.Starves(st.Victim, starvedTurns)
	told.Message = verdict.StarvesText(length)
	if told.Period > 0 {
		told.Rounds = starvedTurns
	}
	if h.program.Leftover == nil {
		told.Replay = verdict.Replay(h.test, "-explore.strategy="+st.String())
	}
	r := verdict.Failure(&task.Finding{What: told.What, Strategy: st.String(), Nth: h.tried}, h.program.Name, told)
	r.Schedule = ""
	return r
}

// signatures returns a number for each step: equal numbers are equal steps. Objects and goroutines count
// by the number of steps since they were used last, and not by their own numbers: a turn may make new
// ones.
func signatures(t *schedrt.Trace) []uint64 {
	all := make([]uint64, len(t.Steps))
	moved, used := map[int32]int{}, map[int32]int{}
	for i := range t.Steps {
		s := &t.Steps[i]
		h := mixed(0, since(moved, s.G, i), int(s.Kind), int(s.Choice))
		moved[s.G] = i + 1
		for _, a := range t.Accesses(s) {
			h = mixed(h, since(used, a.Object, i), int(a.Mode))
		}
		for _, a := range t.Accesses(s) {
			used[a.Object] = i + 1
		}
		all[i] = h
	}
	return all
}

// mixed adds numbers to a hash, as FNV-1a adds bytes.
func mixed(h uint64, numbers ...int) uint64 {
	for _, n := range numbers {
		h = (h ^ uint64(n+1)) * 0x100000001b3
	}
	return h
}

// since returns how many steps ago something was seen. Longer than a turn is as long ago as never.
func since(last map[int32]int, what int32, now int) int {
	if seen := last[what]; seen > 0 && now+1-seen <= longestTurn {
		return now + 1 - seen
	}
	return 0
}

// turnOf returns the length of the shortest sequence of steps that the end repeats at least so many times,
// 0 if there is none.
func turnOf(steps []uint64, times int) int {
	n := len(steps)
	for length := 1; length <= min(longestTurn, n/(times+1)); length++ {
		i := n - 1
		for i >= length && steps[i] == steps[i-length] {
			i--
		}
		if (n-1-i)/length >= times {
			return length
		}
	}
	return 0
}

// passes reports whether the last turn of a schedule is fair, and others pass the victim in it.
//
// It is fair if each goroutine that could move in all states of the turn does move, and the clock too.
// Others pass the victim if they change an object that it uses in the turn, or waits for. The victim must
// not change the object itself, but for locks, which it may take to look: a goroutine that does is
// served. It has to try in vain, wait on a Cond, sleep, or do nothing but look: a worker that goes on for ever
// because another goroutine is not served is no victim.
//
// A turn in which a goroutine only waits for a sync.Mutex, which others take again and again, cannot repeat
// itself for ever: Go hands the lock over after a millisecond. So such a turn shows nothing about any goroutine.
func passes(x *schedrt.Exec, st *strategy.Starve, length int) bool {
	waiting := slices.IndexFunc(x.Outcome.Waiting, func(w schedrt.Waiting) bool { return w.G == st.Victim })
	if waiting < 0 {
		return false
	}
	t := &x.Trace
	from := len(t.Steps) - length
	moved, waitsFor := map[int32]bool{}, map[int32]bool{}
	for i := from; i < len(t.Steps); i++ {
		s := &t.Steps[i]
		if moved[s.G] = true; s.G != int32(st.Victim) {
			continue
		}
		for _, a := range t.Accesses(s) {
			waitsFor[a.Object] = true
		}
	}
	if !moved[int32(st.Victim)] {
		waitsFor[x.Outcome.Waiting[waiting].Object] = true
	}
	always := map[int32]int{}
	passed, tries, looks := false, !moved[int32(st.Victim)], true
	for i := from; i < len(t.Steps); i++ {
		for _, g := range st.Able[i%strategy.AbleWindow] {
			always[g]++
		}
		s := &t.Steps[i]
		if s.G == int32(st.Victim) {
			tries = tries || inVain(t, s)
			looks = looks && onlyReads(t, s)
		}
		for _, a := range t.Accesses(s) {
			switch {
			case !waitsFor[a.Object] || a.Mode == schedrt.Read:
			case s.G != int32(st.Victim):
				passed = passed || s.Kind != schedrt.OpFire
			case isTaking(a.Mode) && s.Kind != schedrt.OpSleep && s.Kind != schedrt.OpTimer && s.Kind != schedrt.OpWait:
				if usedByOthers(t, from, a.Object, int32(st.Victim)) {
					return false
				}
			}
		}
	}
	for g, times := range always {
		if times == length && !moved[g] {
			return false
		}
	}
	for _, w := range x.Outcome.Waiting {
		if isLocking(w.Op) && !moved[int32(w.G)] && always[int32(w.G)] > 0 {
			return false
		}
	}
	return passed && (tries || looks)
}

// isLocking reports whether an operation waits for a lock that Go hands over.
func isLocking(k schedrt.Kind) bool {
	return k == schedrt.OpLock || k == schedrt.OpRLock || k == schedrt.OpAnnounce
}

// inVain reports whether a step is a try that failed, or a wait after one.
func inVain(t *schedrt.Trace, s *schedrt.Event) bool {
	switch s.Kind {
	case schedrt.OpWait, schedrt.OpSleep:
		return true
	case schedrt.OpTryLock, schedrt.OpTryRLock, schedrt.OpCAS:
		return onlyReads(t, s)
	}
	return false
}

func onlyReads(t *schedrt.Trace, s *schedrt.Event) bool {
	return !slices.ContainsFunc(t.Accesses(s), func(a schedrt.Access) bool { return a.Mode != schedrt.Read })
}

// isTaking reports whether an access changes an object other than a lock.
func isTaking(m schedrt.Mode) bool {
	return m == schedrt.Write || m == schedrt.Add || m == schedrt.Done
}

// usedByOthers reports whether goroutines other than one use an object in the last turn.
func usedByOthers(t *schedrt.Trace, from int, object, except int32) bool {
	for i := from; i < len(t.Steps); i++ {
		for _, a := range t.Accesses(&t.Steps[i]) {
			if a.Object == object && t.Steps[i].G != except && t.Steps[i].Kind != schedrt.OpFire {
				return true
			}
		}
	}
	return false
}

// counts reports whether local variables differ in most turns: a loop that counts its turns ends some time.
// A few differences are words of the stack that no variable owns any more, see package schedrt.
func counts(stacks []uint64, length int) bool {
	for at := range length {
		states := map[uint64]bool{}
		for i := len(stacks) - 1 - at; i >= 0 && i >= len(stacks)-length*starvedTurns; i -= length {
			states[stacks[i]] = true
		}
		if len(states) > mostSnapshots {
			return true
		}
	}
	return false
}
