package explore_test

import (
	"bytes"
	"expvar"
	"io"
	"log"
	"log/slog"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/semabench/semabench/stress/explore"
)

// two runs both functions at once.
func two(f, g func()) {
	var wg sync.WaitGroup
	wg.Go(f)
	wg.Go(g)
	wg.Wait()
}

// A lockedWriter is a common test double. A logger calls Write while it holds its own lock.
type lockedWriter struct {
	mu   sync.Mutex
	text strings.Builder
}

func (w *lockedWriter) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.text.Write(p)
}

func (w *lockedWriter) String() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.text.String()
}

// A reporter takes a lock while a logger formats it.
type reporter struct {
	mu sync.Mutex
	n  int
}

func (r *reporter) String() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.n++
	return "reporter"
}

// standardState are programs with state inside the standard library, and whether they are right.
var standardState = map[string]struct {
	right   bool
	program func(t *explore.T)
}{
	"expvar.Int, lost update": {false, func(t *explore.T) {
		n := new(expvar.Int)
		add := func() { n.Set(n.Value() + 1) }
		if two(add, add); n.Value() != 2 {
			t.Error(n.Value())
		}
	}},
	"expvar.Int": {true, func(t *explore.T) {
		var n expvar.Int
		add := func() { n.Add(1) }
		if two(add, add); n.String() != "2" {
			t.Error(n.String())
		}
	}},
	"expvar.Float, lost update": {false, func(t *explore.T) {
		var n expvar.Float
		add := func() { n.Set(n.Value() + 1) }
		if two(add, add); n.Value() != 2 {
			t.Error(n.Value())
		}
	}},
	"expvar.Float": {true, func(t *explore.T) {
		var n expvar.Float
		if two(func() { n.Add(0.5) }, func() { n.Add(0.25) }); n.Value() != 0.75 || n.String() != "0.75" {
			t.Error(n.String())
		}
	}},
	"expvar.String, order": {false, func(t *explore.T) {
		var s expvar.String
		if two(func() { s.Set("a") }, func() { s.Set("b") }); s.Value() != "b" {
			t.Error(s.String())
		}
	}},
	"environment, order": {false, func(t *explore.T) {
		two(func() { os.Setenv("EXPLORED", "a") }, func() { os.Setenv("EXPLORED", "b") })
		if os.Getenv("EXPLORED") == "a" {
			t.Error("a came last")
		}
	}},
	"environment, absent in between": {false, func(t *explore.T) {
		os.Setenv("EXPLORED", "a")
		two(func() { os.Unsetenv("EXPLORED"); os.Setenv("EXPLORED", "b") }, func() {
			if _, ok := os.LookupEnv("EXPLORED"); !ok {
				t.Error("it is absent")
			}
		})
	}},
	"environment, new in each schedule": {true, func(t *explore.T) {
		if v := os.ExpandEnv("$EXPLORED"); v != "" {
			t.Errorf("left by the last schedule: %s", v)
		}
		two(func() { os.Setenv("EXPLORED", "a") }, func() { os.Setenv("EXPLORED", "b") })
	}},
	"log, order": {false, func(t *explore.T) {
		var b bytes.Buffer
		l := log.New(&b, "", 0)
		if two(func() { l.Print("a") }, func() { l.Print("b") }); b.String() == "b\na\n" {
			t.Error("b came first")
		}
	}},
	"log, default logger": {false, func(t *explore.T) {
		if log.Prefix() != "" || log.Writer() != os.Stderr {
			t.Fatal("left by the last schedule")
		}
		var b bytes.Buffer
		log.SetOutput(&b)
		log.SetFlags(0)
		if two(func() { log.Print("a") }, func() { log.SetPrefix("b") }); b.String() == "a\n" {
			t.Error("a has no prefix")
		}
	}},
	"log, writer with a lock": {true, func(t *explore.T) {
		w, r := new(lockedWriter), new(reporter)
		l := log.New(w, "", log.Lshortfile)
		two(func() { l.Print("a ", r) }, func() { l.Print("b ", r) })
		if text := w.String(); strings.Count(text, "reporter\n") != 2 || !strings.HasPrefix(text, "stdlib_test.go:") {
			t.Error(text)
		}
	}},
	"log, deadlock with its writer": {false, func(t *explore.T) {
		w := new(lockedWriter)
		l := log.New(w, "", 0)
		two(func() { l.Print("a") }, func() { w.mu.Lock(); l.Print("b"); w.mu.Unlock() })
	}},
	"slog, order": {false, func(t *explore.T) {
		var b bytes.Buffer
		l := slog.New(slog.NewTextHandler(&b, nil))
		two(func() { l.Info("a") }, func() { l.With("k", 1).Info("b") })
		if strings.Index(b.String(), "msg=a") > strings.Index(b.String(), "msg=b") {
			t.Error("b came first")
		}
	}},
	"slog, default logger": {false, func(t *explore.T) {
		w := new(lockedWriter)
		two(func() { slog.SetDefault(slog.New(slog.NewJSONHandler(w, nil))) }, func() { slog.Info("a") })
		if w.String() == "" {
			t.Error("a went to the standard error")
		}
	}},
	"slog, level": {false, func(t *explore.T) {
		w, level := new(lockedWriter), new(slog.LevelVar)
		l := slog.New(slog.NewTextHandler(w, &slog.HandlerOptions{Level: level}))
		if two(func() { level.Set(slog.LevelError) }, func() { l.Info("a") }); w.String() == "" {
			t.Error("a was dropped")
		}
	}},
	"slog, writer with a lock": {true, func(t *explore.T) {
		w := new(lockedWriter)
		l := slog.New(slog.NewJSONHandler(w, nil)).WithGroup("g")
		two(func() { l.Info("a") }, func() { l.Warn("b", "k", 1) })
		if text := w.String(); strings.Count(text, "\n") != 2 {
			t.Error(text)
		}
	}},
	"variables of the standard library": {true, func(t *explore.T) {
		if http.DefaultClient.Timeout != 0 || io.EOF.Error() != "EOF" {
			t.Fatal("left by the last schedule")
		}
		http.DefaultClient.Timeout = 1
		io.EOF = io.ErrNoProgress
	}},
}

// State inside the standard library is seen: wrong uses are found, right ones are complete.
func TestStandardLibraryState(t *testing.T) {
	for name, c := range standardState {
		t.Run(name, func(t *testing.T) {
			r := explore.Check(t, explore.Options{Schedules: 1000}, c.program)
			want := explore.Fail
			if c.right {
				want = explore.Pass
			}
			if r.Verdict != want {
				t.Errorf("%s, want %s: %s", r.Verdict, want, r.Text)
			}
		})
	}
}
