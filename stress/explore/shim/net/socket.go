package net

import (
	"net"
	"os"
	"syscall"
	"time"

	"github.com/semabench/semabench/stress/explore/schedrt"
)

// A socket has the methods of a standard connection or listener that make no sense in memory. Options
// are accepted and change nothing: no program can see their effect but for its timing. A method
// that hands out the descriptor is refused, by the name of the type.
type socket string

// The text of a refusal names the standard type, so that name is the value of a socket.
func (s socket) refuse(method string) {
	schedrt.Refuse("net." + string(s) + "." + method + " is not under control")
}

// With the descriptor, the program would read and write past the scheduler. The return after a
// refusal is for calls outside of control, where Refuse does nothing; there a real connection
// answers first.
func (s socket) File() (*os.File, error) {
	s.refuse("File")
	return nil, syscall.EINVAL
}

func (s socket) SyscallConn() (syscall.RawConn, error) {
	s.refuse("SyscallConn")
	return nil, syscall.EINVAL
}

func (socket) SetReadBuffer(int) error                      { return nil }
func (socket) SetWriteBuffer(int) error                     { return nil }
func (socket) SetKeepAlive(bool) error                      { return nil }
func (socket) SetKeepAlivePeriod(time.Duration) error       { return nil }
func (socket) SetKeepAliveConfig(net.KeepAliveConfig) error { return nil }
func (socket) SetLinger(int) error                          { return nil }
func (socket) SetNoDelay(bool) error                        { return nil }
func (socket) MultipathTCP() (bool, error)                  { return false, nil }
func (socket) SetUnlinkOnClose(bool)                        {}
