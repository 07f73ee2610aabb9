package process

// takeMany takes n permits, all or none. It counts before it takes: two who would both take a part and
// put it back could wake each other for ever.
func (s *Slots) takeMany(n int) bool {
	if !s.full(func() bool { return s.count(0) >= n }) || !s.enter() {
		return false
	}
	defer s.exit()
	mine := make([]int, 0, n)
	for p := (patience{}); ; {
		before := s.changes()
		found := len(mine)
		for i := range s.words {
			if len(mine) < n && s.takeAt(i) {
				mine = append(mine, i)
			}
		}
		if len(mine) == n {
			return true
		}
		// Nothing but our own takes may have changed: then so few were free at this instant.
		if s.changes()-before == uint64(len(mine)-found) || s.tired(&p, 0) {
			break
		}
	}
	for _, i := range mine {
		s.putBack(i)
	}
	s.ring(len(mine)) // somebody may have gone to sleep while we had them in hand
	return false
}

// putBack frees a permit that this process took. Another goroutine of a process that releases more
// than it holds may have been faster.
func (s *Slots) putBack(i int) {
	if !s.freeAt(i) {
		s.freeAny()
	}
}

// free gives n permits of this process back, all or, if it has fewer, none. Several are marked first,
// so that no other goroutine gives back the same, and freed when there are enough.
func (s *Slots) free(n int) bool {
	switch n {
	case 0:
		return true
	case 1:
		return s.freeAny() || s.full(s.freeAny)
	}
	if s.enter() {
		defer s.exit() // or else the one who holds the lock is stuck: go on, and be seen half-way
	}
	marked := make([]int, 0, n)
	for i := range s.words {
		if len(marked) < n && s.mark(i, 0, leaving) {
			marked = append(marked, i)
		}
	}
	enough := len(marked) == n
	for _, i := range marked {
		if !enough {
			s.mark(i, leaving, 0)
			continue
		}
		s.edges.leaves(i)
		w := word(s.words[i].Load()) // nobody but us changes a word of ours that is marked
		s.words[i].Store(uint64(w.with(0)))
	}
	return enough
}

// mark changes the mark of permit i if it is this process's and has the other one.
func (s *Slots) mark(i int, from, to word) bool {
	w := word(s.words[i].Load())
	return w.owner() == s.me && w&leaving == from &&
		s.words[i].CompareAndSwap(uint64(w), uint64(w.with(s.me)|to))
}

// count returns how many permits an owner has. Nobody's are free.
func (s *Slots) count(o owner) (n int) {
	for i := range s.words {
		if word(s.words[i].Load()).owner() == o {
			n++
		}
	}
	return n
}
