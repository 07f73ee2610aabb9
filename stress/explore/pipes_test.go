package explore_test

import (
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/semabench/semabench/stress/explore"
	"github.com/semabench/semabench/stress/explore/schedrt"
	"github.com/semabench/semabench/stress/explore/testdata/home"
)

// writeMessages has two goroutines write a message of two parts each to w, and closes it.
func writeMessages(w io.WriteCloser, mu sync.Locker) {
	message := func(s string) func() {
		return func() {
			mu.Lock()
			defer mu.Unlock()
			io.WriteString(w, s)
			io.WriteString(w, s)
		}
	}
	two(message("a"), message("b"))
	w.Close()
}

type noLock struct{}

func (noLock) Lock()   {}
func (noLock) Unlock() {}

// pipes are programs with pipes in memory. The field what is a part of the text of the failure, or empty if the
// program is right.
var pipes = map[string]struct {
	what    string
	program func(t *explore.T)
}{
	"io.Pipe, messages mixed": {"mixed", func(t *explore.T) {
		r, w := io.Pipe()
		go writeMessages(w, noLock{})
		if text, err := io.ReadAll(r); err != nil || string(text) != "aabb" && string(text) != "bbaa" {
			t.Errorf("mixed: %q, %v", text, err)
		}
	}},
	"io.Pipe, messages under a lock": {"", func(t *explore.T) {
		r, w := io.Pipe()
		go writeMessages(w, new(sync.Mutex))
		if text, err := io.ReadAll(r); err != nil || string(text) != "aabb" && string(text) != "bbaa" {
			t.Errorf("mixed: %q, %v", text, err)
		}
	}},
	"io.Pipe, never closed": {"for the other side to write or to close", func(t *explore.T) {
		home.Upper([]string{"a", "b"}, false)
	}},
	"io.Pipe, closed": {"", func(t *explore.T) {
		if text, err := home.Upper([]string{"a", "b"}, true); text != "a\nb\n" || err != nil {
			t.Errorf("%q, %v", text, err)
		}
	}},
	"io.Pipe, errors": {"", func(t *explore.T) {
		r, w := io.Pipe()
		oops := errors.New("oops")
		go func() {
			r.Read(make([]byte, 1)) // a part of the Write
			r.CloseWithError(oops)
		}()
		if n, err := w.Write([]byte("ab")); n != 1 || err != oops {
			t.Errorf("Write = %d, %v", n, err)
		}
		if _, err := r.Read(nil); err != io.ErrClosedPipe {
			t.Errorf("Read = %v after its close", err)
		}
		w.Close()
		if _, err := w.Write(nil); err != io.ErrClosedPipe && err != oops {
			t.Errorf("Write = %v after its close", err)
		}
	}},
	"net.Pipe, answer before the deadline": {"", func(t *explore.T) {
		if line, err := home.Ask("how", 0); line != "re: how\n" && !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("%q, %v", line, err)
		}
	}},
	"net.Pipe, an answer that may be late": {"i/o timeout", func(t *explore.T) {
		if _, err := home.Ask("how", 500*time.Millisecond); err != nil {
			t.Error(err)
		}
	}},
	"net.Pipe, a Write without a Read": {"for the other side to read or to close", func(t *explore.T) {
		a, b := net.Pipe()
		defer b.Close()
		a.Write([]byte("x"))
	}},
	"net.Pipe, closed": {"", func(t *explore.T) {
		a, b := net.Pipe()
		done := make(chan error)
		go func() {
			_, err := a.Write([]byte("x"))
			done <- err
		}()
		b.Close()
		if err := <-done; err != io.ErrClosedPipe {
			t.Errorf("Write = %v", err)
		}
		if _, err := a.Read(make([]byte, 1)); err != io.EOF {
			t.Errorf("Read = %v", err)
		}
		a.Close()
		if _, err := a.Read(make([]byte, 1)); err != io.ErrClosedPipe || a.Close() != nil ||
			a.LocalAddr().String() != "pipe" {
			t.Errorf("Read = %v after its close", err)
		}
	}},
	"net.Pipe, deadline moved": {"", func(t *explore.T) {
		a, b := net.Pipe()
		a.SetReadDeadline(time.Now().Add(-time.Second))
		_, err := a.Read(make([]byte, 1))
		if e, ok := err.(net.Error); !ok || !e.Timeout() || err.Error() != "read pipe: i/o timeout" {
			t.Errorf("Read = %v", err)
		}
		a.SetDeadline(time.Time{})
		go b.Write([]byte("x"))
		if n, err := a.Read(make([]byte, 2)); n != 1 || err != nil {
			t.Errorf("Read = %d, %v", n, err)
		}
	}},
}

func TestPipes(t *testing.T) {
	for name, c := range pipes {
		t.Run(name, func(t *testing.T) {
			r := explore.Check(t, explore.Options{Schedules: 500}, c.program)
			want := explore.Fail
			if c.what == "" {
				want = explore.Pass
			}
			if r.Verdict == explore.Unknown && c.what == "" {
				return // right, as far as the bound goes
			}
			if r.Verdict != want || !strings.Contains(r.Text, c.what) {
				t.Errorf("%s, want %s with %q: %s", r.Verdict, want, c.what, r.Text)
			}
		})
	}
}

// A reader sees what the writer did before, and the race detector knows: the buffer of a Write is
// the writer's again when Write returns.
func TestPipesOrderMemory(t *testing.T) {
	for name, c := range map[string]struct {
		program func()
		races   bool
	}{
		"ordered": {func() {
			r, w := io.Pipe()
			n, b := 0, []byte("x")
			go func() { n++; w.Write(b); b[0] = 'y'; w.Close() }()
			r.Read(make([]byte, 1))
			n++
			io.ReadAll(r)
			b[0] = 'z'
		}, false},
		"buffer changed while it is written": {func() {
			r, w := io.Pipe()
			b := []byte("xx")
			go w.Write(b)
			b[0] = 'y'
			r.Read(make([]byte, 2))
		}, true},
	} {
		t.Run(name, func(t *testing.T) {
			r := explore.Check(t, explore.Options{Schedules: 200}, func(*explore.T) { c.program() })
			found := r.Verdict == explore.Fail && strings.Contains(r.Text, "data race")
			if want := c.races && schedrt.RaceEnabled; found != want || r.Verdict != explore.Pass && !found {
				t.Errorf("%s, race %v, want %v: %s", r.Verdict, found, want, r.Text)
			}
		})
	}
}
