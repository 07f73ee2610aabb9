package trial

import (
	"net"
	"sync"
	"time"
)

// A Proxy stands before one address of a server on loopback, and disturbs its connections.
//
// TCP has no packets that a proxy could drop or duplicate one by one: a cut swallows all bytes of one
// direction, and Heal ends the connections that have lost bytes. Transactions that run twice or late are
// in TestPlantedBugs. Rules of the kernel's packet filter would disturb real packets, but they need root,
// and a test that is killed would leave them behind.
type Proxy struct {
	listener net.Listener

	mu     sync.Mutex
	target string
	delay  time.Duration
	cut    [2]bool // to the server, from the server
	conns  map[*proxied]bool
}

// A proxied is one connection through the proxy.
type proxied struct {
	ends [2]net.Conn // of the client, of the server
	lost bool        // bytes were swallowed; guarded by the mutex of the proxy, and never false again
}

// NewProxy starts a proxy before the target.
func NewProxy(target string) (*Proxy, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	p := &Proxy{listener: l, target: target, conns: map[*proxied]bool{}}
	go p.accept()
	return p, nil
}

// Address returns the address for clients.
func (p *Proxy) Address() string { return p.listener.Addr().String() }

// accept connects each client to the target of that moment. If the target does not answer, the
// client sees its connection end, as with a server that has died.
//
// A Reset between the dial and the registration misses the connection. The connection then counts as made
// after the Reset, and a client could have made it then as well. After a Redirect such a connection may still
// lead to the old target; the tests stop the old target first.
func (p *Proxy) accept() {
	for {
		client, err := p.listener.Accept()
		if err != nil {
			return
		}
		p.mu.Lock()
		target := p.target
		p.mu.Unlock()
		server, err := net.Dial("tcp", target)
		if err != nil {
			_ = client.Close()
			continue
		}
		c := &proxied{ends: [2]net.Conn{client, server}}
		p.mu.Lock()
		p.conns[c] = true
		p.mu.Unlock()
		go p.copy(c, 0)
		go p.copy(c, 1)
	}
}

// copy forwards direction d until an end of the connection closes. Each direction has a goroutine,
// so one direction can be cut while the other still works: the server then runs requests whose
// answers are lost.
//
// Whether bytes are lost is decided when they are read, under the mutex. So after Disturb has returned,
// no byte that is read later passes a cut. The delay is slept in line: the bytes of a connection keep
// their order, as TCP promises, and a delayed connection also carries less.
func (p *Proxy) copy(c *proxied, d int) {
	defer p.close(c)
	buffer := make([]byte, 32<<10)
	for {
		n, err := c.ends[d].Read(buffer)
		if err != nil {
			return
		}
		p.mu.Lock()
		cut, delay := p.cut[d], p.delay
		c.lost = c.lost || cut
		lost := c.lost
		p.mu.Unlock()
		time.Sleep(delay)
		if lost {
			continue // what follows lost bytes makes no sense to the other end
		}
		if _, err := c.ends[1-d].Write(buffer[:n]); err != nil {
			return
		}
	}
}

// close ends both ends of a connection. It may be called twice, by the goroutines of both
// directions. It locks the mutex, so no caller may hold it.
func (p *Proxy) close(c *proxied) {
	p.mu.Lock()
	delete(p.conns, c)
	p.mu.Unlock()
	_ = c.ends[0].Close()
	_ = c.ends[1].Close()
}

// Disturb sets the faults of the proxy.
func (p *Proxy) Disturb(delay time.Duration, cutTo, cutFrom bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.delay, p.cut = delay, [2]bool{cutTo, cutFrom}
}

// Reset ends all connections, or only the connections that have lost bytes.
func (p *Proxy) Reset(all bool) {
	p.mu.Lock()
	var ending []*proxied
	for c := range p.conns {
		if all || c.lost {
			ending = append(ending, c)
		}
	}
	p.mu.Unlock()
	for _, c := range ending {
		p.close(c)
	}
}

// Heal ends all faults, and the connections that have lost bytes.
func (p *Proxy) Heal() {
	p.Disturb(0, false, false)
	p.Reset(false)
}

// Redirect ends all connections, and lets new ones lead to another server.
func (p *Proxy) Redirect(target string) {
	p.mu.Lock()
	p.target = target
	p.mu.Unlock()
	p.Reset(true)
}

// Close ends the proxy.
func (p *Proxy) Close() {
	_ = p.listener.Close()
	p.Reset(true)
}
