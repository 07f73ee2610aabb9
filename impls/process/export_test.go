package process

import (
	"net"
	"time"
)

// ServeOnly returns a broker with one client, who is at the other end of conn.
func ServeOnly(size int64, conn net.Conn) *BrokerServer {
	s := newBrokerServer(size)
	s.serve(conn)
	return s
}

// Hello is what a client says first. It is followed by frames of FrameBytes.
var Hello = frame{hello, wireMagic, 0}.append(nil)

const FrameBytes = frameBytes

// ParseMakeflags returns what MAKEFLAGS says, as it would be said again.
func ParseMakeflags(flags string) (auth string, jobs int64, err error) {
	a, err := parseMakeflags(flags)
	return a.String(), a.jobs, err
}

// HoldUp keeps a broker from doing anything for a time.
func HoldUp(s *BrokerServer, long time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	time.Sleep(long)
}

// SetLease has the offers of a broker stand for a time.
func SetLease(s *BrokerServer, long time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lease = long
}
