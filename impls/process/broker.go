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

// Broker is a semaphore whose permits another process owns, a [BrokerServer]. Every call is a message
// to it over a Unix socket, and every wait a place in its line, which is first come, first
// served for all goroutines of all processes.
//
// That costs two switches of process, some thousand times what shared memory does. For it the line is
// fair, weights are taken at once, and permits come back when a connection ends. Of those who wait
// for answers one reads them for all, in the runtime's poller.
//
// Release does not wait for the broker: it takes effect when the broker has read it, for other
// processes some microseconds after it returned, for this one before anything it asks next. The
// same goes for a cancellation.
//
// Memory order: mu is held by every release and by the reader before every grant.
type Broker struct {
	name   string
	size   int64
	conn   net.Conn
	in     *bufio.Reader // of the one who reads
	server *BrokerServer // of NewBroker

	out     *outbox
	mu      sync.Mutex // also held while sending, so that frames go out in the order of decisions
	pending map[uint64]*answer
	reading bool // somebody does, as always if there is anything pending
	readers sync.WaitGroup
	next    uint64
	held    int64
	broken  error
}

// An answer is what somebody waits for.
type answer struct {
	ready chan struct{}
	n     int64
	ok    bool
	told  []int64
	err   error
}

// NewBroker returns a broker that this process serves to itself, and to those whom it invites.
func NewBroker(size int64) (*Broker, error) {
	if size < 0 {
		return nil, fmt.Errorf("process: broker of size %d: want 0 or more", size)
	}
	server := newBrokerServer(size)
	theirs, ours, err := socketPair()
	if err != nil {
		return nil, err
	}
	server.serve(theirs)
	b, err := greet(ours, "broker")
	if err != nil {
		return nil, errors.Join(err, server.Close())
	}
	b.server = server
	return b, nil
}

// DialBroker returns the semaphore of the broker that listens at path, which must be of that size.
func DialBroker(path string, size int64) (*Broker, error) {
	conn, err := net.Dial("unix", path)
	if err != nil {
		return nil, &Broken{path, "no broker answers there", err}
	}
	b, err := greet(conn, path)
	if err != nil {
		return nil, err
	}
	if b.size != size {
		fact := fmt.Sprintf("a broker of size %d, not %d", b.size, size)
		return nil, errors.Join(&Broken{Name: path, Fact: fact}, b.Close())
	}
	return b, nil
}

// InheritBroker returns the semaphore behind a connection that a child has from [Broker.Invite] of its
// parent. It takes the file over.
func InheritBroker(f *os.File) (*Broker, error) {
	conn, err := net.FileConn(f) // which makes a copy
	if err = errors.Join(err, f.Close()); err != nil {
		return nil, &Broken{f.Name(), "not the socket of a broker", err}
	}
	return greet(conn, f.Name())
}

// Invite makes another connection to a broker of [NewBroker], for os/exec.Cmd.ExtraFiles. The caller
// closes it when the child has started.
func (b *Broker) Invite() (*os.File, error) {
	if b.server == nil {
		return nil, fmt.Errorf("process: %s: served by another process: let the child dial it", b.name)
	}
	theirs, ours, err := socketPair()
	if err != nil {
		return nil, err
	}
	b.server.serve(theirs)
	f, err := ours.(*net.UnixConn).File()
	return f, errors.Join(err, ours.Close())
}

// socketPair makes two connected sockets as every system can: by a listener that lives for a moment.
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

// greet makes sure that there is a broker, which answers at once if it is one.
func greet(conn net.Conn, name string) (*Broker, error) {
	const patience = 5 * time.Second
	b := &Broker{name: name, conn: conn, out: newOutbox(conn),
		in: bufio.NewReader(conn), pending: map[uint64]*answer{}}
	_, err := conn.Write(frame{hello, wireMagic, 0}.append(nil))
	if err == nil {
		err = conn.SetReadDeadline(time.Now().Add(patience))
	}
	var f frame
	if err == nil {
		f, err = readFrame(b.in)
	}
	if err == nil && (f.kind != hello || f.id != wireMagic || f.n < 0) {
		err = errors.New("it speaks another protocol")
	}
	if err = errors.Join(err, conn.SetReadDeadline(time.Time{})); err != nil {
		return nil, errors.Join(&Broken{name, "who answers there is no broker", err}, conn.Close())
	}
	b.size = f.n
	return b, nil
}

// Acquire is that of [impls.Semaphore], and returns an error of another kind if the broker is gone.
func (b *Broker) Acquire(ctx context.Context, n int64) error {
	mustNotBeNegative(n)
	done := ctx.Done()
	if n > b.size {
		<-done // the broker would take it for nonsense
		return ctx.Err()
	}
	if isDone(done) {
		return ctx.Err()
	}
	id, a := b.send(want, n, done == nil)
	select {
	case <-a.ready:
		return a.err
	case <-done:
	}
	if b.forget(id, a) {
		return ctx.Err()
	}
	return a.err
}

// TryAcquire is that of [impls.Semaphore]. It asks the broker, and takes as long as that does to
// answer. If it is gone, there is nothing to be had.
func (b *Broker) TryAcquire(n int64) bool {
	mustNotBeNegative(n)
	if n > b.size {
		return false
	}
	_, a := b.send(try, n, true)
	<-a.ready
	return a.ok
}

// Release is that of [impls.Semaphore], for permits of this process.
func (b *Broker) Release(n int64) {
	mustNotBeNegative(n)
	b.mu.Lock()
	defer b.mu.Unlock()
	if n > b.held {
		panic(overRelease)
	}
	b.held -= n
	b.out.send(frame{kind: release, n: n})
}

// Stats asks the broker for its numbers.
func (b *Broker) Stats() (now Stats, err error) {
	_, a := b.send(ask, 0, true)
	<-a.ready
	for i, n := range now.numbers() {
		if i < len(a.told) {
			*n = a.told[i]
		}
	}
	return now, a.err
}

// Close ends the connection, by which everything that this process holds is given back.
func (b *Broker) Close() error {
	b.mu.Lock()
	if b.broken == nil {
		b.broken = errClosed
	}
	b.mu.Unlock()
	err := b.conn.Close()
	b.readers.Wait()
	b.out.close()
	if b.server != nil {
		err = errors.Join(err, b.server.Close())
	}
	return err
}
