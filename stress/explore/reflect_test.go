package explore_test

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"reflect"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/semabench/semabench/stress/explore"
	"github.com/semabench/semabench/stress/explore/testdata/home"
)

// An outcome is a program with its verdict. The field what is a part of the text of the failure or refusal, or
// empty if the program is right.
type outcome struct {
	what    string
	verdict explore.Verdict
	program func(t *explore.T)
}

// reflected are programs with channels by way of reflect, and with signals that do not come.
var reflected = map[string]outcome{
	"reflect.Select, order": {"want [1 2]", explore.Fail, func(t *explore.T) {
		a, b := make(chan int), make(chan int)
		go func() { a <- 1; close(a) }()
		go func() { b <- 2; close(b) }()
		if all := home.Merge(a, b); fmt.Sprint(all) != "[1 2]" {
			t.Errorf("%v, want [1 2]", all)
		}
	}},
	"reflect.Select, any order": {"", explore.Pass, func(t *explore.T) {
		a, b := make(chan string, 1), make(chan string)
		go func() { a <- "x"; close(a) }()
		go func() { b <- "y"; close(b) }()
		if all := strings.Join(home.Merge(a, b), ""); all != "xy" && all != "yx" {
			t.Errorf("%q", all)
		}
	}},
	"reflect.Select, default": {"too early", explore.Fail, func(t *explore.T) {
		c := make(chan int, 1)
		go func() { c <- 1 }()
		i, v, ok := reflect.Select([]reflect.SelectCase{
			{Dir: reflect.SelectDefault}, {Dir: reflect.SelectRecv, Chan: reflect.ValueOf(c)},
		})
		if i == 0 {
			t.Fatal("too early")
		}
		if v.Int() != 1 || !ok {
			t.Errorf("%v, %v", v, ok)
		}
	}},
	"reflect.Select, send": {"", explore.Pass, func(t *explore.T) {
		c := make(chan any)
		go func() {
			reflect.Select([]reflect.SelectCase{
				{Dir: reflect.SelectSend, Chan: reflect.ValueOf(c), Send: reflect.ValueOf("v")},
			})
			close(c)
		}()
		for v := range c {
			if v != "v" {
				t.Error(v)
			}
		}
	}},
	"methods": {"", explore.Pass, func(t *explore.T) {
		c := reflect.MakeChan(reflect.TypeFor[chan struct{ A, B string }](), 1)
		go func() {
			c.Send(reflect.ValueOf(struct{ A, B string }{"a", "b"}))
			if !c.TrySend(reflect.Zero(c.Type().Elem())) && c.Len() > 1 {
				t.Error("more values than room")
			}
			c.Close()
		}()
		if v, ok := c.Recv(); !ok || v.Field(1).String() != "b" {
			t.Errorf("%v, %v", v, ok)
		}
		for {
			if v, ok := c.TryRecv(); v.IsValid() && !ok {
				break // closed
			}
		}
		s := reflect.ValueOf([]int{1, 2})
		if s.Len() != 2 || reflect.ValueOf("abc").Len() != 3 {
			t.Error("the length of a slice or string")
		}
	}},
	"Send, without a receiver": {"deadlock", explore.Fail, func(t *explore.T) {
		reflect.ValueOf(make(chan int)).Send(reflect.ValueOf(1))
	}},
	"Close, twice": {"panic: close of closed channel", explore.Fail, func(t *explore.T) {
		c := reflect.ValueOf(make(chan int))
		go c.Close()
		c.Close()
	}},
	"signals that do not come": {"", explore.Pass, func(t *explore.T) {
		home.UntilInterrupt(func(ctx context.Context) {
			two(func() { ctx.Err() }, func() { ctx.Err() })
			if ctx.Err() != nil {
				t.Error("interrupted")
			}
		})
		c := make(chan os.Signal, 1)
		signal.Notify(c, os.Interrupt)
		signal.Stop(c)
	}},
	"a deadlock beside a signal handler": {"leak", explore.Fail, func(t *explore.T) {
		home.UntilInterrupt(func(context.Context) { go func() { <-make(chan int) }() })
	}},
	"polling until a signal has come": {"a signal, without which the program does not go on", explore.Refused, func(t *explore.T) {
		c := make(chan os.Signal, 1)
		signal.Notify(c, os.Interrupt)
		var stop atomic.Bool
		go func() {
			<-c
			stop.Store(true)
		}()
		for !stop.Load() {
			time.Sleep(time.Millisecond)
		}
	}},
	"waiting for a signal": {"a signal, without which the program does not go on", explore.Refused, func(t *explore.T) {
		home.UntilInterrupt(func(ctx context.Context) { <-ctx.Done() })
	}},
}

func TestReflectAndSignals(t *testing.T) {
	playAll(t, reflected)
}

// playAll plays each program, and compares the verdict.
func playAll(t *testing.T, all map[string]outcome) {
	for name, c := range all {
		t.Run(name, func(t *testing.T) {
			r := explore.Check(t, explore.Options{Schedules: 500}, c.program)
			if r.Verdict != c.verdict || !strings.Contains(r.Text, c.what) {
				t.Errorf("%s, want %s with %q: %s", r.Verdict, c.verdict, c.what, r.Text)
			}
		})
	}
}
