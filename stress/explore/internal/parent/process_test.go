package parent

import (
	"context"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/semabench/semabench/stress/explore/internal/wire"
)

// TestMain plays a player process that does not end when its input is closed, if it is run as one.
func TestMain(m *testing.M) {
	if os.Getenv(wire.CallVar) != "" {
		if os.Getenv(wire.OptionsVar) == "interrupt" {
			self, _ := os.FindProcess(os.Getpid())
			_ = self.Signal(os.Interrupt) // as Ctrl-C would
		}
		if os.Getenv(wire.OptionsVar) == "again" {
			for range 2 {
				_ = wire.WriteReply(os.Stdout, wire.Reply{Ready: true})
				_ = wire.WriteReply(os.Stdout, wire.Reply{At: "x.go:1"})
			}
			return
		}
		time.Sleep(time.Minute) // the test kills this process long before
		return
	}
	os.Exit(m.Run())
}

// Several processes that do not end by themselves are all killed. The limit of a minute is the time
// after which the processes would end; killing them takes milliseconds.
func TestStuckProcessesAreKilled(t *testing.T) {
	c := &coordinator{
		exploration: &Exploration{Binary: os.Args[0], Test: "TestNone", Call: 1},
		messages:    make(chan message, 8),
	}
	for range 3 {
		if err := c.start(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	began := time.Now()
	c.endAll(time.Millisecond)
	if took := time.Since(began); took > 50*time.Second {
		t.Errorf("ending took %v", took)
	}
	for _, p := range c.processes {
		select {
		case <-p.ended:
		default:
			t.Error("a process still runs")
		}
	}
}

// A test that comes to its call a second time is ready a second time. That is no fault of the player.
func TestReadyTwice(t *testing.T) {
	c := &coordinator{
		exploration: &Exploration{Binary: os.Args[0], Test: "TestNone", Call: 1},
		options:     "again", messages: make(chan message, 8),
	}
	if err := c.start(t.Context()); err != nil {
		t.Fatal(err)
	}
	p := c.processes[0]
	<-p.ready
	<-p.ended
	if at := <-p.at; at != "x.go:1" {
		t.Errorf("the place is %q", at)
	}
}

// A tail keeps the end of long output, and all of short output.
func TestTail(t *testing.T) {
	var long tail
	for range 10 {
		long.Write([]byte(strings.Repeat("x", tailSize)))
	}
	long.Write([]byte("the end"))
	if text := long.text(); len(text) != tailSize || !strings.HasSuffix(text, "xthe end") {
		t.Errorf("%d bytes, want %d that end with the last line", len(text), tailSize)
	}
	var short tail
	short.Write([]byte("a line\n"))
	if text := short.text(); text != "a line\n" {
		t.Errorf("%q, want all of it", text)
	}
}

// The line in which the runtime says why it ended a process is kept, however long the stacks after it are.
func TestCauseOfDeath(t *testing.T) {
	var out tail
	out.Write([]byte("output\n"))
	if cause := out.cause(); cause != "" {
		t.Errorf("%q is no cause", cause)
	}
	out.Write([]byte("more output, with fatal error: in it\nfatal error: concurrent map writes\n"))
	for range 1000 {
		out.Write([]byte("goroutine 1 [running]:\n\t/m/m.go:3\n"))
	}
	if cause := out.cause(); cause != "fatal error: concurrent map writes" || strings.Contains(out.text(), cause) {
		t.Errorf("%q, want the fatal error, which is not in the end of the output", cause)
	}
}

// A player that Ctrl-C has ended is not reported before the parent has heard of Ctrl-C, unless it
// does not within a second.
func TestInterruptedPlayerIsNoDeadPlayer(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows sends no signal to a single process")
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	c := &coordinator{
		exploration: &Exploration{Binary: os.Args[0], Test: "TestNone", Call: 1},
		options:     "interrupt", messages: make(chan message, 8),
	}
	began := time.Now()
	if err := c.start(ctx); err != nil {
		t.Fatal(err)
	}
	defer c.endAll(time.Millisecond)
	// Unless the machine is very busy, the player has died by then.
	time.AfterFunc(200*time.Millisecond, cancel)
	m := <-c.messages
	if took := time.Since(began); ctx.Err() == nil && took < time.Second {
		t.Errorf("reported after %v as a dead player: %v", took, m.err)
	}
}
