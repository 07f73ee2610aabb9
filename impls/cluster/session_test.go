package cluster

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// A memory is an engine without a network: it grants everything. Its renewals fail, or take time, as a
// test says. Tests run in a bubble of testing/synctest, so all times here are exact.
type memory struct {
	mu     sync.Mutex
	renew  func(ctx context.Context) error // nil succeeds at once
	lost   []ID
	next   int
	given  int
	leaves int
}

func (m *memory) Join(context.Context, string, int64, time.Duration) (Member, error) { return m, nil }
func (m *memory) TTL() time.Duration                                                 { return 10 * time.Second }

func (m *memory) Renew(ctx context.Context) ([]ID, error) {
	m.mu.Lock()
	renew, lost := m.renew, m.lost
	m.lost = nil
	m.mu.Unlock()
	if renew == nil {
		return lost, nil
	}
	return lost, renew(ctx)
}

func (m *memory) Take(_ context.Context, n int64, _ bool) (Grant, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.next++
	return Grant{ID: ID(fmt.Sprint(m.next)), Slots: make([]int64, n), Revision: int64(m.next)}, nil
}

func (m *memory) Give(context.Context, []Give) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.given++
	return nil
}

func (m *memory) Leave(context.Context) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.leaves++
	return nil
}

func (m *memory) Resize(context.Context, int64) error  { return nil }
func (m *memory) Stats(context.Context) (Stats, error) { return Stats{}, nil }
func (m *memory) set(renew func(ctx context.Context) error) {
	m.mu.Lock()
	m.renew = renew
	m.mu.Unlock()
}

var errCut = errors.New("cut off")

func cutOff(context.Context) error { return errCut }

func openMemory(t *testing.T, m *memory, clock func() time.Time) *Session {
	t.Helper()
	s, err := Open(context.Background(), m, "n", 1, Options{TTL: 10 * time.Second, clock: clock})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func acquireMemory(t *testing.T, s *Session) *Lease {
	t.Helper()
	l, err := s.Acquire(context.Background(), 1)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// expiry checks that a session that cannot be renewed has ended when its TTL is over. It is an error if
// the session still believes in its permits.
func expiry(t *testing.T, clock func() time.Time) (err error) {
	synctest.Test(t, func(t *testing.T) {
		m := &memory{renew: cutOff}
		s := openMemory(t, m, clock)
		l := acquireMemory(t, s)
		time.Sleep(9 * time.Second)
		if l.Err() != nil {
			err = fmt.Errorf("after 9 of 10 s: %w", l.Err())
		}
		time.Sleep(time.Second)
		if l.Err() == nil {
			err = errors.New("the lease is believed in after its TTL")
		} else if !errors.Is(l.Err(), ErrExpired) || !errors.Is(l.Release(context.Background()), ErrExpired) {
			err = l.Err()
		}
		_ = s.Close(context.Background())
	})
	return err
}

// The end of a session is measured by the monotonic clock. A session that measures by the wall clock is
// refuted by an hour that the wall clock goes back.
func TestWallClock(t *testing.T) {
	if err := expiry(t, nil); err != nil {
		t.Error(err)
	}
	var calls atomic.Int64
	wall := func() time.Time {
		now := time.Now().Round(0) // without the monotonic part
		if calls.Add(1) > 3 {
			return now.Add(-time.Hour)
		}
		return now
	}
	err := expiry(t, wall)
	t.Log("killed: ", err)
	if err == nil {
		t.Error("the wall clock was not found")
	}
}

// Two renewals of three may be lost. The new end counts from the moment before the renewal was sent.
func TestRenewals(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &memory{renew: cutOff}
		s := openMemory(t, m, nil)
		opened := time.Now()
		if got, want := s.Until().Sub(opened), 9500*time.Millisecond; got != want {
			t.Errorf("Until is %v after Open, want %v", got, want)
		}
		time.Sleep(8500 * time.Millisecond) // the tries are half a second apart: the next is at 8.83 s
		m.set(func(ctx context.Context) error { time.Sleep(100 * time.Millisecond); return nil })
		time.Sleep(900 * time.Millisecond)
		if err := s.Err(); err != nil {
			t.Fatal(err)
		}
		if got, want := s.Until().Sub(opened).Round(100*time.Millisecond), 18300*time.Millisecond; got != want {
			t.Errorf("after a renewal that began at 8.8 s, Until is %v after Open, want %v", got, want)
		}
		_ = s.Close(context.Background())
		if m.leaves != 1 {
			t.Errorf("the engine was left %d times", m.leaves)
		}
	})
}

// A renewal whose answer comes after the end does not revive the session: Err has said that it ended.
func TestLateRenewal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &memory{renew: func(context.Context) error { time.Sleep(7 * time.Second); return nil }}
		s := openMemory(t, m, nil)
		time.Sleep(9600 * time.Millisecond)
		if !errors.Is(s.Err(), ErrExpired) {
			t.Fatalf("at its end, Err = %v", s.Err())
		}
		time.Sleep(5 * time.Second) // the answer comes after 10.3 s
		if !errors.Is(s.Err(), ErrExpired) {
			t.Errorf("after the late answer, Err = %v", s.Err())
		}
		<-s.Done()
		_ = s.Close(context.Background())
	})
}

// A session that has ended renews nothing more, however it ended: a renewal after Done would keep the permits from
// others, though their holder does not believe in them.
func TestNoRenewalAfterEnd(t *testing.T) {
	for name, end := range map[string]func(*testing.T, *Session, *memory){
		"close":   func(t *testing.T, s *Session, _ *memory) { _ = s.Close(context.Background()) },
		"expired": func(t *testing.T, s *Session, m *memory) { m.set(cutOff); <-s.Done() },
		"final": func(t *testing.T, s *Session, m *memory) {
			m.set(func(context.Context) error { return ErrRestored })
			<-s.Done()
		},
		"answer after the end": func(t *testing.T, s *Session, m *memory) {
			m.set(func(context.Context) error { time.Sleep(time.Minute); return nil })
			<-s.Done()
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m := &memory{}
				s := openMemory(t, m, nil)
				time.Sleep(5 * time.Second)
				end(t, s, m)
				until := s.Until()
				var late atomic.Int64
				m.set(func(context.Context) error { late.Add(1); return nil })
				time.Sleep(10 * time.Minute)
				if n := late.Load(); n > 0 || s.Until() != until || s.Err() == nil {
					t.Errorf("%d renewals after the end; Until moved by %v; Err = %v", n, s.Until().Sub(until), s.Err())
				}
				_ = s.Close(context.Background())
			})
		})
	}
}

// Renewals that take long, and less than half of the TTL, keep the session alive. Each must begin when the one
// before has ended: a pause after it would end the session.
func TestSlowRenewals(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &memory{renew: func(context.Context) error { time.Sleep(4 * time.Second); return nil }}
		s := openMemory(t, m, nil)
		time.Sleep(10 * time.Minute)
		if err := s.Err(); err != nil {
			t.Error(err)
		}
		_ = s.Close(context.Background())
	})
}

// A process that was stopped sees the end in Err at once, before any goroutine could close Done.
func TestStopped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var stopped atomic.Int64
		s := openMemory(t, &memory{}, func() time.Time { return time.Now().Add(time.Duration(stopped.Load())) })
		l := acquireMemory(t, s)
		synctest.Wait()
		stopped.Store(int64(time.Minute))
		if !errors.Is(l.Err(), ErrExpired) {
			t.Errorf("Err after a minute = %v", l.Err())
		}
		if _, err := s.Acquire(context.Background(), 1); !errors.Is(err, ErrExpired) {
			t.Errorf("Acquire after a minute = %v", err)
		}
		_ = s.Close(context.Background())
	})
}

func TestReleaseTwice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &memory{}
		s := openMemory(t, m, nil)
		l := acquireMemory(t, s)
		var all sync.WaitGroup
		for range 5 {
			all.Go(func() {
				if err := l.Release(context.Background()); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		<-l.Done()
		if m.given != 1 {
			t.Errorf("the engine was told %d times", m.given)
		}
		// A ctx that is done still gives the permits back.
		l = acquireMemory(t, s)
		done, cancel := context.WithCancel(context.Background())
		cancel()
		_ = l.Release(done)
		if m.given != 2 {
			t.Error("a Release with a ctx that is done gave nothing back")
		}
		l = acquireMemory(t, s)
		_ = s.Close(context.Background())
		if err := l.Release(context.Background()); err != nil || !errors.Is(l.Err(), ErrClosed) {
			t.Errorf("after Close: Release = %v, Err = %v", err, l.Err())
		}
	})
}

// A grant that the engine has lost ends its lease, and not the session.
func TestLostGrant(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &memory{}
		s := openMemory(t, m, nil)
		lost, kept := acquireMemory(t, s), acquireMemory(t, s)
		m.mu.Lock()
		m.lost = []ID{"1", "unknown"}
		m.mu.Unlock()
		time.Sleep(5 * time.Second)
		if !errors.Is(lost.Err(), ErrLost) || kept.Err() != nil || s.Err() != nil {
			t.Errorf("lost: %v, kept: %v, session: %v", lost.Err(), kept.Err(), s.Err())
		}
		_ = s.Close(context.Background())
	})
}

// A final error of Renew ends the session at once, however much of its TTL is left.
func TestFinalError(t *testing.T) {
	for _, cause := range []error{ErrExpired, ErrRestored, ErrLost, ErrFormat} {
		synctest.Test(t, func(t *testing.T) {
			m := &memory{renew: func(context.Context) error { return fmt.Errorf("engine: %w", cause) }}
			s := openMemory(t, m, nil)
			time.Sleep(4 * time.Second)
			if !errors.Is(s.Err(), cause) {
				t.Errorf("Err = %v, want %v", s.Err(), cause)
			}
			_ = s.Close(context.Background())
		})
	}
}

func TestGuard(t *testing.T) {
	var g Guard
	for i, c := range []struct {
		fences []Fence
		ok     bool
	}{
		{[]Fence{{0, 5, "g"}, {1, 5, "g"}}, true},
		{[]Fence{{0, 5, "g"}}, true},               // used again
		{[]Fence{{0, 4, "g"}}, false},              // older
		{[]Fence{{1, 7, "g"}}, true},               // a newer holder of another slot
		{[]Fence{{0, 9, "g"}, {1, 5, "g"}}, false}, // one of two is old: none is recorded
		{[]Fence{{0, 6, "g"}}, true},               // so 6 is still newer than 5
		{[]Fence{{9, -1, "g"}}, true},              // the first of its slot
		{[]Fence{{1, 7, "other"}}, false},          // of another grant: a restore gave the revision again
		{[]Fence{{1, 7, ""}}, true},                // the resource leaves the grant out
		{[]Fence{{1, 7, "other"}}, false},          // the guard has not forgotten the grant meanwhile
		{nil, false},                               // nothing to check is no permission
	} {
		if err := g.Check(c.fences...); (err == nil) != c.ok || err != nil && !errors.Is(err, ErrStale) {
			t.Errorf("%d: Check(%v) = %v", i, c.fences, err)
		}
	}
	if got := fmt.Sprint(g.Newest()); got != "[{0 6 g} {1 7 g} {9 -1 g}]" {
		t.Errorf("Newest = %v", got)
	}
	var restarted Guard
	if err := restarted.Check(g.Newest()...); err != nil || restarted.Check(Fence{1, 6, "g"}) == nil {
		t.Error("a guard with the stored fences forgot one")
	}
}
