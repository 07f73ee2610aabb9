package strategy

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/semabench/semabench/stress/explore/schedrt"
)

// StarveName begins the names of the strategies that look for starvation: alone it stands for all of them,
// and with four numbers for one, see Starve.
const StarveName = "starve"

// Starve lets the other goroutines pass one goroutine, the victim, in a pattern that repeats itself. The
// others take turns of Quantum steps. Every so many steps the victim may take one step, or time passes, if
// that is possible then. If After is not 0, only steps of the others count that are of this kind of
// operation and change something: with a lock for every one, the victim comes whenever the lock is
// held. So the victim moves again and again, but may come at the wrong moment each
// time: when the lock is held, or when the value is taken.
//
// Choices go through all answers in turn, because Go picks among the ready cases of a select at random:
// no case is left out for ever.
//
// The execution has to ask at every step (schedrt.Limits.AskAlways): the search for a cycle has to know
// at each step which goroutines could move.
type Starve struct {
	Victim, Quantum, Every, After int

	// Able has for each of the last AbleWindow steps the goroutines that could have taken it. The
	// place of a step is its number modulo AbleWindow.
	Able [AbleWindow][]int32

	turn    int // the goroutine whose turn it is
	used    int // steps of its turn
	x       *schedrt.Exec
	counted int // steps since the victim could have moved last
	slots   int // how often the victim could have moved
	answers int
}

// AbleWindow is how many steps Starve.Able has.
const AbleWindow = 1024

// String returns the name of the strategy.
func (s *Starve) String() string {
	return fmt.Sprintf("%s%d.%d.%d.%d", StarveName, s.Victim, s.Quantum, s.Every, s.After)
}

// ParseStarve reads a name that String has written. It returns nil for every other name.
func ParseStarve(name string) *Starve {
	rest, ok := strings.CutPrefix(name, StarveName)
	words := strings.Split(rest, ".")
	if !ok || len(words) != 4 {
		return nil
	}
	var numbers [4]int
	for i, word := range words {
		n, err := strconv.Atoi(word)
		if err != nil || n < [...]int{0, 1, 1, 0}[i] || n > 1000 {
			return nil
		}
		numbers[i] = n
	}
	return &Starve{Victim: numbers[0], Quantum: numbers[1], Every: numbers[2], After: numbers[3]}
}

// Begin implements Search.
func (s *Starve) Begin(x *schedrt.Exec) {
	s.x, s.turn, s.used, s.counted, s.slots, s.answers = x, -1, 0, 0, 0, 0
}

// Pick implements schedrt.Strategy.
func (s *Starve) Pick(p *schedrt.Point) int {
	able := &s.Able[p.Step%AbleWindow]
	*able = (*able)[:0]
	victim, clock := -1, -1
	for i, g := range p.Enabled {
		*able = append(*able, int32(g.ID))
		switch {
		case g.Op.Kind == schedrt.OpFire:
			clock = i
		case g.ID == s.Victim:
			victim = i
		}
	}
	if s.counts(p.Step - 1) {
		s.counted++
	}
	if s.counted >= s.Every {
		s.counted = 0
		s.slots++
		if s.slots%2 == 0 && clock >= 0 || victim < 0 {
			victim = clock
		}
		if victim >= 0 {
			return victim
		}
	}
	if i := s.other(p); i >= 0 {
		return i
	}
	return max(victim, clock, 0)
}

// counts reports whether a step counts for the next move of the victim.
func (s *Starve) counts(step int) bool {
	t := &s.x.Trace
	if step < 0 || s.After == 0 {
		return true
	}
	last := &t.Steps[step]
	return int(last.G) != s.Victim && int(last.Kind) == s.After && slices.ContainsFunc(t.Accesses(last),
		func(a schedrt.Access) bool { return a.Mode != schedrt.Read })
}

// other returns the goroutine whose turn it is, or the next one, among all but the victim and the
// clock. It returns -1 if none of them can move.
func (s *Starve) other(p *schedrt.Point) int {
	first, next := -1, -1
	for i, g := range p.Enabled {
		switch {
		case g.ID == s.Victim || g.Op.Kind == schedrt.OpFire:
			continue
		case g.ID == s.turn && s.used < s.Quantum:
			s.used++
			return i
		case g.ID > s.turn && next < 0:
			next = i
		}
		if first < 0 {
			first = i
		}
	}
	if next < 0 {
		next = first
	}
	if next >= 0 {
		s.turn, s.used = p.Enabled[next].ID, 1
	}
	return next
}

// Choose implements schedrt.Strategy.
func (s *Starve) Choose(n int) int {
	s.answers++
	return s.answers % n
}

// Done implements Search: one schedule is all that a Starve plays.
func (s *Starve) Done(*schedrt.Exec) bool { return false }
