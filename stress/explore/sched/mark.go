package sched

// A program that records a history of calls marks where they begin and end. The order of the end of
// one and the beginning of another is something that the schedules differ in.

// MarkCall is the point at which a call begins.
func MarkCall(note string) { mark(OpCall, Call, note) }

// MarkReturn is the point at which a call has returned.
func MarkReturn(note string) { mark(OpReturn, Return, note) }

func mark(kind Kind, mode Mode, note string) {
	e := active
	g := e.begin(kind)
	g.Op.Note = note
	g.on(&e.history, mode)
	e.point(g)
	e.advance(g)
	g.spin.reset()
}

// Settle returns when nothing else can move any more.
func Settle() {
	e := active
	g := e.begin(OpSettle)
	g.Op.Access = push(g.Op.Access, Access{e.still.id, Alone})
	e.point(g)
	e.advance(g)
}
