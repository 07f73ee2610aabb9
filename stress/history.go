package stress

import (
	"slices"
	"sync/atomic"
)

// A history is what was seen of one run of a program, from outside: when each call began, when
// it returned and with what. All stamps come from one clock that counts events, so they are
// in the order of real time. It is as long as its program and no longer.
type history struct {
	program
	logs  []*callLog // of the workers; the last one is of the errands
	quiet []int64    // when nothing could move any more
	clock *atomic.Int64

	// Where the workers were the last two times that nothing could move; nil before.
	last, before []place

	// over is the stamp at which an oracle spoke, or 0. What comes later is the tidying up.
	over atomic.Int64
}

// A place is the op at which a worker is, or at the end of its list, and how many permits it holds.
type place struct {
	op   int
	held int64
}

// A callLog is written by one goroutine. Others may read what has been published while it runs,
// as they do when it is stuck.
type callLog struct {
	entries []entry
	begun   atomic.Int32 // entries[:begun] are published
}

type entry struct {
	op         // what was called; of a release n is what was given back
	call int64 // stamp
	end  atomic.Int64
}

func newHistory(p program, clock *atomic.Int64) *history {
	h := &history{program: p, clock: clock}
	for _, ops := range p.workers {
		// An acquire gives back first, and the worker does in the end.
		h.logs = append(h.logs, &callLog{entries: make([]entry, 2*len(ops)+1)})
	}
	h.logs = append(h.logs, &callLog{entries: make([]entry, p.ops())})
	return h
}

func (h *history) errandLog() *callLog { return h.logs[len(h.logs)-1] }

// begin books a call that is about to be made, end its result.
func (h *history) begin(l *callLog, k kind, n int64) *entry {
	at := l.begun.Load()
	e := &l.entries[at]
	e.op = op{kind: k, n: n}
	e.call = h.clock.Add(1)
	l.begun.Store(at + 1)
	return e
}

func (h *history) end(e *entry, ok bool) {
	stamp := h.clock.Add(1) << 1
	if ok {
		stamp |= 1
	}
	e.end.Store(stamp)
}

// returned gives the result of a call and its stamp, or a stamp of 0 while there is none.
func (e *entry) returned() (stamp int64, ok bool) {
	end := e.end.Load()
	return end >> 1, end&1 == 1
}

// isOver books that an oracle has spoken, unless one had before.
func (h *history) isOver() { h.over.CompareAndSwap(0, h.clock.Add(1)) }

// inCalls reports whether anybody is in a call.
func (h *history) inCalls() bool {
	return slices.ContainsFunc(h.logs, func(l *callLog) bool { return l.open() != nil })
}

func (l *callLog) published() []entry { return l.entries[:l.begun.Load()] }

// open returns the call that the log's goroutine is in, or nil.
func (l *callLog) open() *entry {
	all := l.published()
	if len(all) == 0 {
		return nil
	}
	last := &all[len(all)-1]
	if stamp, _ := last.returned(); stamp > 0 {
		return nil
	}
	return last
}

// settled books that nothing can move any more, and where everybody is.
func (h *history) settled(places []place) {
	h.quiet = append(h.quiet, h.clock.Add(1))
	h.before, h.last = h.last, append(h.before[:0], places...)
}

// phase counts how often nothing could move before the call. A call of an earlier phase that
// has not returned was seen to be blocked before it.
func (h *history) phase(e *entry) (n int) {
	for _, q := range h.quiet {
		if q < e.call {
			n++
		}
	}
	return n
}
