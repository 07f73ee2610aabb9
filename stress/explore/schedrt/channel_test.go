package schedrt_test

import (
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/semabench/semabench/stress/explore/internal/schedtest"
	"github.com/semabench/semabench/stress/explore/schedrt"
)

// mustPanic runs f under control and checks the panic of the program.
func mustPanic(t *testing.T, want string, f func()) {
	t.Helper()
	x := schedtest.PlayScript(t, nil, func() {
		defer func() {
			if _, ok := recover().(runtime.Error); !ok {
				t.Errorf("%s: the panic is no runtime.Error", want)
			}
			f()
		}()
		f()
	})
	if got := x.Outcome.Message; got != "panic: "+want {
		t.Errorf("message %q, want a panic with %q", got, want)
	}
}

func TestChannelMisuse(t *testing.T) {
	ch := make(chan int, 1)
	close(ch)
	mustPanic(t, "close of nil channel", func() { schedrt.Close[int](nil) })
	mustPanic(t, "close of closed channel", func() {
		c := make(chan int)
		schedrt.Close(c)
		schedrt.Close(c)
	})
	mustPanic(t, "send on closed channel", func() {
		c := make(chan int, 1)
		schedrt.Close(c)
		schedrt.To(c).Send(1)
	})
}

// A waiting sender panics when the channel is closed.
func TestCloseWakesASender(t *testing.T) {
	x := schedtest.PlayScript(t, []int{1, 0}, func() {
		c := make(chan int)
		schedrt.Go(func() { schedrt.To(c).Send(1) })
		schedrt.Close(c)
	})
	if want := "panic: send on closed channel"; x.Outcome.Message != want {
		t.Errorf("message %q, want %q", x.Outcome.Message, want)
	}
}

// Each of these waits for ever.
func TestNilChannels(t *testing.T) {
	var none chan int
	for name, f := range map[string]func(){
		"send":                      func() { schedrt.To(none).Send(1) },
		"receive":                   func() { schedrt.Recv(none) },
		"select of nil channels":    func() { schedrt.Select(false, schedrt.From(none)) },
		"select without cases":      func() { schedrt.Forever() },
		"range":                     func() { schedrt.RangeChannel(none).Next() },
		"select with a nil send":    func() { schedrt.Select(false, schedrt.To(none).Case(1)) },
		"receive from an empty one": func() { schedrt.Recv(make(chan int, 1)) },
		"send without a receiver":   func() { schedrt.To(make(chan int)).Send(1) },
		"select of two that are not": func() {
			schedrt.Select(false, schedrt.From(make(chan int)), schedrt.From(none))
		},
	} {
		t.Run(name, func(t *testing.T) { schedtest.MustEnd(t, schedtest.PlayScript(t, nil, f), schedrt.Deadlock) })
	}
	x := schedtest.PlayScript(t, nil, func() {
		if n := schedrt.Len(none); n != 0 {
			t.Errorf("len of nil = %d", n)
		}
		if i := schedrt.Select(true, schedrt.From(none)); i != -1 {
			t.Errorf("select of nil with default = %d, want -1", i)
		}
	})
	schedtest.MustEnd(t, x, schedrt.Passed)
}

// A buffer keeps the order of its values, len counts them, and a closed channel gives what is left.
func TestBuffer(t *testing.T) {
	var got []string
	x := schedtest.PlayScript(t, nil, func() {
		c := make(chan string, 2)
		schedrt.To(c).Send("a")
		schedrt.To(c).Send("b")
		got = append(got, fmt.Sprint(schedrt.Len(c)))
		schedrt.Close(c)
		for range 3 {
			v, ok := schedrt.Recv2(c)
			got = append(got, fmt.Sprintf("%q %v", v, ok))
		}
	})
	schedtest.MustEnd(t, x, schedrt.Passed)
	if want := `[2 "a" true "b" true "" false]`; fmt.Sprint(got) != want {
		t.Errorf("got %v, want %v", got, want)
	}
}

// Waiting receivers are served in the order in which they came, and so are waiting senders.
func TestQueuesAreInOrder(t *testing.T) {
	var got []string
	receivers := schedtest.PlayScript(t, []int{2, 1}, func() {
		c := make(chan int)
		for g := 1; g <= 2; g++ {
			schedrt.Go(func() { got = append(got, fmt.Sprintf("g%d=%d", g, schedrt.Recv(c))) })
		}
		schedrt.To(c).Send(7)
		schedrt.To(c).Send(8)
	})
	schedtest.MustEnd(t, receivers, schedrt.Passed)
	senders := schedtest.PlayScript(t, []int{2, 1}, func() {
		c := make(chan int)
		for g := 1; g <= 2; g++ {
			schedrt.Go(func() { schedrt.To(c).Send(g) })
		}
		got = append(got, fmt.Sprint(schedrt.Recv(c)), fmt.Sprint(schedrt.Recv(c)))
	})
	schedtest.MustEnd(t, senders, schedrt.Passed)
	if want := "[g2=7 g1=8 2 1]"; fmt.Sprint(got) != want {
		t.Errorf("got %v, want %v", got, want)
	}
}

// A receive from a full buffer lets the first waiting sender put its value in.
func TestReceiveMovesAWaitingSender(t *testing.T) {
	x := schedtest.PlayScript(t, []int{0, 1, 0}, func() {
		c := make(chan int, 1)
		schedrt.To(c).Send(1)
		schedrt.Go(func() { schedrt.To(c).Send(2) })
		if a, b := schedrt.Recv(c), schedrt.Recv(c); a != 1 || b != 2 {
			t.Errorf("received %d and %d, want 1 and 2", a, b)
		}
	})
	schedtest.MustEnd(t, x, schedrt.Passed)
}

func TestRangeChannel(t *testing.T) {
	var got []int
	x := schedtest.PlayScript(t, nil, func() {
		c := make(chan int, 3)
		for i := range 3 {
			schedrt.To(c).Send(i)
		}
		schedrt.Close(c)
		for r := schedrt.RangeChannel(c); r.Next(); {
			got = append(got, r.Value())
		}
		again := make(chan int, 1)
		schedrt.To(again).Send(9)
		schedrt.Close(again)
		for r, v := schedrt.RangeChannelInto(again); r.NextInto(&v); {
			got = append(got, v)
		}
	})
	schedtest.MustEnd(t, x, schedrt.Passed)
	if want := "[0 1 2 9]"; fmt.Sprint(got) != want {
		t.Errorf("got %v, want %v", got, want)
	}
}

// Which of several ready cases is taken is a choice of the schedule, and one of each is played.
func TestSelectChoosesAmongReadyCases(t *testing.T) {
	got := schedtest.EverySchedule(t, schedrt.Limits{}, func(seen *strings.Builder) {
		a, b, c := make(chan int, 1), make(chan int, 1), make(chan int, 1)
		schedrt.To(a).Send(1)
		schedrt.To(b).Send(2)
		from := schedrt.From(b)
		i := schedrt.Select(false, schedrt.From(a), from, schedrt.To(c).Case(3), schedrt.From[int](nil))
		fmt.Fprint(seen, i)
		if v, ok := from.Value2(); i == 1 && (v != 2 || !ok) {
			schedrt.Fail("the wrong value")
		}
		if i == 2 && schedrt.Recv(c) != 3 {
			schedrt.Fail("the value was not sent")
		}
	})
	schedtest.MustResult(t, got, map[string]int{"passed 0": 1, "passed 1": 1, "passed 2": 1})
}

// A select that waits is served once, and leaves the queues of its other channels.
func TestSelectWaits(t *testing.T) {
	got := schedtest.EverySchedule(t, schedrt.Limits{}, func(seen *strings.Builder) {
		a, b := make(chan int), make(chan int, 1)
		schedrt.Go(func() { schedrt.Select(true, schedrt.To(a).Case(1)) })
		schedrt.Go(func() { schedrt.To(b).Send(2) })
		fa, fb := schedrt.From(a), schedrt.From(b)
		switch schedrt.Select(false, fa, fb) {
		case 0:
			fmt.Fprint(seen, "a", fa.Value())
		case 1:
			fmt.Fprint(seen, "b", fb.Value())
		}
	})
	// Three operations have 6 orders. Before the select, the send to a takes its default: 3
	// orders, all with b. In the other orders the select waits or finds b ready: select, a, b and
	// select, b, a; and b, select, a.
	schedtest.MustResult(t, got, map[string]int{"passed a1": 1, "passed b2": 5})
}

// A select with a default takes it when nothing is ready, and has then only read.
func TestSelectDefault(t *testing.T) {
	x := schedtest.PlayScript(t, nil, func() {
		if i := schedrt.Select(true, schedrt.From(make(chan int))); i != -1 {
			t.Errorf("select = %d, want the default", i)
		}
	})
	if a := x.Trace.Accesses(&x.Trace.Steps[0]); len(a) != 1 || a[0].Mode != schedrt.Read {
		t.Errorf("accesses %v, want one read", a)
	}
}

// ChannelClosed, CloseInStep and ChannelObject are what shims make one operation of several with.
func TestCloseInStep(t *testing.T) {
	x := schedtest.PlayScript(t, nil, func() {
		c := make(chan int)
		before := schedrt.ChannelClosed(c)
		schedrt.Do(schedrt.OpCancel, func() bool { schedrt.CloseInStep(c); return true },
			schedrt.Touch{Object: schedrt.ChannelObject(c), Mode: schedrt.Write})
		if after := schedrt.ChannelClosed(c); before || !after {
			t.Errorf("closed before %v, after %v; want false, true", before, after)
		}
		if _, ok := <-c; ok {
			t.Error("the real channel is not closed")
		}
	})
	schedtest.MustEnd(t, x, schedrt.Passed)
	if n := len(x.Trace.Steps); n != 3 {
		t.Errorf("%d steps, want 3", n)
	}
}

// Outside of control the functions are the operations of Go.
func TestChannelsOutsideOfControl(t *testing.T) {
	c := make(chan error, 2)
	schedrt.To(c).Send(nil)
	if i := schedrt.Select(false, schedrt.To(c).Case(fmt.Errorf("x"))); i != 0 || schedrt.Len(c) != 2 {
		t.Errorf("select = %d with %d values, want 0 with 2", i, schedrt.Len(c))
	}
	from := schedrt.From(c)
	if i := schedrt.Select(true, from); i != 0 || from.Value() != nil {
		t.Errorf("select = %d with %v, want 0 with the nil error", i, from.Value())
	}
	schedrt.Close(c)
	if v, ok := schedrt.Recv2(c); v == nil || !ok {
		t.Errorf("received %v, %v; want the error that was sent", v, ok)
	}
	if r := schedrt.RangeChannel(c); r.Next() {
		t.Error("a closed and empty channel has a value")
	}
}
