package home

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"sync"
)

// A Server answers each line of a connection with the next number.
type Server struct {
	net.Listener
	Next func() int // called in several goroutines
	done sync.WaitGroup
}

// Serve accepts connections until the listener is closed.
func (s *Server) Serve() {
	for {
		c, err := s.Accept()
		if err != nil {
			return
		}
		s.done.Go(func() {
			defer c.Close()
			for lines := bufio.NewScanner(c); lines.Scan(); {
				fmt.Fprintln(c, s.Next())
			}
		})
	}
}

// AskServer sends a line to a server, and returns the line that comes back.
func AskServer(address string) (string, error) {
	c, err := net.Dial("tcp", address)
	if err != nil {
		return "", err
	}
	defer c.Close()
	if _, err := io.WriteString(c, "x\n"); err != nil {
		return "", err
	}
	return bufio.NewReader(c).ReadString('\n')
}
