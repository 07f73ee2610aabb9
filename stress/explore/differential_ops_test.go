package explore_test

import (
	"context"
	"errors"
	"runtime"
	"time"
)

// An operation is one step of a goroutine of a random program. It returns the result that the
// goroutine observes; me is the number of the goroutine.
type operation func(s *objects, me int) any

var errWhy = errors.New("why")

// operations are all operations, by family. None ends the process, and some may wait for ever.
var operations = [][]operation{
	{ // atomic words
		func(s *objects, me int) any { return s.word.Add(1) },
		func(s *objects, me int) any { return s.word.Load() },
		func(s *objects, me int) any { return s.word.CompareAndSwap(0, 6) },
		func(s *objects, me int) any { return s.word.Swap(3) },
		func(s *objects, me int) any { return s.word.Or(8) },
		func(s *objects, me int) any { return s.word.And(^int64(1)) },
		func(s *objects, me int) any { s.value.Store(me); return s.value.Load() },
		func(s *objects, me int) any { runtime.Gosched(); return s.value.CompareAndSwap(0, 1) },
	},
	{ // locks
		func(s *objects, me int) any { s.mu.Lock(); defer s.mu.Unlock(); s.n++; return s.n },
		func(s *objects, me int) any {
			if !s.try.TryLock() {
				return false
			}
			s.useWord()
			s.try.Unlock()
			return true
		},
		func(s *objects, me int) any { s.rw.RLock(); defer s.rw.RUnlock(); return s.m },
		func(s *objects, me int) any { s.rw.Lock(); defer s.rw.Unlock(); s.m++; return s.m },
		func(s *objects, me int) any {
			if !s.rw.TryRLock() {
				return false
			}
			defer s.rw.RUnlock()
			return s.m
		},
		func(s *objects, me int) any {
			s.rw.RLock()
			defer s.rw.RUnlock()
			s.rw.RLock()
			defer s.rw.RUnlock()
			return s.m
		},
		func(s *objects, me int) any { s.once.Do(func() { s.first = me }); return s.first },
	},
	{ // condition variables and wait groups
		func(s *objects, me int) any {
			s.mu.Lock()
			defer s.mu.Unlock()
			for !s.ready {
				s.cond.Wait()
			}
			return s.n
		},
		func(s *objects, me int) any {
			s.mu.Lock()
			s.ready = true
			s.n++
			s.mu.Unlock()
			s.cond.Signal()
			return 0
		},
		func(s *objects, me int) any {
			s.mu.Lock()
			s.ready = true
			s.mu.Unlock()
			s.cond.Broadcast()
			return 0
		},
		func(s *objects, me int) any { s.closeOnce.Do(func() { s.group.Done() }); return 0 },
		func(s *objects, me int) any { s.group.Wait(); return s.word.Add(1) },
	},
	{ // channels
		func(s *objects, me int) any { s.unbuffered <- me; return 0 },
		func(s *objects, me int) any { return <-s.unbuffered },
		func(s *objects, me int) any { s.buffered <- me; return 0 },
		func(s *objects, me int) any { return <-s.buffered },
		func(s *objects, me int) any { return len(s.buffered) + 10*len(s.unbuffered) },
		func(s *objects, me int) any {
			select {
			case s.buffered <- 5:
				return "sent"
			default:
				return "full"
			}
		},
		func(s *objects, me int) any {
			select {
			case v := <-s.unbuffered:
				return v
			case s.unbuffered <- 7:
				return "met"
			}
		},
		func(s *objects, me int) any {
			select {
			case v := <-s.buffered:
				return v
			case v := <-s.nilChan:
				return v
			case s.unbuffered <- 8:
				return "met"
			}
		},
		func(s *objects, me int) any { s.closeOnce.Do(func() { close(s.closed) }); return 0 },
		func(s *objects, me int) any {
			select {
			case <-s.closed:
				return "shut"
			case v := <-s.buffered:
				return v
			}
		},
	},
	{ // time
		func(s *objects, me int) any { time.Sleep(time.Microsecond); return len(s.buffered) },
		func(s *objects, me int) any {
			select {
			case <-time.After(time.Microsecond):
				return "late"
			case v := <-s.buffered:
				return v
			}
		},
		func(s *objects, me int) any {
			timer := time.NewTimer(time.Microsecond)
			runtime.Gosched()
			stopped, set := timer.Stop(), timer.Reset(time.Microsecond)
			return []any{stopped, set, len(timer.C), cap(timer.C), (<-timer.C).IsZero()}
		},
		func(s *objects, me int) any {
			timer := time.AfterFunc(time.Microsecond, func() { s.word.Add(1) })
			return []any{s.word.Load(), timer.Stop()}
		},
		func(s *objects, me int) any {
			ticker := time.NewTicker(time.Microsecond)
			defer ticker.Stop()
			<-ticker.C
			<-ticker.C
			return s.word.Load()
		},
		func(s *objects, me int) any {
			ctx, cancel := context.WithTimeout(s.ctx, time.Microsecond)
			defer cancel()
			if s.word.Add(1) == 1 {
				<-ctx.Done()
			}
			return []any{ctx.Err(), context.Cause(ctx)}
		},
	},
	{ // contexts
		func(s *objects, me int) any { s.cancel(errWhy); return 0 },
		func(s *objects, me int) any { return []any{s.ctx.Err(), context.Cause(s.ctx)} },
		func(s *objects, me int) any { return []any{s.child.Err(), context.Cause(s.child)} },
		func(s *objects, me int) any { <-s.child.Done(); return s.child.Err() },
		func(s *objects, me int) any { return s.stop[0]() },
		func(s *objects, me int) any { return s.stop[1]() },
		func(s *objects, me int) any { return s.called.Load() },
		func(s *objects, me int) any {
			ctx, cancel := context.WithCancel(s.child)
			cancel()
			return ctx.Err()
		},
		func(s *objects, me int) any { return context.WithoutCancel(s.child).Err() },
	},
	{ // concurrent maps
		func(s *objects, me int) any { s.entries.Store("k", me); return 0 },
		func(s *objects, me int) any { v, ok := s.entries.Load("k"); return []any{v, ok} },
		func(s *objects, me int) any { v, ok := s.entries.LoadOrStore("k", 5); return []any{v, ok} },
		func(s *objects, me int) any { v, ok := s.entries.LoadAndDelete("k"); return []any{v, ok} },
		func(s *objects, me int) any { v, ok := s.entries.Swap("l", me); return []any{v, ok} },
		func(s *objects, me int) any { return s.entries.CompareAndSwap("k", 5, 6) },
		func(s *objects, me int) any { return s.entries.CompareAndDelete("l", me) },
		func(s *objects, me int) any { s.entries.Clear(); return 0 },
		func(s *objects, me int) any {
			n := 0
			s.entries.Range(func(key, value any) bool { n++; return true })
			return n
		},
	},
}

// useWord is an operation inside a critical section.
func (s *objects) useWord() { s.word.Add(1) }
