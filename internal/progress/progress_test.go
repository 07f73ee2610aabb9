package progress_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/semabench/semabench/internal/progress"
	"github.com/semabench/semabench/internal/terminal"
)

const clear = terminal.ClearLine

func TestTerminal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // the clock of the bubble stands still between sleeps
		var out strings.Builder
		l := progress.NewTerminal(&out, func() int { return 10 })
		l.Show("one")
		l.Show("skipped: too soon")
		l.ShowNow("two")
		l.Log("for logs only")
		l.Print("message")
		l.Print("again")
		time.Sleep(progress.RedrawEvery)
		l.Show("äöüäöüäöüäöü")
		l.Finish("done")
		l.Show("after the end")
		l.Print("after the end")
		l.Clear()
		want := clear + "one" + clear + "two" + clear + "message\nagain\n" +
			clear + "äöüäöüäöü" + clear + "done\n"
		if got := out.String(); got != want {
			t.Errorf("the terminal got\n%q, want\n%q", got, want)
		}
	})
}

func TestLog(t *testing.T) {
	var out strings.Builder
	l := progress.New(&out)
	if l.Terminal() {
		t.Error("a buffer is a terminal, want a log")
	}
	l.ShowNow("for terminals only")
	l.Log("10 of 20")
	l.Print("message")
	l.Finish("20 of 20")
	l.Log("after the end")
	if got, want := out.String(), "10 of 20\nmessage\n20 of 20\n"; got != want {
		t.Errorf("the log got %q, want %q", got, want)
	}
}

func TestClear(t *testing.T) {
	var out strings.Builder
	l := progress.NewTerminal(&out, func() int { return 80 })
	l.Clear() // nothing was shown
	if out.Len() > 0 {
		t.Errorf("an empty line was erased: %q", out.String())
	}
	l = progress.NewTerminal(&out, func() int { return 80 })
	l.Show("one")
	l.Clear()
	l.ShowNow("after the end")
	if got, want := out.String(), clear+"one"+clear; got != want {
		t.Errorf("the terminal got %q, want %q", got, want)
	}
}

func TestEvery(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		calls := 0
		stop := progress.Every(time.Second, func() { calls++ })
		time.Sleep(3*time.Second + time.Millisecond)
		stop()
		stop() // may be called again
		time.Sleep(time.Minute)
		if calls != 3 {
			t.Errorf("%d calls in 3 seconds, want 3", calls)
		}
	})
}

func TestBar(t *testing.T) {
	for _, test := range []struct {
		done, total int
		want        string
	}{
		{0, 4, "[                    ] 0 of 4"},
		{1, 4, "[#####               ] 1 of 4"},
		{4, 4, "[####################] 4 of 4"},
		{5, 4, "[####################] 5 of 4"},
		{0, 0, "[                    ] 0 of 0"},
	} {
		if got := progress.Bar(test.done, test.total); got != test.want {
			t.Errorf("Bar(%d, %d) = %q, want %q", test.done, test.total, got, test.want)
		}
	}
}

func TestLeftAndRough(t *testing.T) {
	for _, test := range []struct{ got, want time.Duration }{
		{progress.Left(time.Minute, 0, 10), 0},
		{progress.Left(time.Minute, 2, 10), 4 * time.Minute},
		{progress.Left(time.Minute, 12, 10), 0},
		{progress.Rough(61 * time.Minute / 2), 31 * time.Minute},
		{progress.Rough(63 * time.Second), 65 * time.Second},
		{progress.Rough(1600 * time.Millisecond), 2 * time.Second},
	} {
		if test.got != test.want {
			t.Errorf("got %v, want %v", test.got, test.want)
		}
	}
}
