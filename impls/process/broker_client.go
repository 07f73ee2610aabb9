package process

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// Broker is a semaphore whose permits another process owns, a [BrokerServer]. Every call is a
// message to the broker over a Unix socket. Every wait is an entry in the broker's queue, which
// is first come, first served for all goroutines of all processes.
//
// A call costs two process switches, about a thousand times the price of shared memory. In return
// the queue is fair, weights are taken at once, and the permits of a process return when its
// connection ends. One goroutine reads the replies for all waiters, in the runtime's poller.
//
// Release does not wait for the broker. It takes effect when the broker has read it: for other
// processes some microseconds after it returned, for this process before its next request. The
// same holds for a cancellation.
//
// Memory order: mu is held by every Release, and by the reader before it reports a grant. So
// within this process a Release synchronizes before the return of each Acquire that
// the broker grants afterwards. Between processes the socket orders the accesses to shared memory:
// the operating system orders a write to a socket before the read that returns its bytes.
type Broker struct {
	name   string
	size   int64
	conn   net.Conn
	in     *bufio.Reader // used only by the reader, see reading
	server *BrokerServer // set by NewBroker only

	out *sendQueue
	// mu guards the fields below. It is also held during send, so that frames leave in the
	// order of the changes of held.
	mu      sync.Mutex
	pending map[uint64]*reply
	reading bool // a goroutine reads replies; invariant: true if pending is not empty
	readers sync.WaitGroup
	lastID  uint64
	held    int64
	err     error // once set, every request gets it
}

// A reply is the result of one request. The reader fills it and then closes ready.
type reply struct {
	ready chan struct{}
	n     int64 // weight of the request
	ok    bool
	stats []int64
	err   error
}

// NewBroker returns a broker of size permits that this process serves to itself, and to the child
// processes that it invites. It returns an error if size is negative.
func NewBroker(size int64) (*Broker, error) {
	if size < 0 {
		return nil, fmt.Errorf("process: broker of size %d: want 0 or more", size)
	}
	server := newBrokerServer(size)
	theirs, ours, err := socketPair()
	if err != nil {
		return nil, err
	}
	server.addClient(theirs)
	b, err := handshake(ours, "broker")
	if err != nil {
		return nil, errors.Join(err, server.Close())
	}
	b.server = server
	return b, nil
}

// DialBroker returns the semaphore of the broker that listens at path. It returns a [Broken] if no
// broker answers there, or if the broker does not have that size.
func DialBroker(path string, size int64) (*Broker, error) {
	conn, err := net.Dial("unix", path)
	if err != nil {
		return nil, &Broken{path, "no broker answers there", err}
	}
	b, err := handshake(conn, path)
	if err != nil {
		return nil, err
	}
	if b.size != size {
		fact := fmt.Sprintf("a broker of size %d, not %d", b.size, size)
		return nil, errors.Join(&Broken{Name: path, Fact: fact}, b.Close())
	}
	return b, nil
}

// InheritBroker returns the semaphore behind a connection that a child process inherited: the file
// of [Broker.Invite] in its parent. InheritBroker closes f, also if it fails.
func InheritBroker(f *os.File) (*Broker, error) {
	conn, err := net.FileConn(f) // duplicates the descriptor
	if err = errors.Join(err, f.Close()); err != nil {
		return nil, &Broken{f.Name(), "not the socket of a broker", err}
	}
	return handshake(conn, f.Name())
}

// Invite makes another connection to a broker of [NewBroker], to be put in os/exec.Cmd.ExtraFiles.
// The caller closes the file after it has started the child. Invite returns an error if another
// process serves the broker; the child can dial that one.
func (b *Broker) Invite() (*os.File, error) {
	if b.server == nil {
		return nil, fmt.Errorf("process: %s: served by another process: let the child dial it", b.name)
	}
	theirs, ours, err := socketPair()
	if err != nil {
		return nil, err
	}
	b.server.addClient(theirs)
	f, err := ours.(*net.UnixConn).File()
	return f, errors.Join(err, ours.Close())
}

// socketPair makes two connected sockets. It uses a temporary listener and not socketpair(2),
// because this way works on every system that has Unix sockets.
func socketPair() (a, b net.Conn, err error) {
	dir, err := os.MkdirTemp("", "broker")
	if err != nil {
		return nil, nil, fmt.Errorf("process: broker: %w", err)
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "socket")
	l, err := net.Listen("unix", path)
	if err != nil {
		return nil, nil, fmt.Errorf("process: broker: %w", err)
	}
	defer l.Close()
	if b, err = net.Dial("unix", path); err != nil {
		return nil, nil, fmt.Errorf("process: broker: %w", err)
	}
	if a, err = l.Accept(); err != nil {
		return nil, nil, errors.Join(fmt.Errorf("process: broker: %w", err), b.Close())
	}
	return a, b, nil
}

// handshake exchanges hello frames, to verify that the peer is a broker of this version. The peer
// gets five seconds, because another program may listen there and never answer.
func handshake(conn net.Conn, name string) (*Broker, error) {
	const timeout = 5 * time.Second
	b := &Broker{name: name, conn: conn, out: newSendQueue(conn),
		in: bufio.NewReader(conn), pending: map[uint64]*reply{}}
	_, err := conn.Write(frame{frameHello, wireMagic, 0}.append(nil))
	if err == nil {
		err = conn.SetReadDeadline(time.Now().Add(timeout))
	}
	var f frame
	if err == nil {
		f, err = readFrame(b.in)
	}
	if err == nil && (f.kind != frameHello || f.id != wireMagic || f.n < 0) {
		err = errors.New("it speaks another protocol")
	}
	if err = errors.Join(err, conn.SetReadDeadline(time.Time{})); err != nil {
		return nil, errors.Join(&Broken{name, "the peer is not a broker", err}, conn.Close())
	}
	b.size = f.n
	return b, nil
}

// Acquire implements [impls.Semaphore]. It returns a [Broken] if the broker has ended.
//
// A ctx that is done before the call is checked first, so that the broker never hears of the
// request. There is no other fast path: only the broker knows whether permits are free.
func (b *Broker) Acquire(ctx context.Context, n int64) error {
	mustNotBeNegative(n)
	done := ctx.Done()
	if n > b.size {
		<-done // the broker would end the connection of a client that asks for more than the size
		return ctx.Err()
	}
	if isDone(done) {
		return ctx.Err()
	}
	id, r := b.request(frameAcquire, n, done == nil)
	select {
	case <-r.ready:
		return r.err
	case <-done:
	}
	if b.cancel(id, r) {
		return ctx.Err()
	}
	return r.err
}

// TryAcquire implements [impls.Semaphore]. It waits for the answer of the broker, but never
// for a permit. It returns false if the broker has ended.
func (b *Broker) TryAcquire(n int64) bool {
	mustNotBeNegative(n)
	if n > b.size {
		return false
	}
	_, r := b.request(frameTry, n, true)
	<-r.ready
	return r.ok
}

// Release implements [impls.Semaphore], for permits of this process. It panics if the process holds
// fewer than n. It checks and lowers held with mu held, and sends the frame before it unlocks.
// So the broker reads a release only after the grant that it belongs to.
func (b *Broker) Release(n int64) {
	mustNotBeNegative(n)
	b.mu.Lock()
	defer b.mu.Unlock()
	if n > b.held {
		panic(overRelease)
	}
	b.held -= n
	b.out.send(frame{kind: frameRelease, n: n})
}

// Stats asks the broker for its statistics. It returns a [Broken] if the broker has ended.
func (b *Broker) Stats() (now Stats, err error) {
	_, r := b.request(frameStats, 0, true)
	<-r.ready
	for i, field := range now.fields() {
		if i < len(r.stats) {
			*field = r.stats[i]
		}
	}
	return now, r.err
}

// Close ends the connection. The broker then frees everything that this process holds. If NewBroker
// made the semaphore, Close ends the broker too. Goroutines that wait get an error.
func (b *Broker) Close() error {
	b.mu.Lock()
	if b.err == nil {
		b.err = errClosed
	}
	b.mu.Unlock()
	err := b.conn.Close() // ends the reader, which refuses all waiters
	b.readers.Wait()
	b.out.close()
	if b.server != nil {
		err = errors.Join(err, b.server.Close())
	}
	return err
}

// request sends a request and returns its id and where the reply will be. If mayRead is set and
// no goroutine reads replies, the caller reads them itself: then request returns when the
// reply has come. mayRead must be false if the caller wants to cancel the request.
//
// This spares a switch of goroutines, which is half of the cost of a grant.
func (b *Broker) request(kind frameKind, n int64, mayRead bool) (id uint64, r *reply) {
	r = &reply{ready: make(chan struct{}), n: n}
	id, isReader := b.register(kind, r, mayRead)
	if isReader {
		b.readReplies(r)
	}
	return id, r
}

// register enters the request in pending, sends it, and ensures that a goroutine reads replies.
// It returns true if the caller must be that goroutine. The entry is made before the frame
// is sent and in the same critical section, so a reply always finds its entry.
func (b *Broker) register(kind frameKind, r *reply, mayRead bool) (id uint64, isReader bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.err != nil {
		r.err = b.err
		close(r.ready)
		return 0, false
	}
	b.lastID++
	b.pending[b.lastID] = r
	b.out.send(frame{kind, b.lastID, r.n})
	if b.reading {
		return b.lastID, false
	}
	b.reading = true
	if !mayRead {
		b.readers.Go(func() { b.readReplies(nil) })
	}
	return b.lastID, mayRead
}

// cancel withdraws a request. It returns false if the reply came first: ready is closed with mu
// held, so exactly one of cancellation and grant wins.
//
// A granted frame may be on its way. dispatch ignores it, since its entry is gone. The broker, when
// it reads the cancel frame, finds the request no longer in its queue and takes the permits
// back; so the frame carries the weight.
func (b *Broker) cancel(id uint64, r *reply) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if isDone(r.ready) {
		return false
	}
	delete(b.pending, id)
	b.out.send(frame{frameCancel, id, r.n})
	return true
}

// readReplies reads frames for all waiters. If own is set, it stops when own is ready; otherwise
// when no request is pending.
func (b *Broker) readReplies(own *reply) {
	for more := true; more; {
		f, err := readFrame(b.in)
		more = b.handleFrame(f, err, own)
	}
}

// handleFrame handles one frame and reports whether the reader must read more. If the reader
// stops while requests are pending, another goroutine becomes the reader. The role
// changes with mu held, so there is never a second reader of b.in.
func (b *Broker) handleFrame(f frame, err error, own *reply) (more bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if err != nil {
		b.refuseAll(&Broken{b.name, "the broker is gone", err})
		return false // reading stays true: no later request may read from a failed connection
	}
	b.dispatch(f)
	switch {
	case len(b.pending) == 0:
		b.reading = false
		return false
	case own != nil && isDone(own.ready):
		b.readers.Go(func() { b.readReplies(nil) })
		return false
	}
	return true
}

// dispatch delivers a frame to its request. It is called with mu held. A frame without an entry
// belongs to a request that was cancelled meanwhile; an offer for it stays unanswered,
// and the cancel frame on its way ends it.
func (b *Broker) dispatch(f frame) {
	r, pending := b.pending[f.id]
	switch {
	case !pending:
		return
	case f.kind == frameOffer:
		b.out.send(frame{kind: frameAccept, id: f.id})
		return
	case f.kind == frameGranted:
		r.ok = true
		b.held += f.n
	case f.kind == frameStat:
		r.stats = append(r.stats, f.n)
		if len(r.stats) < len(new(Stats).fields()) {
			return
		}
	}
	delete(b.pending, f.id)
	close(r.ready)
}

// refuseAll ends all pending requests with an error, and all later ones. The first error stays. It
// is called with mu held.
func (b *Broker) refuseAll(err error) {
	if b.err == nil {
		b.err = err
	}
	for id, r := range b.pending {
		r.err = b.err
		delete(b.pending, id)
		close(r.ready)
	}
}
