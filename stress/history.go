package stress

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"unicode/utf8"

	"github.com/semabench/semabench/impls"
	"github.com/semabench/semabench/stress/internal/model"
)

// A history records one run of a program from outside: when each call began, when it returned and
// with what. Stamps come from one clock that counts events, so they are in the order of real time.
// A history is as long as its program allows and no longer: nothing is allocated while calls run.
// One clock orders the entries of all goroutines. If call a returned before call b began, the
// stamps say so; if the intervals overlap, nothing is known about the order. C34 judges these
// intervals. The price is that the clock itself orders the goroutines for the race detector. So the
// clauses about happens-before do not use histories.
//
// The last log belongs to the helper, which releases and cancels on behalf of workers and so
// needs a row of its own.
type history struct {
	model.Program
	logs  []*callLog // of the workers; the last log is the helper's
	quiet []int64    // stamps at which no goroutine could move
	clock *atomic.Int64

	// Where the workers stood at the last two quiet instants; nil before there were any.
	last, beforeLast []position

	// judged is the stamp at which an oracle reported a failure, or 0. Later entries are cleanup.
	judged atomic.Int64
}

// A position is where a worker stands: the index of its operation, or the end of its list, and how
// many permits it holds.
type position struct {
	op   int
	held int64
}

// A callLog is written by one goroutine. Other goroutines may read published entries while it runs,
// as the oracles do when the writer is stuck in a call. A writer never locks: a lock between the
// calls would order them, and a writer stuck in a call would keep the oracles out.
//
// Entries are published in order, and an entry is complete before the counter that publishes it
// grows. Readers see a prefix of the truth and never a half-written call.
type callLog struct {
	entries []entry
	begun   atomic.Int32 // entries[:begun] are published
}

type entry struct {
	kind  model.OpKind
	n     int64 // permits; for a Release what was given back
	begin int64 // stamp
	end   atomic.Int64
}

// Room for every entry is made here. Growing while calls run would allocate between a stamp and
// its call, and stretch the intervals.
func newHistory(p model.Program, clock *atomic.Int64) *history {
	h := &history{Program: p, clock: clock}
	for _, ops := range p.Workers {
		// An Acquire may be preceded by a Release, and every worker releases in the end.
		h.logs = append(h.logs, &callLog{entries: make([]entry, 2*len(ops)+1)})
	}
	h.logs = append(h.logs, &callLog{entries: make([]entry, p.Ops())})
	return h
}

func (h *history) helperLog() *callLog { return h.logs[len(h.logs)-1] }

// begin records a call that is about to be made. The counter is stored last: it publishes the entry
// to readers of other goroutines. The stamp is taken before the call, and end takes the other stamp
// after it. So the interval of a record contains the call, and an oracle never takes two calls for
// ordered that overlapped.
func (h *history) begin(l *callLog, k model.OpKind, n int64) *entry {
	at := l.begun.Load()
	e := &l.entries[at]
	e.kind, e.n = k, n
	e.begin = h.clock.Add(1)
	l.begun.Store(at + 1)
	return e
}

// end records the return of a call. Stamp and result share one word, so that a reader sees both or
// neither.
func (h *history) end(e *entry, ok bool) {
	stamp := h.clock.Add(1) << 1
	if ok {
		stamp |= 1
	}
	e.end.Store(stamp)
}

// returned gives the stamp of the return and the result, or a stamp of 0 while the call runs.
//
// The stamp takes 63 bits, so the shift loses nothing.
func (e *entry) returned() (stamp int64, ok bool) {
	end := e.end.Load()
	return end >> 1, end&1 == 1
}

// markJudged records that an oracle reported a failure. Only the first report counts.
//
// The oracles of two goroutines may fail at once; the report then is of the first, and the table
// ends there.
func (h *history) markJudged() { h.judged.CompareAndSwap(0, h.clock.Add(1)) }

// inCalls reports whether any goroutine is inside a call.
func (h *history) inCalls() bool {
	return slices.ContainsFunc(h.logs, func(l *callLog) bool { return l.open() != nil })
}

// published returns the entries that any goroutine may read. Only their end still changes, atomically.
func (l *callLog) published() []entry { return l.entries[:l.begun.Load()] }

// open returns the call that the goroutine of the log is in, or nil.
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

// markQuiet records that no goroutine can move, and where the workers stand. Only the last two
// positions are kept. The slices change places, so a long run allocates two in all. The runner
// calls it when no worker can move, so no position changes meanwhile.
func (h *history) markQuiet(positions []position) {
	h.quiet = append(h.quiet, h.clock.Add(1))
	h.beforeLast, h.last = h.last, append(h.beforeLast[:0], positions...)
}

// observed returns the history for the model, and the log of each call. A call that has not
// returned is pending. It may be called while a writer is stuck in a call: it reads only what was
// published.
//
// Calls are listed log by log. The model orders them by their stamps.
func (h *history) observed(impl impls.Impl) (o *model.History, logOf []int) {
	o = h.emptyObserved(impl)
	for i, log := range h.logs {
		for at := range log.published() {
			o.Calls = append(o.Calls, log.entries[at].call())
			logOf = append(logOf, i)
		}
	}
	return o, logOf
}

func (h *history) emptyObserved(impl impls.Impl) *model.History {
	return &model.History{Size: h.Size, Order: impl.Order, TryBarges: impl.TryBarges, Quiet: h.quiet}
}

func (e *entry) call() model.Call {
	c := model.Call{Method: methodOf(e.kind), N: e.n, Begin: e.begin, End: model.Never}
	if stamp, ok := e.returned(); stamp > 0 {
		c.End, c.Result = stamp, model.ResultOf(ok)
	}
	return c
}

func methodOf(k model.OpKind) model.Method {
	switch {
	case k.IsAcquire():
		return model.MethodAcquire
	case k == model.Try:
		return model.MethodTryAcquire
	}
	return model.MethodRelease
}

// name returns how messages call the goroutine of a log.
func (h *history) name(log int) string {
	if log == len(h.Workers) {
		return "the helper"
	}
	return fmt.Sprintf("worker %d", log)
}

// callText returns an operation as the call that it makes.
func callText(k model.OpKind, n int64) string {
	switch k {
	case model.AcquireStoppable, model.AcquireBackground:
		return fmt.Sprintf("Acquire(%d)", n)
	case model.AcquireCancelled, model.AcquireCustom:
		return fmt.Sprintf("Acquire(%d) with cancel", n)
	case model.AcquireDone:
		return fmt.Sprintf("Acquire(%d) when done", n)
	case model.Try:
		return fmt.Sprintf("TryAcquire(%d)", n)
	}
	return fmt.Sprintf("Release(%d)", n)
}

func resultText(k model.OpKind, ok bool) string {
	switch {
	case k == model.Try:
		return fmt.Sprint(ok)
	case k == model.Release:
		return "done"
	case ok:
		return "nil"
	}
	return "error"
}

// A tableEvent is one line of the table of a history: the begin or the end of a call, or a remark.
type tableEvent struct {
	stamp int64
	log   int // remark if there is no column
	text  string
}

const remark = -1

// table shows the history: time runs downwards, and each goroutine that made a call has a column. A
// call during which nothing else happened takes one line. Columns are as wide as their widest text,
// counted in runes. If there are more lines than fit a report, the last ones are shown, because the
// failure is at the end.
func (h *history) table() string {
	const mostLines = 60
	events := h.tableEvents()
	left := h.columnEdges(events)
	head, lines := "", []string{}
	for i, at := range left {
		if at >= 0 {
			head += strings.Repeat(" ", at-utf8.RuneCountInString(head)) + h.name(i)
		}
	}
	for _, e := range events {
		if e.log == remark {
			lines = append(lines, "--- "+e.text)
			continue
		}
		lines = append(lines, strings.Repeat(" ", left[e.log])+e.text)
	}
	if more := len(lines) - mostLines; more > 0 {
		lines = append([]string{fmt.Sprintf("… %d earlier lines", more)}, lines[more:]...)
	}
	return "  " + strings.Join(append([]string{head}, lines...), "\n  ") + "\n"
}

// columnEdges returns where the column of each log begins, or -1 for a log without calls.
func (h *history) columnEdges(events []tableEvent) []int {
	widths := make([]int, len(h.logs))
	for _, e := range events {
		if e.log != remark {
			widths[e.log] = max(widths[e.log], len(h.name(e.log)), utf8.RuneCountInString(e.text))
		}
	}
	left := make([]int, len(h.logs))
	next := 0
	for i, width := range widths {
		left[i] = -1
		if width > 0 {
			left[i] = next
			next += width + 2
		}
	}
	return left
}

// tableEvents returns the lines of the table, in the order in which they happened. Stamps are
// unique, so the order needs no tie-break.
//
// What came after the judgement is left out, since it is cleanup and no part of the failure.
func (h *history) tableEvents() []tableEvent {
	all := []tableEvent{}
	judged := h.judged.Load()
	if judged > 0 {
		all = append(all, tableEvent{judged, remark, "here the failure was observed"})
	}
	for i, log := range h.logs {
		for at := range log.published() {
			e := &log.entries[at]
			all = append(all, tableEvent{e.begin, i, callText(e.kind, e.n)})
			if stamp, ok := e.returned(); stamp > 0 {
				all = append(all, tableEvent{stamp, i, "= " + resultText(e.kind, ok)})
			}
		}
	}
	for _, q := range h.quiet {
		all = append(all, tableEvent{q, remark, "nothing can move any more"})
	}
	slices.SortFunc(all, func(a, b tableEvent) int { return cmp.Compare(a.stamp, b.stamp) })
	if judged > 0 {
		all = slices.DeleteFunc(all, func(e tableEvent) bool { return e.stamp > judged })
	}
	return joinReturns(all)
}

// joinReturns puts the return of a call on the line of its begin if nothing happened between them.
func joinReturns(all []tableEvent) (joined []tableEvent) {
	for _, e := range all {
		if last := len(joined) - 1; last >= 0 && e.log != remark && joined[last].log == e.log {
			if text, ok := strings.CutPrefix(e.text, "= "); ok {
				joined[last].text += " = " + text
				continue
			}
		}
		joined = append(joined, e)
	}
	return joined
}
