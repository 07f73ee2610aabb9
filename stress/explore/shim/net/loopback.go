package net

import (
	"net"
	"os"
	"strconv"
	"syscall"
	"time"
	"unsafe"

	"github.com/semabench/semabench/stress/explore/schedrt"
	"github.com/semabench/semabench/stress/explore/shim/stream"
)

// loopback is the loopback interface of one schedule, with the Unix sockets. It has slices, as the
// runtime tells the race detector of each access to a map, even from a package that is not watched.
//
// Two operations on it commute only if both read. That is coarse: two sockets that are opened have
// nothing in common but the number of the next port. A program opens few sockets, so the orders
// that are tried in vain are few, and a port that depends on the schedule is a fact that a real
// program sees, too.
var loopback struct {
	object    schedrt.Object
	listeners []*listener
	packets   []*packetConn // sockets of UDP
	lastPort  int
}

func init() { schedrt.AtBegin(resetLoopback) }

// Every schedule begins with the same ports. Otherwise a port would tell how many schedules the
// process has played before, and a program that uses it would not do the same again.
func resetLoopback() { loopback.listeners, loopback.packets, loopback.lastPort = nil, nil, firstPort }

// listenerAt returns the listener of an address, nil if there is none. It is a part of a step that
// touches loopback.object. A slice and a loop do: a schedule has a handful of listeners.
func listenerAt(addr net.Addr) *listener {
	for _, l := range loopback.listeners {
		if l.key == key(addr) {
			return l
		}
	}
	return nil
}

const (
	// ports of listeners in examples and tests are below, and so are not taken by chance
	firstPort  = 40000   // a port 0 gets the next one from here
	bufferSize = 1 << 16 // of each direction of a connection: a Write waits when it is full
)

// A listener accepts connections in memory. waiting is not bounded: the kernel's backlog refuses or
// delays dials above some length, which depends on the machine.
type listener struct {
	object  schedrt.Object
	key     string
	addr    net.Addr
	waiting []*conn
	closed  bool
	late    stream.Deadline
}

// port returns the port of an address on the loopback interface. To listen on others is refused, and to
// dial them fails, see elsewhere. A host that is no address needs a name server, unless RFC 6761 fixes
// its answer. An unspecified host is this one, as for the kernel. Zero is a legal port; the caller decides
// what it means.
func port(what, network, address string) (int, error) {
	host, service, err := net.SplitHostPort(address)
	if err != nil {
		return 0, &net.OpError{Op: "dial", Net: network, Err: err}
	}
	if noHost(host) {
		return 0, &net.OpError{Op: "dial", Net: network, Err: notFound(host)}
	}
	if ip := net.ParseIP(host); !isLocal(host) && (ip == nil || !ip.IsLoopback() && !ip.IsUnspecified()) {
		if what != dialing {
			refuse(what, address)
		}
		return 0, &net.OpError{Op: "dial", Net: network, Err: elsewhere(what, address, host, ip)}
	}
	n, err := strconv.Atoi(service)
	if err == nil && (n < 0 || n > 1<<16-1) {
		return 0, &net.OpError{Op: "dial", Net: network, Err: &net.AddrError{Err: "invalid port", Addr: service}}
	}
	if err != nil {
		schedrt.Refuse(what + " on the named port " + service + " is not under control: use its number")
	}
	return n, nil
}

// elsewhere returns the error of a look-up or dial of a host that is not this one, as on a machine without
// a network: the name is not known, or no route leads to the address. Many tests make clients for hosts
// that they never need, and pass on such a machine. A schedule that fails afterwards is refused, because
// the error may be why. It is a step, so that a loop of dials has one.
func elsewhere(what, address, host string, ip net.IP) error {
	schedrt.Do(schedrt.OpDial, func() bool { return false }, schedrt.Touch{Object: &loopback.object, Mode: schedrt.Read})
	schedrt.Doubt(what+" on "+address+", which is not localhost and has no network here,", true)
	if ip == nil {
		return notFound(host)
	}
	return os.NewSyscallError("connect", syscall.ENETUNREACH)
}

// refuse refuses a network or an address outside of the loopback interface.
func refuse(what, where string) {
	schedrt.Refuse(what + " on " + where + " is not under control: use tcp, udp or unix on localhost, or net.Pipe")
}

// opError returns the error of an operation of package net in which a system call failed.
func opError(op string, addr net.Addr, call string, errno syscall.Errno) *net.OpError {
	return &net.OpError{Op: op, Net: addr.Network(), Addr: addr, Err: os.NewSyscallError(call, errno)}
}

func tcpAddr(port int) *net.TCPAddr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: port} }

// nextPort is a part of a step that touches loopback.object. Ports are not used again in a
// schedule, as the kernel avoids it for a time: a late dial to a closed listener must not reach the
// next one.
func nextPort() int {
	loopback.lastPort++
	return loopback.lastPort
}

// key returns the key of a listener. A path and a port are different keys.
func key(addr net.Addr) string {
	if a, ok := addr.(*net.TCPAddr); ok {
		return strconv.Itoa(a.Port)
	}
	return "unix " + addr.String()
}

// listen makes a listener. The port 0 of TCP and the empty name of a Unix socket mean any.
func listen(addr net.Addr) (l *listener, err error) {
	schedrt.Do(schedrt.OpListen, func() bool {
		switch a := addr.(type) {
		case *net.TCPAddr:
			if a.Port == 0 {
				addr = tcpAddr(nextPort())
			}
		case *net.UnixAddr:
			if a.Name == "" {
				addr = &net.UnixAddr{Net: a.Net, Name: "@" + strconv.Itoa(nextPort())}
			}
		}
		if listenerAt(addr) != nil {
			err = opError("listen", addr, "bind", syscall.EADDRINUSE)
			return false
		}
		l = &listener{addr: addr, key: key(addr)}
		loopback.listeners = append(loopback.listeners, l)
		return true
	}, schedrt.Touch{Object: &loopback.object, Mode: schedrt.Write})
	return l, err
}

// without returns a new slice without an element. The old slice stays as it was: another operation
// may hold it.
func without[T comparable](all []T, x T) (left []T) {
	for _, other := range all {
		if other != x {
			left = append(left, other)
		}
	}
	return left
}

// accept waits for a connection. It is one step. The checks come in the order in which package net
// makes them: closed, deadline, connection.
func (l *listener) accept() (c *conn, err error) {
	fail := func(cause error) { err = &net.OpError{Op: "accept", Net: l.addr.Network(), Addr: l.addr, Err: cause} }
	schedrt.Await(schedrt.OpAccept, func() bool { return l.closed || l.late.Passed || len(l.waiting) > 0 }, func() {
		schedrt.AcquireEdge(unsafe.Pointer(l))
		switch {
		case l.closed:
			fail(net.ErrClosed)
		case l.late.Passed:
			fail(os.ErrDeadlineExceeded)
		default:
			c, l.waiting = l.waiting[0], l.waiting[1:]
		}
	}, schedrt.Touch{Object: &l.object, Mode: schedrt.Write})
	return c, err
}

// Close ends Accept, and the connections that were not accepted. A connection that was dialed and
// not accepted is reset by the kernel. The dialer finds out at its next operation; here the Closes
// that follow the step are steps of their own.
func (l *listener) Close() (err error) {
	var left []*conn
	schedrt.Do(schedrt.OpCloseStream, func() bool {
		if l.closed {
			err = &net.OpError{Op: "close", Net: l.addr.Network(), Addr: l.addr, Err: net.ErrClosed}
			return false
		}
		l.closed, left, l.waiting = true, l.waiting, nil
		loopback.listeners = without(loopback.listeners, l)
		schedrt.ReleaseEdge(unsafe.Pointer(l))
		return true
	}, schedrt.Touch{Object: &loopback.object, Mode: schedrt.Write}, schedrt.Touch{Object: &l.object, Mode: schedrt.Write})
	for _, c := range left {
		c.Close()
	}
	return err
}

func (l *listener) Addr() net.Addr                { return l.addr }
func (l *listener) SetDeadline(t time.Time) error { l.late.Set(&l.object, t); return nil }

// dial connects to a listener. As over TCP, a connection is there before it is accepted. The
// addresses are of TCP or of Unix sockets; here may be nil. Between the two steps the listener may
// close. Then the dial is refused, as a real dial that comes late. Without a listener the two kinds
// of addresses fail differently: a port refuses, and the file of a Unix socket does not exist.
func dial(here, there net.Addr) (*conn, error) {
	// Which listener there is is read in a step of its own: the next step has to touch it.
	var l *listener
	schedrt.Do(schedrt.OpDial, func() bool {
		l = listenerAt(there)
		switch a := here.(type) {
		case nil:
			here = &net.UnixAddr{Net: there.Network()}
		case *net.TCPAddr:
			if a.Port == 0 {
				here = tcpAddr(nextPort())
			}
		}
		return true
	}, schedrt.Touch{Object: &loopback.object, Mode: schedrt.Write})
	var x, y *conn
	if l != nil {
		schedrt.Do(schedrt.OpDial, func() bool {
			if l.closed {
				return false
			}
			x, y = pair(there.Network(), bufferSize, here, there, net.ErrClosed, os.NewSyscallError("write", syscall.EPIPE))
			l.waiting = append(l.waiting, y)
			schedrt.ReleaseEdge(unsafe.Pointer(l))
			return true
		}, schedrt.Touch{Object: &l.object, Mode: schedrt.Write})
	}
	switch {
	case x != nil:
		return x, nil
	case key(there) == "unix "+there.String(): // the file of the socket is not there
		return nil, opError("dial", there, "connect", syscall.ENOENT)
	}
	return nil, opError("dial", there, "connect", syscall.ECONNREFUSED)
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
