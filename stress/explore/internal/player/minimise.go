package player

import (
	"fmt"
	"regexp"
	"slices"
	"time"

	"github.com/semabench/semabench/stress/explore/internal/strategy"
	"github.com/semabench/semabench/stress/explore/internal/verdict"
)

// The bounds of minimising. Bounds on schedules give the same answer on every machine. The bound on
// time is only reached by programs with very long schedules. The report names a bound that was
// reached.
const (
	shrinkBound   = 2_000            // schedules with turns dropped, and as many with blocks moved
	fewerBound    = 20_000           // schedules for each smaller number of preemptions
	minimiseBound = 10 * time.Second // for everything
)

// A minimiser looks for the schedule with the fewest preemptions that fails like a given one.
type minimiser struct {
	*search
	f     *failing
	what  string    // what the failure is called, without the parts that differ from run to run
	until time.Time // when minimiseBound is reached

	// fewer counts the schedules with fewer preemptions than the last complete bound, none of which
	// fails in this way.
	fewer int
}

// minimise replaces the schedule of f by a simpler one with the same failure. It returns a line
// that says whether any schedule with fewer preemptions fails in the same way.
//
// It drops turns first, because most turns of a randomly drawn schedule have nothing to do with the
// bug. It then joins the blocks of each goroutine. At last it plays all schedules with no
// preemption, then with one, and so on. Exhausting these is cheaper than it sounds, because most
// known bugs need only one or two preemptions (Musuvathi and Qadeer, PLDI 2007).
func (s *search) minimise(f *failing) (least string) {
	m := &minimiser{
		search: s, f: f, what: stable(f.What), until: time.Now().Add(minimiseBound),
	}
	m.dropTurns(shrinkBound)
	m.joinBlocks(shrinkBound)
	for bound := 0; bound < f.Preempted; bound++ {
		switch m.exhaust(bound, fewerBound) {
		case foundSame:
			return verdict.Fewest(bound, m.fewer)
		case boundReached:
			return verdict.PerhapsFewest(f.Preempted, bound, m.boundText())
		}
	}
	m.preferDefault()
	return verdict.Fewest(f.Preempted, m.fewer)
}

// preferDefault replaces the schedule by the first one of DFS with as many preemptions, if that one
// has no more turns. DFS follows the default schedule as long as it can, so its first schedule is
// the easiest to read.
func (m *minimiser) preferDefault() {
	old, preempted := m.f.schedule, m.f.Preempted
	fewer := m.fewer
	if m.exhaust(preempted, shrinkBound) == foundSame && len(m.f.schedule) > len(old) {
		m.f.schedule, m.f.Preempted = old, preempted
	}
	m.fewer = fewer
}

// boundText names the bound that ended exhaust.
func (m *minimiser) boundText() string {
	if m.timeOver() {
		return minimiseBound.String()
	}
	return fmt.Sprintf("%d schedules", fewerBound)
}

func (m *minimiser) timeOver() bool { return time.Now().After(m.until) }

// An exhaustion is how exhaust ended.
type exhaustion int

const (
	foundNone    exhaustion = iota // all schedules were played, and none fails in this way
	foundSame                      // a schedule fails in this way, and is kept
	boundReached                   // not all schedules were played
)

// exhaust plays the schedules with at most this many preemptions until one fails like the given
// one.
func (m *minimiser) exhaust(preemptions, most int) exhaustion {
	recorder := &strategy.Recorder{Search: &strategy.DFS{Preemptions: preemptions}}
	for played := 0; ; {
		if played == most || m.timeOver() {
			return boundReached
		}
		played++
		if m.sameFailure(m.play(m.exec, recorder)) {
			m.keep(recorder)
			return foundSame
		}
		if !recorder.Done(m.exec) {
			m.fewer = played // includes the schedules of all smaller bounds
			return foundNone
		}
	}
}

// dropTurns drops halves of the schedule, then quarters and so on, and at last single turns, until
// no single turn can be dropped. This is delta debugging (Zeller and Hildebrandt, TSE 2002) from
// the end, because a turn that is dropped changes only what comes after it. It plays at most this
// many schedules.
func (m *minimiser) dropTurns(most int) {
	for size := max(1, len(m.f.schedule)/2); ; {
		shorter := false
		for at := len(m.f.schedule) - size; at >= 0 && most > 0 && !m.timeOver(); at -= size {
			most--
			if m.drop(at, at+size) {
				shorter = true
				at = min(at, len(m.f.schedule))
			}
		}
		switch {
		case most == 0 || m.timeOver() || size == 1 && !shorter:
			return
		case size > 1:
			size /= 2
		}
	}
}

// drop plays the schedule without the turns from one index to another. If the failure is the same,
// and the schedule that was really played is shorter and has no more preemptions, it keeps that
// one.
func (m *minimiser) drop(from, till int) bool {
	if till > len(m.f.schedule) {
		return false
	}
	shorter := slices.Delete(slices.Clone(m.f.schedule), from, till)
	recorder := &strategy.Recorder{Search: &strategy.Replay{Schedule: shorter}}
	if !m.sameFailure(m.play(m.exec, recorder)) {
		return false
	}
	if len(recorder.Schedule) >= len(m.f.schedule) || len(recorder.Preempted) > m.f.Preempted {
		return false
	}
	m.keep(recorder)
	return true
}

func (m *minimiser) keep(r *strategy.Recorder) {
	m.f.schedule, m.f.Preempted = slices.Clone(r.Schedule), len(r.Preempted)
}

func (m *minimiser) sameFailure(what string) bool { return what != "" && stable(what) == m.what }

var address = regexp.MustCompile(`0x[0-9a-f]+`)

// stable replaces addresses, which differ from run to run.
func stable(what string) string { return address.ReplaceAllString(what, "0x…") }
