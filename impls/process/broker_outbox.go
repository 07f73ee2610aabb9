package process

import (
	"net"
	"sync"
	"syscall"
)

// An outbox writes frames to one peer without ever making the sender wait. What the socket takes at
// once goes out at once, without another goroutine; a peer that does not read, because it is
// stopped, fills its own memory here and nobody else's time. How much is bounded by what it
// has asked for.
type outbox struct {
	conn    net.Conn
	raw     syscall.RawConn // nil where nothing can be written without waiting
	attempt func(fd uintptr) bool

	mu       sync.Mutex
	bytes    []byte // not written yet
	wrote    int    // of them, by attempt
	draining bool
	closed   bool
	drained  sync.WaitGroup
}

func newOutbox(conn net.Conn) *outbox {
	o := &outbox{conn: conn}
	if c, ok := conn.(syscall.Conn); ok && canTryToWrite {
		o.raw, _ = c.SyscallConn()
	}
	o.attempt = func(fd uintptr) bool {
		o.wrote = tryToWrite(fd, o.bytes)
		return true
	}
	return o
}

func (o *outbox) send(f frame) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.closed {
		return
	}
	o.bytes = f.append(o.bytes)
	if o.draining {
		return
	}
	if o.raw != nil {
		o.wrote = 0
		if o.raw.Write(o.attempt) != nil {
			o.wrote = len(o.bytes) // closed: there is nobody to tell
		}
		o.bytes = append(o.bytes[:0], o.bytes[o.wrote:]...)
	}
	if len(o.bytes) > 0 {
		o.draining = true
		o.drained.Go(o.drain)
	}
}

// drain writes what the socket did not take at once, until there is nothing more or the peer is gone;
// who reads from it will see that, too.
func (o *outbox) drain() {
	var spare []byte
	for {
		o.mu.Lock()
		batch := o.bytes
		o.bytes = spare[:0]
		if len(batch) == 0 {
			o.draining = false
			o.mu.Unlock()
			return
		}
		o.mu.Unlock()
		if _, err := o.conn.Write(batch); err != nil {
			return // and stays draining, so that nobody tries again
		}
		spare = batch
	}
}

// close is called when the connection is closed, and returns when nobody writes any more.
func (o *outbox) close() {
	o.mu.Lock()
	o.closed = true
	o.mu.Unlock()
	o.drained.Wait()
}
