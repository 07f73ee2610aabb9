package net

import (
	"net"
	"net/netip"
	"os"
	"slices"
	"syscall"
	"time"
	"unsafe"

	"github.com/semabench/semabench/stress/explore/schedrt"
	"github.com/semabench/semabench/stress/explore/shim/stream"
)

// A UDPConn is a net.UDPConn. In memory no packet is lost on its way, or overtakes another one of the
// same sender: a program that needs that is not refuted. A packet for a port without a socket is lost,
// and so is one for a socket that has queueLength packets.
type UDPConn struct{ udpMethods }

// queueLength is the number of packets that wait for a Read. The kernel bounds bytes and not
// packets, so the number is a choice: small enough that a program that never reads loses packets,
// and large enough that a program that reads loses none.
const queueLength = 256

// udpMethods are the methods of a net.UDPConn, which a socket in memory has, too.
type udpMethods interface {
	net.Conn
	net.PacketConn
	File() (*os.File, error)
	ReadFromUDP(b []byte) (int, *net.UDPAddr, error)
	ReadFromUDPAddrPort(b []byte) (int, netip.AddrPort, error)
	ReadMsgUDP(b, oob []byte) (n, oobn, flags int, addr *net.UDPAddr, err error)
	ReadMsgUDPAddrPort(b, oob []byte) (n, oobn, flags int, addr netip.AddrPort, err error)
	SetReadBuffer(int) error
	SetWriteBuffer(int) error
	SyscallConn() (syscall.RawConn, error)
	WriteMsgUDP(b, oob []byte, addr *net.UDPAddr) (n, oobn int, err error)
	WriteMsgUDPAddrPort(b, oob []byte, addr netip.AddrPort) (n, oobn int, err error)
	WriteToUDP(b []byte, addr *net.UDPAddr) (int, error)
	WriteToUDPAddrPort(b []byte, addr netip.AddrPort) (int, error)
}

// A packet has the bytes of one Write.
type packet struct {
	data []byte
	from *net.UDPAddr
}

// A packetConn is a socket of UDP in memory. All fields are read and written in steps that touch
// object, but for here and there, which do not change after open.
type packetConn struct {
	socket
	object     schedrt.Object
	here       *net.UDPAddr
	there      *net.UDPAddr // nil if it was not dialed
	queue      []packet
	closed     bool
	unreached  bool // a packet of a dialed socket met no socket
	readLate   stream.Deadline
	writesLate stream.Deadline
}

func udpAddr(port int) *net.UDPAddr { return &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: port} }

// packetConnAt returns the socket of a port, nil if there is none. It is a part of a step that touches
// loopback.object.
func packetConnAt(port int) *packetConn {
	for _, c := range loopback.packets {
		if c.here.Port == port {
			return c
		}
	}
	return nil
}

// Every operation writes: none commutes with another one on the same socket.
func (c *packetConn) touch() schedrt.Touch {
	return schedrt.Touch{Object: &c.object, Mode: schedrt.Write}
}

// open makes a socket. The port 0 means any. The port is taken and the socket entered in one step.
// In two steps, two sockets that ask for the same port could both find it free.
func open(here, there *net.UDPAddr) (*UDPConn, error) {
	c := &packetConn{socket: "UDPConn", here: here, there: there}
	var err error
	schedrt.Do(schedrt.OpListen, func() bool {
		if c.here.Port == 0 {
			c.here = udpAddr(nextPort())
		}
		if packetConnAt(c.here.Port) != nil {
			err = opError("listen", c.here, "bind", syscall.EADDRINUSE)
			return false
		}
		loopback.packets = append(loopback.packets, c)
		return true
	}, schedrt.Touch{Object: &loopback.object, Mode: schedrt.Write})
	if err != nil {
		return nil, err
	}
	return &UDPConn{c}, nil
}

// fail returns the error of an operation. A socket that was not dialed has no other end, so the
// error has no Addr.
func (c *packetConn) fail(op string, err error) error {
	e := &net.OpError{Op: op, Net: "udp", Source: c.here, Err: err}
	if c.there != nil {
		e.Addr = c.there
	}
	return e
}

// receive waits for a packet. What does not fit into b is lost, as with a standard socket. The error
// of an unreached port comes once, as the kernel clears it when it reports it.
func (c *packetConn) receive(b []byte) (n int, from *net.UDPAddr, err error) {
	ready := func() bool { return c.closed || c.readLate.Passed || c.unreached || len(c.queue) > 0 }
	schedrt.Await(schedrt.OpRead, ready, func() {
		schedrt.AcquireEdge(unsafe.Pointer(c))
		switch {
		case c.closed:
			err = c.fail("read", net.ErrClosed)
		case c.readLate.Passed:
			err = c.fail("read", os.ErrDeadlineExceeded)
		case c.unreached:
			c.unreached = false
			err = c.fail("read", os.NewSyscallError("recvfrom", syscall.ECONNREFUSED))
		default:
			n, from = copy(b, c.queue[0].data), c.queue[0].from
			schedrt.NoteWrite(b[:n])
			c.queue = c.queue[1:]
		}
	}, c.touch())
	return n, from, err
}

// send sends a packet. Which socket gets it is read in a step of its own: the next step touches it.
// Between the two steps the other socket may close; the packet is then lost, as on a wire. A send
// to nowhere succeeds, because UDP has no acknowledgement: only a dialed socket learns of it, by
// its next receive.
func (c *packetConn) send(b []byte, to *net.UDPAddr) (n int, err error) {
	local("net.UDPConn.Write", "udp", to.IP, to.Port)
	var target *packetConn
	schedrt.Do(schedrt.OpWrite, func() bool {
		switch {
		case c.closed:
			err = c.fail("write", net.ErrClosed)
		case c.writesLate.Passed:
			err = c.fail("write", os.ErrDeadlineExceeded)
		default:
			target = packetConnAt(to.Port)
			c.unreached = c.unreached || target == nil && c.there != nil
			return target == nil
		}
		return false
	}, c.touch(), schedrt.Touch{Object: &loopback.object, Mode: schedrt.Read})
	if err != nil || target == nil {
		return len(b), err
	}
	// A copy, because the caller may use b again when send has returned, before the packet is read.
	p := packet{data: slices.Clone(b), from: c.here}
	schedrt.NoteRead(b)
	schedrt.Do(schedrt.OpWrite, func() bool {
		// The kernel filters by the peer: a dialed socket sees no packet of another sender.
		foreign := target.there != nil && target.there.Port != c.here.Port
		if target.closed || foreign || len(target.queue) == queueLength {
			return false
		}
		target.queue = append(target.queue, p)
		schedrt.ReleaseEdge(unsafe.Pointer(target))
		return true
	}, target.touch())
	return len(b), nil
}

// Close ends the Reads. It touches the loopback interface as well: a send that looks for the port
// and a Close of it do not commute, and both orders are played.
func (c *packetConn) Close() (err error) {
	schedrt.Do(schedrt.OpCloseStream, func() bool {
		if c.closed {
			err = c.fail("close", net.ErrClosed)
			return false
		}
		c.closed = true
		loopback.packets = without(loopback.packets, c)
		schedrt.ReleaseEdge(unsafe.Pointer(c))
		return true
	}, c.touch(), schedrt.Touch{Object: &loopback.object, Mode: schedrt.Write})
	return err
}

func (c *packetConn) LocalAddr() net.Addr { return c.here }

func (c *packetConn) RemoteAddr() net.Addr {
	if c.there == nil {
		return nil
	}
	return c.there
}

func (c *packetConn) SetReadDeadline(t time.Time) error  { c.readLate.Set(&c.object, t); return nil }
func (c *packetConn) SetWriteDeadline(t time.Time) error { c.writesLate.Set(&c.object, t); return nil }

func (c *packetConn) SetDeadline(t time.Time) error {
	c.readLate.Set(&c.object, t)
	c.writesLate.Set(&c.object, t)
	return nil
}

func (c *packetConn) Read(b []byte) (int, error) {
	n, _, err := c.receive(b)
	return n, err
}

// A nil *net.UDPAddr in a net.Addr would not be equal to nil, so it is not returned as it is.
func (c *packetConn) ReadFrom(b []byte) (int, net.Addr, error) {
	n, from, err := c.receive(b)
	if from == nil {
		return n, nil, err
	}
	return n, from, err
}

func (c *packetConn) ReadFromUDP(b []byte) (int, *net.UDPAddr, error) { return c.receive(b) }

func (c *packetConn) ReadFromUDPAddrPort(b []byte) (int, netip.AddrPort, error) {
	n, from, err := c.receive(b)
	return n, from.AddrPort(), err
}

// There are no messages of the kernel in memory, so oob stays as it is and its count is 0.
func (c *packetConn) ReadMsgUDP(b, _ []byte) (n, oobn, flags int, addr *net.UDPAddr, err error) {
	n, addr, err = c.receive(b)
	return n, 0, 0, addr, err
}

func (c *packetConn) ReadMsgUDPAddrPort(b, _ []byte) (n, oobn, flags int, addr netip.AddrPort, err error) {
	n, addr, err = c.ReadFromUDPAddrPort(b)
	return n, 0, 0, addr, err
}

// The kernel knows no peer of a socket that was not dialed.
func (c *packetConn) Write(b []byte) (int, error) {
	if c.there == nil {
		return 0, c.fail("write", syscall.EDESTADDRREQ)
	}
	return c.send(b, c.there)
}

// A dialed socket has one peer; package net refuses another address before it asks the kernel.
func (c *packetConn) WriteToUDP(b []byte, to *net.UDPAddr) (int, error) {
	switch {
	case c.there != nil:
		return 0, c.fail("write", net.ErrWriteToConnected)
	case to == nil:
		return 0, c.fail("write", &net.AddrError{Err: "missing address"})
	}
	return c.send(b, to)
}

func (c *packetConn) WriteTo(b []byte, to net.Addr) (int, error) {
	a, ok := to.(*net.UDPAddr)
	if !ok {
		return 0, c.fail("write", syscall.EINVAL)
	}
	return c.WriteToUDP(b, a)
}

func (c *packetConn) WriteToUDPAddrPort(b []byte, to netip.AddrPort) (int, error) {
	return c.WriteToUDP(b, net.UDPAddrFromAddrPort(to))
}

// Without an address it is a Write, which a socket that was not dialed refuses.
func (c *packetConn) WriteMsgUDP(b, _ []byte, to *net.UDPAddr) (n, oobn int, err error) {
	if to == nil {
		n, err = c.Write(b)
	} else {
		n, err = c.WriteToUDP(b, to)
	}
	return n, 0, err
}

func (c *packetConn) WriteMsgUDPAddrPort(b, _ []byte, to netip.AddrPort) (n, oobn int, err error) {
	if !to.IsValid() {
		return c.WriteMsgUDP(b, nil, nil)
	}
	return c.WriteMsgUDP(b, nil, net.UDPAddrFromAddrPort(to))
}

// No address means any port of this host, as for package net.
func udpPort(what string, a *net.UDPAddr) *net.UDPAddr {
	if a == nil {
		return udpAddr(0)
	}
	return udpAddr(local(what, "udp", a.IP, a.Port))
}

// ListenUDP is net.ListenUDP.
func ListenUDP(network string, laddr *net.UDPAddr) (*UDPConn, error) {
	if !schedrt.Controlled() {
		c, err := net.ListenUDP(network, laddr)
		if err != nil {
			return nil, err
		}
		return &UDPConn{c}, nil
	}
	return open(udpPort("net.ListenUDP", laddr), nil)
}

// DialUDP is net.DialUDP.
func DialUDP(network string, laddr, raddr *net.UDPAddr) (*UDPConn, error) {
	if !schedrt.Controlled() {
		c, err := net.DialUDP(network, laddr, raddr)
		if err != nil {
			return nil, err
		}
		return &UDPConn{c}, nil
	}
	if raddr == nil {
		return nil, &net.OpError{Op: "dial", Net: network, Err: &net.AddrError{Err: "missing address"}}
	}
	return open(udpPort("net.DialUDP", laddr), udpPort("net.DialUDP", raddr))
}

// ListenMulticastUDP is net.ListenMulticastUDP. It is refused under control. There is one socket
// for a port in memory, and no group.
func ListenMulticastUDP(network string, ifi *net.Interface, gaddr *net.UDPAddr) (*UDPConn, error) {
	if schedrt.Controlled() {
		refuse("net.ListenMulticastUDP", gaddr.String())
	}
	c, err := net.ListenMulticastUDP(network, ifi, gaddr)
	if err != nil {
		return nil, err
	}
	return &UDPConn{c}, nil
}
