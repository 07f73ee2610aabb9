package etcd

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/semabench/semabench/impls/cluster"
)

// holderVariable makes this test binary a holder: "ENDPOINT NAME TTL".
const holderVariable = "SEMABENCH_CLUSTER_HOLDER"

// hold takes one permit, says so, and holds it until standard input is closed. Then it closes its
// session.
func hold(arguments string) error {
	f := strings.Fields(arguments)
	ttl, err := time.ParseDuration(f[2])
	if err != nil {
		return err
	}
	e, err := Dial(clientv3.Config{Endpoints: f[:1]})
	if err != nil {
		return err
	}
	ctx := context.Background()
	s, err := cluster.Open(ctx, e, f[1], 1, cluster.Options{TTL: ttl})
	if err != nil {
		return err
	}
	if _, err := s.Acquire(ctx, 1); err != nil {
		return err
	}
	fmt.Println("held")
	_, _ = os.Stdin.Read(make([]byte, 1))
	fmt.Println("closing")
	return s.Close(ctx)
}

type holder struct {
	*exec.Cmd
	stdin interface{ Close() error }
	out   *bufio.Reader
}

// startHolder returns when the process holds the permit.
func startHolder(t *testing.T, name string, ttl time.Duration) holder {
	t.Helper()
	self, err := os.Executable()
	must(t, err)
	c := exec.Command(self)
	c.Env = append(os.Environ(), fmt.Sprintf("%s=%s %s %s", holderVariable, server.Endpoints()[0], name, ttl))
	c.Stderr = os.Stderr
	in, err := c.StdinPipe()
	must(t, err)
	out, err := c.StdoutPipe()
	must(t, err)
	must(t, c.Start())
	t.Cleanup(func() { _ = c.Process.Kill(); _ = c.Wait() })
	h := holder{c, in, bufio.NewReader(out)}
	h.says(t, "held")
	return h
}

func (h holder) says(t *testing.T, want string) {
	t.Helper()
	line, err := h.out.ReadString('\n')
	must(t, err)
	if strings.TrimSpace(line) != want {
		t.Fatalf("the holder says %q, want %q", line, want)
	}
}

// lateness measures how long this machine lets a timer wait, until stop is called. A limit of real
// time means nothing on a machine that stops for longer.
func lateness() (stop func() time.Duration) {
	quit, result := make(chan struct{}), make(chan time.Duration)
	go func() {
		var worst time.Duration
		for {
			due := time.Now().Add(5 * time.Millisecond)
			select {
			case <-quit:
				result <- worst
				return
			case <-time.After(5 * time.Millisecond):
				worst = max(worst, time.Since(due))
			}
		}
	}()
	return func() time.Duration { close(quit); return <-result }
}

// within judges a time that has a limit. It is unknown, and not passed, if it is over the limit
// on a machine that was late itself.
func within(t *testing.T, what string, took, limit, late time.Duration) {
	t.Helper()
	t.Logf("%s: %v, limit %v, timers up to %v late", what, took.Round(time.Millisecond), limit, late.Round(time.Millisecond))
	switch {
	case took <= limit:
	case late > limit/20:
		t.Skipf("unknown: %s took %v, and the machine lets timers wait %v", what, took, late)
	default:
		t.Errorf("%s took %v, want at most %v", what, took, limit)
	}
}

// The permits of a killed process come back within its TTL and a second: etcd looks for expired leases
// twice a second.
func TestKilledHolder(t *testing.T) {
	const ttl = 2 * time.Second
	name := newName(t)
	h := startHolder(t, name, ttl)
	s := open(t, newEngine(t), name, 1, 10*time.Second)
	late := lateness()
	must(t, h.Process.Kill())
	killed := time.Now()
	l := acquire(t, s, 1)
	took := time.Since(killed)
	within(t, "permits of a killed holder", took, ttl+time.Second, late())
	if l.Fences()[0].Slot != 0 {
		t.Errorf("fences %v", l.Fences())
	}
}

// A process that closes its session hands its permits over at once.
func TestCleanExit(t *testing.T) {
	name := newName(t)
	h := startHolder(t, name, 10*time.Second)
	s := open(t, newEngine(t), name, 1, 10*time.Second)
	granted := make(chan *cluster.Lease)
	go func() { granted <- acquire(t, s, 1) }()
	waitersAre(t, s, 1)
	late := lateness()
	must(t, h.stdin.Close())
	h.says(t, "closing")
	closing := time.Now()
	<-granted
	within(t, "permits of a process that ends", time.Since(closing), 100*time.Millisecond, late())
}
