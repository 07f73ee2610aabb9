package process

import (
	"net"
	"time"
)

// This file gives the external tests access to internals on every system.

// ServeClient returns a broker with one client, which is at the other end of conn.
func ServeClient(size int64, conn net.Conn) *BrokerServer {
	s := newBrokerServer(size)
	s.addClient(conn)
	return s
}

// Hello is the first frame of a client. All frames have FrameBytes bytes.
var Hello = frame{frameHello, wireMagic, 0}.append(nil)

// FrameBytes is the size of a frame.
const FrameBytes = frameBytes

// ParseMakeflags returns the value of --jobserver-auth and the number of -j in MAKEFLAGS.
func ParseMakeflags(flags string) (auth string, jobs int64, err error) {
	a, err := parseMakeflags(flags)
	return a.String(), a.jobs, err
}

// Delay keeps a broker from handling anything for a time.
func Delay(s *BrokerServer, d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	time.Sleep(d) // this is the delay under test, not a wait for another goroutine
}

// SetLease sets how long the offers of a broker stand.
func SetLease(s *BrokerServer, lease time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lease = lease
}
