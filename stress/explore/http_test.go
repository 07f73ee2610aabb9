package explore_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/semabench/semabench/internal/longtest"
	"github.com/semabench/semabench/stress/explore"
)

// A hits is a handler that counts requests. Torn reads and writes the number under two locks.
type hits struct {
	mu   sync.Mutex
	n    int
	torn bool
}

func (h *hits) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	h.mu.Lock()
	n := h.n
	if h.torn {
		h.mu.Unlock()
		h.mu.Lock()
	}
	h.n = n + 1
	h.mu.Unlock()
	io.WriteString(w, "counted")
}

// get returns the body of a response.
func get(t *explore.T, c *http.Client, url string) string {
	r, err := c.Get(url)
	if err != nil {
		t.Error(err)
		return ""
	}
	defer r.Body.Close()
	text, err := io.ReadAll(r.Body)
	if err != nil {
		t.Error(err)
	}
	return string(text)
}

// countTwice sends two requests at once.
func countTwice(torn bool) func(t *explore.T) {
	return func(t *explore.T) {
		h := &hits{torn: torn}
		s := httptest.NewServer(h)
		defer s.Close()
		ask := func() { get(t, s.Client(), s.URL) }
		if two(ask, ask); h.n != 2 {
			t.Errorf("%d requests, want 2", h.n)
		}
	}
}

// cancelled has a client give up a request whose handler waits for a worker. Capacity is of the
// channel on which the worker answers: with 0 it waits for ever.
func cancelled(capacity int) func(t *explore.T) {
	return func(t *explore.T) {
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			answer := make(chan string, capacity)
			go func() { answer <- "done" }()
			select {
			case text := <-answer:
				io.WriteString(w, text)
			case <-r.Context().Done():
			}
		}))
		defer s.Close()
		ctx, cancel := context.WithCancel(context.Background())
		go cancel()
		r, _ := http.NewRequestWithContext(ctx, "GET", s.URL, nil)
		if answer, err := s.Client().Do(r); err == nil {
			answer.Body.Close()
		} else if !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	}
}

// limited sends requests through a limiter, one of which panics. With deferred the limiter gets the
// permit back even then.
func limited(deferred bool) func(t *explore.T) {
	return func(t *explore.T) {
		permits := make(chan struct{}, 1)
		limit := func(next http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				permits <- struct{}{}
				if deferred {
					defer func() { <-permits }()
				}
				next.ServeHTTP(w, r)
				if !deferred {
					<-permits
				}
			})
		}
		h := limit(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/panics" {
				panic("from the handler")
			}
		}))
		serve := func(path string) func() {
			return func() {
				defer func() { recover() }() // as package http does
				h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", path, nil))
			}
		}
		two(serve("/panics"), serve("/"))
	}
}

// shutDown ends a server while a request is active.
func shutDown(end func(s *http.Server) error) func(t *explore.T) {
	return func(t *explore.T) {
		active, ended := make(chan struct{}), make(chan error)
		s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			close(active)
			io.WriteString(w, "whole")
		}))
		s.Start()
		go func() {
			<-active
			ended <- end(s.Config)
		}()
		if text := get(t, s.Client(), s.URL); text != "whole" {
			t.Errorf("the answer is %q", text)
		}
		if err := <-ended; err != nil {
			t.Error(err)
		}
		s.Close()
	}
}

var httpPrograms = map[string]struct {
	fails   string // what the report says; "" if the program is right
	server  bool
	program func(t *explore.T)
}{
	"handler that counts":           {"", true, countTwice(false)},
	"handler that loses a count":    {"1 requests, want 2", true, countTwice(true)},
	"handler whose client gives up": {"", true, cancelled(1)},
	"handler that leaks then":       {"leak", true, cancelled(0)},
	"limiter":                       {"", false, limited(true)},
	"limiter that loses a permit":   {"permits <- struct{}{}", false, limited(false)},
	"Shutdown":                      {"", true, shutDown(func(s *http.Server) error { return s.Shutdown(context.Background()) })},
	"Close":                         {"EOF", true, shutDown((*http.Server).Close)},
	"client with a timeout": {"", true, func(t *explore.T) {
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { <-r.Context().Done() }))
		defer s.Close()
		c := s.Client()
		c.Timeout = 24 * time.Hour // virtual
		var late *url.Error
		if _, err := c.Get(s.URL); !errors.As(err, &late) || !late.Timeout() {
			t.Error(err)
		}
	}},
	// What a schedule registers and keeps there is gone in the next one.
	"default mux and client": {"", true, func(t *explore.T) {
		http.Handle("/count", &hits{})
		http.HandleFunc("GET /path/{name}", func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, r.PathValue("name")) })
		s := httptest.NewServer(nil)
		defer s.Close()
		two(func() { get(t, http.DefaultClient, s.URL+"/count") }, func() {
			if text := get(t, http.DefaultClient, s.URL+"/path/a"); text != "a" {
				t.Error(text)
			}
		})
	}},
}

// Servers, clients and their connections are under control: wrong programs are found, and right ones
// have no failure. They have too many schedules to be complete.
func TestHTTP(t *testing.T) {
	schedules := longtest.Or(t, "schedules of each right program", 5000, 20)
	for name, c := range httpPrograms {
		t.Run(name, func(t *testing.T) {
			o := explore.Options{Schedules: schedules}
			if c.fails != "" {
				o.Schedules = 2000
				if c.server { // a report with the fewest preemptions takes ten seconds
					longtest.Need(t, "limiter that loses a permit, and the right programs")
				}
			}
			r := explore.Check(t, o, c.program)
			switch {
			case c.fails == "" && (r.Verdict == explore.Fail || r.Verdict == explore.Refused):
			case c.fails != "" && (r.Verdict != explore.Fail || !strings.Contains(r.Text, c.fails)):
			default:
				return
			}
			t.Errorf("%s, want %q: %s", r.Verdict, c.fails, r.Text)
		})
	}
}
