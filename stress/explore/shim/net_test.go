package shim_test

import (
	real "context"
	"errors"
	"fmt"
	standard "net"
	"net/http/httptrace"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/semabench/semabench/stress/explore/internal/schedtest"
	"github.com/semabench/semabench/stress/explore/schedrt"
	"github.com/semabench/semabench/stress/explore/shim/context"
	"github.com/semabench/semabench/stress/explore/shim/net"
)

// kindOf tells an error of a dial as a program can: by its text, by errors.Is, and by its methods.
func kindOf(err error) [5]any {
	var op *standard.OpError
	var timeout standard.Error
	return [5]any{
		errors.As(err, &op) && op.Err != nil && op.Op == "dial",
		errors.Is(err, real.Canceled), errors.Is(err, real.DeadlineExceeded),
		errors.Is(err, os.ErrDeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout(),
	}
}

// A dial that comes too late has the error of package net, for a context and for a field alike.
func TestLateDial(t *testing.T) {
	long := time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)
	past, cancelPast := real.WithDeadline(real.Background(), long)
	defer cancelPast()
	cancelled, cancel := real.WithCancel(real.Background())
	cancel()
	want := func(d standard.Dialer, ctx real.Context) [5]any {
		_, err := d.DialContext(ctx, "tcp", "127.0.0.1:1")
		return kindOf(err)
	}
	byContext, byField := want(standard.Dialer{}, past), want(standard.Dialer{Deadline: long}, real.Background())
	byCancel := want(standard.Dialer{}, cancelled)
	x := schedtest.PlayScript(t, nil, func() {
		got := func(d net.Dialer, ctx real.Context) [5]any {
			_, err := d.DialContext(ctx, "tcp", "127.0.0.1:1")
			return kindOf(err)
		}
		past, cancelPast := context.WithDeadline(real.Background(), long)
		defer cancelPast()
		cancelled, cancel := context.WithCancel(real.Background())
		cancel()
		if g := got(net.Dialer{}, past); g != byContext {
			t.Errorf("by context: %v, want %v", g, byContext)
		}
		if g := got(net.Dialer{Deadline: long}, real.Background()); g != byField {
			t.Errorf("by field: %v, want %v", g, byField)
		}
		if g := got(net.Dialer{}, cancelled); g != byCancel {
			t.Errorf("cancelled: %v, want %v", g, byCancel)
		}
	})
	schedtest.MustEnd(t, x, schedrt.Passed)
}

// The hooks of net/http/httptrace are called for a dial in memory as package net calls them, also if
// the dial fails.
func TestTracedDial(t *testing.T) {
	traced := func(seen *[]string) real.Context {
		note := func(text string) { *seen = append(*seen, text) }
		return httptrace.WithClientTrace(real.Background(), &httptrace.ClientTrace{
			DNSStart:     func(i httptrace.DNSStartInfo) { note("look up " + i.Host) },
			DNSDone:      func(i httptrace.DNSDoneInfo) { note(fmt.Sprint("found: ", len(i.Addrs) > 0)) },
			ConnectStart: func(network, _ string) { note("connect by " + network) },
			ConnectDone:  func(network, _ string, err error) { note(fmt.Sprint(network, " failed: ", err != nil)) },
		})
	}
	l, err := standard.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, port, _ := standard.SplitHostPort(l.Addr().String())
	for _, host := range []string{"127.0.0.1", "localhost"} {
		var want, got, refused []string
		c, err := new(standard.Dialer).DialContext(traced(&want), "tcp4", standard.JoinHostPort(host, port))
		if err != nil {
			t.Fatal(err)
		}
		c.Close()
		x := schedtest.PlayScript(t, nil, func() {
			l, err := net.Listen("tcp4", "127.0.0.1:0")
			if err != nil {
				t.Error(err)
				return
			}
			_, port, _ := standard.SplitHostPort(l.Addr().String())
			c, err := new(net.Dialer).DialContext(traced(&got), "tcp4", standard.JoinHostPort(host, port))
			if err != nil {
				t.Error(err)
				return
			}
			c.Close()
			l.Close()
			if _, err := new(net.Dialer).DialContext(traced(&refused), "tcp4", "127.0.0.1:1"); err == nil {
				t.Error("a port without a socket was connected")
			}
		})
		schedtest.MustEnd(t, x, schedrt.Passed)
		if !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", host, got, want)
		}
		if want := []string{"connect by tcp4", "tcp4 failed: true"}; !slices.Equal(refused, want) {
			t.Errorf("refused: %q, want %q", refused, want)
		}
	}
}
