package process

import (
	"container/list"
	"time"
)

// The line of the broker. Everything here is called with the lock held.

// obey carries out one frame and reports whether it made sense.
func (s *BrokerServer) obey(c *client, f frame) bool {
	switch f.kind {
	case try:
		if s.fits(f.n) {
			s.grant(c, f.id, f.n)
		} else {
			c.send(frame{kind: no, id: f.id})
		}
	case want:
		if _, twice := c.asked[f.id]; twice {
			return false
		}
		if s.fits(f.n) { // it is alive: it has just spoken
			s.grant(c, f.id, f.n)
		} else {
			c.asked[f.id] = s.line.PushBack(&request{client: c, id: f.id, n: f.n})
		}
	case accept:
		s.accept(c, f.id)
	case cancel:
		place, waits := c.asked[f.id]
		if !waits { // its yes is on the way, and will find nobody: what it told of is given back
			return s.takeBack(c, f.n)
		}
		s.leave(place)
		s.admit()
	case release:
		return s.takeBack(c, f.n)
	case ask:
		now := s.count()
		for _, n := range now.numbers() {
			c.send(frame{told, f.id, *n})
		}
	default:
		return false
	}
	return true
}

func (s *BrokerServer) takeBack(c *client, n int64) bool {
	if n > c.held {
		return false
	}
	c.held -= n
	s.free += n
	s.admit()
	return true
}

// fits reports whether a newcomer may be served at once: if its permits are free and nobody waits who
// is awake and has not been offered permits yet.
func (s *BrokerServer) fits(n int64) bool {
	if n > s.free {
		return false
	}
	for place := s.line.Front(); place != nil; place = place.Next() {
		if r := place.Value.(*request); !r.asleep && r.timer == nil {
			return false
		}
	}
	return true
}

func (s *BrokerServer) grant(c *client, id uint64, n int64) {
	s.free -= n
	c.held += n
	s.stats.Granted++
	c.send(frame{yes, id, n})
}

// admit offers permits from the head of the line while they last.
func (s *BrokerServer) admit() {
	for place := s.line.Front(); place != nil; place = place.Next() {
		r := place.Value.(*request)
		switch {
		case r.asleep || r.timer != nil:
			continue
		case r.n > s.free:
			return
		}
		s.free -= r.n
		r.due, r.longer = time.Now().Add(s.lease), 0
		r.timer = time.AfterFunc(s.lease, func() { s.expire(place) })
		r.client.send(frame{kind: offer, id: r.id})
	}
}

// accept grants what was offered. If that has been withdrawn, the one who accepts is awake again, and
// served when it is its turn, from the place that it has kept.
func (s *BrokerServer) accept(c *client, id uint64) {
	place, ok := c.asked[id]
	if !ok {
		return // it has cancelled meanwhile
	}
	r := place.Value.(*request)
	if r.timer == nil {
		r.asleep = false
		s.admit()
		return
	}
	s.leave(place) // which frees what was on offer
	s.grant(c, id, r.n)
}

// leave takes a request out of the line, and what it was offered.
func (s *BrokerServer) leave(place *list.Element) {
	r := s.line.Remove(place).(*request)
	delete(r.client.asked, r.id)
	s.withdraw(r)
}

func (s *BrokerServer) withdraw(r *request) {
	if r.timer == nil {
		return
	}
	r.timer.Stop()
	r.timer = nil
	s.free += r.n
}

// mostLonger bounds how often an offer stands longer because the broker was held up.
const mostLonger = 3

// expire runs when an offer was not accepted in time. If it runs late, the broker itself was held up, as by a
// machine that stood still or has too much to do, and so may have been who was asked: it gets its
// time again.
func (s *BrokerServer) expire(place *list.Element) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := place.Value.(*request)
	if r.timer == nil {
		return // accepted or cancelled in the same moment
	}
	if time.Since(r.due) > s.lease/4 && r.longer < mostLonger {
		r.longer++
		r.due = time.Now().Add(s.lease)
		r.timer.Reset(s.lease)
		return
	}
	s.withdraw(r)
	r.asleep = true
	s.stats.Withdrawn++
	s.admit()
}
