package stress

import "github.com/semabench/semabench/impls"

// Starvation in every small shape: the part of C26 that has no favourite victim.

// starvedInShapes is noStarvation for a victim of each weight, in a stream of requests of each weight. A guard
// against starvation may look at requests for all permits only, at the first waiter only, or at requests that
// are larger than the ones that pass them. The promise knows no such difference: others pass any
// waiting request only a bounded number of times. Three victims come one after the other to the same
// semaphore, because a guard that has closed the door once may not be armed again.
//
// Where waiters are not parked a step takes long, so the smallest shapes stand for all.
func starvedInShapes(t *trial) {
	most := int64(4)
	if t.impl.Waits != impls.Parked {
		most = 2
	}
	if t.impl.MaxSize > 0 {
		most = min(most, t.impl.MaxSize)
	}
	for size := int64(1); size <= most; size++ {
		for victim := int64(1); victim <= size; victim++ {
			for passing := int64(1); passing <= size; passing++ {
				if free := size % passing; victim > free && len(t.weights(victim, passing)) == 2 {
					newStream(t, size, passing).starves(victim)
				}
			}
		}
	}
	starvedByKinds(t)
}

// A stream keeps a semaphore full of requests of one weight. Their permits come back one request after the
// other, and each time others of that weight wait for them.
type stream struct {
	*line
	passing int64
	of      kind // the ctx of a victim
	against kind // the ctx of a request that passes it
}

// newStream takes all permits, but for a rest that is smaller than the weight of the stream.
func newStream(t *trial, size, passing int64) *stream {
	s := &stream{&line{t: t, sem: t.make(size), size: size, free: size}, passing, timeKinds()[0], timeKinds()[0]}
	for s.free >= passing {
		t.take(s.sem, passing)
		s.free -= passing
		s.held += passing
	}
	return s
}

// starves lets three victims wait in the stream, one after the other, and then ends the stream.
func (s *stream) starves(weight int64) {
	for range 3 {
		for s.held+s.passing <= s.size { // what the last victim had
			s.t.take(s.sem, s.passing)
			s.free -= s.passing
			s.held += s.passing
		}
		victim := s.begin(s.of, weight)
		s.t.mustWait(victim)
		s.passUntilGranted(victim)
		s.sem.Release(weight)
		s.collect()
		for len(s.waiting) > 0 { // the next victim comes first
			if s.free < s.passing {
				s.release(s.passing)
			}
			s.mustMove()
		}
	}
	for s.held > 0 {
		s.release(s.passing)
	}
	s.t.mustHaveFree(s.sem, s.size)
}

func (s *stream) begin(k kind, n int64) *call {
	ctx, cancel := k.make()
	return s.t.startWith(ctx, cancel, s.sem, n)
}

// passUntilGranted goes on until victim is granted. Two requests of the stream wait before each Release, so that
// an order that is the reverse of fair shows also among them. If the door is closed to them, permits come
// back until the victim fits.
func (s *stream) passUntilGranted(victim *call) {
	t := s.t
	for passes := 0; passes < mostPasses; {
		for len(s.waiting) < 2 && s.held > 0 {
			s.waiting = append(s.waiting, s.begin(s.against, s.passing))
			t.settle()
			passes += s.collect()
			if passes >= mostPasses {
				break
			}
		}
		if s.held > 0 {
			s.release(s.passing)
		} else if !t.settledOn(append(doneChannels(s.waiting), victim.done)...) {
			t.failf("Acquire(%d) and %v still wait with all %d permits free\n%s",
				victim.n, weights(s.waiting), s.size, t.stacks())
		}
		t.settle()
		if victim.hasReturned() {
			t.mustBeGranted(victim)
			return
		}
		passes += s.collect()
		t.letTimeGoBy()
	}
	t.failf("Acquire(%d) on a size of %d still waits after %d others for %d that came later were granted",
		victim.n, s.size, mostPasses, s.passing)
}

// collect counts the requests of the stream that were granted.
func (s *stream) collect() (granted int) {
	s.t.settle()
	for _, c := range s.waiting {
		if c.hasReturned() {
			s.grant(c)
			granted++
		}
	}
	return granted
}

// mustMove requires that a request of the stream is granted: all waiting requests are alike, and one fits.
func (s *stream) mustMove() {
	if !s.t.settledOn(doneChannels(s.waiting)...) {
		s.t.failf("%d requests for %d still wait with %d permits free\n%s",
			len(s.waiting), s.passing, s.free, s.t.stacks())
	}
	s.collect()
}
