package explore_test

import (
	crand "crypto/rand"
	"errors"
	"fmt"
	"hash/maphash"
	"io"
	"maps"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/semabench/semabench/stress/explore"
	"github.com/semabench/semabench/stress/explore/schedrt"
)

// lossy returns a program in which two goroutines lose an update. Then it calls fail.
func lossy(fail func(t *explore.T)) func(t *explore.T) {
	return func(t *explore.T) {
		var n atomic.Int64
		var wg sync.WaitGroup
		for range 2 {
			wg.Go(func() { n.Store(n.Load() + 1) })
		}
		if wg.Wait(); n.Load() != 2 {
			fail(t)
		}
	}
}

// replayed are wrong programs whose failure, or the message of it, comes from a source that is not
// the same in two processes: memory, time, numbers, names of files, the network.
var replayed = map[string]func(t *explore.T){
	"deadlock": func(t *explore.T) {
		var mu [2]sync.Mutex
		var wg sync.WaitGroup
		for i := range mu {
			wg.Go(func() {
				mu[i].Lock()
				defer mu[i].Unlock()
				mu[1-i].Lock()
				defer mu[1-i].Unlock()
			})
		}
		wg.Wait()
	},
	"panic with an error": lossy(func(*explore.T) { panic(fmt.Errorf("wrapped: %w", io.EOF)) }),
	"panic of the runtime": lossy(func(t *explore.T) {
		var none []int
		t.Log(none[len(t.Name())])
	}),
	"panic with a pointer": lossy(func(*explore.T) { panic(&node{}) }),
	"leak": func(t *explore.T) {
		c, done := make(chan int), make(chan int)
		go func() { c <- 1 }()
		go func() { close(done) }()
		select {
		case <-c:
		case <-done:
		}
	},
	"Fatal from a subtest": lossy(func(t *explore.T) { t.Run("sub", func(t *explore.T) { t.Fatalf("lost") }) }),
	"timers": func(t *explore.T) {
		start := time.Now()
		slow := time.AfterFunc(time.Second, func() {})
		select {
		case <-time.After(time.Second):
		case <-time.After(2 * time.Second):
			t.Error("the second timer first", time.Since(start), time.Now(), slow.Stop())
		}
	},
	"pointers in a message": lossy(func(t *explore.T) {
		p, c, f := &node{}, make(chan int), func() {}
		t.Errorf("%p %v %p %p %+v", p, c, f, t, struct{ n *node }{p})
	}),
	"files in a message": lossy(func(t *explore.T) {
		_, err := os.Open(filepath.Join(t.TempDir(), "none"))
		t.Error(err)
	}),
	"process in a message": lossy(func(t *explore.T) {
		t.Error(os.Getpid(), os.Args, runtime.NumGoroutine(), runtime.GOMAXPROCS(0))
	}),
	"stack in a message": lossy(func(t *explore.T) {
		buf := make([]byte, 1<<16)
		t.Error(string(buf[:runtime.Stack(buf, true)]))
	}),
	"order of a map": func(t *explore.T) {
		m := map[*node]string{}
		for i := range 8 {
			m[&node{}] = fmt.Sprint(i)
		}
		var all []string
		for _, v := range m {
			all = append(all, v)
		}
		t.Error(strings.Join(all, ","))
	},
	"maphash": func(t *explore.T) {
		if h := maphash.Comparable(maphash.MakeSeed(), [2]string{"a", "b"}); h != 0 {
			t.Errorf("%x", h)
		}
	},
	"crypto/rand": func(t *explore.T) { t.Error(crand.Text()) },
	"math/rand": func(t *explore.T) {
		t.Error(rand.Perm(10), rand.New(rand.NewPCG(1, rand.Uint64())).IntN(1000))
	},
	"select": func(t *explore.T) {
		var cs [3]chan int
		for i := range cs {
			cs[i] = make(chan int, 1)
			cs[i] <- i
		}
		select {
		case v := <-cs[0]:
			t.Log(v)
		case v := <-cs[1]:
			t.Log(v)
		case v := <-cs[2]:
			t.Error(v)
		}
	},
	"loopback": func(t *explore.T) {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		go func() {
			if c, err := l.Accept(); err == nil {
				c.Write([]byte("hello"))
				c.Close()
			}
		}()
		c, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		b := make([]byte, 10)
		n, _ := c.Read(b)
		_, err = c.Read(b)
		t.Error(c.LocalAddr(), c.RemoteAddr(), string(b[:n]), errors.Is(err, io.EOF))
	},
	"http": func(t *explore.T) {
		s := httptest.NewServer(http.NotFoundHandler())
		defer s.Close()
		r, err := http.Get(s.URL)
		if err != nil {
			t.Fatal(err)
		}
		r.Body.Close()
		t.Error(s.URL, r.Status, r.Header)
	},
}

// ofProcess matches what a message may have of its process: an address, and the folder of the schedule.
var ofProcess = regexp.MustCompile(`0x[0-9a-f]+|explore[0-9]+/schedule-[0-9]+`)

// ofExploration matches the lines that come from more schedules than the one of a replay.
var ofExploration = regexp.MustCompile(`(?m)^(found in schedule |replay: |no preemption |\d+ preemptions?, |` +
	`every schedule fails from |the decision is | *--- from here on every schedule fails ).*\n`)

// A failure is found in one process, and its schedule fails in the same way, with the same steps, in
// each fresh process. make test-long asks a hundred processes for each program. Only addresses and the
// folder of the schedule may differ in a message.
func TestReplayInFreshProcesses(t *testing.T) {
	programs := maps.Clone(replayed)
	if schedrt.RaceEnabled {
		programs["data race"] = func(*explore.T) {
			n := 0
			two(func() { n++ }, func() { n++ })
		}
	}
	replays := longOr(t, "replays of each program", 100, 1)
	for name, program := range programs {
		t.Run(name, func(t *testing.T) {
			found := explore.Check(t, explore.Options{Schedules: 200}, program)
			if found.Verdict != explore.Fail && !isPlayer() { // a player plays another call
				t.Fatalf("%s: %s", found.Verdict, found.Text)
			}
			steps := ofExploration.ReplaceAllString(ofProcess.ReplaceAllString(found.Text, "…"), "")
			for i := range replays {
				r := explore.Check(t, explore.Options{Schedule: found.Schedule}, program)
				got := ofProcess.ReplaceAllString(r.Text, "…")
				if !isPlayer() && (r.Verdict != explore.Fail || strings.TrimSpace(got) != strings.TrimSpace(steps)) {
					t.Fatalf("replay %d of %s: %s\n%s\nwant\n%s", i, found.Schedule, r.Verdict, got, steps)
				}
			}
		})
	}
}
