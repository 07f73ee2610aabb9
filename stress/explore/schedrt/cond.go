package schedrt

// A Cond is the model of a sync.Cond. Who waits first is signalled first.
type Cond struct {
	object Object
	line   []*condWaiter
	missed bool // signalled while nobody waited
}

type condWaiter struct {
	g        *G
	notified bool
	by       int32 // the step that notified it
	asleep   bool
}

func (c *Cond) number(e *Exec) {
	if e.number(&c.object) {
		c.line, c.missed = nil, false
		e.keep(c)
	}
}

// Wait gets in line, calls unlock, waits to be signalled and calls lock.
func (c *Cond) Wait(unlock, lock func()) {
	e := active
	g := e.begin(OpWait)
	c.number(e)
	g.on(&c.object, Write)
	e.point(g)
	w := &condWaiter{g: g}
	c.line = push(c.line, w)
	c.object.version++
	unlock()
	if !w.notified {
		w.asleep = true
		g.Op.clear() // for whoever asks what it waits for
		g.Op.Kind, g.Op.object, g.Op.cond = OpWait, &c.object, c
		e.here(g)
		e.park(g)
	} else {
		g.cause = w.by
	}
	lock()
}

// Signal takes the first out of the line.
func (c *Cond) Signal() { c.wake(OpSignal) }

// Broadcast takes all out of the line.
func (c *Cond) Broadcast() { c.wake(OpBroadcast) }

func (c *Cond) wake(kind Kind) {
	e := active
	g := e.begin(kind)
	c.number(e)
	g.on(&c.object, Write)
	e.point(g)
	c.missed = c.missed || len(c.line) == 0
	for len(c.line) > 0 {
		var w *condWaiter
		c.line, w = shift(c.line)
		w.notified, w.by = true, int32(len(e.Trace.Steps)-1)
		if w.asleep {
			e.wake(w.g)
		}
		e.changed(g, &c.object)
		if kind == OpSignal {
			return
		}
	}
}
