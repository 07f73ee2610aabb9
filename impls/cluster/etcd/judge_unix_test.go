//go:build unix

package etcd

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/semabench/semabench/impls/cluster"
	"github.com/semabench/semabench/impls/cluster/internal/trial"
	"github.com/semabench/semabench/internal/longtest"
)

var (
	judgeTime = flag.Duration("judge.time", time.Minute, "how long TestFaults makes faults")
	judgeSeed = flag.Uint64("judge.seed", 0, "seed of the faults; 0 takes the time")
)

// A court is the guarded resource and the processes that use it.
type court struct {
	t         *testing.T
	endpoints []string
	seed      uint64
	bug       string

	mu       sync.Mutex
	guard    cluster.Guard
	owner    map[cluster.Fence]int // worker that showed the fence first
	begun    map[int]int           // uses by worker
	refused  int
	stopping bool
	errs     []error
	workers  []*exec.Cmd
	all      sync.WaitGroup
}

func (c *court) start() {
	self, err := os.Executable()
	must(c.t, err)
	c.mu.Lock()
	defer c.mu.Unlock()
	number := len(c.workers)
	w := exec.Command(self)
	w.Env = append(os.Environ(), fmt.Sprintf("%s=%d %s", workVariable, c.seed+uint64(number), strings.Join(c.endpoints, " ")),
		bugVariable+"="+c.bug)
	w.Stderr = os.Stderr
	in, err := w.StdinPipe()
	must(c.t, err)
	out, err := w.StdoutPipe()
	must(c.t, err)
	must(c.t, w.Start())
	c.workers = append(c.workers, w)
	c.all.Go(func() {
		for lines := bufio.NewScanner(out); lines.Scan(); {
			if _, err := io.WriteString(in, c.judge(number, lines.Text())+"\n"); err != nil {
				break
			}
		}
		_ = w.Wait() // a killed worker reports its signal
	})
}

// judge answers one request to the resource. It holds what a resource can see: a fence belongs to one
// worker, and its slot is one of the size.
func (c *court) judge(worker int, line string) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	step, rest, _ := strings.Cut(line, " ")
	var fences []cluster.Fence
	for _, word := range strings.Fields(rest) {
		var f cluster.Fence
		if _, err := fmt.Sscanf(word, "%d:%d", &f.Slot, &f.Revision); err != nil {
			c.errs = append(c.errs, fmt.Errorf("worker %d says %q", worker, line))
		}
		fences = append(fences, f)
	}
	if c.stopping {
		return "stop"
	}
	if err := c.guard.Check(fences...); err != nil {
		c.refused++
		return "stale"
	}
	for _, f := range fences {
		if other, seen := c.owner[f]; seen && other != worker {
			c.errs = append(c.errs, fmt.Errorf("workers %d and %d both have fence %v", other, worker, f))
		}
		c.owner[f] = worker
		if f.Slot < 0 || f.Slot >= judgeSize {
			c.errs = append(c.errs, fmt.Errorf("worker %d has slot %d of %d", worker, f.Slot, judgeSize))
		}
	}
	if step == "begin" {
		c.begun[worker]++
	}
	return "ok"
}

func (c *court) report(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.errs = append(c.errs, err)
}

func (c *court) uses() map[int]int {
	c.mu.Lock()
	defer c.mu.Unlock()
	uses := map[int]int{}
	for w, n := range c.begun {
		uses[w] = n
	}
	return uses
}

// A fault lasts for a time and is undone.
type fault struct {
	name    string
	longest time.Duration
	begin   func(i int) (undo func())
}

// TestFaults lets worker processes use one resource through three server processes whose connections,
// from clients and from each other, go through proxies. It makes one fault after another, so a quorum
// lives all the time, and judges what the resource saw and what etcd recorded.
func TestFaults(t *testing.T) {
	longtest.Need(t, "TestPlantedBugs, which has each fault of a transaction, a watch and a session once")
	seed := *judgeSeed
	if seed == 0 {
		seed = uint64(time.Now().UnixNano())
	}
	t.Logf("replay the faults: -judge.seed=%d -judge.time=%v", seed, *judgeTime)
	if err := underFaults(t, seed, *judgeTime, ""); err != nil {
		t.Error(err)
	}
}

// The judge finds bugs that are planted into the workers.
func TestFaultsFindBugs(t *testing.T) {
	longtest.Need(t, "TestOracle")
	for _, name := range []string{"take that trusts an old view", "newcomer passes the queue"} {
		t.Run(name, func(t *testing.T) {
			err := underFaults(t, 1, 10*time.Second, name)
			if err == nil {
				t.Fatal("the bug was not found")
			}
			t.Log("killed: ", err)
		})
	}
}

// underFaults makes faults for the given time, with a bug planted into the workers if it is not "".
func underFaults(t *testing.T, seed uint64, duration time.Duration, bug string) error {
	random := rand.New(rand.NewPCG(seed, 2))

	var peers, clients []*trial.Proxy
	var disks []*smallDisk
	nodes, err := local(3, func(c *nodeConfig) error {
		p, err := trial.NewProxy(c.Peer)
		if err != nil {
			return err
		}
		peers = append(peers, p)
		c.Advertise = p.Address()
		d, err := newSmallDisk(t, c.Dir)
		if err == nil {
			disks = append(disks, d)
		}
		return err
	})
	must(t, err)
	defer nodes.Close()
	c := &court{t: t, seed: seed, bug: bug, owner: map[cluster.Fence]int{}, begun: map[int]int{}}
	for _, n := range nodes.nodes {
		p, err := trial.NewProxy(n.config.Client)
		must(t, err)
		clients = append(clients, p)
		c.endpoints = append(c.endpoints, "http://"+p.Address())
	}
	for range 6 {
		c.start()
	}
	alive := []int{0, 1, 2, 3, 4, 5}
	signal := func(p *os.Process) func() {
		_ = p.Signal(syscall.SIGSTOP)
		return func() { _ = p.Signal(syscall.SIGCONT) }
	}
	worker := func(i int) *os.Process { return c.workers[alive[i%len(alive)]].Process }
	on := func(p []*trial.Proxy, delay time.Duration, to, from bool) func(int) func() {
		return func(i int) func() { p[i%3].Disturb(delay, to, from); return p[i%3].Heal }
	}
	faults := []fault{
		{"worker killed", 0, func(i int) func() {
			_ = worker(i).Kill()
			c.start()
			alive[i%len(alive)] = len(c.workers) - 1
			return func() {}
		}},
		{"worker stopped", 2 * judgeTTL, func(i int) func() { return signal(worker(i)) }},
		{"server killed", time.Second, func(i int) func() {
			_ = nodes.Kill(i % 3)
			return func() { must(t, nodes.Start(i%3)) }
		}},
		{"server stopped", 2 * time.Second, func(i int) func() { return signal(nodes.Process(i % 3)) }},
		{"clients: cut to server", 3 * time.Second, on(clients, 0, true, false)},
		{"clients: cut from server", 3 * time.Second, on(clients, 0, false, true)},
		{"clients: delay", 2 * time.Second, on(clients, 50*time.Millisecond, false, false)},
		{"clients: connections reset", 0, func(i int) func() { clients[i%3].Reset(true); return func() {} }},
		{"servers: cut one way", 3 * time.Second, on(peers, 0, true, false)},
		{"servers: cut both ways", 3 * time.Second, on(peers, 0, true, true)},
		{"servers: delay", 2 * time.Second, on(peers, 50*time.Millisecond, false, false)},
	}
	if disks[0] == nil {
		t.Log("without the fault of a full disk: ", noSmallDisk)
	} else {
		faults = append(faults, fault{"server: disk full", 3 * time.Second, func(i int) func() {
			must(t, disks[i%3].fill())
			return func() {
				must(t, disks[i%3].free())
				_ = nodes.Kill(i % 3) // it may have ended: etcd ends when it cannot write
				must(t, nodes.Start(i%3))
			}
		}})
	}
	count, lasted := map[string]int{}, map[string]time.Duration{}
	for end := time.Now().Add(duration); time.Now().Before(end); {
		f := faults[random.IntN(len(faults))]
		undo := f.begin(random.IntN(60))
		d := time.Duration(random.Int64N(int64(f.longest) + 1))
		time.Sleep(d) // the faults are the clock of this test
		undo()
		count[f.name]++
		lasted[f.name] += d
		time.Sleep(time.Duration(random.IntN(200)) * time.Millisecond)
	}
	for _, f := range faults {
		t.Logf("%-28s %3d times, %6.1f s", f.name, count[f.name], lasted[f.name].Seconds())
	}
	return c.verdict(nodes, alive)
}

// verdict ends the run: every live worker must get on after the last fault, all permits must come back,
// and the history must be the history of a semaphore.
func (c *court) verdict(nodes *Nodes, alive []int) error {
	t := c.t
	before := c.uses()
	deadline := time.Now().Add(60 * time.Second)
	for _, w := range alive {
		for c.uses()[w] < before[w]+2 {
			if time.Now().After(deadline) {
				c.report(fmt.Errorf("worker %d is stuck: %d uses when the last fault ended, %d a minute later",
					w, before[w], c.uses()[w]))
				break
			}
			time.Sleep(20 * time.Millisecond)
		}
	}
	c.mu.Lock()
	c.stopping = true
	c.mu.Unlock()
	c.all.Wait()

	e, err := nodes.Engine()
	must(t, err)
	defer e.Close()
	// Workers that were killed leave permits for a TTL, and etcd looks for expired leases twice a second.
	// A new leader gives each lease a whole TTL again.
	ctx, cancel := context.WithTimeout(t.Context(), 2*judgeTTL+3*time.Second)
	defer cancel()
	s, err := cluster.Open(ctx, e, "judge", judgeSize, cluster.Options{TTL: 10 * time.Second})
	must(t, err)
	defer s.Close(context.Background())
	l, err := s.Acquire(ctx, judgeSize)
	if err != nil {
		st, _ := s.Stats(t.Context())
		c.report(fmt.Errorf("permits are lost: %w, with %+v", err, st))
	} else {
		must(t, l.Release(ctx))
	}

	direct, err := clientv3.New(clientv3.Config{Endpoints: nodes.Endpoints()})
	must(t, err)
	defer direct.Close()
	events, err := readHistory(t.Context(), direct, keysOf("judge"))
	must(t, err)
	grants, err := judgeHistory(judgeSize, events)
	uses := 0
	for _, n := range c.uses() {
		uses += n
	}
	t.Logf("%d events, %d grants, %d uses of the resource, %d refused by its guard", len(events), grants, uses, c.refused)
	if err == nil && (grants < uses || uses == 0) {
		err = fmt.Errorf("%d grants and %d uses: the history is not whole", grants, uses)
	}
	c.report(err)
	return errors.Join(c.errs...)
}
