package schedrt

// A program that records a history of calls marks where they begin and end. The order of the end of
// one and the beginning of another is something that the schedules differ in.

// MarkCall is the point at which a call begins. It returns the number of the step.
func MarkCall(note string) int { return mark(OpCall, Call, note) }

// MarkReturn is the point at which a call has returned. It returns the number of the step.
func MarkReturn(note string) int { return mark(OpReturn, Return, note) }

func mark(kind Kind, mode Mode, note string) int {
	e := active
	g := e.begin(kind)
	g.Op.Note = note
	g.on(&e.history, mode)
	e.point(g)
	e.advance(g)
	g.spin = spin{looks: g.spin.looks[:0]}
	return len(e.Trace.Steps)
}

// AwaitRest returns when nothing else can move any more, and everybody who waits for an earlier phase has
// gone on. Of several that wait for the same phase it returns true to one, which is at that
// moment alone.
func AwaitRest(phase int) (alone bool) {
	e := active
	g := e.begin(OpAwaitRest)
	g.phase = phase
	if phase > e.phase {
		g.Op.Access = push(g.Op.Access, Access{e.still.id, Alone})
	} else {
		g.Op.Kind = OpRestOver
	}
	e.point(g)
	e.advance(g)
	g.spin = spin{looks: g.spin.looks[:0]}
	return g.Op.Kind == OpAwaitRest
}

// settle lets those go on who wait for the earliest phase, and returns the one that goes first.
func (e *Exec) settle(waiting []*G) *G {
	leader := waiting[0]
	for _, g := range waiting {
		if g.phase < leader.phase {
			leader = g
		}
	}
	for _, g := range waiting {
		if g != leader && g.phase == leader.phase {
			g.Op.Kind, g.Op.Access = OpRestOver, g.Op.Access[:0]
		}
	}
	e.phase = leader.phase
	return leader
}

// StepCount returns the number of steps taken so far.
func StepCount() int { return len(active.Trace.Steps) }

// MarkHarness says that the running goroutine is of whoever judges the program.
func MarkHarness() { active.cur.host = true }

// ProgramGoroutines returns the number of other goroutines that have not come to their end.
func ProgramGoroutines() (n int) {
	for _, g := range active.gs {
		if g.state != dead && g != active.clock.g && !g.host {
			n++
		}
	}
	return n
}
