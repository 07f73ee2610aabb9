// Package net stands for functions of the standard package net, in rewritten code.
//
//	a, b := net.Pipe() // each Read is a step, and each Write two
//
// The loopback interface is in memory: tcp and udp on localhost, and Unix sockets. A connection has a
// buffer of 64 KB in each direction. There is no other interface.
//
// The types of connections and listeners stand for the standard ones, so that a program can name them.
// Outside of control each holds a real one.
//
// Rewritten code cannot use the real package under control: a Read of a real connection waits in
// the kernel, where the scheduler does not see it, and which of two packets comes first is a choice
// of the kernel, which no schedule names.
//
// # What this does not model
//
// No bytes or packets are late on their way. None are lost but for the first Write over TCP after the
// close of the other side. A reader of a connection that is reset gets an end and no error. A name server, an
// interface other than loopback, and raw sockets are refused: see schedrt.Refuse. A refused program
// gets no verdict, because an answer that this package invents could make it pass or fail wrongly.
package net

import (
	"io"
	"net"
	"time"

	"github.com/semabench/semabench/stress/explore/schedrt"
	"github.com/semabench/semabench/stress/explore/shim/stream"
)

// A conn is an end of a connection in memory. It returns the errors of a net.Pipe or, with addresses
// of TCP, the errors of a net.TCPConn.
type conn struct {
	in, out       *stream.Stream
	local, remote net.Addr
	network       string
	closed        error // of an operation after the close of the other side
}

// pair returns two ends. Capacity is of the buffer in each direction. The two streams are crossed:
// one end writes where the other end reads. Closed is the error of an end that is closed itself,
// and toWriters the error of a Write to an end that is closed.
func pair(network string, capacity int, a, b net.Addr, closed, toWriters error) (x, y *conn) {
	there, back := stream.New(capacity, closed), stream.New(capacity, closed)
	if network == "tcp" {
		there, back = there.TCP(), back.TCP()
	}
	return &conn{in: back, out: there, local: a, remote: b, network: network, closed: toWriters},
		&conn{in: there, out: back, local: b, remote: a, network: network, closed: toWriters}
}

// pipeAddr is the address of an end of net.Pipe. Both ends have this one, as in package net.
type pipeAddr struct{}

func (pipeAddr) Network() string { return "pipe" }
func (pipeAddr) String() string  { return "pipe" }

// Pipe is net.Pipe.
func Pipe() (net.Conn, net.Conn) {
	if !schedrt.Controlled() {
		return net.Pipe()
	}
	return pair("pipe", 0, pipeAddr{}, pipeAddr{}, io.ErrClosedPipe, io.ErrClosedPipe)
}

// wrap returns the error of an operation in the words of package net. io.EOF stays bare because
// readers compare with it, and io.ErrClosedPipe because net.Pipe returns it bare.
func (c *conn) wrap(op string, err error) error {
	if err == nil || err == io.EOF || err == io.ErrClosedPipe {
		return err
	}
	e := &net.OpError{Op: op, Net: c.network, Err: err}
	if c.network != "pipe" {
		e.Source, e.Addr = c.local, c.remote
	}
	return e
}

func (c *conn) Read(b []byte) (int, error) {
	n, err := c.in.Read(b)
	return n, c.wrap("read", err)
}

func (c *conn) Write(b []byte) (int, error) {
	n, err := c.out.Write(b)
	return n, c.wrap("write", err)
}

// Close closes both directions in one step. A second Close of a pipe does nothing. Both in one
// step, because no program can see a real connection with one direction closed by Close. A second
// Close of a socket fails, as the descriptor is gone by then.
func (c *conn) Close() error {
	if !stream.Close(c.in, c.closed, c.out, io.EOF) && c.network != "pipe" {
		return c.wrap("close", net.ErrClosed)
	}
	return nil
}

func (c *conn) LocalAddr() net.Addr  { return c.local }
func (c *conn) RemoteAddr() net.Addr { return c.remote }

// The two directions are set one after the other, each in a step, as the real one does it under two
// locks.
func (c *conn) SetDeadline(t time.Time) error {
	c.in.SetReadDeadline(t)
	c.out.SetWriteDeadline(t)
	return nil
}

// CloseWrite ends the Writes: the other side reads an end.
func (c *conn) CloseWrite() error {
	c.out.CloseWrite(io.EOF)
	return nil
}

// CloseRead ends the Reads.
func (c *conn) CloseRead() error {
	c.in.CloseRead(c.closed)
	return nil
}

func (c *conn) SetReadDeadline(t time.Time) error  { c.in.SetReadDeadline(t); return nil }
func (c *conn) SetWriteDeadline(t time.Time) error { c.out.SetWriteDeadline(t); return nil }
