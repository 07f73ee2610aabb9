package net

import (
	"context"
	"net"
	"net/netip"
	"strings"
	"time"

	"github.com/semabench/semabench/stress/explore/schedrt"
)

// Listen is net.Listen.
func Listen(network, address string) (net.Listener, error) {
	return new(ListenConfig).Listen(context.Background(), network, address)
}

// ListenPacket is net.ListenPacket.
func ListenPacket(network, address string) (net.PacketConn, error) {
	return new(ListenConfig).ListenPacket(context.Background(), network, address)
}

// Dial is net.Dial.
func Dial(network, address string) (net.Conn, error) { return new(Dialer).Dial(network, address) }

// DialTimeout is net.DialTimeout. A connection in memory takes no time.
func DialTimeout(network, address string, timeout time.Duration) (net.Conn, error) {
	d := Dialer{Timeout: timeout}
	return d.Dial(network, address)
}

// A Dialer is a net.Dialer, with the same fields. In memory a dial takes no time and needs no name
// server, so most fields change nothing. The same struct, so that a literal of the standard type
// converts to it, and rewritten code keeps its field names.
type Dialer net.Dialer

// Dial is net.Dialer.Dial.
func (d *Dialer) Dial(network, address string) (net.Conn, error) {
	return d.DialContext(context.Background(), network, address)
}

// dialing names the call in a refusal.
const dialing = "net.Dial"

// DialContext is net.Dialer.DialContext. It fails if ctx is done or the deadline has passed. ctx is
// asked once, at the beginning. In memory the dial ends before ctx could become done in its middle.
// Each network takes its own type of address, so a LocalAddr of another type is as if there were
// none.
func (d *Dialer) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	if !schedrt.Controlled() {
		c, err := (*net.Dialer)(d).DialContext(ctx, network, address)
		return wrapped(c), err
	}
	if err := d.check(ctx); err != nil {
		return nil, &net.OpError{Op: "dial", Net: network, Err: err}
	}
	const what = dialing
	switch {
	case strings.HasPrefix(network, "tcp"):
		n, err := port(what, network, address)
		if err != nil {
			return nil, err
		}
		here, _ := d.LocalAddr.(*net.TCPAddr)
		done := traceDial(ctx, network, address, tcpAddr(n))
		c, err := DialTCP(network, here, tcpAddr(n))
		done(err)
		return notNil[net.Conn](c, err)
	case strings.HasPrefix(network, "udp"):
		n, err := port(what, network, address)
		if err != nil {
			return nil, err
		}
		here, _ := d.LocalAddr.(*net.UDPAddr)
		done := traceDial(ctx, network, address, udpAddr(n))
		c, err := DialUDP(network, here, udpAddr(n))
		done(err)
		return notNil[net.Conn](c, err)
	case strings.HasPrefix(network, "unix"):
		here, _ := d.LocalAddr.(*net.UnixAddr)
		there := &net.UnixAddr{Net: network, Name: address}
		done := traceDial(ctx, network, address, there)
		c, err := DialUnix(network, here, there)
		done(err)
		return notNil[net.Conn](c, err)
	}
	return nil, unknown("dial", what, network)
}

// check refuses a Dialer with a function for the descriptor, and returns the error of a dial that comes
// too late.
func (d *Dialer) check(ctx context.Context) error {
	if d.Control != nil || d.ControlContext != nil {
		schedrt.Refuse("net.Dialer.Control is not under control: a connection in memory has no descriptor")
	}
	switch {
	case ctx.Err() == context.DeadlineExceeded, !d.Deadline.IsZero() && !d.Deadline.After(schedrt.Now()):
		return errTimeout
	case ctx.Err() != nil:
		return errCanceled
	}
	return nil
}

// errCanceled is the error of a dial whose context was cancelled. Is tells it from others, as for
// the error of package net. Programs compare it with errors.Is and not by identity: the variable of
// package net is not exported.
var errCanceled error = canceled{}

type canceled struct{}

func (canceled) Error() string        { return "operation was canceled" }
func (canceled) Is(target error) bool { return target == context.Canceled }

// errTimeout is the error of a dial whose deadline has passed, as in package net: it is a
// context.DeadlineExceeded to errors.Is, also if the deadline was a field of the Dialer, and it is
// not the os.ErrDeadlineExceeded of a Read or Write.
var errTimeout error = timedOut{}

type timedOut struct{}

func (timedOut) Error() string        { return "i/o timeout" }
func (timedOut) Timeout() bool        { return true }
func (timedOut) Temporary() bool      { return true }
func (timedOut) Is(target error) bool { return target == context.DeadlineExceeded }

// unknown refuses a network of package net, and returns the error of another one. Raw sockets exist
// and cannot be played, so they are refused. Any other name is a mistake of the program, which gets
// the error that it would get from package net.
func unknown(op, what, network string) error {
	if strings.HasPrefix(network, "ip") {
		refuse(what, network)
	}
	return &net.OpError{Op: op, Net: network, Err: net.UnknownNetworkError(network)}
}

// notNil returns an error without a connection or listener that is a nil pointer. A nil *TCPConn in
// a net.Conn is not equal to nil, so a deferred "if c != nil { c.Close() }" would call a method of
// a nil pointer.
func notNil[I any](i I, err error) (I, error) {
	if err != nil {
		i = *new(I)
	}
	return i, err
}

// DialTCP is net.Dialer.DialTCP.
func (d *Dialer) DialTCP(ctx context.Context, network string, laddr, raddr netip.AddrPort) (*TCPConn, error) {
	if !schedrt.Controlled() {
		c, err := (*net.Dialer)(d).DialTCP(ctx, network, laddr, raddr)
		if err != nil {
			return nil, err
		}
		return &TCPConn{c}, nil
	}
	if err := d.check(ctx); err != nil {
		return nil, &net.OpError{Op: "dial", Net: network, Err: err}
	}
	return DialTCP(network, net.TCPAddrFromAddrPort(laddr), net.TCPAddrFromAddrPort(raddr))
}

// DialUDP is net.Dialer.DialUDP.
func (d *Dialer) DialUDP(ctx context.Context, network string, laddr, raddr netip.AddrPort) (*UDPConn, error) {
	if !schedrt.Controlled() {
		c, err := (*net.Dialer)(d).DialUDP(ctx, network, laddr, raddr)
		if err != nil {
			return nil, err
		}
		return &UDPConn{c}, nil
	}
	if err := d.check(ctx); err != nil {
		return nil, &net.OpError{Op: "dial", Net: network, Err: err}
	}
	return DialUDP(network, net.UDPAddrFromAddrPort(laddr), net.UDPAddrFromAddrPort(raddr))
}

// DialUnix is net.Dialer.DialUnix.
func (d *Dialer) DialUnix(ctx context.Context, network string, laddr, raddr *net.UnixAddr) (*UnixConn, error) {
	if !schedrt.Controlled() {
		c, err := (*net.Dialer)(d).DialUnix(ctx, network, laddr, raddr)
		if err != nil {
			return nil, err
		}
		return &UnixConn{c}, nil
	}
	if err := d.check(ctx); err != nil {
		return nil, &net.OpError{Op: "dial", Net: network, Err: err}
	}
	return DialUnix(network, laddr, raddr)
}

// DialIP is net.Dialer.DialIP. It is refused under control. It returns the standard type, because a
// refused dial makes no connection.
func (d *Dialer) DialIP(ctx context.Context, network string, laddr, raddr netip.Addr) (*net.IPConn, error) {
	if schedrt.Controlled() {
		refuse("net.Dialer.DialIP", network)
	}
	return (*net.Dialer)(d).DialIP(ctx, network, laddr, raddr)
}

// MultipathTCP is net.Dialer.MultipathTCP.
func (d *Dialer) MultipathTCP() bool { return (*net.Dialer)(d).MultipathTCP() }

// SetMultipathTCP is net.Dialer.SetMultipathTCP.
func (d *Dialer) SetMultipathTCP(use bool) { (*net.Dialer)(d).SetMultipathTCP(use) }

// A ListenConfig is a net.ListenConfig, with the same fields.
type ListenConfig net.ListenConfig

// check refuses a ListenConfig with a function for the descriptor.
func (lc *ListenConfig) check() {
	if lc.Control != nil {
		schedrt.Refuse("net.ListenConfig.Control is not under control: a listener in memory has no descriptor")
	}
}

// Listen is net.ListenConfig.Listen. ctx only bounds the look-up of a name, which takes no time
// here.
func (lc *ListenConfig) Listen(ctx context.Context, network, address string) (net.Listener, error) {
	if !schedrt.Controlled() {
		l, err := (*net.ListenConfig)(lc).Listen(ctx, network, address)
		switch r := l.(type) {
		case *net.TCPListener:
			return &TCPListener{real: r}, err
		case *net.UnixListener:
			return &UnixListener{real: r}, err
		}
		return l, err
	}
	lc.check()
	const what = "net.Listen"
	switch {
	case strings.HasPrefix(network, "tcp"):
		n, err := port(what, network, address)
		if err != nil {
			return nil, err
		}
		return notNil[net.Listener](listenTCP(tcpAddr(n)))
	case strings.HasPrefix(network, "unix"):
		return notNil[net.Listener](ListenUnix(network, &net.UnixAddr{Net: network, Name: address}))
	}
	return nil, unknown("listen", what, network)
}

// ListenPacket is net.ListenConfig.ListenPacket.
func (lc *ListenConfig) ListenPacket(ctx context.Context, network, address string) (net.PacketConn, error) {
	if !schedrt.Controlled() {
		c, err := (*net.ListenConfig)(lc).ListenPacket(ctx, network, address)
		switch r := c.(type) {
		case *net.UDPConn:
			return &UDPConn{r}, err
		case *net.UnixConn:
			return &UnixConn{r}, err
		}
		return c, err
	}
	lc.check()
	const what = "net.ListenPacket"
	switch {
	case strings.HasPrefix(network, "udp"):
		n, err := port(what, network, address)
		if err != nil {
			return nil, err
		}
		return notNil[net.PacketConn](ListenUDP(network, udpAddr(n)))
	case network == "unixgram":
		refuse(what, network)
	}
	return nil, unknown("listen", what, network)
}

// MultipathTCP is net.ListenConfig.MultipathTCP.
func (lc *ListenConfig) MultipathTCP() bool { return (*net.ListenConfig)(lc).MultipathTCP() }

// SetMultipathTCP is net.ListenConfig.SetMultipathTCP.
func (lc *ListenConfig) SetMultipathTCP(use bool) { (*net.ListenConfig)(lc).SetMultipathTCP(use) }

// wrapped puts a real connection into the type that stands for its own. Only the types with a
// look-alike are wrapped. A connection of another type, as of a raw socket, keeps its own:
// rewritten code names that by the standard package.
func wrapped(c net.Conn) net.Conn {
	switch r := c.(type) {
	case *net.TCPConn:
		return &TCPConn{r}
	case *net.UDPConn:
		return &UDPConn{r}
	case *net.UnixConn:
		return &UnixConn{r}
	}
	return c
}
