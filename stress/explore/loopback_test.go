package explore_test

import (
	"context"
	"errors"
	"io"
	"net"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/semabench/semabench/stress/explore"
	"github.com/semabench/semabench/stress/explore/testdata/home"
)

// askTwice has two clients ask a server in memory, and returns the answers.
func askTwice(t *explore.T, next func() int) (a, b string) {
	l, err := net.Listen("tcp", "localhost:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &home.Server{Listener: l, Next: next}
	go s.Serve()
	ask := func(answer *string) func() {
		return func() {
			if *answer, err = home.AskServer(l.Addr().String()); err != nil {
				t.Error(err)
			}
		}
	}
	ask(&a)()
	two(ask(&b), func() { home.AskServer(l.Addr().String()) })
	l.Close()
	return a, b
}

// writeToClosed writes to a connection whose other side has closed it. Over TCP the first Write succeeds:
// only the answer to it tells that the other side is gone. Bytes that were not read tell it before.
func writeToClosed(t testing.TB, network, address string, unread bool) {
	l, err := net.Listen(network, address)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	c, err := net.Dial(network, l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	server, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	if unread {
		if _, err := c.Write([]byte("unread")); err != nil {
			t.Error(err)
		}
	}
	server.Close()
	if !unread {
		if _, err := c.Read(make([]byte, 1)); err != io.EOF {
			t.Errorf("a Read after the close: %v", err)
		}
		if _, err := c.Write([]byte("lost")); (err == nil) != (network == "tcp") {
			t.Errorf("the first Write over %s after the close: %v", network, err)
		}
	}
	if _, err := c.Write([]byte("more")); err == nil {
		t.Errorf("a further Write over %s, unread %v, has no error", network, unread)
	}
}

// The loopback interface in memory behaves as the real one.
func TestWriteToClosedConnection(t *testing.T) {
	for _, unread := range []bool{false, true} {
		address := filepath.Join(t.TempDir(), "s")
		writeToClosed(t, "tcp", "localhost:0", unread)
		writeToClosed(t, "unix", address, unread)
	}
	r := explore.Check(t, explore.Options{Schedules: 200}, func(t *explore.T) {
		for _, unread := range []bool{false, true} {
			writeToClosed(t, "tcp", "localhost:0", unread)
			writeToClosed(t, "unix", filepath.Join(t.TempDir(), "s"), unread)
		}
	})
	if r.Verdict != explore.Pass {
		t.Errorf("%s: %s", r.Verdict, r.Text)
	}
}

func TestLoopback(t *testing.T) {
	for name, c := range map[string]struct {
		what    string
		verdict explore.Verdict
		program func(t *explore.T)
	}{
		"a server that loses a count": {"one number twice", explore.Fail, func(t *explore.T) {
			var n atomic.Int64
			seen := map[string]bool{}
			l, _ := net.Listen("tcp", "127.0.0.1:0")
			s := &home.Server{Listener: l, Next: func() int {
				v := n.Load()
				n.Store(v + 1)
				return int(v)
			}}
			go s.Serve()
			answers := make(chan string, 2)
			ask := func() { a, _ := home.AskServer(l.Addr().String()); answers <- a }
			two(ask, ask)
			for range 2 {
				a := <-answers
				if seen[a] {
					t.Errorf("one number twice: %s", a)
				}
				seen[a] = true
			}
			l.Close()
		}},
		"a server that counts": {"", explore.Unknown, func(t *explore.T) {
			var n atomic.Int64
			if a, b := askTwice(t, func() int { return int(n.Add(1)) }); a == b {
				t.Errorf("one number twice: %s", a)
			}
		}},
		"no listener": {"", explore.Pass, func(t *explore.T) {
			if _, err := net.Dial("tcp", "127.0.0.1:1"); !errors.Is(err, syscall.ECONNREFUSED) {
				t.Error(err)
			}
			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			if _, err := new(net.Dialer).DialContext(ctx, "tcp", "127.0.0.1:1"); !errors.Is(err, context.Canceled) {
				t.Error(err)
			}
		}},
		"port in use": {"", explore.Pass, func(t *explore.T) {
			l, _ := net.Listen("tcp", ":7000") // free in each schedule
			if _, err := net.Listen("tcp", ":7000"); l == nil || !errors.Is(err, syscall.EADDRINUSE) {
				t.Error(err)
			}
		}},
		"interfaces": {"", explore.Pass, func(t *explore.T) {
			all, err := net.Interfaces()
			addrs, _ := net.InterfaceAddrs()
			if len(all) != 1 || all[0].Name != "lo" || len(addrs) != 1 || err != nil {
				t.Errorf("%v, %v, %v", all, addrs, err)
			}
		}},
		"without a client": {"for a goroutine to dial", explore.Fail, func(t *explore.T) {
			l, _ := net.Listen("tcp", "localhost:0")
			l.Accept()
		}},
		"hosts elsewhere, without need": {"", explore.Pass, func(t *explore.T) {
			var dns *net.DNSError
			if _, err := net.Dial("tcp", "example.org:80"); !errors.As(err, &dns) || !dns.IsNotFound {
				t.Error(err)
			}
			if _, err := net.Dial("udp", "192.0.2.1:53"); !errors.Is(err, syscall.ENETUNREACH) {
				t.Error(err)
			}
			if _, err := net.ResolveTCPAddr("tcp", "example.org:80"); !errors.As(err, &dns) {
				t.Error(err)
			}
		}},
		"a host elsewhere, in need": {"net.Dial on 192.0.2.1:80, which is not localhost", explore.Refused, func(t *explore.T) {
			if _, err := net.Dial("tcp", "192.0.2.1:80"); err != nil {
				t.Error(err)
			}
		}},
	} {
		t.Run(name, func(t *testing.T) {
			r := explore.Check(t, explore.Options{Schedules: 200}, c.program)
			right := r.Verdict == c.verdict || c.verdict == explore.Unknown && r.Verdict == explore.Pass
			if !right || !strings.Contains(r.Text, c.what) {
				t.Errorf("%s, want %s with %q: %s", r.Verdict, c.verdict, c.what, r.Text)
			}
		})
	}
}
