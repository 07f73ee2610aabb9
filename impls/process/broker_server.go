package process

import (
	"bufio"
	"container/list"
	"errors"
	"fmt"
	"net"
	"os"
	"sync"
	"time"
)

// A BrokerServer owns the permits of a semaphore and lends them to the processes that are connected
// to it. A connection is the holder: when it ends, for whatever reason, its permits are free.
//
// All requests of all processes wait in one queue, first come, first served. A large request holds
// up the smaller requests behind it. The one exception is a request whose process does not
// answer an offer within the lease, 20 ms: later requests pass it, and it keeps its place.
//
// Invariant, with mu held: free, plus the permits held by all clients, plus the permits of all open
// offers, equals size.
type BrokerServer struct {
	size     int64
	listener net.Listener // nil if all clients are invited
	lease    time.Duration
	serving  sync.WaitGroup

	mu      sync.Mutex
	free    int64     // permits that are neither held nor offered
	queue   list.List // of *request
	clients map[*client]bool
	stats   Stats // Granted, Reclaimed and Withdrawn; snapshot fills in the rest
	closed  bool
}

// Stats are the statistics of a broker.
type Stats struct {
	Size      int64 // permits in all
	Free      int64 // permits that are neither held nor offered
	Waiting   int64 // requests in the queue
	Clients   int64 // connections
	Granted   int64 // requests served since the broker started
	Reclaimed int64 // permits taken back from connections that ended
	Withdrawn int64 // offers that were not accepted within the lease
}

// fields returns pointers to all fields, in the order in which the protocol sends them.
func (s *Stats) fields() []*int64 {
	return []*int64{
		&s.Size, &s.Free, &s.Waiting, &s.Clients, &s.Granted, &s.Reclaimed, &s.Withdrawn,
	}
}

// A client is one connection.
type client struct {
	*sendQueue
	held    int64                    // permits
	waiting map[uint64]*list.Element // its requests in the queue, by id
}

// A request is one entry of the queue. It has an open offer while timer is set; its permits are
// then taken from free.
type request struct {
	client       *client
	id           uint64
	n            int64
	timer        *time.Timer // ends the offer; nil without an offer
	deadline     time.Time   // when the offer ends
	extensions   int         // how often the offer was extended
	unresponsive bool        // an offer expired, and the client has not accepted one since
}

// defaultLease is how long an offer stands. A running process answers within microseconds. A
// process that accepts too late has lost only time: its request keeps its place in the queue.
const defaultLease = 20 * time.Millisecond

// ListenBroker serves size permits at a Unix socket, which Close removes. It returns an error if
// size is negative or if path exists, and a [Broken] that says whether a broker answers there.
func ListenBroker(path string, size int64) (*BrokerServer, error) {
	if size < 0 {
		return nil, fmt.Errorf("process: broker of size %d: want 0 or more", size)
	}
	if _, err := os.Lstat(path); err == nil {
		return nil, describeOccupant(path)
	}
	l, err := net.Listen("unix", path)
	if err != nil {
		return nil, fmt.Errorf("process: broker: %w", err)
	}
	s := newBrokerServer(size)
	s.listener = l
	s.serving.Go(s.acceptAll)
	return s, nil
}

// describeOccupant returns an error that says what is at a path that exists already.
func describeOccupant(path string) error {
	conn, err := net.Dial("unix", path)
	if err == nil {
		return errors.Join(&Broken{Name: path, Fact: "another broker serves there"}, conn.Close())
	}
	const fact = "exists, and no broker answers there: " +
		"if it is the socket of a broker that was killed, remove it"
	return &Broken{path, fact, err}
}

func newBrokerServer(size int64) *BrokerServer {
	return &BrokerServer{
		size: size, free: size, lease: defaultLease, clients: map[*client]bool{},
	}
}

// acceptAll accepts connections until Close.
func (s *BrokerServer) acceptAll() {
	for {
		conn, err := s.listener.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			// For example no descriptor is left. One is free again when a client disconnects,
			// so try again; the pause keeps the loop from burning CPU meanwhile.
			time.Sleep(defaultLease)
			continue
		}
		s.addClient(conn)
	}
}

// addClient serves a connection, in a goroutine of its own.
func (s *BrokerServer) addClient(conn net.Conn) {
	c := &client{sendQueue: newSendQueue(conn), waiting: map[uint64]*list.Element{}}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		_ = conn.Close()
		return
	}
	s.clients[c] = true
	s.serving.Go(func() { s.serveClient(c) })
}

// serveClient handles the frames of a client until the connection ends or a frame violates the
// protocol. A violation ends the connection: a client that miscounts must not damage
// the permits of others.
func (s *BrokerServer) serveClient(c *client) {
	defer s.disconnect(c)
	in := bufio.NewReader(c.conn)
	if f, err := readFrame(in); err != nil || f != (frame{frameHello, wireMagic, 0}) {
		return
	}
	c.send(frame{frameHello, wireMagic, s.size})
	for {
		f, err := readFrame(in)
		if err != nil || f.n < 0 || f.n > s.size {
			return
		}
		s.mu.Lock()
		ok := s.handle(c, f)
		s.mu.Unlock()
		if !ok {
			return
		}
	}
}

// disconnect frees what a client held, and removes its requests.
func (s *BrokerServer) disconnect(c *client) {
	_ = c.conn.Close()
	c.close()
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.clients, c)
	for _, place := range c.waiting {
		s.remove(place)
	}
	s.stats.Reclaimed += c.held
	s.free += c.held
	c.held = 0
	s.offerFromHead()
}

// Stats returns a consistent snapshot of the statistics.
func (s *BrokerServer) Stats() Stats {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.snapshot()
}

func (s *BrokerServer) snapshot() Stats {
	now := s.stats
	now.Size, now.Free = s.size, s.free
	now.Waiting, now.Clients = int64(s.queue.Len()), int64(len(s.clients))
	return now
}

// Close ends all connections. Every call that waits in a client returns an error.
func (s *BrokerServer) Close() error {
	var err error
	if s.listener != nil {
		err = s.listener.Close()
	}
	s.mu.Lock()
	s.closed = true
	for c := range s.clients {
		_ = c.conn.Close()
	}
	s.mu.Unlock()
	s.serving.Wait()
	return err
}

// The rest of this file is the queue. All its functions are called with mu held, except expire,
// which locks mu itself.

// handle carries out one frame. It returns false if the frame violates the protocol.
func (s *BrokerServer) handle(c *client, f frame) bool {
	switch f.kind {
	case frameTry:
		if s.fits(f.n) {
			s.grant(c, f.id, f.n)
		} else {
			c.send(frame{kind: frameRefused, id: f.id})
		}
	case frameAcquire:
		if _, duplicate := c.waiting[f.id]; duplicate {
			return false
		}
		if s.fits(f.n) {
			s.grant(c, f.id, f.n) // without an offer: the client has just sent, so it runs
		} else {
			c.waiting[f.id] = s.queue.PushBack(&request{client: c, id: f.id, n: f.n})
		}
	case frameAccept:
		s.accept(c, f.id)
	case frameCancel:
		place, waits := c.waiting[f.id]
		if !waits {
			// The grant and the cancellation crossed. The client ignores the grant, so take
			// its permits back.
			return s.takeBack(c, f.n)
		}
		s.remove(place)
		s.offerFromHead()
	case frameRelease:
		return s.takeBack(c, f.n)
	case frameStats:
		now := s.snapshot()
		for _, field := range now.fields() {
			c.send(frame{frameStat, f.id, *field})
		}
	default:
		return false
	}
	return true
}

// takeBack frees n permits of a client. It returns false if the client holds fewer.
func (s *BrokerServer) takeBack(c *client, n int64) bool {
	if n > c.held {
		return false
	}
	c.held -= n
	s.free += n
	s.offerFromHead()
	return true
}

// fits reports whether a new request may be served at once: its permits are free, and it passes
// only requests that are unresponsive or have an offer already.
func (s *BrokerServer) fits(n int64) bool {
	if n > s.free {
		return false
	}
	for place := s.queue.Front(); place != nil; place = place.Next() {
		if r := place.Value.(*request); !r.unresponsive && r.timer == nil {
			return false
		}
	}
	return true
}

// grant moves n free permits to a client and tells it.
func (s *BrokerServer) grant(c *client, id uint64, n int64) {
	s.free -= n
	c.held += n
	s.stats.Granted++
	c.send(frame{frameGranted, id, n})
}

// offerFromHead offers free permits to requests from the head of the queue, and stops at the first
// request that does not fit. It skips requests that are unresponsive or have an offer.
func (s *BrokerServer) offerFromHead() {
	for place := s.queue.Front(); place != nil; place = place.Next() {
		r := place.Value.(*request)
		switch {
		case r.unresponsive || r.timer != nil:
			continue
		case r.n > s.free:
			return
		}
		s.free -= r.n
		r.deadline, r.extensions = time.Now().Add(s.lease), 0
		r.timer = time.AfterFunc(s.lease, func() { s.expire(place) })
		r.client.send(frame{kind: frameOffer, id: r.id})
	}
}

// accept turns an offer into a grant. If the offer was withdrawn, the accept frame proves that the
// client runs again. The request is then responsive, and is served from its old place.
func (s *BrokerServer) accept(c *client, id uint64) {
	place, ok := c.waiting[id]
	if !ok {
		return // cancelled meanwhile
	}
	r := place.Value.(*request)
	if r.timer == nil {
		r.unresponsive = false
		s.offerFromHead()
		return
	}
	s.remove(place) // returns the offered permits to free, from which grant takes them
	s.grant(c, id, r.n)
}

// remove takes a request out of the queue and withdraws its offer if there is one.
func (s *BrokerServer) remove(place *list.Element) {
	r := s.queue.Remove(place).(*request)
	delete(r.client.waiting, r.id)
	s.withdraw(r)
}

// withdraw ends the offer of a request and returns its permits to free.
func (s *BrokerServer) withdraw(r *request) {
	if r.timer == nil {
		return
	}
	r.timer.Stop()
	r.timer = nil
	s.free += r.n
}

// maxExtensions bounds how often the lease of one offer is extended because the broker was late.
const maxExtensions = 3

// expire runs when an offer was not accepted within the lease.
//
// If expire itself runs late, the broker was held up: the machine was suspended or overloaded. The
// client was probably held up too, or its accept frame is still unread. So the offer gets another
// lease. The bound on extensions keeps an overloaded broker from waiting for a stopped client
// forever.
func (s *BrokerServer) expire(place *list.Element) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := place.Value.(*request)
	if r.timer == nil {
		return // accepted or cancelled while this function waited for mu
	}
	if time.Since(r.deadline) > s.lease/4 && r.extensions < maxExtensions {
		r.extensions++
		r.deadline = time.Now().Add(s.lease)
		r.timer.Reset(s.lease)
		return
	}
	s.withdraw(r)
	r.unresponsive = true
	s.stats.Withdrawn++
	s.offerFromHead()
}
