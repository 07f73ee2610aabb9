package explore

import (
	"fmt"
	"regexp"
	"slices"
	"time"

	"github.com/semabench/semabench/stress/explore/internal/strategy"
)

// Minimising is bounded by schedules, so that it comes to the same on every machine, and by a time
// that only programs with very long schedules need. A bound that was hit is said.
const (
	mostShrinks = 2_000            // schedules with turns left out, and as many with others moved
	mostSmaller = 20_000           // schedules with fewer preemptions, for each number of them
	patience    = 10 * time.Second // for all of it
)

// A minimiser looks for the schedule with the fewest preemptions that shows what a finding shows.
type minimiser struct {
	*search
	f      *finding
	what   string
	until  time.Time
	passed int // schedules with fewer preemptions, of which none shows it
}

// minimise changes the finding and says how far it is known that fewer preemptions are not enough.
//
// Turns are left out first, as most of a schedule that was drawn at random has nothing to do with the
// bug, and what each goroutine does is moved together. Then all schedules with none, with one and so on
// are gone through. That is not as hopeless as it sounds: of the bugs that people know, most need one or
// two (Musuvathi and Qadeer, PLDI 2007).
func (s *search) minimise(f *finding) (least string) {
	m := &minimiser{search: s, f: f, what: constant(f.what), until: time.Now().Add(patience)}
	m.shrink(mostShrinks)
	m.join(mostShrinks)
	for bound := 0; bound < f.preempted; bound++ {
		switch m.within(bound, mostSmaller) {
		case shown:
			return m.proof(bound)
		case cut:
			return m.doubt(bound)
		}
	}
	m.settle()
	return m.proof(f.preempted)
}

// settle takes the first of all schedules with as many preemptions, which is the one that goes the
// usual way the longest, if it has fewer turns.
func (m *minimiser) settle() {
	old, preempted := m.f.schedule, m.f.preempted
	passed := m.passed
	if m.within(preempted, mostShrinks) == shown && len(m.f.schedule) > len(old) {
		m.f.schedule, m.f.preempted = old, preempted
	}
	m.passed = passed
}

// proof says that no schedule with fewer than so many preemptions fails like this.
func (m *minimiser) proof(preemptions int) string {
	if preemptions == 0 {
		return "no preemption is needed: each goroutine runs until it waits or ends"
	}
	return fmt.Sprintf("%s, the fewest: of %s with fewer none fails like this",
		plural(preemptions, "preemption"), plural(m.passed, "schedule"))
}

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

func (m *minimiser) doubt(bound int) string {
	why := fmt.Sprintf("%d schedules", mostSmaller)
	if m.late() {
		why = patience.String()
	}
	return fmt.Sprintf("%s, perhaps not the fewest: whether %d would do was not found out in %s",
		plural(m.f.preempted, "preemption"), bound, why)
}

func (m *minimiser) late() bool { return time.Now().After(m.until) }

type reach int

const (
	none reach = iota
	shown
	cut
)

// within plays the schedules with at most so many preemptions until one shows the same.
func (m *minimiser) within(bound, most int) reach {
	recorder := &strategy.Recorder{Search: &strategy.DFS{Preemptions: bound}}
	for played := 0; ; {
		if played == most || m.late() {
			return cut
		}
		played++
		if m.same(m.play(m.exec, recorder)) {
			m.keep(recorder)
			return shown
		}
		if !recorder.Done(m.exec) {
			m.passed = played // those with fewer are among them
			return none
		}
	}
}

// shrink leaves out halves, quarters and so on, and in the end single turns, until no single one can
// be spared.
func (m *minimiser) shrink(most int) {
	for size := max(1, len(m.f.schedule)/2); ; {
		shorter := false
		for at := len(m.f.schedule) - size; at >= 0 && most > 0 && !m.late(); at -= size {
			most--
			if m.without(at, at+size) {
				shorter = true
				at = min(at, len(m.f.schedule))
			}
		}
		switch {
		case most == 0 || m.late() || size == 1 && !shorter:
			return
		case size > 1:
			size /= 2
		}
	}
}

// without plays the schedule without some turns, and keeps what was really played if it shows the same
// and is no worse.
func (m *minimiser) without(from, till int) bool {
	if till > len(m.f.schedule) {
		return false
	}
	shorter := slices.Delete(slices.Clone(m.f.schedule), from, till)
	recorder := &strategy.Recorder{Search: &strategy.Replay{Schedule: shorter}}
	if !m.same(m.play(m.exec, recorder)) {
		return false
	}
	if len(recorder.Schedule) >= len(m.f.schedule) || len(recorder.Preempted) > m.f.preempted {
		return false
	}
	m.keep(recorder)
	return true
}

func (m *minimiser) keep(r *strategy.Recorder) {
	m.f.schedule, m.f.preempted = slices.Clone(r.Schedule), len(r.Preempted)
}

func (m *minimiser) same(what string) bool { return what != "" && constant(what) == m.what }

var address = regexp.MustCompile(`0x[0-9a-f]+`)

// constant leaves out of a verdict what differs from run to run.
func constant(what string) string { return address.ReplaceAllString(what, "0x…") }
