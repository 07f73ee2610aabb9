package schedrt

// A WaitGroup is the model of a sync.WaitGroup.
type WaitGroup struct {
	object Object
	count  int
}

func (w *WaitGroup) number(e *Exec) {
	if e.number(&w.object) {
		w.count = 0
		e.keep(w)
	}
}

func (w *WaitGroup) open(*G) bool { return w.count == 0 }

// Add adds delta. That the counter became negative is for the real one to notice.
func (w *WaitGroup) Add(delta int) {
	e := current()
	if e == nil {
		return
	}
	g := e.begin(OpAdd)
	w.number(e)
	mode := Add
	if delta < 0 {
		mode = Done
	}
	g.on(&w.object, mode)
	e.point(g)
	w.count += delta
	e.changed(g, &w.object)
}

// Wait returns when the counter is zero.
func (w *WaitGroup) Wait() {
	e := current()
	if e == nil {
		return
	}
	g := e.begin(OpWaitGroup)
	w.number(e)
	g.on(&w.object, Wait)
	g.Op.guard = w
	e.point(g)
}

// IsStale reports that an earlier execution left the counter above zero.
func (w *WaitGroup) IsStale() bool {
	return current() != nil && w.object.run != 0 && w.object.run != active.run && w.count != 0
}
