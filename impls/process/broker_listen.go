package process

import "io"

// What a client of the broker says and hears.

// send asks for something, and returns where the answer will be.
func (b *Broker) send(what kind, n int64) (id uint64, a *answer) {
	a = &answer{ready: make(chan struct{}), n: n}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.broken != nil {
		a.err = b.broken
		close(a.ready)
		return 0, a
	}
	b.next++
	b.pending[b.next] = a
	b.out.send(frame{what, b.next, n})
	return b.next, a
}

// forget cancels a request, and reports false if it has been answered before. An answer that is on its
// way finds nobody; the broker knows by the cancellation that it did.
func (b *Broker) forget(id uint64, a *answer) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if isDone(a.ready) {
		return false
	}
	delete(b.pending, id)
	b.out.send(frame{cancel, id, a.n})
	return true
}

// listen hears the broker until one of both is gone.
func (b *Broker) listen(in io.Reader) {
	defer close(b.ended)
	for {
		f, err := readFrame(in)
		if err != nil {
			b.fail(&Broken{b.name, "the broker is gone", err})
			return
		}
		b.mu.Lock()
		b.hear(f)
		b.mu.Unlock()
	}
}

// hear is called with the lock held.
func (b *Broker) hear(f frame) {
	a, waits := b.pending[f.id]
	switch {
	case !waits: // its cancellation and this have met on the way
		return
	case f.kind == offer:
		b.out.send(frame{kind: accept, id: f.id})
		return
	case f.kind == yes:
		a.ok = true
		b.held += f.n
	case f.kind == told:
		a.told = append(a.told, f.n)
		if len(a.told) < len(new(Stats).numbers()) {
			return
		}
	}
	delete(b.pending, f.id)
	close(a.ready)
}

// fail refuses all who wait, and who will.
func (b *Broker) fail(err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.broken == nil {
		b.broken = err
	}
	for id, a := range b.pending {
		a.err = b.broken
		delete(b.pending, id)
		close(a.ready)
	}
}
