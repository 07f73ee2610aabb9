package explore_test

import (
	"bytes"
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"expvar"
	"go/token"
	"io"
	"log"
	"log/slog"
	"net/http"
	"net/rpc"
	"net/textproto"
	"os"
	"runtime"
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

// A logsWhenFormatted logs to the logger that formats it, which holds no lock meanwhile.
type logsWhenFormatted struct{ l *log.Logger }

func (f logsWhenFormatted) String() string { f.l.Print("inner"); return "outer" }

// A writerFunc is a function that is called for each write.
type writerFunc func()

func (f writerFunc) Write(p []byte) (int, error) { f(); return len(p), nil }

// A database counts its connections. It is a driver for package sql.
type database struct {
	mu         sync.Mutex
	open, most int
}

func (d *database) Driver() driver.Driver { return nil }

func (d *database) Connect(context.Context) (driver.Conn, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.open++
	d.most = max(d.most, d.open)
	return connection{d}, nil
}

type connection struct{ d *database }

func (connection) Begin() (driver.Tx, error)           { return nil, errors.ErrUnsupported }
func (connection) Prepare(string) (driver.Stmt, error) { return nil, errors.ErrUnsupported }

func (connection) ExecContext(context.Context, string, []driver.NamedValue) (driver.Result, error) {
	return driver.ResultNoRows, nil
}

func (c connection) Close() error {
	c.d.mu.Lock()
	defer c.d.mu.Unlock()
	c.d.open--
	return nil
}

// execTwice uses a database from two goroutines and returns the number of connections.
func execTwice(t *explore.T, limit int) int {
	d := new(database)
	db := sql.OpenDB(d)
	db.SetMaxOpenConns(limit)
	exec := func() {
		if _, err := db.ExecContext(context.Background(), "x"); err != nil {
			t.Error(err)
		}
	}
	two(exec, exec)
	if err := db.Close(); err != nil || d.open != 0 {
		t.Error(err, d.open)
	}
	return d.most
}

// An end is one end of a connection in memory.
type end struct {
	from <-chan []byte
	to   chan<- []byte
	rest []byte
}

func (e *end) Read(p []byte) (int, error) {
	if len(e.rest) == 0 {
		var ok bool
		if e.rest, ok = <-e.from; !ok {
			return 0, io.EOF
		}
	}
	n := copy(p, e.rest)
	e.rest = e.rest[n:]
	return n, nil
}

func (e *end) Write(p []byte) (int, error) { e.to <- bytes.Clone(p); return len(p), nil }
func (e *end) Close() error                { close(e.to); return nil }

// Doubler is a service for package rpc.
type Doubler struct{}

// Double sets *out to twice in.
func (Doubler) Double(in int, out *int) error { *out = 2 * in; return nil }

var published = expvar.NewMap("explored")

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
	"log, Stringer that logs": {true, func(t *explore.T) {
		w := new(lockedWriter)
		l := log.New(w, "", 0)
		if two(func() { l.Print(logsWhenFormatted{l}) }, func() { l.Print("b") }); strings.Count(w.String(), "\n") != 3 {
			t.Error(w.String())
		}
	}},
	"log, writer that logs": {false, func(t *explore.T) { // a deadlock: the logger holds its lock
		var l *log.Logger
		l = log.New(writerFunc(func() { l.Print("again") }), "", 0)
		l.Print("a")
	}},
	"log, writer that waits for a reader": {true, func(t *explore.T) {
		c := make(chan bool)
		l := log.New(writerFunc(func() { c <- true }), "", log.LstdFlags)
		two(func() { l.Print("a"); l.Print("b") }, func() { <-c; <-c })
	}},
	"textproto.Pipeline": {true, func(t *explore.T) {
		var p textproto.Pipeline
		var order []uint // each request has its turn, so no lock is needed
		request := func() {
			id := p.Next()
			p.StartRequest(id)
			order = append(order, id)
			p.EndRequest(id)
		}
		if two(request, request); order[0] != 0 || order[1] != 1 {
			t.Error(order)
		}
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
	"expvar.Map, lost update": {false, func(t *explore.T) {
		var m expvar.Map
		add := func() {
			old, n := m.Get("a"), new(expvar.Int)
			if n.Set(1); old != nil {
				n.Set(old.(*expvar.Int).Value() + 1)
			}
			m.Set("a", n)
		}
		if two(add, add); m.String() != `{"a": 2}` {
			t.Error(m.String())
		}
	}},
	"expvar.Map": {true, func(t *explore.T) {
		if published.String() != "{}" {
			t.Fatal("left by the last schedule")
		}
		add := func() { published.Add("a", 1) }
		if two(add, add); published.String() != `{"a": 2}` {
			t.Error(published.String())
		}
	}},
	"http.ServeMux, order": {false, func(t *explore.T) {
		var mux http.ServeMux
		code := ""
		two(func() { mux.Handle("/a", http.NotFoundHandler()) }, func() {
			r, _ := http.NewRequest("GET", "/a", nil)
			_, code = mux.Handler(r)
		})
		if code == "" {
			t.Error("no handler")
		}
	}},
	"token.FileSet, order": {false, func(t *explore.T) {
		s := token.NewFileSet()
		two(func() { s.AddFile("a", -1, 9) }, func() { s.AddFile("b", -1, 9) })
		if f := s.File(1); f.Name() != "a" {
			t.Error("b came first")
		}
	}},
	"http.ServeMux": {true, func(t *explore.T) {
		mux := http.NewServeMux()
		handle := mux.Handle // a method value
		two(func() { handle("/a", http.NotFoundHandler()) }, func() { defer mux.Handle("/b", http.NotFoundHandler()) })
		r, _ := http.NewRequest("GET", "/b", nil)
		if _, pattern := mux.Handler(r); pattern != "/b" {
			t.Error(pattern)
		}
	}},
	"sql, two connections": {false, func(t *explore.T) {
		if n := execTwice(t, 0); n != 1 {
			t.Error(n)
		}
	}},
	"rpc": {true, func(t *explore.T) {
		s := rpc.NewServer()
		if err := s.Register(Doubler{}); err != nil {
			t.Fatal(err)
		}
		a, b := make(chan []byte, 4), make(chan []byte, 4)
		go s.ServeConn(&end{from: a, to: b})
		c := rpc.NewClient(&end{from: b, to: a})
		var out int
		if err := c.Call("Doubler.Double", 3, &out); err != nil || out != 6 {
			t.Error(out, err)
		}
		c.Close()
	}},
	"locked threads": {true, func(t *explore.T) {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		two(func() { runtime.LockOSThread(); runtime.Gosched() }, runtime.Gosched)
	}},
	// Not io.EOF: goroutines of the explorer read it, so under -race this program is refused by name.
	"variables of the standard library": {true, func(t *explore.T) {
		if http.DefaultClient.Timeout != 0 || http.ErrHandlerTimeout.Error() != "http: Handler timeout" {
			t.Fatal("left by the last schedule")
		}
		http.DefaultClient.Timeout = 1
		http.ErrHandlerTimeout = io.ErrNoProgress
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
