package redis

import (
	"context"
	"net"
	"testing"
	"time"

	goredis "github.com/redis/go-redis/v9"

	"github.com/semabench/semabench/impls/cluster"
)

func openError(t *testing.T, o goredis.Options) error {
	t.Helper()
	e, err := Dial(o)
	if err != nil {
		return err
	}
	defer e.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
	defer cancel()
	_, err = cluster.Open(ctx, e, "x", 1, cluster.Options{TTL: time.Second})
	return err
}

func TestNoServer(t *testing.T) {
	address, err := freeAddress()
	must(t, err)
	wantError(t, openError(t, goredis.Options{Addr: address}), nil, address, "connection refused",
		"check that the address is a Redis server")
	wantError(t, openError(t, goredis.Options{Addr: "localhost"}), nil, "give one address")
}

// A server that is reached and never answers: the call ends with its ctx.
func TestSilentServer(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	defer l.Close()
	wantError(t, openError(t, goredis.Options{Addr: l.Addr().String()}), nil, l.Addr().String())
}

func TestWrongPassword(t *testing.T) {
	needServer(t)
	s, err := Local("", "--requirepass", "right")
	must(t, err)
	defer s.Close()
	wantError(t, openError(t, goredis.Options{Addr: s.Address(), Password: "wrong"}), nil, s.Address(),
		"check Username and Password")
	wantError(t, openError(t, goredis.Options{Addr: s.Address()}), nil, s.Address(), "set Username and Password")

	c := goredis.NewClient(&goredis.Options{Addr: s.Address(), Password: "right"})
	defer c.Close()
	must(t, c.Do(t.Context(), "acl", "setuser", "guest", "on", ">guest", "+@all", "~other:*").Err())
	guest := goredis.Options{Addr: s.Address(), Username: "guest", Password: "guest"}
	wantError(t, openError(t, guest), nil, s.Address(), "grant the user ~semabench:*")
	must(t, c.Do(t.Context(), "acl", "setuser", "guest", "~semabench:*", "&semabench:*").Err())
	must(t, openError(t, guest))
}

// A replica refuses writes, and a server whose memory is full does so too. Each error says what to do.
func TestServerThatRefuses(t *testing.T) {
	needServer(t)
	s, err := Local("", "--replicaof", "127.0.0.1", "1")
	must(t, err)
	defer s.Close()
	o := goredis.Options{Addr: s.Address()}
	wantError(t, openError(t, o), nil, s.Address(), "READONLY", "give the address of the primary")
	c := client(t, s)
	must(t, c.Do(t.Context(), "replicaof", "no", "one").Err())
	must(t, c.ConfigSet(t.Context(), "maxmemory", "1").Err())
	wantError(t, openError(t, o), nil, s.Address(), "OOM", "raise maxmemory")
	must(t, c.ConfigSet(t.Context(), "maxmemory", "0").Err())
	must(t, openError(t, o))
}

func TestOtherSizeAndFormat(t *testing.T) {
	e := newEngine(t)
	c := client(t, server)
	name := newName(t)
	s := open(t, e, name, 3, 10*time.Second)
	o := cluster.Options{TTL: 10 * time.Second}
	_, err := cluster.Open(t.Context(), e, name, 5, o)
	wantError(t, err, cluster.ErrSize, server.Address(), keysOf(name).state(), "size 3", "and 5 was asked for",
		"open it with size 3")
	must(t, s.Resize(t.Context(), 5))
	for _, size := range []int64{3, 5} { // the size at the start, as in a configuration file, and the size now
		open(t, e, name, size, 10*time.Second)
	}

	for field, value := range map[string]string{"format": "v2", "size": "three", "made": "", "used": "-3", "fence": "x"} {
		bad := newName(t)
		b := open(t, e, bad, 3, 10*time.Second)
		must(t, c.HSet(t.Context(), keysOf(bad).state(), field, value).Err())
		_, err = cluster.Open(t.Context(), e, bad, 3, o)
		wantError(t, err, cluster.ErrFormat, server.Address(), keysOf(bad).state(), "use one version")
		_, err = b.Acquire(t.Context(), 1)
		wantError(t, err, cluster.ErrFormat)
	}
	for _, value := range []string{"", "h", "h 1", "h x 0", "h 1 1-0", "h 1 3,3", "h 1 -1", "h 1 0-99999999", "w one 1", "?"} {
		bad := newName(t)
		b := open(t, e, bad, 3, 10*time.Second)
		must(t, c.HSet(t.Context(), keysOf(bad).requests(), "x-1", value).Err())
		_, err = b.Acquire(t.Context(), 1)
		wantError(t, err, cluster.ErrFormat, server.Address(), keysOf(bad).requests())
		_, err = b.Stats(t.Context())
		wantError(t, err, cluster.ErrFormat)
	}
	bad := newName(t)
	must(t, c.Set(t.Context(), keysOf(bad).users(), "a string", 0).Err())
	_, err = cluster.Open(t.Context(), e, bad, 3, o)
	wantError(t, err, nil, server.Address(), "WRONGTYPE", "another program uses the prefix")
}

// Keys that a person deletes end what they stood for, and what can be made again is made again. Nothing
// hangs, and no permit is lost or granted twice by what is left.
func TestDeletedKeys(t *testing.T) {
	newEngine(t) // or skip
	c := client(t, server)
	for _, key := range []string{"queue", "index", "free", "outside"} {
		t.Run(key, func(t *testing.T) { // made again, and no session notices
			e, name := newEngine(t), newName(t)
			s := open(t, e, name, 3, 10*time.Second)
			first, held := acquire(t, s, 1), acquire(t, s, 2)
			must(t, first.Release(t.Context())) // a free slot
			large := make(chan error, 1)
			go func() { _, err := s.Acquire(t.Context(), 9); large <- err }()
			order := make(chan int, 2)
			for i := range 2 {
				go func() {
					l := acquire(t, s, 2)
					order <- i
					if err := l.Release(t.Context()); err != nil {
						t.Error(err)
					}
				}()
				waitersAre(t, s, int64(i+1))
			}
			for c.HLen(t.Context(), keysOf(name).requests()).Val() != 4 {
				time.Sleep(time.Millisecond)
			}
			if c.Del(t.Context(), keysOf(name).base+key).Val() != 1 {
				t.Fatalf("no key %s", key)
			}
			must(t, held.Release(t.Context()))
			for i := range 2 {
				if got := <-order; got != i {
					t.Errorf("request %d came in place %d", got, i)
				}
			}
			must(t, s.Resize(t.Context(), 9))
			must(t, <-large)
			st, err := s.Stats(t.Context())
			if want := (cluster.Stats{Size: 9, Held: 9, Holders: 1}); err != nil || st != want {
				t.Errorf("in the end: %+v, %v", st, err)
			}
		})
	}
	t.Run("requests", func(t *testing.T) {
		e, name := newEngine(t), newName(t)
		s, other := open(t, e, name, 1, 3*time.Second), open(t, e, name, 1, 10*time.Second)
		held := acquire(t, s, 1)
		waits := make(chan error, 1)
		go func() { _, err := s.Acquire(t.Context(), 1); waits <- err }()
		waitersAre(t, s, 1)
		must(t, c.Del(t.Context(), keysOf(name).requests()).Err())
		newer := acquire(t, other, 1) // the record was the only obstacle
		wantError(t, <-waits, cluster.ErrLost, keysOf(name).requests(), "acquire again")
		<-held.Done()
		wantError(t, held.Err(), cluster.ErrLost, "acquire again")
		wantError(t, held.Release(t.Context()), cluster.ErrLost)
		var g cluster.Guard
		must(t, g.Check(held.Fences()...))
		must(t, g.Check(newer.Fences()...))
		wantError(t, g.Check(held.Fences()...), cluster.ErrStale)
		must(t, newer.Release(t.Context()))
		must(t, acquire(t, s, 1).Release(t.Context())) // the session has not ended
	})
	for key, cause := range map[string]error{"state": cluster.ErrLost, "users": cluster.ErrExpired} {
		t.Run(key, func(t *testing.T) {
			e, name := newEngine(t), newName(t)
			s := open(t, e, name, 1, 3*time.Second)
			held := acquire(t, s, 1)
			waits := make(chan error, 1)
			go func() { _, err := s.Acquire(t.Context(), 1); waits <- err }()
			waitersAre(t, s, 1)
			must(t, c.Del(t.Context(), keysOf(name).base+key).Err())
			wantError(t, <-waits, cause, keysOf(name).base+key)
			<-held.Done()
			<-s.Done()
			must(t, s.Close(t.Context()))
			// The name can be used again, by the time at which the members of before would have expired.
			acquire(t, open(t, e, name, 1, 10*time.Second), 1)
		})
	}
}

// The server goes away for good while requests wait. They end with their session.
func TestServerGone(t *testing.T) {
	s, e := ownServer(t)
	a := open(t, e, "gone", 1, time.Second)
	l := acquire(t, a, 1)
	result := make(chan error)
	for _, n := range []int64{1, 1, 2} {
		go func() { _, err := a.Acquire(t.Context(), n); result <- err }()
	}
	waitersAre(t, a, 2)
	must(t, s.Kill())
	go func() { result <- a.Resize(t.Context(), 2) }()
	for range 4 {
		wantError(t, <-result, cluster.ErrExpired, s.Address(), "open a new session")
	}
	wantError(t, l.Err(), cluster.ErrExpired)
	wantError(t, l.Release(t.Context()), cluster.ErrExpired)
}

// The wall clock of the server jumps. Forward, it ends sessions early, and the Guard refuses what they
// still believe in. Back, fences grow all the same.
func TestServerClockJumps(t *testing.T) {
	needServer(t)
	shifted := func(seconds string) calls {
		return callsOf(client(t, server), rewritten(t, "tonumber(clock[1]) * 1000000",
			"(tonumber(clock[1]) + "+seconds+") * 1000000"))
	}
	for _, seconds := range []string{"3600", "-3600"} {
		// An engine of its own sees the jump: the first session renews itself all the time, and reads
		// the calls of its engine.
		name, later := newName(t), newEngine(t)
		later.calls = shifted(seconds)
		a := open(t, newEngine(t), name, 1, 3*time.Second)
		old := acquire(t, a, 1)
		if seconds == "-3600" {
			must(t, old.Release(t.Context()))
		}
		newer := acquire(t, open(t, later, name, 1, 10*time.Second), 1)
		var g cluster.Guard
		must(t, g.Check(old.Fences()...))
		must(t, g.Check(newer.Fences()...))
		wantError(t, g.Check(old.Fences()...), cluster.ErrStale)
		if seconds == "3600" {
			<-a.Done()
			wantError(t, a.Err(), cluster.ErrExpired)
		}
	}
}
