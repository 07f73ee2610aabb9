package explore_test

import (
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/semabench/semabench/stress/explore"
)

type shelf struct {
	mu   sync.Mutex
	once sync.Once
	n    int
}

func (s *shelf) put() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.once.Do(func() { s.n++ })
}

// everything uses most kinds of operations, in one goroutine, and fails in its only schedule.
func everything(t *explore.T) {
	var a, b shelf
	a.put()
	b.put()
	var rw sync.RWMutex
	if rw.TryRLock() && rw.TryLock() {
		t.Error("a writer beside a reader")
	}
	rw.RUnlock()
	var old int32
	var next atomic.Pointer[int]
	atomic.AddInt32(&old, 7)
	next.CompareAndSwap(nil, &a.n)
	next.CompareAndSwap(nil, &b.n)
	words := make(chan string, 2)
	words <- "x"
	for range len(words) {
		<-words
	}
	close(words)
	for range words {
		t.Error("received a word that was not sent")
	}
	t.Error("always fails")
}

// The report writes operations and objects as the source does, with the effect of each operation.
func TestReportQuotesTheSource(t *testing.T) {
	r := explore.Check(t, explore.Options{}, everything)
	for _, words := range []string{
		"s.mu#3.Unlock()", "s.once.Do(func…): s.once.mutex#", "s.once.done#", // two of each, and deferred
		"rw.TryRLock() = true", "rw.TryLock() = false", "rw.RUnlock()",
		"atomic.AddInt32(&old, 7): 0 → 7", "next.CompareAndSwap(nil, &a.n): nil → pointer 1",
		"next.CompareAndSwap(nil, &b.n): fails, is pointer 1",
		`words <- "x": 1 of 2 buffered`, "len(words) = 1", "<-words: 0 of 2 buffered", "range words: closed",
	} {
		if !strings.Contains(r.Text, words) {
			t.Errorf("the report does not contain %q:\n%s", words, r.Text)
		}
	}
}
