package explore_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/semabench/semabench/stress/explore"
)

// echoOnce answers one connection of l with what it reads, and closes l.
func echoOnce(t *explore.T, l net.Listener) {
	c, err := l.Accept()
	if err != nil {
		t.Error(err)
		return
	}
	if _, err := io.Copy(c, c); err != nil {
		t.Error(err)
	}
	c.Close()
	l.Close()
}

// say writes a word to a connection, and reads the answer until its end.
func say(t *explore.T, c interface {
	net.Conn
	CloseWrite() error
}) {
	io.WriteString(c, "word")
	c.CloseWrite()
	if text, err := io.ReadAll(c); string(text) != "word" || err != nil {
		t.Errorf("%q, %v", text, err)
	}
	c.Close()
}

// packets has two goroutines send a packet to one socket, and returns the packets in their order.
func packets(t *explore.T) (got []string) {
	c, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	send := func(text string) func() {
		return func() {
			s, err := net.Dial("udp", c.LocalAddr().String())
			if err != nil {
				t.Error(err)
				return
			}
			defer s.Close()
			io.WriteString(s, text)
		}
	}
	two(send("a"), send("b"))
	for range 2 {
		b := make([]byte, 8)
		n, from, err := c.ReadFrom(b)
		if _, ok := from.(*net.UDPAddr); !ok || err != nil {
			t.Error(from, err)
		}
		got = append(got, string(b[:n]))
	}
	return got
}

var socketPrograms = map[string]struct {
	what    string
	verdict explore.Verdict
	program func(t *explore.T)
}{
	"types of TCP": {"", explore.Pass, func(t *explore.T) {
		any, err := net.ResolveTCPAddr("tcp", "localhost:0")
		if err != nil {
			t.Fatal(err)
		}
		l, _ := net.ListenTCP("tcp", any)
		go echoOnce(t, l)
		c, err := net.DialTCP("tcp", nil, l.Addr().(*net.TCPAddr))
		if err != nil {
			t.Fatal(err)
		}
		c.SetNoDelay(true)
		if _, ok := net.Conn(c).(*net.TCPConn); !ok {
			t.Error("no TCPConn")
		}
		say(t, c)
	}},
	"Unix sockets": {"", explore.Pass, func(t *explore.T) {
		var lc net.ListenConfig
		l, err := lc.Listen(context.Background(), "unix", "/tmp/of-this-test")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := net.Listen("unix", "/tmp/of-this-test"); !errors.Is(err, syscall.EADDRINUSE) {
			t.Error(err)
		}
		go echoOnce(t, l)
		c, err := net.Dial("unix", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		say(t, c.(*net.UnixConn))
		if _, err := net.Dial("unix", "/tmp/of-no-test"); !errors.Is(err, os.ErrNotExist) {
			t.Error(err)
		}
	}},
	"deadline of Accept": {"", explore.Pass, func(t *explore.T) {
		l, _ := net.Listen("tcp", "localhost:0")
		l.(*net.TCPListener).SetDeadline(time.Now().Add(time.Hour))
		var late net.Error
		if _, err := l.Accept(); !errors.As(err, &late) || !late.Timeout() {
			t.Error(err)
		}
	}},
	"packets": {"", explore.Pass, func(t *explore.T) {
		if got := packets(t); len(got) != 2 || got[0] == got[1] {
			t.Error(got)
		}
	}},
	"packets in an order": {"[b a]", explore.Fail, func(t *explore.T) {
		if got := packets(t); got[0] != "a" {
			t.Error(got)
		}
	}},
	"packet for no socket": {"", explore.Pass, func(t *explore.T) {
		c, _ := net.Dial("udp", "127.0.0.1:9")
		c.Write([]byte("lost"))
		if _, err := c.Read(make([]byte, 8)); !errors.Is(err, syscall.ECONNREFUSED) {
			t.Error(err)
		}
	}},
	"packet without end": {"for the other side to write or to close", explore.Fail, func(t *explore.T) {
		c, _ := net.ListenPacket("udp", "localhost:0")
		c.ReadFrom(nil)
	}},
	"Dialer in an interface": {"", explore.Pass, func(t *explore.T) {
		var d interface {
			DialContext(ctx context.Context, network, address string) (net.Conn, error)
		} = &net.Dialer{Timeout: time.Second, KeepAlive: time.Minute}
		if _, err := d.DialContext(context.Background(), "tcp", "127.0.0.1:1"); !errors.Is(err, syscall.ECONNREFUSED) {
			t.Error(err)
		}
	}},
	"hosts that are nowhere": {"", explore.Pass, func(t *explore.T) {
		for _, address := range []string{"999.999.999.999:80", "server.invalid:80"} {
			var missing *net.DNSError
			if _, err := net.Dial("tcp", address); !errors.As(err, &missing) || !missing.IsNotFound {
				t.Error(err)
			}
		}
		if _, err := net.Dial("tcp", "localhost:70000"); err == nil || !strings.Contains(err.Error(), "invalid port") {
			t.Error(err)
		}
	}},
	"Dialer with Control": {"net.Dialer.Control is not under control", explore.Refused, func(t *explore.T) {
		d := net.Dialer{Control: func(_, _ string, _ syscall.RawConn) error { return nil }}
		d.Dial("tcp", "127.0.0.1:1")
	}},
	"descriptor": {"net.TCPListener.File is not under control", explore.Refused, func(t *explore.T) {
		l, _ := net.ListenTCP("tcp", nil)
		l.File()
	}},
}

// Sockets are in memory, and have the types and options of package net.
func TestSockets(t *testing.T) {
	for name, c := range socketPrograms {
		t.Run(name, func(t *testing.T) {
			r := explore.Check(t, explore.Options{Schedules: 5000}, c.program)
			if r.Verdict != c.verdict || !strings.Contains(r.Text, c.what) {
				t.Errorf("%s, want %s with %q: %s", r.Verdict, c.verdict, c.what, r.Text)
			}
		})
	}
	// Outside of a schedule, the sockets are real.
	l, err := net.Listen("tcp", "localhost:0")
	if err != nil {
		t.Skip(err)
	}
	defer l.Close()
	c, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	s, err := l.(*net.TCPListener).AcceptTCP()
	if err != nil {
		t.Fatal(err)
	}
	s.Write([]byte("real"))
	s.Close()
	var b bytes.Buffer
	if b.ReadFrom(c); b.String() != "real" {
		t.Error(b.String())
	}
}
