package process

// handOver gives n permits of a releaser to the first in line of its own process, if that wants just so
// many, and reports whether it did. They stay the process's, so the mechanism hears nothing of
// it, which takes a tenth of the time that waking a pump does. The caller has made sure that they are held.
//
// Other processes are not passed for ever: after a number of times the permits are let go of, for whom
// the kernel wakes.
func (f *funnel) handOver(n int64) bool {
	if f.waiting.Load() == 0 || n == 0 {
		return false
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	front := f.line.Front()
	if front == nil || front.Value.(*waiter).n != n || f.passed == inARow || !f.holds(n) {
		f.passed = 0
		return false
	}
	f.passed++
	w := f.line.Remove(front).(*waiter)
	f.waiting.Add(-1)
	close(w.ready)
	next := f.line.Front()
	asksElse := next == nil || next.Value.(*waiter).n != n
	switch {
	case f.pumping != nil && (asksElse || w == f.inLine):
		f.interrupt() // the pump sleeps on behalf of one who is served
	case f.pumping == nil && asksElse:
		f.admit() // the next may ask for less
	case f.pumping == nil && f.passed >= inARow/2:
		f.startPump() // to be asleep when the permits are let go of, behind those of other processes
	}
	return true
}

// inARow is how often permits are handed on before other processes have their turn.
const inARow = 16

// released is called after permits have been let go of: now this process does not hold all any more, so
// those who wait need a pump. One who lined up without has done so before the permits were free, and is seen.
func (f *funnel) released() {
	if f.waiting.Load() == 0 {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.pumping == nil && f.line.Len() > 0 {
		f.startPump()
	}
}

// startPump is called with the lock held, when there is none.
func (f *funnel) startPump() {
	f.pumping = make(chan struct{})
	go f.pump()
}
