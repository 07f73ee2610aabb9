package semaphore

// Resize changes the number of permits to n. It panics if n is negative. It never waits.
//
// Growing admits waiters in their order. Shrinking takes no permit from a holder: if more than n
// are held, released permits disappear until n are held, and meanwhile nothing is granted. A call
// that waits for more than the new size delays no other call, and it takes its place in the order of
// arrival again when the size suffices.
//
// Resize may be called at any time and by several goroutines. Only the check for over-release is
// weaker meanwhile: a Release of too many permits that runs at the same time as a Resize that
// shrinks may go unnoticed, because Release reads the word and the size one after the other.
func (s *Weighted) Resize(n int64) {
	mustNotBeNegative("size", n)
	now := s.now()
	s.lock(now)
	if grown := n - s.size.Load(); grown >= 0 {
		paid := min(grown, s.debt)
		s.debt -= paid
		s.free += grown - paid
	} else {
		taken := min(-grown, s.free)
		s.free -= taken
		s.debt += -grown - taken
	}
	s.size.Store(n)
	s.sortIn(n)
	s.unlock(now)
}

// sortIn distributes all waiters anew over the line and the list of calls that are too large for
// size. It merges the two lists by their tickets, so both stay in order of arrival.
func (s *Weighted) sortIn(size int64) {
	a, b := s.line.first, s.tooLarge.first
	s.line, s.tooLarge = list{}, list{}
	for a != nil || b != nil {
		from := &a
		if a == nil || b != nil && b.ticket < a.ticket {
			from = &b
		}
		w := *from
		*from = w.next
		if w.n > size {
			s.tooLarge.push(w)
		} else {
			s.line.push(w)
		}
	}
}
