package net

import (
	"context"
	"io"
	"net"
	"os"
	"strconv"
	"syscall"
	"time"
	"unsafe"

	"github.com/semabench/semabench/stress/explore/schedrt"
)

// loopback is the loopback interface of one schedule: listeners by port.
var loopback struct {
	object    schedrt.Object
	listeners map[int]*listener
	lastPort  int
}

func init() { schedrt.AtBegin(resetLoopback) }

func resetLoopback() { loopback.listeners, loopback.lastPort = nil, firstPort }

const (
	firstPort  = 40000   // a port 0 gets the next one from here
	bufferSize = 1 << 16 // of each direction of a connection: a Write waits when it is full
)

// A listener accepts connections in memory.
type listener struct {
	object  schedrt.Object
	addr    *net.TCPAddr
	waiting []*conn
	closed  bool
}

// port returns the port of an address on the loopback interface. Other addresses are refused.
func port(what, network, address string) (int, error) {
	switch network {
	case "tcp", "tcp4", "tcp6":
	default:
		schedrt.Refuse(what + " on " + network + " is not under control: use tcp on localhost, or net.Pipe")
	}
	host, service, err := net.SplitHostPort(address)
	if err != nil {
		return 0, &net.OpError{Op: "dial", Net: network, Err: err}
	}
	if ip := net.ParseIP(host); host != "" && host != "localhost" && (ip == nil || !ip.IsLoopback() && !ip.IsUnspecified()) {
		schedrt.Refuse(what + " on " + address + " is not under control: use tcp on localhost, or net.Pipe")
	}
	n, err := strconv.Atoi(service)
	if err != nil {
		schedrt.Refuse(what + " on the named port " + service + " is not under control: use its number")
	}
	return n, nil
}

// Listen is net.Listen. Under control the loopback interface is in memory.
func Listen(network, address string) (net.Listener, error) {
	if !schedrt.Controlled() {
		return net.Listen(network, address)
	}
	n, err := port("net.Listen", network, address)
	if err != nil {
		return nil, err
	}
	var l *listener
	schedrt.Do(schedrt.OpListen, func() bool {
		if n == 0 {
			loopback.lastPort++
			n = loopback.lastPort
		}
		addr := &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: n}
		if loopback.listeners[n] != nil {
			err = &net.OpError{Op: "listen", Net: network, Addr: addr, Err: os.NewSyscallError("bind", syscall.EADDRINUSE)}
			return false
		}
		l = &listener{addr: addr}
		if loopback.listeners == nil {
			loopback.listeners = map[int]*listener{}
		}
		loopback.listeners[n] = l
		return true
	}, schedrt.Touch{Object: &loopback.object, Mode: schedrt.Write})
	if err != nil {
		return nil, err
	}
	return l, nil
}

// Accept waits for a connection. It is one step.
func (l *listener) Accept() (c net.Conn, err error) {
	schedrt.Await(schedrt.OpAccept, func() bool { return l.closed || len(l.waiting) > 0 }, func() {
		schedrt.AcquireEdge(unsafe.Pointer(l))
		if l.closed {
			err = &net.OpError{Op: "accept", Net: "tcp", Addr: l.addr, Err: net.ErrClosed}
			return
		}
		c, l.waiting = l.waiting[0], l.waiting[1:]
	}, schedrt.Touch{Object: &l.object, Mode: schedrt.Write})
	return c, err
}

// Close ends Accept, and the connections that were not accepted.
func (l *listener) Close() (err error) {
	var left []*conn
	schedrt.Do(schedrt.OpCloseStream, func() bool {
		if l.closed {
			err = &net.OpError{Op: "close", Net: "tcp", Addr: l.addr, Err: net.ErrClosed}
			return false
		}
		l.closed, left, l.waiting = true, l.waiting, nil
		delete(loopback.listeners, l.addr.Port)
		schedrt.ReleaseEdge(unsafe.Pointer(l))
		return true
	}, schedrt.Touch{Object: &loopback.object, Mode: schedrt.Write}, schedrt.Touch{Object: &l.object, Mode: schedrt.Write})
	for _, c := range left {
		c.Close()
	}
	return err
}

func (l *listener) Addr() net.Addr { return l.addr }

// Dial is net.Dial. As over TCP, a connection is there before it is accepted.
func Dial(network, address string) (net.Conn, error) {
	if !schedrt.Controlled() {
		return net.Dial(network, address)
	}
	return dial("net.Dial", network, address)
}

// DialTimeout is net.DialTimeout. A connection in memory takes no time.
func DialTimeout(network, address string, timeout time.Duration) (net.Conn, error) {
	if !schedrt.Controlled() {
		return net.DialTimeout(network, address, timeout)
	}
	return dial("net.DialTimeout", network, address)
}

func dial(what, network, address string) (net.Conn, error) {
	n, err := port(what, network, address)
	if err != nil {
		return nil, err
	}
	// Which listener there is is read in a step of its own: the next step has to touch it.
	var l *listener
	here := &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)}
	schedrt.Do(schedrt.OpDial, func() bool {
		l = loopback.listeners[n]
		loopback.lastPort++
		here.Port = loopback.lastPort
		return true
	}, schedrt.Touch{Object: &loopback.object, Mode: schedrt.Write})
	there := &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: n}
	refused := &net.OpError{
		Op: "dial", Net: network, Addr: there, Err: os.NewSyscallError("connect", syscall.ECONNREFUSED),
	}
	if l == nil {
		return nil, refused
	}
	var x, y *conn
	schedrt.Do(schedrt.OpDial, func() bool {
		if l.closed {
			return false
		}
		x, y = pair("tcp", bufferSize, here, there, net.ErrClosed, os.NewSyscallError("write", syscall.EPIPE))
		l.waiting = append(l.waiting, y)
		schedrt.ReleaseEdge(unsafe.Pointer(l))
		return true
	}, schedrt.Touch{Object: &l.object, Mode: schedrt.Write})
	if x == nil {
		return nil, refused
	}
	return x, nil
}

// A Dialer has the methods of a net.Dialer. Rewritten code has explore__net.On(d).Dial for d.Dial.
type Dialer struct{ d *net.Dialer }

// On returns the methods of d.
func On(d *net.Dialer) Dialer { return Dialer{d} }

// Dial is Dialer.Dial.
func (d Dialer) Dial(network, address string) (net.Conn, error) {
	return d.DialContext(context.Background(), network, address)
}

// DialContext is Dialer.DialContext. It fails if ctx is done.
func (d Dialer) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	if !schedrt.Controlled() {
		return d.d.DialContext(ctx, network, address)
	}
	if err := ctx.Err(); err != nil {
		return nil, &net.OpError{Op: "dial", Net: network, Err: err}
	}
	return dial("net.Dialer.Dial", network, address)
}

// CloseWrite ends the Writes, as net.TCPConn does: the other side reads an end.
func (c *conn) CloseWrite() error {
	c.out.CloseWrite(io.EOF)
	return nil
}

// CloseRead ends the Reads, as net.TCPConn does.
func (c *conn) CloseRead() error {
	c.in.CloseRead(c.closed)
	return nil
}

// Interfaces is net.Interfaces. Under control there is the loopback interface only.
func Interfaces() ([]net.Interface, error) {
	if !schedrt.Controlled() {
		return net.Interfaces()
	}
	const flags = net.FlagUp | net.FlagLoopback | net.FlagRunning
	return []net.Interface{{Index: 1, MTU: 65536, Name: "lo", Flags: flags}}, nil
}

// InterfaceAddrs is net.InterfaceAddrs. Under control there is the loopback interface only.
func InterfaceAddrs() ([]net.Addr, error) {
	if !schedrt.Controlled() {
		return net.InterfaceAddrs()
	}
	return []net.Addr{&net.IPNet{IP: net.IPv4(127, 0, 0, 1), Mask: net.CIDRMask(8, 32)}}, nil
}
