package process

// What a client of the broker says and hears.

// send asks for something, and returns where the answer will be. One who will wait for it whatever happens
// may read: if nobody else does, send returns with the answer.
func (b *Broker) send(what kind, n int64, mayRead bool) (id uint64, a *answer) {
	a = &answer{ready: make(chan struct{}), n: n}
	id, reads := b.post(what, a, mayRead)
	if reads {
		b.listen(a)
	}
	return id, a
}

func (b *Broker) post(what kind, a *answer, mayRead bool) (id uint64, reads bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.broken != nil {
		a.err = b.broken
		close(a.ready)
		return 0, false
	}
	b.next++
	b.pending[b.next] = a
	b.out.send(frame{what, b.next, a.n})
	if b.reading {
		return b.next, false
	}
	b.reading = true
	if !mayRead {
		b.readers.Go(func() { b.listen(nil) })
	}
	return b.next, mayRead
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

// listen hears the broker for all, until one's own answer has come, or for one who has none until nothing is
// pending. The switch of goroutines that this spares is half of what a grant costs.
func (b *Broker) listen(own *answer) {
	for goOn := true; goOn; {
		f, err := readFrame(b.in)
		goOn = b.heard(f, err, own)
	}
}

// heard reports whether the one who listens has to go on. If it has not, and others wait, another one does.
func (b *Broker) heard(f frame, err error, own *answer) (goOn bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if err != nil {
		b.fail(&Broken{b.name, "the broker is gone", err})
		return false
	}
	b.hear(f)
	switch {
	case len(b.pending) == 0:
		b.reading = false
		return false
	case own != nil && isDone(own.ready):
		b.readers.Go(func() { b.listen(nil) })
		return false
	}
	return true
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

// fail refuses all who wait, and who will. It is called with the lock held.
func (b *Broker) fail(err error) {
	if b.broken == nil {
		b.broken = err
	}
	for id, a := range b.pending {
		a.err = b.broken
		delete(b.pending, id)
		close(a.ready)
	}
}
