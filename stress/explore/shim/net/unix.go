package net

import (
	"net"
	"os"
	"syscall"
	"time"

	"github.com/semabench/semabench/stress/explore/schedrt"
)

// A UnixConn is a net.UnixConn. In memory there are streams only. Datagrams are refused, because
// they keep the bounds of messages and a Stream does not.
type UnixConn struct{ unixMethods }

// unixMethods are the methods of a net.UnixConn, which an end in memory has, too.
type unixMethods interface {
	net.Conn
	net.PacketConn
	CloseRead() error
	CloseWrite() error
	File() (*os.File, error)
	ReadFromUnix(b []byte) (int, *net.UnixAddr, error)
	ReadMsgUnix(b, oob []byte) (n, oobn, flags int, addr *net.UnixAddr, err error)
	SetReadBuffer(int) error
	SetWriteBuffer(int) error
	SyscallConn() (syscall.RawConn, error)
	WriteMsgUnix(b, oob []byte, addr *net.UnixAddr) (n, oobn int, err error)
	WriteToUnix(b []byte, addr *net.UnixAddr) (int, error)
}

// A unixEnd is an end of a Unix stream in memory. Its methods answer as the kernel does for
// SOCK_STREAM: an address on a Write is an error, as the socket is connected, and a Read tells the
// address of the other end.
type unixEnd struct {
	*conn
	socket
}

// ReadFrom is Read, as for a standard stream.
func (c unixEnd) ReadFrom(b []byte) (int, net.Addr, error) {
	n, a, err := c.ReadFromUnix(b)
	return n, a, err
}

// ReadFromUnix is Read, as for a standard stream.
func (c unixEnd) ReadFromUnix(b []byte) (int, *net.UnixAddr, error) {
	n, err := c.Read(b)
	a, _ := c.remote.(*net.UnixAddr)
	return n, a, err
}

// ReadMsgUnix reads without a message from the kernel.
func (c unixEnd) ReadMsgUnix(b, oob []byte) (n, oobn, flags int, addr *net.UnixAddr, err error) {
	n, addr, err = c.ReadFromUnix(b)
	return n, 0, 0, addr, err
}

// WriteMsgUnix writes bytes. Descriptors and credentials cannot be passed in memory.
func (c unixEnd) WriteMsgUnix(b, oob []byte, addr *net.UnixAddr) (n, oobn int, err error) {
	if len(oob) > 0 {
		c.refuse("WriteMsgUnix")
	}
	n, err = c.WriteToUnix(b, addr)
	return n, 0, err
}

// WriteToUnix fails for an address, as for a standard stream.
func (c unixEnd) WriteToUnix(b []byte, addr *net.UnixAddr) (int, error) {
	if addr != nil {
		return 0, c.wrap("write", syscall.EISCONN)
	}
	return c.Write(b)
}

// WriteTo fails for an address, as for a standard stream.
func (c unixEnd) WriteTo(b []byte, addr net.Addr) (int, error) {
	if addr != nil {
		return 0, c.wrap("write", syscall.EISCONN)
	}
	return c.Write(b)
}

// A UnixListener is a net.UnixListener. In memory it makes no file. The file of a real socket is
// visible to other processes and to os.Stat; a program that looks for it does not find it. Only
// dials of the same schedule reach the listener.
type UnixListener struct {
	*listener
	real *net.UnixListener // nil under control
}

// AcceptUnix waits for a connection.
func (l *UnixListener) AcceptUnix() (*UnixConn, error) {
	if l.real != nil {
		c, err := l.real.AcceptUnix()
		if err != nil {
			return nil, err
		}
		return &UnixConn{c}, nil
	}
	c, err := l.accept()
	if err != nil {
		return nil, err
	}
	return &UnixConn{unixEnd{c, "UnixConn"}}, nil
}

// Accept is AcceptUnix. Its error comes without a connection that is a nil pointer.
func (l *UnixListener) Accept() (net.Conn, error) {
	c, err := l.AcceptUnix()
	if err != nil {
		return nil, err
	}
	return c, nil
}

// Close ends Accept.
func (l *UnixListener) Close() error {
	if l.real != nil {
		return l.real.Close()
	}
	return l.listener.Close()
}

// Addr returns the address.
func (l *UnixListener) Addr() net.Addr {
	if l.real != nil {
		return l.real.Addr()
	}
	return l.addr
}

// SetDeadline has Accept fail from a moment on.
func (l *UnixListener) SetDeadline(t time.Time) error {
	if l.real != nil {
		return l.real.SetDeadline(t)
	}
	return l.listener.SetDeadline(t)
}

// SetUnlinkOnClose does nothing under control: there is no file.
func (l *UnixListener) SetUnlinkOnClose(unlink bool) {
	if l.real != nil {
		l.real.SetUnlinkOnClose(unlink)
	}
}

// File is refused under control.
func (l *UnixListener) File() (*os.File, error) {
	if l.real != nil {
		return l.real.File()
	}
	return socket("UnixListener").File()
}

// SyscallConn is refused under control.
func (l *UnixListener) SyscallConn() (syscall.RawConn, error) {
	if l.real != nil {
		return l.real.SyscallConn()
	}
	return socket("UnixListener").SyscallConn()
}

// ListenUnix is net.ListenUnix. A name that is in use fails, as over a file that exists; after a
// Close the name is free, because closing removes the file.
func ListenUnix(network string, laddr *net.UnixAddr) (*UnixListener, error) {
	if !schedrt.Controlled() {
		l, err := net.ListenUnix(network, laddr)
		if err != nil {
			return nil, err
		}
		return &UnixListener{real: l}, nil
	}
	name := ""
	if laddr != nil {
		name = laddr.Name
	}
	onlyStream("net.ListenUnix", network)
	l, err := listen(&net.UnixAddr{Net: network, Name: name})
	if err != nil {
		return nil, err
	}
	return &UnixListener{listener: l}, nil
}

// DialUnix is net.DialUnix. Without a local address the dialing end has none, as a socket that was
// not bound.
func DialUnix(network string, laddr, raddr *net.UnixAddr) (*UnixConn, error) {
	if !schedrt.Controlled() {
		c, err := net.DialUnix(network, laddr, raddr)
		if err != nil {
			return nil, err
		}
		return &UnixConn{c}, nil
	}
	onlyStream("net.DialUnix", network)
	if raddr == nil {
		return nil, &net.OpError{Op: "dial", Net: network, Err: &net.AddrError{Err: "missing address"}}
	}
	var here net.Addr
	if laddr != nil {
		here = laddr
	}
	c, err := dial(here, &net.UnixAddr{Net: network, Name: raddr.Name})
	if err != nil {
		return nil, err
	}
	return &UnixConn{unixEnd{c, "UnixConn"}}, nil
}

// onlyStream refuses the sockets that keep the bounds of messages.
func onlyStream(what, network string) {
	if network != "unix" {
		refuse(what, network)
	}
}

// ListenUnixgram is net.ListenUnixgram. It is refused under control.
func ListenUnixgram(network string, laddr *net.UnixAddr) (*UnixConn, error) {
	if schedrt.Controlled() {
		refuse("net.ListenUnixgram", network)
	}
	c, err := net.ListenUnixgram(network, laddr)
	if err != nil {
		return nil, err
	}
	return &UnixConn{c}, nil
}
