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

// A BrokerServer owns the permits of a semaphore, and lends them to the processes that are connected
// to it. A connection is the holder: when it ends, for whatever reason, what it holds is free.
//
// All who wait, in whatever process, are in one line, first come, first served; a large request holds
// up the small ones behind it. Only one that does not answer is passed, and keeps its place.
type BrokerServer struct {
	size     int64
	listener net.Listener // nil if it only serves those who are invited
	lease    time.Duration
	serving  sync.WaitGroup

	mu      sync.Mutex
	free    int64 // neither held nor on offer
	line    list.List
	clients map[*client]bool
	stats   Stats
	closed  bool
}

// Stats are the numbers of a broker.
type Stats struct {
	Size      int64
	Free      int64 // permits that nobody holds and nobody is offered
	Waiting   int64 // requests in line
	Clients   int64 // connections
	Granted   int64 // requests served since it began
	Reclaimed int64 // permits taken back from connections that ended
	Withdrawn int64 // offers that were not accepted in time
}

func (s *Stats) numbers() []*int64 {
	return []*int64{&s.Size, &s.Free, &s.Waiting, &s.Clients, &s.Granted, &s.Reclaimed, &s.Withdrawn}
}

// client is one connection.
type client struct {
	*outbox
	held  int64
	asked map[uint64]*list.Element // its requests in line
}

// request is an element of the line.
type request struct {
	client *client
	id     uint64
	n      int64
	timer  *time.Timer // of the offer that was made to it; its permits are not free
	due    time.Time   // when that is to expire
	longer int         // how often it was let stand longer
	asleep bool        // it let an offer pass, and has said nothing since
}

// defaultLease is how long an offer stands. Who is alive answers in some microseconds; who is not, and
// accepts later after all, has lost nothing but time.
const defaultLease = 20 * time.Millisecond

// ListenBroker serves size permits at a Unix socket, which Close removes.
func ListenBroker(path string, size int64) (*BrokerServer, error) {
	if size < 0 {
		return nil, fmt.Errorf("process: broker of size %d: want 0 or more", size)
	}
	if _, err := os.Lstat(path); err == nil {
		return nil, taken(path)
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

// taken says what is at a path that is not free.
func taken(path string) error {
	conn, err := net.Dial("unix", path)
	if err == nil {
		return errors.Join(&Broken{Name: path, Fact: "another broker serves there"}, conn.Close())
	}
	return &Broken{path, "in the way, and no broker answers there: if it was one's that was killed, remove it", err}
}

func newBrokerServer(size int64) *BrokerServer {
	return &BrokerServer{size: size, free: size, lease: defaultLease, clients: map[*client]bool{}}
}

func (s *BrokerServer) acceptAll() {
	for {
		conn, err := s.listener.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil { // out of descriptors, say: those connected may end some
			time.Sleep(defaultLease)
			continue
		}
		s.serve(conn)
	}
}

func (s *BrokerServer) serve(conn net.Conn) {
	c := &client{outbox: newOutbox(conn), asked: map[uint64]*list.Element{}}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		_ = conn.Close()
		return
	}
	s.clients[c] = true
	s.serving.Go(func() { s.listen(c) })
}

// listen carries out what a client says until it ends or says what makes no sense.
func (s *BrokerServer) listen(c *client) {
	defer s.drop(c)
	in := bufio.NewReader(c.conn)
	if f, err := readFrame(in); err != nil || f != (frame{hello, wireMagic, 0}) {
		return
	}
	c.send(frame{hello, wireMagic, s.size})
	for {
		f, err := readFrame(in)
		if err != nil || f.n < 0 || f.n > s.size {
			return
		}
		s.mu.Lock()
		ok := s.obey(c, f)
		s.mu.Unlock()
		if !ok {
			return
		}
	}
}

// drop takes back what a connection that ended has and wants.
func (s *BrokerServer) drop(c *client) {
	_ = c.conn.Close()
	c.close()
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.clients, c)
	for _, place := range c.asked {
		s.leave(place)
	}
	s.stats.Reclaimed += c.held
	s.free += c.held
	c.held = 0
	s.admit()
}

// Stats returns the numbers of this moment.
func (s *BrokerServer) Stats() Stats {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.count()
}

func (s *BrokerServer) count() Stats {
	now := s.stats
	now.Size, now.Free = s.size, s.free
	now.Waiting, now.Clients = int64(s.line.Len()), int64(len(s.clients))
	return now
}

// Close ends all connections: those who wait are refused.
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
