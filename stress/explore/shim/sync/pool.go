package sync

// A Pool is a sync.Pool that keeps what it is given, and gives the last first. It begins anew in
// every execution, as what the real one keeps depends on more than the schedule.
type Pool struct {
	New func() any

	mu    Mutex
	items []any
}

// Get takes something from the pool or calls New.
func (p *Pool) Get() any {
	p.mu.Lock()
	if p.mu.model().Fresh() {
		p.items = nil
	}
	var x any
	if last := len(p.items) - 1; last >= 0 {
		x, p.items = p.items[last], p.items[:last]
	}
	p.mu.Unlock()
	if x == nil && p.New != nil {
		x = p.New()
	}
	return x
}

// Put adds x to the pool.
func (p *Pool) Put(x any) {
	if x == nil {
		return
	}
	p.mu.Lock()
	if p.mu.model().Fresh() {
		p.items = nil
	}
	p.items = append(p.items, x)
	p.mu.Unlock()
}
