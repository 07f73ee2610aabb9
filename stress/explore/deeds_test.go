package explore_test

import (
	"context"
	"errors"
	"runtime"
	"time"
)

// A deed is something that a goroutine of a random program does. It returns what it has seen.
type deed func(s *scene, me int) any

var errWhy = errors.New("why")

// deeds are all there are, by family. None of them ends the process, and some wait for ever.
var deeds = [][]deed{
	{ // words
		func(s *scene, me int) any { return s.word.Add(1) },
		func(s *scene, me int) any { return s.word.Load() },
		func(s *scene, me int) any { return s.word.CompareAndSwap(0, 6) },
		func(s *scene, me int) any { return s.word.Swap(3) },
		func(s *scene, me int) any { return s.word.Or(8) },
		func(s *scene, me int) any { return s.word.And(^int64(1)) },
		func(s *scene, me int) any { s.value.Store(me); return s.value.Load() },
		func(s *scene, me int) any { runtime.Gosched(); return s.value.CompareAndSwap(0, 1) },
	},
	{ // locks
		func(s *scene, me int) any { s.mu.Lock(); defer s.mu.Unlock(); s.n++; return s.n },
		func(s *scene, me int) any {
			if !s.try.TryLock() {
				return false
			}
			s.n2()
			s.try.Unlock()
			return true
		},
		func(s *scene, me int) any { s.rw.RLock(); defer s.rw.RUnlock(); return s.m },
		func(s *scene, me int) any { s.rw.Lock(); defer s.rw.Unlock(); s.m++; return s.m },
		func(s *scene, me int) any {
			if !s.rw.TryRLock() {
				return false
			}
			defer s.rw.RUnlock()
			return s.m
		},
		func(s *scene, me int) any {
			s.rw.RLock()
			defer s.rw.RUnlock()
			s.rw.RLock()
			defer s.rw.RUnlock()
			return s.m
		},
		func(s *scene, me int) any { s.once.Do(func() { s.first = me }); return s.first },
	},
	{ // who waits for whom
		func(s *scene, me int) any {
			s.mu.Lock()
			defer s.mu.Unlock()
			for !s.ready {
				s.cond.Wait()
			}
			return s.n
		},
		func(s *scene, me int) any {
			s.mu.Lock()
			s.ready = true
			s.n++
			s.mu.Unlock()
			s.cond.Signal()
			return 0
		},
		func(s *scene, me int) any { s.mu.Lock(); s.ready = true; s.mu.Unlock(); s.cond.Broadcast(); return 0 },
		func(s *scene, me int) any { s.shutter.Do(func() { s.group.Done() }); return 0 },
		func(s *scene, me int) any { s.group.Wait(); return s.word.Add(1) },
	},
	{ // channels
		func(s *scene, me int) any { s.meet <- me; return 0 },
		func(s *scene, me int) any { return <-s.meet },
		func(s *scene, me int) any { s.box <- me; return 0 },
		func(s *scene, me int) any { return <-s.box },
		func(s *scene, me int) any { return len(s.box) + 10*len(s.meet) },
		func(s *scene, me int) any {
			select {
			case s.box <- 5:
				return "sent"
			default:
				return "full"
			}
		},
		func(s *scene, me int) any {
			select {
			case v := <-s.meet:
				return v
			case s.meet <- 7:
				return "met"
			}
		},
		func(s *scene, me int) any {
			select {
			case v := <-s.box:
				return v
			case v := <-s.none:
				return v
			case s.meet <- 8:
				return "met"
			}
		},
		func(s *scene, me int) any { s.shutter.Do(func() { close(s.shut) }); return 0 },
		func(s *scene, me int) any {
			select {
			case <-s.shut:
				return "shut"
			case v := <-s.box:
				return v
			}
		},
	},
	{ // time
		func(s *scene, me int) any { time.Sleep(time.Microsecond); return len(s.box) },
		func(s *scene, me int) any {
			select {
			case <-time.After(time.Microsecond):
				return "late"
			case v := <-s.box:
				return v
			}
		},
		func(s *scene, me int) any {
			timer := time.NewTimer(time.Microsecond)
			runtime.Gosched()
			return []any{timer.Stop(), timer.Reset(time.Microsecond), len(timer.C), cap(timer.C), (<-timer.C).IsZero()}
		},
		func(s *scene, me int) any {
			timer := time.AfterFunc(time.Microsecond, func() { s.word.Add(1) })
			return []any{s.word.Load(), timer.Stop()}
		},
		func(s *scene, me int) any {
			ticker := time.NewTicker(time.Microsecond)
			defer ticker.Stop()
			<-ticker.C
			<-ticker.C
			return s.word.Load()
		},
		func(s *scene, me int) any {
			ctx, cancel := context.WithTimeout(s.ctx, time.Microsecond)
			defer cancel()
			if s.word.Add(1) == 1 {
				<-ctx.Done()
			}
			return []any{ctx.Err(), context.Cause(ctx)}
		},
	},
	{ // contexts
		func(s *scene, me int) any { s.cancel(errWhy); return 0 },
		func(s *scene, me int) any { return []any{s.ctx.Err(), context.Cause(s.ctx)} },
		func(s *scene, me int) any { return []any{s.child.Err(), context.Cause(s.child)} },
		func(s *scene, me int) any { <-s.child.Done(); return s.child.Err() },
		func(s *scene, me int) any { return s.stop[0]() },
		func(s *scene, me int) any { return s.stop[1]() },
		func(s *scene, me int) any { return s.called.Load() },
		func(s *scene, me int) any { ctx, cancel := context.WithCancel(s.child); cancel(); return ctx.Err() },
		func(s *scene, me int) any { return context.WithoutCancel(s.child).Err() },
	},
	{ // things
		func(s *scene, me int) any { s.things.Store("k", me); return 0 },
		func(s *scene, me int) any { v, ok := s.things.Load("k"); return []any{v, ok} },
		func(s *scene, me int) any { v, ok := s.things.LoadOrStore("k", 5); return []any{v, ok} },
		func(s *scene, me int) any { v, ok := s.things.LoadAndDelete("k"); return []any{v, ok} },
		func(s *scene, me int) any { v, ok := s.things.Swap("l", me); return []any{v, ok} },
		func(s *scene, me int) any { return s.things.CompareAndSwap("k", 5, 6) },
		func(s *scene, me int) any { return s.things.CompareAndDelete("l", me) },
		func(s *scene, me int) any { s.things.Clear(); return 0 },
		func(s *scene, me int) any {
			n := 0
			s.things.Range(func(key, value any) bool { n++; return true })
			return n
		},
	},
}

// n2 is something to do while a lock is held.
func (s *scene) n2() { s.word.Add(1) }
