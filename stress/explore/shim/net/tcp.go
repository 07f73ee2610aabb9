package net

import (
	"io"
	"net"
	"os"
	"syscall"
	"time"

	"github.com/semabench/semabench/stress/explore/schedrt"
)

// A TCPConn is a net.TCPConn. A struct with an interface inside, and not an interface itself:
// programs write *net.TCPConn in type assertions and fields, and the rewriter only changes the
// package's name.
type TCPConn struct{ tcpMethods }

// tcpMethods are the methods of a net.TCPConn, which an end in memory has, too. A method of the
// standard type that is missing here does not compile in rewritten code, so the lists must be
// whole. The compiler checks that both kinds of connection have all of them.
type tcpMethods interface {
	net.Conn
	io.ReaderFrom
	io.WriterTo
	CloseRead() error
	CloseWrite() error
	File() (*os.File, error)
	MultipathTCP() (bool, error)
	SetKeepAlive(bool) error
	SetKeepAliveConfig(net.KeepAliveConfig) error
	SetKeepAlivePeriod(time.Duration) error
	SetLinger(int) error
	SetNoDelay(bool) error
	SetReadBuffer(int) error
	SetWriteBuffer(int) error
	SyscallConn() (syscall.RawConn, error)
}

// A tcpEnd is an end of a connection of TCP in memory. conn comes first for the methods that do
// something; socket has the rest.
type tcpEnd struct {
	*conn
	socket
}

func inMemory(c *conn) *TCPConn { return &TCPConn{tcpEnd{c, "TCPConn"}} }

// ReadFrom and WriteTo copy by Reads and Writes. The structs hide the two methods from io.Copy.
// Otherwise io.Copy would call them again, without end.
func (c tcpEnd) ReadFrom(r io.Reader) (int64, error) { return io.Copy(struct{ io.Writer }{c.conn}, r) }
func (c tcpEnd) WriteTo(w io.Writer) (int64, error)  { return io.Copy(w, struct{ io.Reader }{c.conn}) }

// A TCPListener is a net.TCPListener.
type TCPListener struct {
	*listener
	real *net.TCPListener // nil under control
}

// listenTCP listens in memory.
func listenTCP(a *net.TCPAddr) (*TCPListener, error) {
	l, err := listen(a)
	if err != nil {
		return nil, err
	}
	return &TCPListener{listener: l}, nil
}

// AcceptTCP waits for a connection.
func (l *TCPListener) AcceptTCP() (*TCPConn, error) {
	if l.real != nil {
		c, err := l.real.AcceptTCP()
		if err != nil {
			return nil, err
		}
		return &TCPConn{c}, nil
	}
	c, err := l.accept()
	if err != nil {
		return nil, err
	}
	return inMemory(c), nil
}

// Accept is AcceptTCP. Its error comes without a connection that is a nil pointer.
func (l *TCPListener) Accept() (net.Conn, error) {
	c, err := l.AcceptTCP()
	if err != nil {
		return nil, err
	}
	return c, nil
}

// Close ends Accept. A method of its own, although listener has one: for a real listener the
// embedded pointer is nil. The same holds for the methods below.
func (l *TCPListener) Close() error {
	if l.real != nil {
		return l.real.Close()
	}
	return l.listener.Close()
}

// Addr returns the address.
func (l *TCPListener) Addr() net.Addr {
	if l.real != nil {
		return l.real.Addr()
	}
	return l.addr
}

// SetDeadline has Accept fail from a moment on.
func (l *TCPListener) SetDeadline(t time.Time) error {
	if l.real != nil {
		return l.real.SetDeadline(t)
	}
	return l.listener.SetDeadline(t)
}

// File is refused under control.
func (l *TCPListener) File() (*os.File, error) {
	if l.real != nil {
		return l.real.File()
	}
	return socket("TCPListener").File()
}

// SyscallConn is refused under control.
func (l *TCPListener) SyscallConn() (syscall.RawConn, error) {
	if l.real != nil {
		return l.real.SyscallConn()
	}
	return socket("TCPListener").SyscallConn()
}

// local checks the address of a socket, nil for any, and returns its port. An unspecified address,
// as 0.0.0.0, includes the loopback interface, which is all there is.
func local(what, network string, ip net.IP, port int) int {
	if len(ip) > 0 && !ip.IsLoopback() && !ip.IsUnspecified() {
		refuse(what, ip.String())
	}
	return port
}

// The network is not looked at: tcp4 and tcp6 share the ports of the one loopback interface.
func portOf(what string, a *net.TCPAddr) int {
	if a == nil {
		return 0
	}
	return local(what, "tcp", a.IP, a.Port)
}

// ListenTCP is net.ListenTCP.
func ListenTCP(network string, laddr *net.TCPAddr) (*TCPListener, error) {
	if !schedrt.Controlled() {
		l, err := net.ListenTCP(network, laddr)
		if err != nil {
			return nil, err
		}
		return &TCPListener{real: l}, nil
	}
	return listenTCP(tcpAddr(portOf("net.ListenTCP", laddr)))
}

// DialTCP is net.DialTCP.
func DialTCP(network string, laddr, raddr *net.TCPAddr) (*TCPConn, error) {
	if !schedrt.Controlled() {
		c, err := net.DialTCP(network, laddr, raddr)
		if err != nil {
			return nil, err
		}
		return &TCPConn{c}, nil
	}
	if raddr == nil {
		return nil, &net.OpError{Op: "dial", Net: network, Err: &net.AddrError{Err: "missing address"}}
	}
	c, err := dial(tcpAddr(portOf("net.DialTCP", laddr)), tcpAddr(portOf("net.DialTCP", raddr)))
	if err != nil {
		return nil, err
	}
	return inMemory(c), nil
}
