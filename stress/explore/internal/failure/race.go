package failure

import "slices"

// Attribute says whose the accesses are. The later one was made right after the step at which the
// detector spoke up. The earlier one is of the goroutine that began with the same function, if there
// is one such only: the detector has numbers of its own.
func (r *Race) Attribute(s *Report) {
	at := slices.IndexFunc(s.Steps, func(step Step) bool { return step.Races })
	if at < 0 {
		return
	}
	later := s.Steps[at].G
	for i := range r.Accesses {
		a := &r.Accesses[i]
		if len(a.Stack) == 0 {
			continue
		}
		var could []int
		root := a.Stack[len(a.Stack)-1].Func
		for _, g := range s.Goroutines {
			if g.Func == root && (i == 0 || g.ID != later) {
				could = append(could, g.ID)
			}
		}
		switch {
		case i == 0 && slices.Contains(could, later):
			a.G = later
		case len(could) == 1:
			a.G = could[0]
		}
	}
}
